package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/server"
	"github.com/curfew-auth/curfew/internal/token"
)

type keysListCommand struct {
	listing
	storeCommand
}

// Help is shown below the summary.
func (keysListCommand) Help() string {
	return `A key is next (published, but does not sign yet), signing, or retiring (published until the last token that it signed has expired).

Examples:

    curfew signing-keys list
    curfew signing-keys list --json`
}

type keyRow struct {
	KID       string     `json:"kid"`
	Alg       string     `json:"alg"`
	State     string     `json:"state"`
	CreatedAt time.Time  `json:"created_at"`
	ActiveAt  time.Time  `json:"active_at"`
	ExpiresAt *time.Time `json:"expires_at"`
}

// Run lists the keys.
func (c *keysListCommand) Run(ctx context.Context, env *Env) error {
	in, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer in.close()
	keys, err := in.data.Keys.Load(ctx, in.data.Clock.Now())
	if err != nil {
		return err
	}
	ring := new(token.KeyRing)
	if err := ring.Replace(keys); err != nil {
		return err
	}
	now := in.data.Clock.Now()
	current, err := ring.Current(now)
	if err != nil {
		return err
	}
	t := c.table(env.Stdout, "KEY", "ALG", "STATE", "CREATED", "SIGNS FROM", "PUBLISHED UNTIL")
	for _, key := range ring.Published(now) {
		state := "retiring"
		switch {
		case key.KID == current.KID:
			state = "signing"
		case key.ActiveAt.After(now):
			state = "next"
		}
		row := keyRow{KID: key.KID, Alg: key.Alg, State: state, CreatedAt: key.CreatedAt, ActiveAt: key.ActiveAt, ExpiresAt: maybe(key.ExpiresAt)}
		if err := t.add(row, key.KID, key.Alg, state, minute(key.CreatedAt), minute(key.ActiveAt), minute(key.ExpiresAt)); err != nil {
			return err
		}
	}
	return t.flush("There are no signing keys.")
}

// maybe is a time, or null for none.
func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type keysRotateCommand struct {
	Now         bool `help:"Let the new key sign at once. Verifiers that have not fetched the key set since refuse its tokens until they do."`
	WithdrawOld bool `help:"As --now, and withdraw all older keys at once, because one of them leaked: tokens that they signed are refused, and whoever holds one refreshes."`
	config.Settings
}

func (keysRotateCommand) concerns() []string { return []string{"signing-alg"} }

// Help is shown below the summary.
func (keysRotateCommand) Help() string {
	return `The new key is published at once and signs after 10 minutes, when verifiers have fetched it, in place of one that was made before and does not sign yet; the older ones stay published until the last token that they signed has expired. A running server notices within a second.

Examples:

    curfew signing-keys rotate
    curfew signing-keys rotate --now
    curfew signing-keys rotate --withdraw-old
    curfew signing-keys rotate --signing-alg ES256`
}

// Run makes a key.
func (c *keysRotateCommand) Run(ctx context.Context, env *Env) error {
	settings, err := c.Config()
	if err != nil {
		return usageError{err}
	}
	in, err := open(ctx, settings, server.Access{Alg: settings.SigningAlg, Now: env.Now})
	if err != nil {
		return err
	}
	defer in.close()
	lead := time.Duration(authority.SigningKeyLead)
	if c.Now || c.WithdrawOld {
		lead = 0
	}
	key, err := in.data.Keys.Rotate(ctx, in.data.Clock.Now(), lead)
	if err != nil {
		return err
	}
	if lead == 0 {
		fmt.Fprintf(env.Stdout, "Made the %s key %s, which signs from now on.\n", key.Alg, key.KID)
	}
	if c.WithdrawOld {
		if err := in.data.Keys.Withdraw(ctx, in.data.Clock.Now()); err != nil {
			return err
		}
		fmt.Fprintln(env.Stdout, "All older keys are withdrawn.")
	}
	if lead == 0 {
		return nil
	}
	fmt.Fprintf(env.Stdout, "Made the %s key %s, which signs from %s.\n", key.Alg, key.KID, minute(key.ActiveAt))
	return nil
}
