package apitest

import (
	"strings"
	"sync"
	"testing"
	"time"
)

const minute = time.Minute

// together makes calls at the same time and gives what they return.
func together[T any](n int, call func(i int) T) []T {
	out := make([]T, n)
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-begin
			out[i] = call(i)
		})
	}
	close(begin)
	wg.Wait()
	return out
}

// statuses counts answers by status.
func statuses(answers []*answer) map[int]int {
	counts := map[int]int{}
	for _, a := range answers {
		counts[a.StatusCode]++
	}
	return counts
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.clock.pass(time.Second)
	login := obj{"email": "bob@acme.example", "password": password15}
	a := w.browser().Post("/api/v1/auth/login", login).Status(200).Shape(tokenShape).Equal(map[string]any{
		"token_type": "Bearer", "expires_in": 299, "user.id": w.bob.id, "user.role": "member", "account.id": w.ada.account,
		"session.generation": 1, "session.started_at": w.clock.in(0),
	})
	if a.JSON().str("session", "id") == w.bob.session {
		t.Error("a sign-in took over a session")
	}
	w.browser().Post("/api/v1/auth/login", login.but("delivery", "cookie")).Status(200).Shape(tokenShape).Sets("curfew_refresh", "curfew_browser")
	token := w.browser().Post("/api/v1/auth/login", login.but("delivery", "body")).Status(200).Shape(bodyShape).Sets().JSON().str("refresh_token")
	if !strings.HasPrefix(token, "cfr_") {
		t.Errorf("a refresh token begins with %.4s", token)
	}
	w.browser().Post("/api/v1/auth/login", login.but("email", " BOB@acme.example ")).Status(200)
	if e := w.ada.event("session.start"); e.str("actor", "id") != w.bob.id || e.str("resource_type") != "session" {
		t.Errorf("audited %v", e.v)
	}
	if at := w.ada.Get("/api/v1/users/me").JSON().num("session_count"); at != 1 {
		t.Errorf("Ada has %d sessions", at)
	}

	c := w.browser()
	for _, tt := range []struct {
		body  any
		field string
	}{
		{obj{"password": password15}, "email"},
		{obj{"email": "bob@acme.example"}, "password"},
		{login.but("email", ""), "email"},
		{login.but("password", ""), "password"},
		{login.but("email", []string{"bob@acme.example", "eve@evil.example"}), "email"},
		{login.but("password", 15), "password"},
		{login.but("delivery", "header"), "delivery"},
		{login.but("Email", "x"), ""},
		{login.but("account_id", w.oleg.account), ""},
	} {
		c.Post("/api/v1/auth/login", tt.body).Field(tt.field).Sets()
	}
}

// TestSignInTellsNobodyWhoExists wants one answer for a wrong password, an
// unknown address, and a disabled person whose password was right.
func TestSignInTellsNobodyWhoExists(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.ada.Patch("/api/v1/accounts/me/users/"+w.bob.id, obj{"disabled": true}).Status(200)
	try := func(email, password string) *answer {
		return w.browser().Post("/api/v1/auth/login", obj{"email": email, "password": password}).
			Problem(401, "invalid-credentials").Is("WWW-Authenticate", "Bearer").Sets()
	}
	first := try("ada@acme.example", "a wrong long password")
	for _, other := range []*answer{
		try("nobody@acme.example", "a wrong long password"),
		try("bob@acme.example", password15),
		try("bob@acme.example", "a wrong long password"),
		try("no address at all", "a wrong long password"),
		try(strings.Repeat("a", 5000)+"@acme.example", "short"),
		try("ada@acme.example\x00", password15+" "),
		try("ada@acme.example", strings.ToUpper(password15)),
		try("ada@acme.example", password15+password15+strings.Repeat("x", 2000)),
	} {
		sameBut(t, first, other)
	}
	causes := map[string]int{}
	for _, e := range w.ada.events("?action=session.start_refused").at("items").list() {
		causes[e.str("details", "cause")]++
		if e.at("actor").v != nil {
			t.Errorf("somebody who is not known is the actor of %v", e.v)
		}
	}
	if causes["wrong_password"] != 4 || causes["disabled"] != 1 || len(causes) != 2 {
		t.Errorf("audited %v", causes)
	}
}

// TestSignInEndsTheCookiesSession: a sign-in by cookie ends the session that
// the browser had, with reason logout, whoever's it was; by body it does not.
func TestSignInEndsTheCookiesSession(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := w.browser()
	first := c.signIn("bob@acme.example")
	old := c.token()
	second := c.signIn("bob@acme.example")
	if first.session == second.session || c.token() == old {
		t.Fatal("the second sign-in is the first")
	}
	w.holding(old).refresh(nil).Problem(401, "session-revoked").Because("logout")
	first.Get("/api/v1/users/me").Problem(401, "session-revoked").Because("logout")
	if e := w.ada.events("?action=session.logout").at("items").list(); len(e) != 1 || e[0].str("resource_id") != first.session || e[0].str("actor", "id") != w.bob.id {
		t.Errorf("audited %v", e)
	}

	// A program that signs in with the cookie beside it ends nothing.
	c.Post("/api/v1/auth/login", obj{"email": "bob@acme.example", "password": password15, "delivery": "body"}).Status(200).Sets()
	second.Get("/api/v1/users/me").Status(200)
	// Nor does one that is refused.
	c.Post("/api/v1/auth/login", obj{"email": "bob@acme.example", "password": "a wrong long password"}).Problem(401, "invalid-credentials").Sets()
	second.Get("/api/v1/users/me").Status(200)

	// An older generation of the same session proves it, too.
	old = c.token()
	c.refresh(nil).Status(200)
	stale := w.holding(old)
	stale.Post("/api/v1/auth/login", obj{"email": "oleg@other.example", "password": password15}).Status(200)
	second.Get("/api/v1/users/me").Problem(401, "session-revoked").Because("logout")

	// Sign-up and accepting an invitation deliver by cookie, and end it as well.
	for path, body := range map[string]obj{
		"/api/v1/auth/signup":        {"account_name": "Third", "name": "Tom", "email": "tom@third.example", "password": password15},
		"/api/v1/auth/accept-invite": {"token": "", "name": "Tim", "password": password15},
	} {
		if _, ok := body["token"]; ok {
			_, body["token"] = w.invite(w.ada, "tim@acme.example", "member")
		}
		c := w.browser()
		had := c.signIn("bob@acme.example")
		c.Post(path, body).Status(201)
		had.Get("/api/v1/users/me").Problem(401, "session-revoked").Because("logout")
	}

	// What proves nothing ends nothing and is no error.
	for _, garbage := range []string{"x", "cfr_x", w.oleg.token()[:40], strings.Repeat("A", 2000)} {
		w.holding(garbage).Post("/api/v1/auth/login", obj{"email": "bob@acme.example", "password": password15}).Status(200)
	}
	w.oleg.Get("/api/v1/users/me").Status(200)
}
