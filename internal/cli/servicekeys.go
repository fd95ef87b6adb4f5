package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// moment is a time, as in 2026-11-23T00:00:00Z.
type moment time.Time

// UnmarshalText is how kong reads it.
func (m *moment) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("expected a time such as 2026-11-23T00:00:00Z, not %q", text)
	}
	*m = moment(at)
	return nil
}

// span is a length of time: Go's way of writing it, or days, as in 90d.
type span time.Duration

// UnmarshalText is how kong reads it.
func (s *span) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		n, err := strconv.ParseUint(days, 10, 32)
		if err != nil || n > math.MaxInt64/uint64(24*time.Hour) {
			return fmt.Errorf("expected a length of time such as 90d or 24h, not %q", text)
		}
		*s = span(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return fmt.Errorf("expected a length of time such as 90d or 24h, not %q", text)
	}
	*s = span(d)
	return nil
}

type serviceKeysCreateCommand struct {
	Name      string   `required:"" placeholder:"NAME" help:"What the key is for, such as the name of the service."`
	Scope     []string `required:"" placeholder:"SCOPE" help:"What the key may do; may be given several times."`
	ExpiresIn span     `placeholder:"TIME" help:"For how long it works, such as 90d; without this until it is revoked."`
	JSON      bool     `name:"json" help:"One JSON object, for scripts."`
	storeCommand
}

// Help is shown below the summary.
func (serviceKeysCreateCommand) Help() string {
	return `The key is printed once and kept nowhere. Scopes:

    accounts:write      make and change accounts, people and bounds
    sessions:read       list sessions, read the policy
    sessions:write      start and end sessions
    tokens:introspect   ask whether a token is valid
    revocations:read    follow what was revoked, to verify access tokens
    webhooks:write      manage webhooks
    operator            open the operator's page: see all accounts, end their sessions

Give each service a key of its own, with the scopes that it needs.

Examples:

    curfew service-keys create --name orders --scope revocations:read
    curfew service-keys create --name backend --scope sessions:read,sessions:write --expires-in 90d --json`
}

// Run makes a key.
func (c *serviceKeysCreateCommand) Run(ctx context.Context, env *Env) error {
	in, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer in.close()
	ask := authority.NewServiceKey{Name: c.Name, ExpiresIn: time.Duration(c.ExpiresIn)}
	for _, word := range c.Scope {
		ask.Scopes = append(ask.Scopes, curfew.Scope(word))
	}
	key, text, err := in.CreateServiceKey(ctx, ask)
	if err != nil {
		return wrongFlag(err)
	}
	if c.JSON {
		return revealJSON(env, in, key, text)
	}
	fmt.Fprintf(env.Stdout, "Created the service key %s (%s), %s.\n", plain(key.Name), key.ID, until(key))
	fmt.Fprintf(env.Stdout, "Key: %s\n", text)
	return nil
}

// wrongFlag makes a mistake in the flags of what the authority refuses.
func wrongFlag(err error) error {
	if known, ok := errors.AsType[*curfew.Error](err); ok && len(known.Fields) > 0 {
		return usageError{err}
	}
	return err
}

func until(key curfew.ServiceKey) string {
	if key.ExpiresAt.IsZero() {
		return "which works until it is revoked"
	}
	return "which works until " + minute(key.ExpiresAt)
}

// newServiceKey is a key as it is shown once.
type newServiceKey struct {
	serviceKeyRow
	Key string `json:"key"`
}

func revealJSON(env *Env, in *installation, key curfew.ServiceKey, text string) error {
	out := json.NewEncoder(env.Stdout)
	out.SetEscapeHTML(false)
	return out.Encode(newServiceKey{rowOf(key, in.data.Clock.Now()), text})
}

type serviceKeysListCommand struct {
	listing
	storeCommand
}

// Help is shown below the summary.
func (serviceKeysListCommand) Help() string {
	return `A key is active, rotating (the one before the last rotation works, too), expired or revoked. When it was used is recorded to the minute. The keys themselves are kept nowhere.

Examples:

    curfew service-keys list
    curfew service-keys list --json`
}

type serviceKeyRow struct {
	ID            string         `json:"id"`
	Name          string         `json:"name"`
	Scopes        []curfew.Scope `json:"scopes"`
	State         string         `json:"state"`
	CreatedAt     time.Time      `json:"created_at"`
	RotatedAt     *time.Time     `json:"rotated_at"`
	PreviousUntil *time.Time     `json:"previous_until"`
	LastUsedAt    *time.Time     `json:"last_used_at"`
	ExpiresAt     *time.Time     `json:"expires_at"`
	RevokedAt     *time.Time     `json:"revoked_at"`
}

