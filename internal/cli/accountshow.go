package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/policy"
)

type accountShowCommand struct {
	Account string `arg:"" help:"The account, by id, by the product's own id, or by name."`
	JSON    bool   `name:"json" help:"One JSON object, for scripts."`
	boundedCommand
}

// Help is shown below the summary.
func (accountShowCommand) Help() string {
	return `Shows the policy in force and the bounds within which the owners may choose, who the owners are, how many people and live sessions there are, how often all sessions were ended (the epoch) and the policy was changed, and the ten newest events of the audit log. The bounds are those of the settings that this command is given, so give it the server's.

Examples:

    curfew account show Acme
    curfew account show 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d --json`
}

type rangeRow struct {
	Min     int `json:"min"`
	Max     int `json:"max"`
	Default int `json:"default"`
}

type ownerRow struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

type eventRow struct {
	ID         string          `json:"id"`
	OccurredAt time.Time       `json:"occurred_at"`
	Action     string          `json:"action"`
	Actor      string          `json:"actor"`
	Details    json.RawMessage `json:"details"`
}

type accountDetailsRow struct {
	accountRow
	Bounds struct {
		Idle     rangeRow `json:"idle_minutes"`
		Absolute rangeRow `json:"absolute_minutes"`
	} `json:"bounds"`
	MaxSessionsPerUser *int       `json:"max_sessions_per_user"`
	SessionLimitAction string     `json:"session_limit_action"`
	PolicyUpdatedAt    *time.Time `json:"policy_updated_at"`
	PolicyVersion      int64      `json:"policy_version"`
	SessionEpoch       int64      `json:"session_epoch"`
	OwnerCount         int        `json:"owner_count"`
	Owners             []ownerRow `json:"owners"`
	Events             []eventRow `json:"events"`
}

// actorOf names who did something.
func actorOf(e audit.Event) string {
	switch {
	case e.Actor == nil:
		return "-"
	case e.Actor.Email != "":
		return e.Actor.Email
	case e.Actor.Name != "":
		return string(e.Actor.Type) + " " + e.Actor.Name
	}
	return string(e.Actor.Type)
}

func rowOfDetails(d authority.AccountDetails) accountDetailsRow {
	row := accountDetailsRow{accountRow: rowOfAccount(d.AccountOverview), PolicyUpdatedAt: maybe(d.Account.PolicyUpdatedAt),
		PolicyVersion: d.Account.PolicyVersion, SessionEpoch: d.Account.SessionEpoch, OwnerCount: d.OwnerCount, Owners: []ownerRow{}, Events: []eventRow{}}
	row.MaxSessionsPerUser, row.SessionLimitAction = d.Limit.MaxSessionsPerUser, string(d.Limit.SessionLimitAction)
	row.Bounds.Idle, row.Bounds.Absolute = rangeRow(d.Bounds.Idle), rangeRow(d.Bounds.Absolute)
	for _, u := range d.Owners {
		row.Owners = append(row.Owners, ownerRow{u.ID.String(), u.Name, u.Email})
	}
	for _, e := range d.Events {
		row.Events = append(row.Events, eventRow{e.ID.String(), e.OccurredAt, string(e.Action), actorOf(e), e.Details})
	}
	return row
}

// Run shows an account.
func (c *accountShowCommand) Run(ctx context.Context, env *Env) error {
	in, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer in.close()
	account, err := in.FindAccount(ctx, c.Account)
	if err != nil {
		return err
	}
	d, err := in.AccountDetails(ctx, account.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		out := json.NewEncoder(env.Stdout)
		out.SetEscapeHTML(false)
		return out.Encode(rowOfDetails(d))
	}
	return describe(env.Stdout, d)
}

// describe shows an account to a person.
func describe(out io.Writer, d authority.AccountDetails) error {
	a := d.Account
	facts := listing{}.table(out, plain(a.Name), a.ID.String())
	for _, fact := range [][2]string{
		{"External id", cmp.Or(a.ExternalID, "-")},
		{"Created", minute(a.CreatedAt)},
		{"People", count(d.People)},
		{"Live sessions", count(d.Sessions)},
		{"Last active", minute(d.LastActiveAt)},
		{"Idle limit", limit(d.Effective.IdleMinutes, d.Policy.IdleMinutes, d.Bounds.Idle)},
		{"Absolute limit", limit(d.Effective.AbsoluteMinutes, d.Policy.AbsoluteMinutes, d.Bounds.Absolute)},
		{"Sessions a person", sessionLimit(d.Limit)},
		{"Policy version", fmt.Sprintf("%d, changed %s", a.PolicyVersion, minute(a.PolicyUpdatedAt))},
		{"Session epoch", fmt.Sprint(a.SessionEpoch)},
	} {
		if err := facts.add(nil, fact[0], fact[1]); err != nil {
			return err
		}
	}
	if err := facts.flush(""); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nOwners: %d\n", d.OwnerCount)
	for _, u := range d.Owners {
		fmt.Fprintf(out, "  %s <%s>\n", plain(u.Name), plain(u.Email))
	}
	if d.OwnerCount > len(d.Owners) {
		fmt.Fprintln(out, "  and more")
	}
	fmt.Fprintln(out)
	events := listing{}.table(out, "NEWEST EVENTS", "ACTION", "BY", "DETAILS")
	for _, e := range d.Events {
		if err := events.add(nil, minute(e.OccurredAt), string(e.Action), actorOf(e), string(e.Details)); err != nil {
			return err
		}
	}
	return events.flush("There are no events.")
}

// sessionLimit is how many sessions a person may have, and what happens then.
func sessionLimit(l policy.SessionLimit) string {
	switch {
	case l.MaxSessionsPerUser == nil:
		return "any number"
	case l.SessionLimitAction == policy.RefuseNew:
		return fmt.Sprintf("%d, then a sign-in is refused", *l.MaxSessionsPerUser)
	}
	return fmt.Sprintf("%d, then the oldest makes way", *l.MaxSessionsPerUser)
}

// limit is one limit, where it comes from, and what the owners may choose.
func limit(effective int, own *int, r policy.Range) string {
	source := "default"
	if own != nil {
		source = "chosen by an owner"
	}
	return fmt.Sprintf("%s (%s; %s to %s allowed)", minutes(effective), source, minutes(r.Min), minutes(r.Max))
}
