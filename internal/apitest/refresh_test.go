package apitest

import (
	"strings"
	"testing"
	"time"
)

const (
	attempt  = "attempt-number-one"
	attempt2 = "attempt-number-two"
)

func TestRefreshByCookieAndByBody(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.clock.pass(minute)
	old := w.ada.token()
	a := w.ada.refresh(nil).Status(200).Shape(tokenShape).Sets("curfew_refresh").Equal(map[string]any{
		"session.id": w.ada.session, "session.generation": 2, "session.last_active_at": w.clock.in(0), "session.started_at": w.clock.in(-minute),
		"session.idle_expires_at": w.clock.in(10080 * minute), "session.absolute_expires_at": w.clock.in(20159 * minute),
	})
	if w.ada.token() == old || a.JSON().str("access_token") == w.ada.bearer {
		t.Error("nothing is new after a refresh")
	}
	w.ada.refresh(obj{}).Status(200).Equal(map[string]any{"session.generation": 3})
	w.ada.refresh(obj{"refresh_token": ""}).Status(200).Equal(map[string]any{"session.generation": 4})

	p := w.signInBody("bob@acme.example")
	second := p.refresh(obj{"refresh_token": p.refreshToken}).Status(200).Shape(bodyShape).Sets().JSON().str("refresh_token")

	// A token in the body wins over the cookie, which stays as it is.
	had := w.ada.token()
	w.ada.refresh(obj{"refresh_token": second}).Status(200).Shape(bodyShape).Sets().Equal(map[string]any{"session.id": p.session, "session.generation": 3})
	if w.ada.token() != had {
		t.Error("the cookie changed")
	}
	w.ada.refresh(nil).Status(200).Equal(map[string]any{"session.id": w.ada.session, "session.generation": 5})

	// A bearer token is neither needed nor looked at.
	w.ada.as("nonsense").Post("/api/v1/auth/refresh", nil).Status(200)
}

func TestRefreshJudgesItsMembers(t *testing.T) {
	once(t)
	t.Parallel()
	w := start(t)
	p := w.signInBody("bob@acme.example")
	good := obj{"refresh_token": p.refreshToken}
	for _, tt := range []struct {
		body  obj
		field string
	}{
		{good.but("attempt", strings.Repeat("a", 15)), "attempt"},
		{good.but("attempt", strings.Repeat("a", 65)), "attempt"},
		{good.but("attempt", strings.Repeat("a", 15)+"."), "attempt"},
		{good.but("attempt", strings.Repeat("é", 16)), "attempt"},
		{good.but("attempt", 1234567890123456), "attempt"},
		{good.but("inactive_seconds", -1), "inactive_seconds"},
		{good.but("inactive_seconds", 7776001), "inactive_seconds"},
		{good.but("inactive_seconds", 1.5), "inactive_seconds"},
		{good.but("inactive_seconds", "15"), "inactive_seconds"},
		{good.but("inactive_seconds", true), "inactive_seconds"},
		{good.but("inactive_seconds", []int{15}), "inactive_seconds"},
		{good.but("generation", 1), "session_id"},
		{good.but("session_id", p.session), "generation"},
		{good.but("generation", 0).but("session_id", p.session), "generation"},
		{good.but("generation", 4294967296).but("session_id", p.session), "generation"},
		{good.but("generation", "1").but("session_id", p.session), "generation"},
		{good.but("generation", 1).but("session_id", "no id"), "session_id"},
		{obj{"refresh_token": []string{p.refreshToken}}, "refresh_token"},
		{good.but("token", p.refreshToken), ""},
	} {
		p.refresh(tt.body).Field(tt.field).Sets()
	}
	// Nothing of it was a use of the token.
	p.refresh(good.but("attempt", strings.Repeat("-", 64)).but("inactive_seconds", 7776000).but("generation", 1).but("session_id", p.session)).
		Status(200).Equal(map[string]any{"session.generation": 2, "session.last_active_at": w.clock.in(0)})
}

func TestRefreshRefusals(t *testing.T) {
	t.Parallel()
	w := start(t)
	p := w.signInBody("bob@acme.example")
	w.program().refresh(nil).Problem(401, "no-session").Is("WWW-Authenticate", "Bearer").Sets()
	w.program().refresh(obj{"attempt": attempt}).Problem(401, "no-session").Sets()
	state := w.state()
	good := p.refreshToken
	for _, bad := range []string{
		"x", "cfr_", strings.TrimPrefix(good, "cfr_"), good + "A", strings.ToLower(good), flip(good, 30), flip(good, len(good)-1),
		"cfi_" + good[4:], p.bearer, strings.Repeat("cfr_", 1000), good[:40] + " " + good[40:], "cfr_" + strings.Repeat("\x01", 90),
	} {
		p.refresh(obj{"refresh_token": bad}).Problem(401, "invalid-token").Sets()
		if !strings.ContainsAny(bad, " \x01") {
			w.holding(bad).refresh(nil).Problem(401, "invalid-token").Sets("-curfew_refresh")
		}
	}
	if w.state() != state {
		t.Error("an invalid token changed something")
	}
	p.refresh(obj{"refresh_token": good}).Status(200)
}

