package server

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/device"
	"github.com/curfew-auth/curfew/internal/password"
	"github.com/curfew-auth/curfew/internal/policy"
	"github.com/curfew-auth/curfew/internal/token"
	"github.com/curfew-auth/curfew/internal/webhook"
)

// Authority is the authority over the data for commands of the operator. It
// has no signing keys: no token is made or read at the command line.
func (d *Data) Authority(c config.Config) (*authority.Authority, error) {
	return newAuthority(d, c, d.DB, new(token.KeyRing), nil, nil, nil)
}

func newAuthority(d *Data, c config.Config, store authority.Store, ring *token.KeyRing, observer authority.Observer, mailer authority.Mailer, log *slog.Logger) (*authority.Authority, error) {
	// The operator's commands know no URL, and need none.
	issuer := cmp.Or(c.PublicURL, "http://localhost")
	audience := cmp.Or(c.Audience, issuer)
	signer, err := token.NewSigner(ring, issuer, audience)
	if err != nil {
		return nil, err
	}
	verifier, err := token.NewVerifier(ring, issuer, audience, token.DefaultCacheSize)
	if err != nil {
		return nil, err
	}
	hasher, err := password.New(password.Config{})
	if err != nil {
		return nil, err
	}
	start := time.Now()
	return authority.New(authority.Config{
		Store: store, OneWriter: d.DB.OneWriter(), Now: d.Clock.Now, Elapsed: func() time.Duration { return time.Since(start) }, Log: log, Observer: observer,
		Bounds: policy.Bounds{
			Idle:     policy.Range{Min: c.IdleMinutes.Min, Max: c.IdleMinutes.Max, Default: c.IdleMinutes.Default},
			Absolute: policy.Range{Min: c.AbsoluteMinutes.Min, Max: c.AbsoluteMinutes.Max, Default: c.AbsoluteMinutes.Default},
		},
		PolicyReasonRequired: c.PolicyReasonRequired, Signup: authority.Signup(c.Signup), ThrottleOff: !c.Throttle,
		PublicURL: issuer, ReturnURLs: c.ReturnURLs, AccessTokenTTL: c.AccessTokenTTL, RefreshGrace: c.RefreshGrace,
		Secrets: d.Secrets, Signer: signer, Verifier: verifier,
		Passwords: hasher, PasswordRules: password.Policy{MinLength: c.PasswordMin}, ParseDevice: device.Parse,
		Mailer: mailer, JudgeWebhookURL: webhook.Guard{Allow: c.WebhookAllow}.JudgeURL,
	})
}
