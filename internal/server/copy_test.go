package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
	"github.com/curfew-auth/curfew/internal/store"
)

// places are where a copy may go to.
var places = map[string]func(t *testing.T, c *config.Store){
	"SQLite": func(t *testing.T, c *config.Store) {
		c.DatabasePath, c.DatabaseURL = filepath.Join(t.TempDir(), "copy.db"), ""
	},
	"PostgreSQL": func(t *testing.T, c *config.Store) {
		c.DatabasePath, c.DatabaseURL = "", config.Secret(pgtest.Database(t))
		c.DatabaseMaxConns = 8
	},
}

// postJSON sends JSON and reads JSON.
func postJSON(t *testing.T, url, body string) (status int, answer map[string]any) {
	t.Helper()
	response, err := http.Post(url, "application/json", strings.NewReader(body))
	must(t, err)
	defer response.Body.Close()
	must(t, json.NewDecoder(response.Body).Decode(&answer))
	return response.StatusCode, answer
}

// signUp makes an account through a running server, and gives a refresh token.
func signUp(t *testing.T, s *Server) string {
	t.Helper()
	status, answer := postJSON(t, s.Settings().PublicURL+"/api/v1/auth/signup",
		`{"account_name":"Acme","name":"Ada","email":"ada@acme.example","password":"correct horse battery staple"}`)
	if status != http.StatusCreated {
		t.Fatalf("sign-up: %d, %v", status, answer["detail"])
	}
	return signIn(t, s)
}

// signIn gives a refresh token of another session.
func signIn(t *testing.T, s *Server) string {
	t.Helper()
	status, answer := postJSON(t, s.Settings().PublicURL+"/api/v1/auth/login",
		`{"email":"ada@acme.example","password":"correct horse battery staple","delivery":"body"}`)
	refresh, _ := answer["refresh_token"].(string)
	if status != http.StatusOK || refresh == "" {
		t.Fatalf("sign-in: %d, %v", status, answer["detail"])
	}
	return refresh
}

// refreshAt presents a refresh token, and gives the next.
func refreshAt(t *testing.T, s *Server, token string) string {
	t.Helper()
	status, answer := postJSON(t, s.Settings().PublicURL+"/api/v1/auth/refresh", `{"refresh_token":"`+token+`"}`)
	next, _ := answer["refresh_token"].(string)
	if status != http.StatusOK || next == "" {
		t.Fatalf("refresh: %d, %v", status, answer["detail"])
	}
	return next
}

// used is an installation in which somebody is signed in, stopped again.
func used(t *testing.T, place func(*testing.T, *config.Store)) (config.Config, string) {
	t.Helper()
	c := settings(t)
	if place != nil {
		place(t, &c.Store)
	}
	s, _ := newServer(t, c)
	must(t, s.Start(t.Context()))
	token := refreshAt(t, s, signUp(t, s))
	must(t, s.Stop())
	return c, token
}

// verified fails the test unless every audit chain holds.
func verified(t *testing.T, c config.Config) {
	t.Helper()
	d, err := OpenData(t.Context(), c.Store, Access{Now: time.Now})
	must(t, err)
	defer func() { must(t, d.DB.Close()) }()
	a, err := d.Authority(c)
	must(t, err)
	accounts, err := a.AllAccounts(t.Context())
	must(t, err)
	if len(accounts) != 1 {
		t.Errorf("%d accounts", len(accounts))
	}
	for _, account := range accounts {
		report, err := authority.VerifyAudit(t.Context(), d.DB, d.Chain, account.ID)
		must(t, err)
		if !report.OK() || report.Rows == 0 {
			t.Errorf("%+v", report)
		}
	}
}

func nothing(store.Progress) {}

// Whoever was signed in before a move goes on after it, there and back.
func TestSessionsGoOnInACopy(t *testing.T) {
	c, token := used(t, nil)
	for _, name := range []string{"PostgreSQL", "PostgreSQL", "SQLite", "SQLite"} {
		to := c
		places[name](t, &to.Store)
		_, err := Copy(t.Context(), Copying{From: c.Store, To: to.Store, Now: time.Now, Progress: nothing})
		must(t, err)
		verified(t, to)
		s, lines := newServer(t, to)
		must(t, s.Start(t.Context()))
		token = refreshAt(t, s, token)
		signIn(t, s)
		must(t, s.Stop())
		if lines.count("ERROR") != 0 {
			t.Error(lines.b.String())
		}
		verified(t, to)
		// It lives by itself now.
		if _, err := Copy(t.Context(), Copying{From: c.Store, To: to.Store, Now: time.Now, Progress: nothing}); err == nil || !strings.Contains(err.Error(), "never overwritten") {
			t.Errorf("copied over an installation: %v", err)
		}
		c = to
	}
}

