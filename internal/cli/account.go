package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
	"github.com/curfew-auth/curfew/internal/server"
)

// boundsFlags are the settings on which it depends what an account's policy
// comes to.
var boundsFlags = []string{
	"session-idle-minutes-min", "session-idle-minutes-max", "session-idle-minutes-default",
	"session-absolute-minutes-min", "session-absolute-minutes-max", "session-absolute-minutes-default",
}

// boundedCommand is embedded in commands that show what policies come to.
type boundedCommand struct{ config.Settings }

func (boundedCommand) concerns() []string { return boundsFlags }

func (b boundedCommand) open(ctx context.Context, env *Env) (*installation, error) {
	settings, err := b.Config()
	if err != nil {
		return nil, usageError{err}
	}
	return open(ctx, settings, server.Access{Now: env.Now})
}

type accountListCommand struct {
	Search string `placeholder:"TEXT" help:"Only accounts whose name contains this, whatever its case, or whose id it is, here or in the product."`
	Limit  int    `default:"100" help:"How many to list at most."`
	After  string `placeholder:"ID" help:"Go on after the account with this id, the last of a list before."`
	listing
	boundedCommand
}

// Help is shown below the summary.
func (accountListCommand) Help() string {
	return `Sessions are those that live; of an account with very many a number with a + is the least that there are. Last active is when anybody of the account was. The policy is what holds for a new session, idle and absolute.

Where there are more, the last line says how to go on; with --json it stands on standard error.

Examples:

    curfew account list
    curfew account list --search acme --json
    curfew account list --limit 1000 --after 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d`
}

// countRow is a count in JSON: at_least says that counting ended there.
type countRow struct {
	Count   int  `json:"count"`
	AtLeast bool `json:"at_least"`
}

func rowOfCount(c authority.Count) countRow { return countRow{c.N, c.More} }

// count is a count for people.
func count(c authority.Count) string {
	if c.More {
		return thousands(int64(c.N)) + "+"
	}
	return thousands(int64(c.N))
}

type policyRow struct {
	IdleMinutes              *int `json:"idle_minutes"`
	AbsoluteMinutes          *int `json:"absolute_minutes"`
	EffectiveIdleMinutes     int  `json:"effective_idle_minutes"`
	EffectiveAbsoluteMinutes int  `json:"effective_absolute_minutes"`
}

type accountRow struct {
	ID             string     `json:"id"`
	ExternalID     *string    `json:"external_id"`
	Name           string     `json:"name"`
	CreatedAt      time.Time  `json:"created_at"`
	People         countRow   `json:"people"`
	ActiveSessions countRow   `json:"active_sessions"`
	Policy         policyRow  `json:"policy"`
	LastActiveAt   *time.Time `json:"last_active_at"`
}

// externalID is an id of the product's in JSON: null where there is none.
func externalID(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}

func rowOfAccount(o authority.AccountOverview) accountRow {
	a := o.Account
	return accountRow{ID: a.ID.String(), ExternalID: externalID(a.ExternalID), Name: a.Name, CreatedAt: a.CreatedAt, People: rowOfCount(o.People), ActiveSessions: rowOfCount(o.Sessions),
		Policy:       policyRow{a.IdleMinutes, a.AbsoluteMinutes, o.Effective.IdleMinutes, o.Effective.AbsoluteMinutes},
		LastActiveAt: maybe(o.LastActiveAt)}
}

// limits are an effective policy for people.
func limits(e policy.Effective) string {
	return minutes(e.IdleMinutes) + " / " + minutes(e.AbsoluteMinutes)
}

// minutes is a number of minutes in the greatest unit that divides it.
func minutes(n int) string {
	for _, unit := range []struct {
		minutes int
		letter  string
	}{{24 * 60, "d"}, {60, "h"}} {
		if n%unit.minutes == 0 {
			return fmt.Sprint(n/unit.minutes) + unit.letter
		}
	}
	return fmt.Sprint(n) + "m"
}

