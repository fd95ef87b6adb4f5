package clocktest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/cli"
)

// installed is a program's clock and a way to ask its operator's listener.
func installed(t *testing.T) (cli.Env, func(method, body string) (int, int64)) {
	t.Helper()
	var env cli.Env
	if err := Install(&env); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for pattern, h := range env.AdminRoutes {
		mux.Handle(pattern, h)
	}
	return env, func(method, body string) (int, int64) {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(method, Path, strings.NewReader(body)))
		var out struct {
			Offset int64     `json:"offset_seconds"`
			Now    time.Time `json:"now"`
		}
		if w.Code == 200 {
			if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
				t.Fatal(err)
			}
			if off := env.Now().Sub(out.Now); off < 0 || off > time.Minute {
				t.Errorf("it tells %s", out.Now)
			}
		}
		return w.Code, out.Offset
	}
}

func TestClock(t *testing.T) {
	env, ask := installed(t)
	for _, step := range []struct {
		method, body string
		status       int
		offset       int64
	}{
		{"GET", "", 200, 0},
		{"POST", `{"advance_seconds": 0}`, 200, 0},
		{"POST", `{"advance_seconds": 90}`, 200, 90},
		{"POST", `{"advance_seconds": 86400}`, 200, 86490},
		{"POST", `{"advance_seconds": -1}`, 400, 0},
		{"POST", `{"advance_seconds": 1.5}`, 400, 0},
		{"POST", `{"advance_seconds": "60"}`, 400, 0},
		{"POST", `{"advance_seconds": null}`, 400, 0},
		{"POST", `{"advance_seconds": 9223372036854775807}`, 400, 0},
		{"POST", `{"advance_seconds": 3153600000}`, 400, 0}, // with what is there already
		{"POST", `{"advance_minutes": 1}`, 400, 0},
		{"POST", `{}`, 400, 0},
		{"POST", ``, 400, 0},
		{"DELETE", ``, 405, 0},
		{"GET", "", 200, 86490},
	} {
		if status, offset := ask(step.method, step.body); status != step.status || offset != step.offset {
			t.Errorf("%s %s: %d with %d, want %d with %d", step.method, step.body, status, offset, step.status, step.offset)
		}
	}
	store, err := env.StoreClock(t.Context())
	if ours := env.Now(); err != nil || ours.Sub(store).Abs() > time.Second || time.Until(ours) < 24*time.Hour {
		t.Errorf("our clock says %s, the store's %s (%v)", ours, store, err)
	}
}

func TestStart(t *testing.T) {
	t.Setenv(StartVariable, "3600")
	_, ask := installed(t)
	if _, offset := ask("GET", ""); offset != 3600 {
		t.Errorf("it starts at %d", offset)
	}
	for _, wrong := range []string{"-1", "1h", "99999999999"} {
		t.Setenv(StartVariable, wrong)
		if err := Install(new(cli.Env)); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