func rowOf(k curfew.ServiceKey, now time.Time) serviceKeyRow {
	state := "active"
	switch {
	case !k.RevokedAt.IsZero():
		state = "revoked"
	case k.Over(now):
		state = "expired"
	case now.Before(k.PreviousUntil):
		state = "rotating"
	}
	return serviceKeyRow{ID: k.ID.String(), Name: k.Name, Scopes: k.Scopes, State: state, CreatedAt: k.CreatedAt, RotatedAt: maybe(k.RotatedAt),
		PreviousUntil: maybe(k.PreviousUntil), LastUsedAt: maybe(k.LastUsedAt), ExpiresAt: maybe(k.ExpiresAt), RevokedAt: maybe(k.RevokedAt)}
}

// Run lists the keys.
func (c *serviceKeysListCommand) Run(ctx context.Context, env *Env) error {
	in, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer in.close()
	keys, err := in.ServiceKeys(ctx)
	if err != nil {
		return err
	}
	now := in.data.Clock.Now()
	t := c.table(env.Stdout, "NAME", "SCOPES", "STATE", "CREATED", "LAST USED", "EXPIRES", "ID")
	for _, key := range keys {
		row := rowOf(key, now)
		words := make([]string, len(key.Scopes))
		for i, scope := range key.Scopes {
			words[i] = string(scope)
		}
		if err := t.add(row, key.Name, strings.Join(words, ","), row.State, minute(key.CreatedAt), minute(key.LastUsedAt), minute(key.ExpiresAt), row.ID); err != nil {
			return err
		}
	}
	return t.flush("There are no service keys.")
}

// aServiceKey is embedded in commands on one key.
type aServiceKey struct {
	ID string `arg:"" name:"id" help:"The id of the key, as 'curfew service-keys list' shows it."`
}

// at opens the installation once it is clear which key is meant.
func (k aServiceKey) at(ctx context.Context, env *Env, c *storeCommand) (*installation, curfew.ID, error) {
	id, err := curfew.ParseID(k.ID)
	if err != nil {
		// What was given may be the key itself: it is not repeated.
		return nil, id, usageError{errors.New("give the id of a service key, as 'curfew service-keys list' shows it")}
	}
	in, err := c.open(ctx, env)
	return in, id, err
}

type serviceKeysRotateCommand struct {
	aServiceKey
	Overlap   span `default:"24h" placeholder:"TIME" help:"For how long the key in use so far still works, 24h unless given; 0 ends it at once."`
	ExpiresIn span `placeholder:"TIME" help:"For how long the key works from now on, such as 90d; without this its end stays as it is."`
	JSON      bool `name:"json" help:"One JSON object, for scripts."`
	storeCommand
}

// Help is shown below the summary.
func (serviceKeysRotateCommand) Help() string {
	return `The id, the name and the scopes stay. The new key is printed once; the one in use so far works for --overlap (24h), so that services change over without a pause. Rotated again within that time, the oldest ends at once.

After a leak: --overlap 0.

Examples:

    curfew service-keys rotate 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
    curfew service-keys rotate 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d --overlap 0`
}

// Run rotates a key.
func (c *serviceKeysRotateCommand) Run(ctx context.Context, env *Env) error {
	in, id, err := c.at(ctx, env, &c.storeCommand)
	if err != nil {
		return err
	}
	defer in.close()
	key, text, err := in.RotateServiceKey(ctx, id, time.Duration(c.Overlap), time.Duration(c.ExpiresIn))
	if err != nil {
		return wrongFlag(err)
	}
	if c.JSON {
		return revealJSON(env, in, key, text)
	}
	old := "the key in use so far has ended"
	if !key.PreviousUntil.IsZero() {
		old = "the key in use so far works until " + minute(key.PreviousUntil)
	}
	fmt.Fprintf(env.Stdout, "Rotated the service key %s (%s); %s.\n", plain(key.Name), key.ID, old)
	fmt.Fprintf(env.Stdout, "Key: %s\n", text)
	return nil
}

type serviceKeysRevokeCommand struct {
	aServiceKey
	storeCommand
}

// Help is shown below the summary.
func (serviceKeysRevokeCommand) Help() string {
	return `The key is refused within a second, by running servers too. It cannot be brought back.

Examples:

    curfew service-keys revoke 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d`
}

// Run revokes a key.
func (c *serviceKeysRevokeCommand) Run(ctx context.Context, env *Env) error {
	in, id, err := c.at(ctx, env, &c.storeCommand)
	if err != nil {
		return err
	}
	defer in.close()
	key, revoked, err := in.RevokeServiceKey(ctx, id)
	switch {
	case err != nil:
		return err
	case !revoked:
		fmt.Fprintf(env.Stdout, "The service key %s (%s) was revoked before.\n", plain(key.Name), key.ID)
	default:
		fmt.Fprintf(env.Stdout, "Revoked the service key %s (%s).\n", plain(key.Name), key.ID)
	}
	return nil
}
