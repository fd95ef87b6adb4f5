// Package clocktest gives test builds a clock that a test moves forward, so
// that a browser can see a session grow old in a moment. No other build has
// it: only files under the build tag curfewtest import this package.
package clocktest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/curfew-auth/curfew/internal/cli"
)

// Path is where the operator's listener tells and takes the offset.
const Path = "/test/clock"

// StartVariable names the environment variable with the offset, in seconds, to
// start with: that of the process before, when a server is started again over
// the same data, whose time must not go back.
const StartVariable = "CURFEW_TEST_CLOCK_OFFSET"

// limit is how far the clock can be moved: far enough for every deadline, and
// near enough for every number that holds a time.
const limit = 100 * 365 * 24 * time.Hour

// Clock is the machine's clock and an offset, which only grows.
type Clock struct{ offset atomic.Int64 }

// Install makes a program run by a clock of its own, which the store's agrees
// with, and lets the operator's listener move it.
func Install(env *cli.Env) error {
	c := new(Clock)
	if text := os.Getenv(StartVariable); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || c.Advance(seconds) != nil {
			return fmt.Errorf("%s is %q, not a number of seconds from 0", StartVariable, text)
		}
	}
	env.Now = c.Now
	env.StoreClock = func(context.Context) (time.Time, error) { return c.Now(), nil }
	env.AdminRoutes = map[string]http.Handler{
		"GET " + Path:  http.HandlerFunc(c.tell),
		"POST " + Path: http.HandlerFunc(c.advance),
	}
	return nil
}

// Now is the machine's time and the offset.
func (c *Clock) Now() time.Time { return time.Now().Add(c.Offset()) }

// Offset is how far the clock was moved.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }

// Advance moves the clock forward.
func (c *Clock) Advance(seconds int64) error {
	if seconds < 0 || seconds > int64(limit/time.Second) {
		return fmt.Errorf("advance_seconds must be between 0 and %d", int64(limit/time.Second))
	}
	by := time.Duration(seconds) * time.Second
	for {
		old := c.offset.Load()
		if time.Duration(old)+by > limit {
			return fmt.Errorf("the clock can be moved by %d seconds in all", int64(limit/time.Second))
		}
		if c.offset.CompareAndSwap(old, old+int64(by)) {
			return nil
		}
	}
}

func (c *Clock) tell(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]any{ // a caller who has gone is no error
		"offset_seconds": int64(c.Offset() / time.Second), "now": c.Now().UTC().Format(time.RFC3339Nano)})
}

func (c *Clock) advance(w http.ResponseWriter, r *http.Request) {
	var in struct {
		AdvanceSeconds *int64 `json:"advance_seconds"`
	}
	d := json.NewDecoder(io.LimitReader(r.Body, 1<<10))
	d.DisallowUnknownFields()
	err := d.Decode(&in)
	switch {
	case err == nil && in.AdvanceSeconds == nil:
		err = fmt.Errorf("advance_seconds is missing")
	case err == nil:
		err = c.Advance(*in.AdvanceSeconds)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.tell(w, r)
}
