package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

type sessionListCommand struct {
	Account string `required:"" placeholder:"NAME" help:"The account, by name, by id or by the product's own id."`
	User    string `placeholder:"PERSON" help:"Only sessions of this person, by email address, by id or by the product's own id."`
	Status  string `enum:"active,ended,all" default:"active" help:"active, ended or all."`
	listing
	storeCommand
}

// Help is shown below the summary.
func (sessionListCommand) Help() string {
	return `Latest activity first.

Examples:

    curfew session list --account Acme
    curfew session list --account Acme --user ada@example.com --status all --json`
}

type sessionRow struct {
	ID                string     `json:"id"`
	UserID            string     `json:"user_id"`
	Email             string     `json:"email"`
	Status            string     `json:"status"`
	Reason            string     `json:"reason,omitempty"`
	StartedAt         time.Time  `json:"started_at"`
	LastActiveAt      time.Time  `json:"last_active_at"`
	IdleExpiresAt     time.Time  `json:"idle_expires_at"`
	AbsoluteExpiresAt time.Time  `json:"absolute_expires_at"`
	EndedAt           *time.Time `json:"ended_at"`
	Browser           string     `json:"browser"`
	OS                string     `json:"os"`
	IP                string     `json:"ip"`
}

// Run lists sessions.
func (c *sessionListCommand) Run(ctx context.Context, env *Env) error {
	in, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer in.close()
	account, err := in.FindAccount(ctx, c.Account)
	if err != nil {
		return err
	}
	filter := authority.SessionFilter{Status: authority.SessionStatus(c.Status)}
	if c.User != "" {
		user, err := in.person(ctx, account, c.User)
		if err != nil {
			return err
		}
		filter.UserID = &user.ID
	}
	t := c.table(env.Stdout, "PERSON", "STATUS", "STARTED", "LAST ACTIVE", "ENDS AT THE LATEST", "DEVICE", "IP", "ID")
	err = in.AccountSessions(ctx, account.ID, filter, func(st curfew.Standing, now time.Time) error {
		s := st.Session
		status, end := st.Status(now)
		shown := string(status)
		if end.Reason != "" {
			shown += " (" + string(end.Reason) + ")"
		}
		device := strings.Trim(s.Device.Browser+", "+s.Device.OS, ", ")
		return t.add(sessionRow{s.ID.String(), s.UserID.String(), st.User.Email, string(status), string(end.Reason), s.StartedAt, s.LastActiveAt,
			s.IdleExpiresAt, s.AbsoluteExpiresAt, maybe(end.At), s.Device.Browser, s.Device.OS, s.IP},
			st.User.Email, shown, minute(s.StartedAt), minute(s.LastActiveAt), minute(s.AbsoluteExpiresAt), device, s.IP, s.ID.String())
	})
	if err != nil {
		return err
	}
	return t.flush("There are no such sessions.")
}

// person finds somebody of an account by id, by the product's own id or, where just
// one person has it, by email address: a product may give several the same, and
// whoever ends the sessions of one must not take another for them.
func (i *installation) person(ctx context.Context, account curfew.Account, text string) (none curfew.User, err error) {
	normal := func(s string) string { return strings.ToLower(norm.NFC.String(strings.TrimSpace(s))) }
	var byID, byExternalID, byEmail []curfew.User
	err = i.AccountUsers(ctx, account.ID, func(v authority.UserView) error {
		switch u := v.User; {
		case u.ID.String() == text:
			byID = append(byID, u)
		case u.ExternalID != "" && u.ExternalID == text:
			byExternalID = append(byExternalID, u)
		case normal(u.Email) == normal(text):
			byEmail = append(byEmail, u)
		}
		return nil
	})
	if err != nil {
		return none, err
	}
	for _, found := range [][]curfew.User{byID, byExternalID, byEmail} {
		if len(found) == 1 {
			return found[0], nil
		} else if len(found) > 1 {
			return none, fmt.Errorf("%d people in the account %s have the email address %s: give the id, as 'curfew user list' shows it",
				len(found), plain(account.Name), plain(text))
		}
	}
	return none, fmt.Errorf("nobody in the account %s has the email address or the id %s", plain(account.Name), plain(text))
}

type sessionRevokeCommand struct {
	Account string `required:"" placeholder:"NAME" help:"The account, by name, by id or by the product's own id."`
	ID      string `arg:"" optional:"" name:"session" help:"The id of the session."`
	User    string `placeholder:"PERSON" help:"All sessions of this person, by email address, by id or by the product's own id."`
	All     bool   `help:"All sessions of the account."`
	storeCommand
}

// Help is shown below the summary.
func (sessionRevokeCommand) Help() string {
	return `Say which: one session by its id, --user, or --all. What this ended stays ended, whatever happens, once the command has said so. A running server needs not be told: it asks the database.

Examples:

    curfew session revoke --account Acme 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
    curfew session revoke --account Acme --user ada@example.com
    curfew session revoke --account acct_4711 --user user_42
    curfew session revoke --account Acme --all`
}

// Run ends sessions.
func (c *sessionRevokeCommand) Run(ctx context.Context, env *Env) error {
	chosen := 0
	for _, given := range []bool{c.ID != "", c.User != "", c.All} {
		if given {
			chosen++
		}
	}
	if chosen != 1 {
		return usageError{errors.New("say which sessions to end: the id of one, --user or --all, and only one of these")}
	}
	id := curfew.ZeroID
	if c.ID != "" {
		var err error
		if id, err = curfew.ParseID(c.ID); err != nil {
			return usageError{fmt.Errorf("%q is not the id of a session", c.ID)}
		}
	}
	in, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer in.close()
	account, err := in.FindAccount(ctx, c.Account)
	if err != nil {
		return err
	}
	revoked, err := c.revoke(ctx, in, account, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "Ended %s.\n", sessions(revoked))
	return nil
}

func (c *sessionRevokeCommand) revoke(ctx context.Context, in *installation, account curfew.Account, id curfew.ID) (int, error) {
	switch {
	case c.All:
		return in.EndSessions(ctx, account.ID, nil)
	case c.User != "":
		user, err := in.person(ctx, account, c.User)
		if err != nil {
			return 0, err
		}
		return in.EndSessions(ctx, account.ID, &user.ID)
	}
	ended, err := in.EndSession(ctx, account.ID, id)
	if ended {
		return 1, err
	}
	return 0, err
}