// pageOfAccounts is how many accounts are read at a time.
const pageOfAccounts = 200

// Run lists accounts.
func (c *accountListCommand) Run(ctx context.Context, env *Env) error {
	if c.Limit < 1 {
		return usageError{errors.New("--limit must be at least 1")}
	}
	var after *curfew.ID
	if c.After != "" {
		id, err := curfew.ParseID(c.After)
		if err != nil {
			return usageError{fmt.Errorf("--after must be the id of an account, not %q", c.After)}
		}
		after = &id
	}
	in, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer in.close()
	t := c.table(env.Stdout, "NAME", "PEOPLE", "SESSIONS", "POLICY", "LAST ACTIVE", "CREATED", "EXTERNAL ID", "ID")
	after, err = c.list(ctx, in, t, after)
	if err != nil {
		return err
	}
	if err := t.flush("There are no such accounts."); err != nil || after == nil {
		return err
	}
	out := env.Stdout
	if c.JSON {
		out = env.Stderr
	}
	_, err = fmt.Fprintf(out, "There are more: --after %s\n", after)
	return err
}

// list adds as many accounts as are wanted, and returns where it would go on.
func (c *accountListCommand) list(ctx context.Context, in *installation, t *table, after *curfew.ID) (*curfew.ID, error) {
	for left := c.Limit; left > 0; {
		page, err := in.SearchAccounts(ctx, authority.AccountSearch{Text: c.Search, After: after, Limit: min(left, pageOfAccounts)})
		if err != nil {
			return nil, err
		}
		for _, o := range page.Items {
			row := rowOfAccount(o)
			if err := t.add(row, row.Name, count(o.People), count(o.Sessions), limits(o.Effective), minute(o.LastActiveAt), minute(row.CreatedAt),
				cmp.Or(o.Account.ExternalID, "-"), row.ID); err != nil {
				return nil, err
			}
		}
		left -= len(page.Items)
		if after = page.Next; after == nil {
			return nil, nil
		}
	}
	return after, nil
}

type accountEndSessionsCommand struct {
	Account string `arg:"" help:"The account, by id, by the product's own id, or by name."`
	Reason  string `placeholder:"TEXT" help:"Why, for the account's audit log."`
	Yes     bool   `help:"Do not ask."`
	storeCommand
}

// Help is shown below the summary.
func (accountEndSessionsCommand) Help() string {
	return `Everybody of the account signs in anew; their limits and passwords stay. What this ended stays ended, whatever happens, once the command has said so. A running server needs not be told, and services that follow the revocations refuse the access tokens within about a second.

The account's owners see it in their audit log, with the reason.

Examples:

    curfew account end-sessions Acme --reason 'Lost laptop, ticket 4711'
    curfew account end-sessions 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d --yes`
}

// Run ends sessions.
func (c *accountEndSessionsCommand) Run(ctx context.Context, env *Env) error {
	if !c.Yes && !isTerminal(env.Stdin) {
		return usageError{errors.New("this signs everybody of the account out: give --yes to say that it is meant")}
	}
	in, err := c.storeCommand.open(ctx, env)
	if err != nil {
		return err
	}
	defer in.close()
	account, err := in.FindAccount(ctx, c.Account)
	if err != nil {
		return err
	}
	if !c.Yes {
		if err := confirm(env.Stdin, env.Stderr, "This signs everybody of "+plain(account.Name)+" ("+account.ID.String()+") out."); err != nil {
			return err
		}
	}
	actor := curfew.Actor{Type: curfew.ActorOperator, AccountID: account.ID}
	ended, err := in.EndAccountSessions(ctx, actor, curfew.Origin{}, strings.TrimSpace(c.Reason))
	if err != nil {
		return wrongFlag(err)
	}
	fmt.Fprintf(env.Stdout, "Ended %s of %s.\n", sessions(ended), plain(account.Name))
	return nil
}
