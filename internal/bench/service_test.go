package bench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// service answers what a service asks. A start under a name of before answers with
// the session of then.
func (f *fakeServer) service(w http.ResponseWriter, req *http.Request, path string, fault fault) {
	if req.Header.Get("Authorization") != "Bearer cfk_x" {
		problem(w, 401, "invalid-token", "")
		return
	}
	if path == "/oauth2/introspect" {
		id, generation := parseFakeToken(req.FormValue("token"), "eyJ_")
		if s := f.sessions[id]; s == nil || s.revoked || s.generation != generation || fault == faultNoTokens {
			fmt.Fprint(w, `{"active":false}`)
			return
		}
		if fault == faultSession {
			id = "another"
		}
		fmt.Fprintf(w, `{"active":true,"sub":"0197-u","sid":%q}`, id)
		return
	}
	var body struct {
		Account struct {
			ID   string `json:"external_id"`
			Name string `json:"name"`
		}
		User struct {
			ID    string `json:"external_id"`
			Name  string `json:"name"`
			Email string `json:"email"`
			Role  string `json:"role"`
		}
		AMR       []string `json:"amr"`
		UserAgent string   `json:"user_agent"`
		IP        string   `json:"ip"`
	}
	person := func() string { return body.Account.ID + "/" + body.User.ID }
	dec := json.NewDecoder(req.Body)
	dec.DisallowUnknownFields()
	switch key := req.Header.Get("Idempotency-Key"); {
	case dec.Decode(&body) != nil || req.Header.Get("Content-Type") != "application/json" || key == "" || len(body.AMR) == 0 || body.UserAgent == "" || body.IP == "":
		problem(w, 422, "invalid-request", "")
	case !f.people[person()] && (body.Account.Name == "" || body.User.Name == "" || body.User.Email == "" || body.User.Role == ""):
		problem(w, 404, "not-found", "")
	default:
		if f.people == nil {
			f.people, f.starts = map[string]bool{}, map[string]string{}
		}
		f.people[person()] = true
		id := f.starts[key]
		if id == "" {
			id = fmt.Sprintf("0197-s%d", len(f.sessions))
			f.sessions[id], f.starts[key] = &fakeSession{id: id, generation: 1}, id
		}
		w.WriteHeader(201)
		switch generation := 1; fault {
		case faultNotJSON:
			fmt.Fprint(w, "<html>")
		case faultNoTokens:
			fmt.Fprintf(w, `{"session":%s}`, fakeSessionJSON(id, 1))
		case faultSession:
			f.tokenResponse(w, f.first(), 1, "cfr_x")
		case faultGeneration:
			generation++
			fallthrough
		default:
			f.tokenResponse(w, id, generation, fmt.Sprintf("cfr_%s_%d", id, generation))
		}
	}
}

// first is the session that was started first.
func (f *fakeServer) first() string { return "0197-s1" }

func serviceRunner(t *testing.T, f *fakeServer) (*runner, *worker, *session) {
	t.Helper()
	r, w, _ := testRunner(t, f) // whose own session is 0197-0
	r.service = []byte("cfk_x")
	crew, err := r.product(t.Context(), 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	crew[0].number = w.number
	return r, crew[0], crew[0].sessions[0]
}

// TestStart starts sessions for people who are known and for new ones, puts one
// fault into the next start, and looks at what each reports.
func TestStart(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault fault
		want  string
	}{
		{"none", faultNone, ""},
		{"the request is lost", faultDrop, ""},
		{"unavailable", faultUnavailable, "status 503 /problems/unavailable: Title"},
		{"not JSON", faultNotJSON, "the answer is not the JSON that was expected: at byte 0, want an object"},
		{"no tokens", faultNoTokens, "the answer has no refresh_token"},
		{"a generation too high", faultGeneration, "a session began with generation 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := startFakeServer(t)
			_, w, s := serviceRunner(t, f)
			if len(f.people) != 3*peopleEach || len(f.sessions) != 3*peopleEach+1 {
				t.Fatalf("%d people, %d sessions", len(f.people), len(f.sessions))
			}
			for range 10 {
				if err := w.start(t.Context(), s, time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			if len(f.people) != 3*peopleEach || len(f.sessions) != 3*peopleEach+11 {
				t.Errorf("%d people, %d sessions", len(f.people), len(f.sessions))
			}
			f.fault = once("/service/sessions", f.counts["/service/sessions"]+1, test.fault)
			var got string
			if err := w.startNew(t.Context(), s, time.Now()); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if err := w.startNew(t.Context(), s, time.Now()); err != nil {
				t.Errorf("the next: %v", err)
			}
			if err := w.introspect(t.Context(), s, time.Now()); err != nil {
				t.Errorf("the session that was started: %v", err)
			}
		})
	}
}

// TestStartAgain: an answer with the session of the start before is no new start.
func TestStartAgain(t *testing.T) {
	f := startFakeServer(t)
	_, w, s := serviceRunner(t, f)
	s.id = []byte(f.first())
	f.fault = func(string, int) fault { return faultSession }
	if err := w.start(t.Context(), s, time.Now()); err == nil || !strings.Contains(err.Error(), "started before") {
		t.Errorf("got %v", err)
	}
}

func TestIntrospect(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault fault
		want  string
	}{
		{"none", faultNone, ""},
		{"not active", faultNoTokens, "the token of a session that lives is not active"},
		{"another session", faultSession, "the answer is about another session"},
		{"unavailable", faultUnavailable, "status 503 /problems/unavailable: Title"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := startFakeServer(t)
			r, w, s := testRunner(t, f)
			r.service = []byte("cfk_x")
			f.fault = once("/oauth2/introspect", 1, test.fault)
			var got string
			if err := w.introspect(t.Context(), s, time.Now()); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