// flip changes one character of a token.
func flip(token string, at int) string {
	b := []byte(token)
	if b[at] == 'A' {
		b[at] = 'B'
	} else {
		b[at] = 'A'
	}
	return string(b)
}

// TestLostAnswer: who did not get the answer asks again, and gets the same
// successor, as long as it was not used and with the same attempt.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		first, second any // the attempts
		after         time.Duration
		want          string
	}{
		{"none both times", nil, nil, 29999999 * time.Microsecond, "successor"},
		{"the same attempt", attempt, attempt, 29999999 * time.Microsecond, "successor"},
		{"at the end of the grace period", attempt, attempt, 30 * time.Second, "reuse"},
		{"another attempt", attempt, attempt2, 0, "reuse"},
		{"an attempt, then none", attempt, nil, 0, "reuse"},
		{"none, then an attempt", nil, attempt, 0, "reuse"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			p := w.signInBody("bob@acme.example")
			body := obj{"refresh_token": p.refreshToken}
			successor := p.refresh(body.but("attempt", tt.first)).Status(200).JSON().str("refresh_token")
			w.clock.pass(tt.after)
			a := p.refresh(body.but("attempt", tt.second))
			if tt.want == "successor" {
				if got := a.Status(200).Shape(bodyShape).JSON(); got.str("refresh_token") != successor || got.num("session", "generation") != 2 {
					t.Error("another successor")
				}
				p.refresh(obj{"refresh_token": successor}).Status(200)
				return
			}
			a.Problem(401, "refresh-token-reused").Sets()
			p.refresh(obj{"refresh_token": successor}).Problem(401, "session-revoked").Because("reuse_detected")
			p.refresh(body).Problem(401, "session-revoked").Because("reuse_detected")
			p.Get("/api/v1/users/me").Problem(401, "session-revoked").Because("reuse_detected").Is("WWW-Authenticate", `Bearer error="invalid_token"`)
			w.ada.renew()
			e := w.ada.event("session.reuse_detected")
			if e.str("resource_id") != p.session || e.at("actor").v != nil {
				t.Errorf("audited %v", e.v)
			}
			w.bob.refresh(nil).Status(200) // another session of the same person
		})
	}
}

func TestReuseByCookieClearsIt(t *testing.T) {
	t.Parallel()
	w := start(t)
	old := w.bob.token()
	w.bob.refresh(nil).Status(200)
	w.bob.refresh(nil).Status(200)
	w.holding(old).refresh(nil).Problem(401, "refresh-token-reused").Sets("-curfew_refresh")
	w.bob.refresh(nil).Problem(401, "session-revoked").Because("reuse_detected").Sets("-curfew_refresh")
	w.bob.refresh(nil).Problem(401, "no-session").Sets()
}

// TestReplayAfterUse: a token whose successor was used is not given out again,
// in grace or not.
func TestReplayAfterUse(t *testing.T) {
	t.Parallel()
	w := start(t)
	p := w.signInBody("bob@acme.example")
	second := p.refresh(obj{"refresh_token": p.refreshToken}).Status(200).JSON().str("refresh_token")
	p.refresh(obj{"refresh_token": second}).Status(200)
	p.refresh(obj{"refresh_token": p.refreshToken}).Problem(401, "refresh-token-reused")
}

func TestGraceZero(t *testing.T) {
	t.Parallel()
	w := start(t, func(s *setup) { s.authority.RefreshGrace = 0 })
	p := w.signInBody("bob@acme.example")
	named := obj{"refresh_token": p.refreshToken, "attempt": attempt, "generation": 1, "session_id": p.session}
	second := p.refresh(named).Status(200).JSON().str("refresh_token")
	third := p.refresh(obj{"refresh_token": second, "generation": 2, "session_id": p.session}).Status(200).Equal(map[string]any{"session.generation": 3})
	if third.JSON().str("refresh_token") == second {
		t.Error("with grace 0 a token was young")
	}
	p.refresh(named).Problem(401, "refresh-token-reused")
}

