package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// fault is what the fake server does wrong with one request.
type fault int

const (
	faultNone        fault = iota
	faultLoseAnswer        // handle the request, then close the connection
	faultDrop              // close the connection unhandled
	faultUnavailable       // 503 with Retry-After: 7, unhandled
	faultInternal          // 500, unhandled
	faultThrottled         // 429, unhandled
	faultHang              // never answer
	faultChunked           // right answer in small chunks
	faultCloseAfter        // right answer with Connection: close
	faultGeneration        // answer with a generation one too high
	faultSameToken         // answer with the token that was presented
	faultSession           // answer about another session
	faultNotJSON           // 200 without JSON
	faultNoTokens          // 200 without tokens
)

// fakeServer speaks as much of the contract as the generator uses: chains that
// rotate in memory, with reuse detection (rules 4 and 7).
type fakeServer struct {
	*httptest.Server
	// fault decides about the n-th request to a path, counted from 1.
	fault func(path string, n int) fault
	// expiresIn is the life of access tokens in seconds.
	expiresIn int

	mu       sync.Mutex
	counts   map[string]int
	sessions map[string]*fakeSession
	closed   bool // sign-up is
	attempts []string
	bearers  []string
	pages    []int // of lists, in the order in which they were asked for
	more     int   // sessions that are counted but not there
	done     chan struct{}

	people map[string]bool   // of a product
	starts map[string]string // sessions by the names of their starts
}

type fakeSession struct {
	id         string
	generation int
	attempt    string // of the last rotation
	revoked    bool
}

const (
	testEmail    = `o"wner@bench.example`
	testPassword = `correct \ horse`
)

func newFakeServer() *fakeServer {
	f := &fakeServer{
		fault:     func(string, int) fault { return faultNone },
		expiresIn: 300,
		counts:    map[string]int{},
		sessions:  map[string]*fakeSession{},
		done:      make(chan struct{}),
	}
	f.Server = httptest.NewUnstartedServer(f)
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	return f
}

func startFakeServer(t testing.TB) *fakeServer {
	f := newFakeServer()
	f.Start()
	t.Cleanup(func() { close(f.done); f.Close() })
	return f
}

func (f *fakeServer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path := strings.TrimPrefix(strings.TrimPrefix(req.URL.Path, "/api/v1"), "/auth/")
	f.mu.Lock()
	f.counts[path]++
	fault := f.fault(path, f.counts[path])
	f.mu.Unlock()

	switch fault {
	case faultDrop:
		panic(http.ErrAbortHandler)
	case faultHang:
		select {
		case <-req.Context().Done():
		case <-f.done:
		}
		panic(http.ErrAbortHandler)
	case faultUnavailable:
		w.Header().Set("Retry-After", "7")
		problem(w, 503, "unavailable", "")
		return
	case faultThrottled:
		w.Header().Set("Retry-After", "60")
		problem(w, 429, "rate-limited", "")
		return
	case faultInternal:
		problem(w, 500, "internal", "")
		return
	case faultCloseAfter:
		w.Header().Set("Connection", "close")
	}

	rec := httptest.NewRecorder()
	var body map[string]string
	if path == "/service/sessions" || path == "/oauth2/introspect" {
		f.mu.Lock()
		f.service(rec, req, path, fault)
		f.mu.Unlock()
		w.WriteHeader(rec.Code)
		w.Write(rec.Body.Bytes())
		return
	}
	if req.Method == http.MethodPost {
		dec := json.NewDecoder(req.Body)
		if err := dec.Decode(&body); err != nil || req.Header.Get("Content-Type") != "application/json" {
			problem(w, 400, "invalid-request", "")
			return
		}
	}
	f.mu.Lock()
	switch req.Method + " " + path {
	case "POST signup":
		f.signUp(rec, body)
	case "POST login":
		f.login(rec, body)
	case "POST refresh":
		f.refresh(rec, body, fault)
	case "GET session":
		f.session(rec, req, fault)
	case "POST logout":
		f.logout(rec, body)
	case "GET /users/me/sessions", "GET /accounts/me/sessions", "GET /accounts/me/security",
		"POST /accounts/me/security/revoke-sessions":
		f.account(rec, req, path)
	default:
		f.end(rec, req, path)
	}
	f.mu.Unlock()

	out := rec.Body.Bytes()
	if rec.Code == 200 {
		switch fault {
		case faultNotJSON:
			out = []byte("<html>")
		case faultNoTokens:
			out = []byte(`{"session":{"id":"x","generation":1}}`)
		case faultLoseAnswer:
			panic(http.ErrAbortHandler)
		}
	}
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	if fault != faultChunked {
		w.Write(out)
		return
	}
	for len(out) > 0 {
		n := min(len(out), 7)
		w.Write(out[:n])
		w.(http.Flusher).Flush()
		out = out[n:]
	}
}

