package service_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/verify/internal/rig"
	"github.com/curfew-auth/curfew/verify/service"
)

// prebuilt names a folder in the environment with the programs, where they are
// not to be built.
const prebuilt = "CURFEW_TEST_PROGRAMS"

// returnURL is where portal links may lead back to.
const returnURL = "https://app.example.com/settings"

// startServer starts a real server.
func startServer(t *testing.T) *rig.Node {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	programs := rig.At(os.Getenv(prebuilt))
	if os.Getenv(prebuilt) == "" {
		var err error
		if programs, err = rig.Build(t.TempDir(), "./cmd/curfew"); errors.Is(err, rig.ErrAlone) {
			t.Skip(err)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	node, err := programs.NewNode(t.TempDir(), "--return-urls="+returnURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(node.Log())
		}
		node.Close()
	})
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	return node
}

func clientOf(t *testing.T, node *rig.Node, scopes string) *service.Client {
	t.Helper()
	out, err := node.Run("service-keys", "create", "--name", strings.ReplaceAll(scopes, ":", " "), "--scope", scopes)
	if err != nil {
		t.Fatal(err)
	}
	i := strings.Index(out, "cfk_")
	c, err := service.New(service.Config{URL: node.URL(), Key: strings.Fields(out[i:])[0], Timeout: rig.Slowest})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAgainstAServer does what a product does, at a real server.
func TestAgainstAServer(t *testing.T) {
	node := startServer(t)
	c := clientOf(t, node, "accounts:write,sessions:read,sessions:write,tokens:introspect,webhooks:write")
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	account, err := c.PutAccount(ctx, "acct:1", service.PutAccount{Name: "Acme"})
	must(err)
	again, err := c.PutAccount(ctx, "acct:1", service.PutAccount{Name: "Acme Ltd", LocalSignIn: new(bool)})
	must(err)
	if again.ID != account.ID || again.Name != "Acme Ltd" || again.ExternalID != "acct:1" || !account.LocalSignIn || again.LocalSignIn {
		t.Errorf("%+v, then %+v", account, again)
	}
	ada, err := c.PutUser(ctx, "acct:1", "u1", service.PutUser{Name: "Ada", Email: "ada@example.com", Role: service.Owner})
	must(err)
	if ada.Role != service.Owner || ada.Disabled || ada.CreatedAt.IsZero() {
		t.Errorf("%+v", ada)
	}
	if _, err = c.PutUser(ctx, "unknown", "u1", service.PutUser{Name: "Ada", Email: "ada@example.com", Role: service.Owner}); !service.IsType(err, service.TypeNotFound) {
		t.Errorf("an unknown account: %v", err)
	}

	t.Run("sessions", func(t *testing.T) { trySessions(t, c, ada) })
	t.Run("policy", func(t *testing.T) { tryPolicy(t, c) })
	t.Run("portal links", func(t *testing.T) {
		link, err := c.PortalLink(t.Context(), service.PortalLink{Account: "acct:1", User: "u1", ReturnURL: returnURL, Page: "security"})
		if err != nil || !strings.Contains(link.URL, "/portal#code=") || link.ExpiresAt.IsZero() {
			t.Errorf("%v", err)
		}
		if _, err := c.PortalLink(t.Context(), service.PortalLink{Account: "acct:1", User: "u1", ReturnURL: returnURL + "x"}); !service.IsType(err, service.TypeInvalidRequest) {
			t.Errorf("a return URL that is not registered: %v", err)
		}
	})
	t.Run("bounds", func(t *testing.T) { tryBounds(t, c) })
	t.Run("scopes", func(t *testing.T) {
		_, err := clientOf(t, node, "sessions:read").Introspect(t.Context(), "x")
		var refused *service.Error
		if !errors.As(err, &refused) || refused.Type != service.TypeWrongScope || refused.Scope != "tokens:introspect" {
			t.Errorf("%#v", err)
		}
	})
	t.Run("webhooks", func(t *testing.T) { tryWebhooks(t, c) })
}

func trySessions(t *testing.T, c *service.Client, ada service.User) {
	ctx := t.Context()
	start := service.StartSession{Account: service.StartAccount{ExternalID: "acct:1"}, User: service.StartUser{ExternalID: "u1"},
		AMR: []string{"pwd", "otp"}, AuthTime: time.Now().Add(-time.Minute), UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", IP: "192.0.2.7"}
	first, err := c.StartSession(ctx, start)
	if err != nil {
		t.Fatal(err)
	}
	if first.User.ID != ada.ID || first.Session.Generation != 1 || first.RefreshToken == "" || first.ExpiresIn <= 0 || first.ServerTime.IsZero() {
		t.Errorf("%+v", first.Session)
	}
	token, err := c.Introspect(ctx, first.AccessToken)
	if err != nil || !token.Active || token.UserID != ada.ID || token.SessionID != first.Session.ID || token.TokenType != "Bearer" ||
		strings.Join(token.AMR, " ") != "pwd otp" || token.AuthTime.Unix() != start.AuthTime.Unix() {
		t.Errorf("%+v, %v", token, err)
	}
	start.IdempotencyKey = "sign-in 1"
	second, err := c.StartSession(ctx, start)
	if err != nil {
		t.Fatal(err)
	}
	if repeated, err := c.StartSession(ctx, start); err != nil || repeated.Session.ID != second.Session.ID || repeated.RefreshToken == second.RefreshToken {
		t.Errorf("a repetition: %v", err)
	}
	start.IP = ""
	if _, err := c.StartSession(ctx, start); !service.IsType(err, service.TypeInvalidRequest) {
		t.Errorf("another body under the same key: %v", err)
	}
	made, err := c.StartSession(ctx, service.StartSession{Account: service.StartAccount{ExternalID: "acct:1"},
		User: service.StartUser{ExternalID: "u2", Name: "Bob", Email: "bob@example.com", Role: service.Member}})
	if err != nil {
		t.Fatal(err)
	}
	page, err := c.ListSessions(ctx, "acct:1", service.ListSessions{Limit: 2})
	if err != nil || len(page.Items) != 2 || page.NextCursor == "" {
		t.Fatalf("%+v, %v", page, err)
	}
	rest, err := c.ListSessions(ctx, "acct:1", service.ListSessions{Cursor: page.NextCursor})
	if err != nil || len(rest.Items) != 1 || rest.NextCursor != "" {
		t.Errorf("%+v, %v", rest, err)
	}
	if err := c.EndSession(ctx, "acct:1", first.Session.ID); err != nil {
		t.Fatal(err)
	}
	over, err := c.ListSessions(ctx, "acct:1", service.ListSessions{User: "u1", Status: service.Ended})
	if err != nil || len(over.Items) != 1 || over.Items[0].User.ExternalID != "u1" || over.Items[0].ID != first.Session.ID || over.Items[0].Reason != "service" || over.Items[0].EndedAt == nil {
		t.Errorf("%+v, %v", over, err)
	}
	if err := c.Revoke(ctx, made.RefreshToken); err != nil {
		t.Fatal(err)
	}
	if token, err := c.Introspect(ctx, made.AccessToken); err != nil || token.Active {
		t.Errorf("after its session was ended: %+v, %v", token, err)
	}
	if n, err := c.RevokeSessions(ctx, "acct:1", service.RevokeSessions{KeepUser: "u1", Reason: "A test"}); err != nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := c.RevokeUserSessions(ctx, "acct:1", "u1", "A test"); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := c.RevokeSessions(ctx, "acct:1", service.RevokeSessions{}); err != nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
}

func tryPolicy(t *testing.T, c *service.Client) {
	ctx := t.Context()
	before, err := c.Security(ctx, "acct:1")
	if err != nil || before.ETag == "" || before.IdleMinutes != nil || before.EffectiveIdleMinutes == 0 {
		t.Fatalf("%+v, %v", before, err)
	}
	change := service.UpdateSecurity{IdleMinutes: service.To(30), MaxSessionsPerUser: service.To(2), SessionLimitAction: service.RefuseNew, IfMatch: before.ETag}
	after, err := c.UpdateSecurity(ctx, "acct:1", change)
	if err != nil || after.EffectiveIdleMinutes != 30 || after.ETag == before.ETag || *after.MaxSessionsPerUser != 2 {
		t.Fatalf("%+v, %v", after, err)
	}
	change.IdleMinutes = service.Default[int]()
	if _, err := c.UpdateSecurity(ctx, "acct:1", change); !service.IsType(err, service.TypeStale) {
		t.Errorf("with an old version: %v", err)
	}
	change.IfMatch = after.ETag
	if after, err = c.UpdateSecurity(ctx, "acct:1", change); err != nil || after.IdleMinutes != nil {
		t.Errorf("%+v, %v", after, err)
	}
	start := service.StartSession{Account: service.StartAccount{ExternalID: "acct:1"}, User: service.StartUser{ExternalID: "u1"}}
	for range 2 {
		if _, err := c.StartSession(ctx, start); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.StartSession(ctx, start); !service.IsType(err, service.TypeSessionLimit) {
		t.Errorf("one session too many: %v", err)
	}
}

func tryBounds(t *testing.T, c *service.Client) {
	ctx := t.Context()
	before, err := c.Bounds(ctx, "acct:1")
	if err != nil || before.ETag == "" || before.AbsoluteMinutesMax != nil || before.EffectiveAbsoluteMinutesMax == 0 {
		t.Fatalf("%+v, %v", before, err)
	}
	change := service.UpdateBounds{AbsoluteMinutesMax: service.To(1440), AbsoluteMinutesDefault: service.To(720), IdleMinutesDefault: service.To(60), IfMatch: before.ETag}
	after, err := c.UpdateBounds(ctx, "acct:1", change)
	if err != nil || *after.AbsoluteMinutesMax != 1440 || after.EffectiveAbsoluteMinutesMax != 1440 || after.ETag == before.ETag {
		t.Fatalf("%+v, %v", after, err)
	}
	if policy, err := c.Security(ctx, "acct:1"); err != nil || policy.AbsoluteMinutesMax != 1440 {
		t.Errorf("%+v, %v", policy, err)
	}
	if _, err := c.UpdateBounds(ctx, "acct:1", change); !service.IsType(err, service.TypeStale) {
		t.Errorf("with an old version: %v", err)
	}
	inherited := service.UpdateBounds{AbsoluteMinutesMax: service.Default[int](), AbsoluteMinutesDefault: service.Default[int](), IdleMinutesDefault: service.Default[int]()}
	if after, err = c.UpdateBounds(ctx, "acct:1", inherited); err != nil || after.AbsoluteMinutesMax != nil {
		t.Errorf("%+v, %v", after, err)
	}
}

func tryWebhooks(t *testing.T, c *service.Client) {
	ctx := t.Context()
	made, err := c.CreateWebhook(ctx, "https://app.example.com/hooks", service.EventSessionEnded, service.EventPolicyUpdated)
	if err != nil || !strings.HasPrefix(made.Secret, "whsec_") {
		t.Fatalf("%v", err)
	}
	off := true
	changed, err := c.UpdateWebhook(ctx, made.ID, service.UpdateWebhook{Disabled: &off})
	if err != nil || !changed.Disabled || changed.DisabledReason != "request" || len(changed.Events) != 2 {
		t.Errorf("%+v, %v", changed, err)
	}
	secret, err := c.RotateWebhookSecret(ctx, made.ID)
	if err != nil || secret.Secret == made.Secret || secret.PreviousValidUntil.IsZero() {
		t.Errorf("%v", err)
	}
	if all, err := c.Webhooks(ctx); err != nil || len(all) != 1 || all[0].ID != made.ID || all[0].PreviousValidUntil == nil {
		t.Errorf("%+v, %v", all, err)
	}
	if err := c.DeleteWebhook(ctx, made.ID); err != nil {
		t.Error(err)
	}
	if all, err := c.Webhooks(ctx); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}
