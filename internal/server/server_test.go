package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/config"
)

func newServer(t *testing.T, c config.Config) (*Server, *logBuffer) {
	t.Helper()
	log, lines := newLog()
	s := New(Config{Settings: c, Version: "v0.0.0-test", Log: log, Now: time.Now})
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return s, lines
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	response, err := http.Get(url)
	must(t, err)
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	must(t, err)
	return response.StatusCode, string(b)
}

func TestServer(t *testing.T) {
	s, lines := newServer(t, settings(t))
	must(t, s.Start(t.Context()))
	public, operator := s.Settings().PublicURL, "http://"+s.AdminAddr()
	if empty, err := s.Empty(t.Context()); err != nil || !empty {
		t.Errorf("a new installation: empty %t, %v", empty, err)
	}
	for _, tt := range []struct {
		url    string
		status int
		text   string
	}{
		{public + "/healthz", 200, "ok"},
		{public + "/readyz", 200, "ok"},
		{public + "/.well-known/jwks.json", 200, `"kid"`},
		{public + "/login", 200, "Curfew"},
		{public + "/metrics", 404, ""},
		{public + "/debug/pprof/", 404, ""},
		{operator + "/metrics", 200, `curfew_refresh_total{outcome="rotated"} 0`},
		{operator + "/metrics", 200, `curfew_sign_in_total{outcome="ok"} 0`},
		{operator + "/metrics", 200, `curfew_alarms_total{kind="generation_ahead"} 0`},
		{operator + "/metrics", 200, `curfew_store_unfinished_checkpoints_total 0`},
		{operator + "/metrics", 200, `curfew_service_starts_waiting 0`},
		{operator + "/metrics", 200, `curfew_service_starts_refused_total 0`},
		{operator + "/metrics", 200, `curfew_build_info{go=`},
		{operator + "/metrics", 200, `curfew_background_lease_held 0`},
		{operator + "/metrics", 200, `curfew_background_runs_total{job="audit_retention",outcome="failed"} 0`},
		{operator + "/metrics", 200, `curfew_background_rows_total{job="session_retention"} 0`},
		{operator + "/metrics", 200, `curfew_background_last_success_timestamp_seconds{job="signing_keys"} 0`},
		{operator + "/metrics", 200, `curfew_http_requests_total{method="GET",route="/readyz",status="200"} 1`},
		{operator + "/metrics", 200, "go_goroutines"},
		{operator + "/debug/pprof/", 200, "goroutine"},
		{operator + "/debug/pprof/heap", 200, ""},
		{operator + "/", 200, "Operator sign-in"},
		{operator + "/operator/", 200, "Operator sign-in"},
		{public + "/operator", 404, ""},
		{operator + "/readyz", 404, ""},
		{operator + "/api/v1/auth/config", 404, ""},
	} {
		if status, body := get(t, tt.url); status != tt.status || !strings.Contains(body, tt.text) {
			t.Errorf("%s: %d, want %d with %q", tt.url, status, tt.status, tt.text)
		}
	}
	must(t, s.Stop())
	must(t, s.Stop())
	if lines.count("ERROR") != 0 {
		t.Error(lines.b.String())
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(public, "http://")); err == nil {
		t.Error("it still listens")
	}
	if err := s.Start(t.Context()); err == nil {
		t.Error("it started again")
	}
}

func TestServerWithoutAdmin(t *testing.T) {
	c := settings(t)
	c.AdminAddr = ""
	s, _ := newServer(t, c)
	must(t, s.Start(t.Context()))
	if s.AdminAddr() != "" {
		t.Error(s.AdminAddr())
	}
}

func TestStopBeforeStart(t *testing.T) {
	s, _ := newServer(t, settings(t))
	must(t, s.Stop())
	if err := s.Start(t.Context()); err == nil {
		t.Error("it started")
	}
}

// A port that is taken stops the start before anything is written, and frees
// the other one.
func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	for name, change := range map[string]func(*config.Config){
		"CURFEW_ADDR":       func(c *config.Config) { c.Addr = taken.Addr().String() },
		"CURFEW_ADMIN_ADDR": func(c *config.Config) { c.AdminAddr = taken.Addr().String() },
	} {
		c := settings(t)
		parent := filepath.Dir(c.DataDir)
		before := tree(t, parent)
		change(&c)
		s, _ := newServer(t, c)
		err := s.Start(t.Context())
		want := fmt.Sprintf("%s is %s, which another program uses already: stop that one, or choose another port", name, taken.Addr())
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if after := tree(t, parent); after != before {
			t.Errorf("written:\n%s", after)
		}
		if s.product != nil {
			l, err := net.Listen("tcp", s.product.Addr().String())
			must(t, err)
			must(t, l.Close())
		}
	}
}

// A request that never ends cannot hold the stop for ever.
func TestDrainIsBounded(t *testing.T) {
	s, lines := newServer(t, settings(t))
	s.drain = 10 * time.Millisecond
	must(t, s.Start(t.Context()))
	conn := begin(t, s, "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	defer conn.Close()
	must(t, s.Stop())
	if lines.count("cut off the requests") != 1 {
		t.Error(lines.b.String())
	}
}

// begin sends the start of a request and waits until the server works on it.
func begin(t *testing.T, s *Server, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.product.Addr().String())
	must(t, err)
	_, err = io.WriteString(conn, text)
	must(t, err)
	// Connections are accepted in order, so once a later one is answered the
	// server has this one; it is active as soon as its first byte is read.
	for range 3 {
		get(t, s.Settings().PublicURL+"/healthz")
	}
	return conn
}

func TestListenerThatFails(t *testing.T) {
	s, _ := newServer(t, settings(t))
	must(t, s.Start(t.Context()))
	must(t, s.product.Close())
	select {
	case err := <-s.Failed():
		if !strings.Contains(err.Error(), "cannot listen at") {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("nobody was told")
	}
}

func TestListen(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.1:80":   "which is no address of this machine",
		"no.invalid:123": "where nothing can listen",
	} {
		if _, err := listen("CURFEW_ADDR", addr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

// The loops really run: a rotation beside the server shows within a second.
func TestRotationBesideTheServer(t *testing.T) {
	c := settings(t)
	s, _ := newServer(t, c)
	must(t, s.Start(t.Context()))
	_, err := openData(t, c.Store).Keys.Rotate(t.Context(), time.Now(), time.Hour)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		_, body := get(t, s.Settings().PublicURL+"/.well-known/jwks.json")
		if strings.Count(body, `"kid"`) == 2 {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(body)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