func problem(w http.ResponseWriter, status int, kind, reason string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"/problems/%s","title":"Title","status":%d,"reason":%q}`, kind, status, reason)
}

func (f *fakeServer) signUp(w http.ResponseWriter, body map[string]string) {
	if f.closed {
		problem(w, 403, "signup-closed", "")
		return
	}
	for _, name := range []string{"account_name", "name", "email", "password"} {
		if body[name] == "" {
			problem(w, 422, "invalid-request", "")
			return
		}
	}
	f.closed = true
	w.WriteHeader(201)
}

func (f *fakeServer) login(w http.ResponseWriter, body map[string]string) {
	if body["email"] != testEmail || body["password"] != testPassword || body["delivery"] != "body" {
		problem(w, 401, "invalid-credentials", "")
		return
	}
	s := &fakeSession{id: fmt.Sprintf("0197-%d", len(f.sessions))}
	f.sessions[s.id] = s
	f.tokenResponse(w, s.id, s.generation, fmt.Sprintf("cfr_%s_%d", s.id, s.generation))
}

func (f *fakeServer) refresh(w http.ResponseWriter, body map[string]string, fault fault) {
	f.attempts = append(f.attempts, body["attempt"])
	token := body["refresh_token"]
	id, generation := parseFakeToken(token, "cfr_")
	s := f.sessions[id]
	switch n := len(body["attempt"]); {
	case n < 16 || n > 64 || len(body) != 2:
		problem(w, 422, "invalid-request", "")
		return
	case s == nil || generation > s.generation:
		problem(w, 401, "invalid-token", "")
		return
	case s.revoked:
		problem(w, 401, "session-revoked", "reuse_detected")
		return
	case generation == s.generation:
		s.generation++
		s.attempt = body["attempt"]
	case generation == s.generation-1 && s.attempt == body["attempt"]:
		// The answer was lost; it is given again.
	default:
		s.revoked = true
		problem(w, 401, "refresh-token-reused", "")
		return
	}
	generation = s.generation
	successor := fmt.Sprintf("cfr_%s_%d", id, generation)
	switch fault {
	case faultGeneration:
		generation++
	case faultSameToken:
		successor = token
	case faultSession:
		id = "another"
	}
	f.tokenResponse(w, id, generation, successor)
}

func (f *fakeServer) session(w http.ResponseWriter, req *http.Request, fault fault) {
	bearer := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	f.bearers = append(f.bearers, bearer)
	id, generation := parseFakeToken(bearer, "eyJ_")
	s := f.sessions[id]
	if s == nil || s.revoked || generation > s.generation {
		problem(w, 401, "invalid-token", "")
		return
	}
	generation = s.generation
	switch fault {
	case faultGeneration:
		generation++
	case faultSession:
		id = "another"
	}
	fmt.Fprintf(w, `{"session":%s,"user":%s,"account":%s,"server_time":"2026-01-02T03:04:05Z"}`,
		fakeSessionJSON(id, generation), fakeUserJSON, fakeAccountJSON)
}

func (f *fakeServer) tokenResponse(w http.ResponseWriter, id string, generation int, refreshToken string) {
	fmt.Fprintf(w, `{"access_token":"eyJ_%s_%d","token_type":"Bearer","expires_in":%d,"refresh_token":%q,"session":%s,"user":%s,"account":%s,"server_time":"2026-01-02T03:04:05Z"}`,
		id, generation, f.expiresIn, refreshToken, fakeSessionJSON(id, generation), fakeUserJSON, fakeAccountJSON)
}

const (
	fakeUserJSON    = `{"id":"0197-u","name":"A \"refresh_token\":\"x\" {[","email":"o@bench.example","role":"owner"}`
	fakeAccountJSON = `{"id":"0197-a","name":"\\"}`
)

func fakeSessionJSON(id string, generation int) string {
	return fmt.Sprintf(`{"id":%q,"generation":%d,"started_at":"2026-01-02T03:04:05Z","last_active_at":"2026-01-02T03:04:05Z","idle_minutes":10080,"absolute_minutes":20160,"idle_expires_at":"2026-01-09T03:04:05Z","absolute_expires_at":"2026-01-16T03:04:05Z"}`, id, generation)
}

func parseFakeToken(token, prefix string) (id string, generation int) {
	token, ok := strings.CutPrefix(token, prefix)
	id, n, _ := strings.Cut(token, "_")
	if _, err := fmt.Sscanf(n, "%d", &generation); err != nil || !ok {
		return "", 0
	}
	return id, generation
}

// once is the fault of the n-th request to path.
func once(path string, n int, what fault) func(string, int) fault {
	return func(p string, i int) fault {
		if p == path && i == n {
			return what
		}
		return faultNone
	}
}

// testRunner is a runner against f with one client whose one session is
// signed in.
func testRunner(t *testing.T, f *fakeServer) (*runner, *worker, *session) {
	t.Helper()
	r, err := newRunner(testConfig(f))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.close() })
	r.pause = func(_ context.Context, d time.Duration) { t.Errorf("a pause of %s", d) }
	w := r.workers[0]
	if err := w.login(t.Context(), w.sessions[0], time.Now()); err != nil {
		t.Fatal(err)
	}
	return r, w, w.sessions[0]
}

func testConfig(f *fakeServer) Config {
	return Config{
		BaseURL: f.URL, Email: testEmail, Password: testPassword,
		Clients: 1, Runs: 1, Warmup: -1, Duration: 20 * time.Millisecond,
	}
}