// TestGenerationMoved: a tab that believes in another token adopts the cookie's
// and tries once more.
func TestGenerationMoved(t *testing.T) {
	t.Parallel()
	w := start(t)
	state := w.state()
	other := "0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"
	for _, believed := range []obj{
		{"generation": 2, "session_id": w.bob.session}, {"generation": 1, "session_id": other}, {"generation": 4294967295, "session_id": other},
	} {
		w.bob.refresh(believed.but("attempt", attempt)).Problem(409, "generation-moved").Sets().
			Equal(map[string]any{"generation": 1, "session_id": w.bob.session})
	}
	if w.state() != state {
		t.Error("a refusal changed something")
	}
	believed := obj{"generation": 1, "session_id": w.bob.session}
	w.bob.refresh(believed).Status(200).Equal(map[string]any{"session.generation": 2})
	w.bob.refresh(believed).Problem(409, "generation-moved").Equal(map[string]any{"generation": 2, "session_id": w.bob.session})
	// It is decided from the token alone: also of a session that is over.
	token := w.bob.token()
	w.bob.as("").Post("/api/v1/auth/logout", nil).Status(204)
	w.holding(token).refresh(believed).Problem(409, "generation-moved").Equal(map[string]any{"generation": 2})
	w.holding(token).refresh(believed.but("generation", 2)).Problem(401, "session-revoked").Because("logout")
}

// TestYoungAnswer: a client that names the generation gets a token back that
// has only just been rotated, and nothing rotates.
func TestYoungAnswer(t *testing.T) {
	t.Parallel()
	w := start(t)
	first := obj{"generation": 1, "session_id": w.bob.session, "attempt": attempt}
	w.bob.refresh(first).Status(200).Sets("curfew_refresh").Equal(map[string]any{"session.generation": 2}) // never rotated: not young
	token := w.bob.token()
	second := first.but("generation", 2)
	w.clock.pass(30*time.Second - time.Microsecond)
	w.bob.refresh(second.but("attempt", attempt2)).Status(200).Shape(tokenShape).Sets().
		Equal(map[string]any{"session.generation": 2, "session.last_active_at": w.clock.in(0), "expires_in": 299})
	if w.bob.token() != token {
		t.Error("the cookie changed")
	}
	// By body the same token comes back, and still nothing was used: a replay
	// of the one before gives it, too.
	p := w.program().refresh(second.but("refresh_token", token)).Status(200).Shape(bodyShape).Sets()
	if p.JSON().str("refresh_token") != token {
		t.Error("the young token did not come back")
	}
	w.clock.pass(time.Microsecond)
	w.bob.refresh(second).Status(200).Sets("curfew_refresh").Equal(map[string]any{"session.generation": 3})
	// Without a generation the client wants a rotation, and gets one.
	w.bob.refresh(nil).Status(200).Sets("curfew_refresh").Equal(map[string]any{"session.generation": 4})
}

// TestInactiveSeconds: only what the person did moves the idle deadline.
func TestInactiveSeconds(t *testing.T) {
	t.Parallel()
	w := start(t)
	began := w.clock.Now()
	w.clock.pass(time.Hour)
	active := func(inactive int) time.Time {
		v := w.bob.refresh(obj{"inactive_seconds": inactive}).Status(200).JSON()
		at, err := time.Parse(time.RFC3339, v.str("session", "last_active_at"))
		must(t, err)
		if v.str("session", "idle_expires_at") != stamp(at.Add(10080*minute)) {
			t.Errorf("the idle deadline is %s", v.str("session", "idle_expires_at"))
		}
		return at
	}
	for _, tt := range []struct {
		inactive int
		want     time.Time
	}{
		{7200, began}, {3600, began}, {7776000, began}, {1800, began.Add(30 * minute)}, {3000, began.Add(30 * minute)}, {0, began.Add(time.Hour)},
	} {
		if got := active(tt.inactive); !got.Equal(tt.want) {
			t.Errorf("after %d inactive seconds the last activity is %s, want %s", tt.inactive, got, tt.want)
		}
	}
}

// TestRefreshesRace: whatever many tabs do at once, a session neither forks nor
// dies.
func TestRefreshesRace(t *testing.T) {
	t.Parallel()
	w := start(t)
	p := w.signInBody("bob@acme.example")
	for name, body := range map[string]obj{
		"without attempts": {}, "with one attempt": {"attempt": attempt},
	} {
		got := map[string]int{}
		for _, a := range together(16, func(int) *answer { return w.program().refresh(body.but("refresh_token", p.refreshToken)) }) {
			got[a.Status(200).JSON().str("refresh_token")]++
		}
		if len(got) != 1 || got[p.refreshToken] > 0 {
			t.Fatalf("%s there are %d successors", name, len(got))
		}
		for p.refreshToken = range got {
		}
	}
	p.refresh(obj{"refresh_token": p.refreshToken}).Status(200).Equal(map[string]any{"session.generation": 4})
}
