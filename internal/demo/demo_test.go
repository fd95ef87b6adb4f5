package demo_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/demo"
	"github.com/curfew-auth/curfew/internal/server"
	"github.com/curfew-auth/curfew/internal/wire"
)

const password = "lemon tree very pretty"

// settings are those of a server over a folder of the test's.
func settings(t *testing.T) config.Config {
	dir := filepath.Join(t.TempDir(), "data")
	c := config.Config{
		Store: config.Store{DataDir: dir, DatabasePath: filepath.Join(dir, "curfew.db"), SecretFile: filepath.Join(dir, "secret"), MakeSecret: true},
		Addr:  "127.0.0.1:0", Signup: config.SignupFirst,
		IdleMinutes: config.Minutes{Min: 15, Max: 43200, Default: 10080}, AbsoluteMinutes: config.Minutes{Min: 60, Max: 129600, Default: 20160},
		AccessTokenTTL: 5 * time.Minute, RefreshGrace: 30 * time.Second, SigningAlg: "EdDSA", PasswordMin: 15, Throttle: true,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start starts a server until the test ends or it is stopped.
func start(t *testing.T, c server.Config) *server.Server {
	t.Helper()
	c.Log = slog.New(slog.DiscardHandler)
	s := server.New(c)
	must(t, s.Start(t.Context()))
	t.Cleanup(func() { must(t, s.Stop()) })
	return s
}

// ask asks the API as somebody, and puts the answer into out.
func ask(t *testing.T, base, method, path, token string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	must(t, err)
	r, err := http.NewRequest(method, base+"/api/v1"+path, bytes.NewReader(body))
	must(t, err)
	r.Header.Set("Content-Type", "application/json")
	if method == "GET" {
		r, err = http.NewRequest(method, base+"/api/v1"+path, nil)
		must(t, err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	defer answer.Body.Close()
	if answer.StatusCode != 200 {
		t.Fatalf("%s %s: status %d", method, path, answer.StatusCode)
	}
	must(t, json.NewDecoder(answer.Body).Decode(out))
}

// pages reads a whole list.
func pages[T any](t *testing.T, base, path, token string) (items []T) {
	t.Helper()
	cursor := ""
	for {
		var page struct {
			Items      []T     `json:"items"`
			NextCursor *string `json:"next_cursor"`
		}
		ask(t, base, "GET", path+"limit=200"+cursor, token, nil, &page)
		items = append(items, page.Items...)
		if page.NextCursor == nil {
			return items
		}
		cursor = "&cursor=" + *page.NextCursor
	}
}

// The account that was made is what the pages need: people, sessions of every
// age and device, and an audit log of half a year.
func TestFill(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	c := settings(t)
	clock := demo.NewClock(time.Now)
	filling := start(t, server.Config{Settings: c, Now: clock.Now, StoreClock: clock.Store})
	var progress strings.Builder
	const events = 700
	began := time.Now()
	account, err := demo.Fill(t.Context(), demo.Config{URL: filling.Settings().PublicURL, Clock: clock, Password: password, Seed: 1, AuditEvents: events, Progress: &progress})
	must(t, err)
	t.Logf("made in %s", time.Since(began))
	must(t, filling.Stop())

	base := start(t, server.Config{Settings: c, Now: time.Now}).Settings().PublicURL
	var owner, member wire.TokenResponse
	ask(t, base, "POST", "/auth/login", "", wire.LoginRequest{Email: account.Owner, Password: password}, &owner)
	ask(t, base, "POST", "/auth/login", "", wire.LoginRequest{Email: account.Member, Password: password}, &member)
	if owner.User.Role != "owner" || member.User.Role != "member" || owner.Account.Name != account.Name {
		t.Errorf("signed in as %+v and %+v", owner.User, member.User)
	}
	checkPeople(t, pages[wire.User](t, base, "/accounts/me/users?", owner.AccessToken))
	if invites := pages[wire.Invite](t, base, "/accounts/me/invites?", owner.AccessToken); len(invites) != 2 {
		t.Errorf("%d open invitations", len(invites))
	}
	var security wire.Security
	ask(t, base, "GET", "/accounts/me/security", owner.AccessToken, nil, &security)
	if security.Preset != "custom" || security.EffectiveIdleMinutes != 480 || security.EffectiveAbsoluteMinutes != 10080 {
		t.Errorf("the policy is %s, %d and %d", security.Preset, security.EffectiveIdleMinutes, security.EffectiveAbsoluteMinutes)
	}
	checkSessions(t, pages[wire.SessionItem](t, base, "/accounts/me/sessions?", owner.AccessToken))
	checkAudit(t, events, pages[wire.AuditEvent](t, base, "/accounts/me/audit-events?", owner.AccessToken))
}

func checkPeople(t *testing.T, people []wire.User) {
	t.Helper()
	owners, disabled := 0, 0
	for _, u := range people {
		if u.Role == "owner" {
			owners++
		}
		if u.Disabled {
			disabled++
		}
	}
	if len(people) != 30 || owners != 3 || disabled != 1 {
		t.Errorf("%d people, %d of them owners and %d disabled", len(people), owners, disabled)
	}
}

// checkSessions wants sessions near each of their ends, and fresh ones.
func checkSessions(t *testing.T, sessions []wire.SessionItem) {
	t.Helper()
	if n := len(sessions); n < 75 || n > 95 {
		t.Errorf("%d active sessions", n)
	}
	now := time.Now()
	found, browsers, kinds, addresses := map[string]int{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, s := range sessions {
		count := func(name string, is bool) {
			if is {
				found[name]++
			}
		}
		age, seen := now.Sub(s.StartedAt.Std()), now.Sub(s.LastActiveAt.Std())
		count("just seen", seen < 12*time.Minute)
		count("idle soon", s.IdleExpiresAt.Std().Sub(now) < time.Hour && s.IdleExpiresAt.Std().Before(s.AbsoluteExpiresAt.Std()))
		count("over soon", s.AbsoluteExpiresAt.Std().Sub(now) < 4*time.Hour)
		count("an hour old", age < time.Hour)
		count("days old", age > 4*24*time.Hour)
		count("older than the policy allows", age > 7*24*time.Hour)
		browsers[s.Device.Browser], kinds[s.Device.Kind], addresses[s.IP] = true, true, true
	}
	for name, least := range map[string]int{"just seen": 12, "idle soon": 6, "over soon": 2, "an hour old": 2, "days old": 20, "older than the policy allows": 10} {
		if found[name] < least {
			t.Errorf("%d sessions are %s, want %d: %v", found[name], name, least, found)
		}
	}
	if len(browsers) < 6 || !kinds["desktop"] || !kinds["phone"] || !kinds["tablet"] || len(addresses) < 30 {
		t.Errorf("browsers %v, kinds %v, %d addresses", browsers, kinds, len(addresses))
	}
}

func checkAudit(t *testing.T, least int, events []wire.AuditEvent) {
	t.Helper()
	if len(events) < least {
		t.Errorf("%d events, want %d", len(events), least)
	}
	if age := time.Since(events[len(events)-1].OccurredAt.Std()); age < 179*24*time.Hour || age > 182*24*time.Hour {
		t.Errorf("the first event was %s ago", age)
	}
	actions, policies := map[string]int{}, map[string]bool{}
	for _, e := range events {
		actions[e.Action]++
		if e.Action == "account.session_policy_update" {
			policies[e.Actor.Name] = true
		}
	}
	for _, action := range strings.Fields(`account.create account.update account.session_policy_update account.sessions_revoked_bulk user.create user.update user.role_change
		user.disable user.enable user.sessions_revoked user.password_change invite.create invite.delete invite.accept session.start session.start_refused session.logout
		session.revoke session.reuse_detected access.denied`) {
		if actions[action] == 0 {
			t.Errorf("no %s", action)
		}
	}
	if len(policies) < 3 {
		t.Errorf("the policy was changed by %v", policies)
	}
}
