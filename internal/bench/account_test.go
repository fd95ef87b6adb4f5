package bench

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What the fake server answers about an account.

func (f *fakeServer) logout(w http.ResponseWriter, body map[string]string) {
	id, _ := parseFakeToken(body["refresh_token"], "cfr_")
	if s := f.sessions[id]; s != nil {
		s.revoked = true
	}
	w.WriteHeader(204)
}

// active counts the sessions that live.
func (f *fakeServer) active() (n int) {
	for _, s := range f.sessions {
		if !s.revoked {
			n++
		}
	}
	return n
}

// allowed is false, and answers, when the bearer's session does not live.
func (f *fakeServer) allowed(w http.ResponseWriter, req *http.Request) bool {
	id, _ := parseFakeToken(strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "), "eyJ_")
	if s := f.sessions[id]; s == nil || s.revoked {
		problem(w, 401, "session-revoked", "owner_all")
		return false
	}
	return true
}

// account is about all sessions. Its lists have three pages.
func (f *fakeServer) account(w http.ResponseWriter, req *http.Request, path string) {
	if !f.allowed(w, req) {
		return
	}
	switch path {
	case "/users/me/sessions", "/accounts/me/sessions":
		page, _ := strconv.Atoi(req.URL.Query().Get("cursor"))
		f.pages = append(f.pages, page)
		next := "null"
		if page < 2 {
			next = fmt.Sprintf("%q", strconv.Itoa(page+1))
		}
		fmt.Fprintf(w, `{"items":[{"started_at":"2026-01-02T03:04:05Z"}],"next_cursor":%s}`, next)
	case "/accounts/me/security":
		fmt.Fprintf(w, `{"active_users":[{"session_count":1}],"active_session_count":%d,"updated_at":null}`, f.active()+f.more)
	default:
		n := f.active() + f.more
		for _, s := range f.sessions {
			s.revoked = true
		}
		fmt.Fprintf(w, `{"revoked_count": %d}`, n)
	}
}

// end ends one session.
func (f *fakeServer) end(w http.ResponseWriter, req *http.Request, path string) {
	id, ok := strings.CutPrefix(path, "/accounts/me/sessions/")
	switch {
	case !ok || req.Method != http.MethodDelete:
		problem(w, 404, "not-found", "")
	case !f.allowed(w, req):
	case f.sessions[id] == nil:
		problem(w, 404, "not-found", "")
	default:
		f.sessions[id].revoked = true
		w.WriteHeader(204)
	}
}

func TestList(t *testing.T) {
	f := startFakeServer(t)
	_, w, s := testRunner(t, f)
	for range 5 {
		if err := w.list(t.Context(), s, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if fmt.Sprint(f.pages) != "[0 1 2 0 1]" {
		t.Errorf("pages %d", f.pages)
	}
	if err := w.ownList(t.Context(), s, time.Now()); err != nil {
		t.Error(err)
	}
}

func TestSecurity(t *testing.T) {
	f := startFakeServer(t)
	_, w, s := testRunner(t, f)
	w.page.sessions = 1
	if err := w.security(t.Context(), s, time.Now()); err != nil {
		t.Error(err)
	}
	f.more = 3
	if err := w.security(t.Context(), s, time.Now()); err == nil || err.Error() != "the page counts 4 active sessions, want 1" {
		t.Errorf("got %v", err)
	}
}

func TestEveryone(t *testing.T) {
	f := startFakeServer(t)
	_, w, s := testRunner(t, f)
	w.page.sessions = 1
	if err := w.signedOut(t.Context(), s); err == nil || !strings.Contains(err.Error(), "went on") {
		t.Errorf("a session that lives: %v", err)
	}
	if err := w.everyone(t.Context(), s, time.Now()); err != nil {
		t.Error(err)
	}
	if err := w.signedOut(t.Context(), s); err != nil {
		t.Error(err)
	}
	if err := w.everyone(t.Context(), s, time.Now()); err == nil {
		t.Error("an ended session was let in")
	}
	if err := w.login(t.Context(), s, time.Now()); err != nil {
		t.Fatal(err)
	}
	f.more = 5
	if err := w.everyone(t.Context(), s, time.Now()); err == nil || err.Error() != "the answer counts 6 sessions that were ended, want 1" {
		t.Errorf("got %v", err)
	}
}

func TestRevoke(t *testing.T) {
	f := startFakeServer(t)
	_, w, s := testRunner(t, f)
	f.sessions["0197-x"] = &fakeSession{id: "0197-x"}
	w.doom = []string{"0197-x", "0197-y"}
	if err := w.revoke(t.Context(), s, time.Now()); err != nil || !f.sessions["0197-x"].revoked {
		t.Errorf("got %v", err)
	}
	if err := w.revoke(t.Context(), s, time.Now()); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a session that is not there: %v", err)
	}
	if err := w.revoke(t.Context(), s, time.Now()); err == nil || !strings.Contains(err.Error(), "no session is left") {
		t.Errorf("with nothing left: %v", err)
	}
}

// TestMixed: over a thousand requests each kind is asked for about as often as
// its share says, and every turnover leaves the client signed in.
func TestMixed(t *testing.T) {
	f := startFakeServer(t)
	_, w, s := testRunner(t, f)
	for range 3000 {
		if err := w.mixed(t.Context(), s, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	share := func(path string) float64 { return float64(f.counts[path]) / 3000 }
	for path, want := range map[string]float64{"refresh": 0.6, "session": 0.379, "/users/me/sessions": 0.02} {
		if got := share(path); got < want*0.7 || got > want*1.3 {
			t.Errorf("%s: a share of %.3f, want %.3f", path, got, want)
		}
	}
	if n := f.counts["logout"]; n == 0 || f.counts["login"] != n+1 || f.active() != 1 {
		t.Errorf("%d sign-outs, %d sign-ins, %d sessions", n, f.counts["login"], f.active())
	}
}

func TestNumberAfter(t *testing.T) {
	for body, want := range map[string]int{`{"n":12}`: 12, `{"n": 7,"x":1}`: 7, `{"n":1,"m":{"n":34}}`: 34, `{"n":null}`: -1, `{}`: -1, `{"n":`: -1} {
		got, ok := numberAfter([]byte(body), `"n":`)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%s: %d, want %d", body, got, want)
		}
	}
}