// A process that is killed in the middle leaves a target that no server takes,
// and that the next copy makes whole.
func TestServerRefusesAnUnfinishedCopy(t *testing.T) {
	c, token := used(t, nil)
	whole, killed := c, c
	places["SQLite"](t, &whole.Store)
	places["SQLite"](t, &killed.Store)
	_, err := Copy(t.Context(), Copying{From: c.Store, To: whole.Store, Now: time.Now, Progress: func(p store.Progress) {
		if p.Table != "audit_events" || p.Verifying {
			return
		}
		// What is on the disk now is what a kill would leave there.
		for _, suffix := range []string{"", "-wal"} {
			file, err := os.ReadFile(whole.DatabasePath + suffix)
			must(t, err)
			must(t, os.WriteFile(killed.DatabasePath+suffix, file, 0o600))
		}
	}})
	must(t, err)
	s, _ := newServer(t, killed)
	if err := s.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "unfinished copy of another one: run 'curfew copy' again") {
		t.Fatalf("a server started on it: %v", err)
	}
	_, err = Copy(t.Context(), Copying{From: killed.Store, To: whole.Store, Now: time.Now, Progress: nothing})
	if err == nil || !strings.Contains(err.Error(), "unfinished copy") {
		t.Errorf("it was copied on: %v", err)
	}
	_, err = Copy(t.Context(), Copying{From: c.Store, To: killed.Store, Now: time.Now, Progress: nothing})
	must(t, err)
	verified(t, killed)
	s, _ = newServer(t, killed)
	must(t, s.Start(t.Context()))
	refreshAt(t, s, token)
	must(t, s.Stop())
}

func TestCopyRefuses(t *testing.T) {
	for _, name := range []string{"SQLite", "PostgreSQL"} {
		t.Run(name, func(t *testing.T) {
			c, _ := used(t, places[name])
			otherSecret := func(s *config.Store) {
				s.SecretText, s.SecretFile, s.MakeSecret = config.Secret(strings.Repeat("x", 40)), "", false
			}
			for what, tt := range map[string]struct {
				change func(t *testing.T, c *Copying)
				want   string
			}{
				"no source":      {func(t *testing.T, c *Copying) { places["SQLite"](t, &c.From) }, "there is no database at"},
				"an empty one":   {func(t *testing.T, c *Copying) { places["PostgreSQL"](t, &c.From) }, "there is nothing of Curfew in"},
				"a wrong secret": {func(_ *testing.T, c *Copying) { otherSecret(&c.From) }, "is not the one of the database"},
				"no secret": {func(t *testing.T, c *Copying) { c.From.SecretFile = filepath.Join(t.TempDir(), "secret") },
					"the secret that"},
				"no folder": {func(t *testing.T, c *Copying) { c.To.DatabasePath = filepath.Join(t.TempDir(), "a", "b.db") }, "there is no such folder"},
				"another file": {func(t *testing.T, c *Copying) {
					must(t, os.WriteFile(c.To.DatabasePath, []byte("hello, this is text"), 0o600))
				}, "is not a database of Curfew"},
				"the source itself": {func(_ *testing.T, c *Copying) { c.To = c.From }, "never overwritten"},
			} {
				to := c.Store
				places["SQLite"](t, &to)
				copying := Copying{From: c.Store, To: to, Now: time.Now, Progress: nothing}
				tt.change(t, &copying)
				if _, err := Copy(t.Context(), copying); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%s: %v", what, err)
				}
			}
			verified(t, c)
		})
	}
}

// While a server runs nothing is copied, nor for a minute after one was killed.
func TestCopyWaitsForTheServer(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			c := settings(t)
			place(t, &c.Store)
			s, _ := newServer(t, c)
			must(t, s.Start(t.Context()))
			to := c.Store
			places["SQLite"](t, &to)
			copyAt := func(now time.Time) error {
				_, err := Copy(t.Context(), Copying{From: c.Store, To: to, Now: func() time.Time { return now }, Progress: nothing})
				return err
			}
			for _, late := range []time.Duration{-time.Second, 0, 40 * time.Second} {
				if err := copyAt(time.Now().Add(late)); err == nil || !strings.Contains(err.Error(), "a server used") {
					t.Errorf("while a server runs: %v", err)
				}
			}
			if _, err := os.Stat(to.DatabasePath); err == nil {
				t.Error("something was made")
			}
			must(t, copyAt(time.Now().Add(2*time.Minute))) // it was killed
			must(t, s.Stop())
			must(t, copyAt(time.Now())) // it said that it stops
		})
	}
}

// A server that comes to life in the middle spoils the copy.
func TestCopyNoticesTheServer(t *testing.T) {
	c, _ := used(t, nil)
	to := c
	places["SQLite"](t, &to.Store)
	started := false
	_, err := Copy(t.Context(), Copying{From: c.Store, To: to.Store, Now: time.Now, Progress: func(p store.Progress) {
		if started {
			return
		}
		started = true
		s, _ := newServer(t, c)
		must(t, s.Start(t.Context()))
		must(t, s.Stop())
	}})
	if err == nil || !strings.Contains(err.Error(), "a server used the source during the copy") {
		t.Errorf("got %v", err)
	}
	s, _ := newServer(t, to)
	if err := s.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "unfinished copy") {
		t.Errorf("a server starts on it: %v", err)
	}
}

// Nothing of the secret is in a copy's tables or messages.
func TestCopyNeverShowsThePassword(t *testing.T) {
	c, _ := used(t, nil)
	to := c.Store
	to.DatabasePath, to.DatabaseURL = "", "postgres://curfew:hunter2@127.0.0.1:1/curfew?sslmode=disable"
	_, err := Copy(t.Context(), Copying{From: c.Store, To: to, Now: time.Now, Progress: nothing})
	if err == nil || bytes.Contains([]byte(err.Error()), []byte("hunter2")) {
		t.Errorf("got %v", err)
	}
}
