package demo

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curfew-auth/curfew/internal/routine"
)

// service is one of the demo's services: it follows what was revoked as a real
// one does, and does nothing else.
type service struct {
	name, mode string
	// late is how long it takes to apply what it was told: the board of a receipt
	// shows it.
	late time.Duration
}

var services = []service{
	{"orders", "strict", 0},
	{"billing", "strict", 150 * time.Millisecond},
	{"reports", "lenient", 700 * time.Millisecond},
}

const (
	// askEvery is how often a service asks how far the log goes, comeBack after
	// how long it tries again what failed.
	askEvery = 500 * time.Millisecond
	comeBack = time.Second
	// askedFirst is how often each has had an answer when Follow returns: a server
	// keeps whom it has heard of within a second, and heardWithin is for one that
	// is busy.
	askedFirst  = 4
	heardWithin = 10 * time.Second
	// longestEvent is how many bytes a line of the stream may have.
	longestEvent = 4 << 20
)

// Follow lets the demo's services follow the revocations of a server, with a
// service key that may do that, until ctx ends. It returns once the server knows
// of each, so that the first receipt names them all. What it returns waits
// for their end.
func Follow(ctx context.Context, serverURL, key string) (wait func()) {
	var all sync.WaitGroup
	asked := make(chan struct{}, askedFirst*len(services))
	transport := &http.Transport{}
	for _, s := range services {
		f := &follower{service: s, http: &http.Client{Transport: transport}, url: serverURL + "/api/v1/revocations/", key: key, id: uuid()}
		f.applied.Store("")
		all.Go(func() { again(ctx, comeBack, f.stream) })
		left := askedFirst
		all.Go(func() {
			again(ctx, askEvery, func(ctx context.Context) error {
				err := f.ask(ctx)
				if err == nil && left > 0 {
					left--
					asked <- struct{}{}
				}
				return err
			})
		})
	}
	within, cancel := context.WithTimeout(ctx, heardWithin)
	defer cancel()
	for range askedFirst * len(services) {
		select {
		case <-asked:
		case <-within.Done():
		}
	}
	return func() {
		all.Wait()
		transport.CloseIdleConnections()
	}
}

// follower is a service at work.
type follower struct {
	service
	http     *http.Client
	url, key string
	id       string
	applied  atomic.Value // a cursor, "" while it has none
}

// again does something until ctx ends, with a pause after each time. What fails
// is tried again: the server may be starting, or busy.
func again(ctx context.Context, pause time.Duration, do func(context.Context) error) {
	timer := time.NewTicker(pause)
	defer timer.Stop()
	for {
		_ = do(ctx)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

func (f *follower) get(ctx context.Context, path string, header ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+f.key)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := f.http.Do(r)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.Join(fmt.Errorf("GET %s: %s", path, response.Status), response.Body.Close())
	}
	return response, err
}

// stream reads the events, and notes the cursor of each that has one once it is
// applied.
func (f *follower) stream(ctx context.Context) error {
	header := []string{"Accept", "text/event-stream"}
	if last := f.applied.Load().(string); last != "" {
		header = append(header, "Last-Event-ID", last)
	}
	response, err := f.get(ctx, "stream", header...)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, longestEvent)
	cursor := ""
	for lines.Scan() {
		switch id, found := strings.CutPrefix(lines.Text(), "id: "); {
		case found:
			cursor = id
		case lines.Text() == "" && cursor != "": // the end of the event
			if err := routine.Pause(ctx, f.late); err != nil {
				return err
			}
			f.applied.Store(cursor)
			cursor = ""
		}
	}
	return lines.Err()
}

// ask asks how far the log goes, and says how far this service has come.
func (f *follower) ask(ctx context.Context) error {
	query := url.Values{"verifier": {f.id}, "name": {f.name}, "mode": {f.mode}}
	if applied := f.applied.Load().(string); applied != "" {
		query.Set("applied", applied)
	}
	response, err := f.get(ctx, "head?"+query.Encode())
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// uuid is a random one, of version 4.
func uuid() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
