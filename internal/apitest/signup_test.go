package apitest

import (
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/authority"
)

var newcomer = obj{"account_name": "Acme", "name": "Ada Owner", "email": "ada@acme.example", "password": password15}

func TestSignUp(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	c := w.browser()
	c.Get("/api/v1/auth/config").Status(200).Shape(configShape).
		Equal(map[string]any{"signup_allowed": true, "setup_needed": true, "password_min": 15, "idle_minutes_default": 10080})
	a := c.Post("/api/v1/auth/signup", newcomer).Status(201).Shape(tokenShape).Equal(map[string]any{
		"token_type": "Bearer", "user.name": "Ada Owner", "user.email": "ada@acme.example", "user.role": "owner", "account.name": "Acme",
		"session.generation": 1, "session.idle_minutes": 10080, "session.absolute_minutes": 20160,
		"session.started_at": w.clock.in(0), "session.last_active_at": w.clock.in(0), "server_time": w.clock.in(0),
		"session.idle_expires_at": w.clock.in(10080 * minute), "session.absolute_expires_at": w.clock.in(20160 * minute),
	})
	ada := c.person(a)
	c.Get("/api/v1/auth/config").Equal(map[string]any{"signup_allowed": true, "setup_needed": false})
	if got := strings.Join(ada.actions(), " "); got != "session.start user.create account.create" {
		t.Errorf("audited %s", got)
	}

	long := strings.Repeat("ä", 200)
	for _, tt := range []struct {
		body  any
		field string
		word  string
	}{
		{newcomer.but("account_name", nil), "account_name", "account_name is required"},
		{newcomer.but("account_name", "  "), "account_name", "account_name must not be empty"},
		{newcomer.but("account_name", long+"x"), "account_name", "account_name must be at most 200 characters"},
		{newcomer.but("name", nil), "name", "name is required"},
		{newcomer.but("name", "a\nb"), "name", "name must be"},
		{newcomer.but("name", []string{"Ada"}), "name", "name must be a string"},
		{newcomer.but("email", nil), "email", "email is required"},
		{newcomer.but("email", "nobody"), "email", "email must be an email address"},
		{newcomer.but("email", "Ada <ada@acme.example>"), "email", "email must be an email address"},
		{newcomer.but("email", strings.Repeat("a", 250)+"@b.example"), "email", "email must be an email address"},
		{newcomer.but("password", nil), "password", "password is required"},
		{newcomer.but("password", "14 characters."), "password", "password must be at least 15 characters"},
		{newcomer.but("password", "password1234567"), "password", "password must be"},
		{newcomer.but("password", "ada@acme.example"), "password", "password must"},
		{newcomer.but("password", strings.Repeat("x y z ", 1000)), "password", "password must be at most"},
		{newcomer.but("role", "owner"), "", "The body has a member that this operation does not know."},
		{newcomer.but("signup", true), "", "The body has a member"},
		{obj{}, "account_name", "account_name is required"},
	} {
		w.browser().Post("/api/v1/auth/signup", tt.body).Field(tt.field).Has(tt.word).Sets()
	}

	second := newcomer.but("email", "Second@ACME.example").but("name", long)
	w.browser().Post("/api/v1/auth/signup", second).Status(201).Equal(map[string]any{"user.name": long, "user.email": "Second@ACME.example"})
	for _, taken := range []string{"ada@acme.example", "ADA@acme.EXAMPLE", "second@acme.example", " second@acme.example "} {
		w.browser().Post("/api/v1/auth/signup", newcomer.but("email", taken)).Problem(409, "email-taken").Sets()
	}
	if got := ada.Get("/api/v1/accounts/me/users").JSON().column("email"); len(got) != 1 {
		t.Errorf("a refused sign-up left people behind: %v", got)
	}
}

func TestSignUpSettings(t *testing.T) {
	t.Parallel()
	t.Run("closed", func(t *testing.T) {
		t.Parallel()
		w := startEmpty(t, func(s *setup) { s.authority.Signup = authority.SignupClosed })
		w.browser().all(t, []line{
			{"GET", "/api/v1/auth/config", nil, 200, "", `"signup_allowed":false,"setup_needed":true`, ""},
			{"POST", "/api/v1/auth/signup", newcomer, 403, "signup-closed", "", ""},
			{"POST", "/api/v1/auth/signup", newcomer.but("email", "no address"), 403, "signup-closed", "", "email"},
			{"GET", "/api/v1/auth/config", nil, 200, "", `"setup_needed":true`, ""},
		})
	})
	t.Run("first", func(t *testing.T) {
		t.Parallel()
		w := startEmpty(t, func(s *setup) { s.authority.Signup = authority.SignupFirst })
		w.browser().all(t, []line{
			{"GET", "/api/v1/auth/config", nil, 200, "", `"signup_allowed":true,"setup_needed":true`, ""},
			{"POST", "/api/v1/auth/signup", newcomer.but("password", "short"), 422, "invalid-request", "", ""},
			{"POST", "/api/v1/auth/signup", newcomer, 201, "", "", ""},
			{"GET", "/api/v1/auth/config", nil, 200, "", `"signup_allowed":false,"setup_needed":false`, ""},
			{"POST", "/api/v1/auth/signup", newcomer.but("email", "eve@evil.example"), 403, "signup-closed", "", ""},
		})
		w.restart()
		w.browser().Post("/api/v1/auth/signup", newcomer.but("email", "eve@evil.example")).Problem(403, "signup-closed")
	})
}

// TestFirstSignUpIsOne: of many who sign up first at once, one is.
func TestFirstSignUpIsOne(t *testing.T) {
	t.Parallel()
	w := startEmpty(t, func(s *setup) { s.authority.Signup = authority.SignupFirst })
	answers := together(8, func(i int) *answer {
		return w.browser().send("POST", "/api/v1/auth/signup", newcomer.but("email", string(rune('a'+i))+"@acme.example"))
	})
	if got := statuses(answers); got[201] != 1 || got[403] != 7 {
		t.Errorf("answered %v", got)
	}
}
