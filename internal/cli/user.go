package cli

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/server"
)

type userCreateCommand struct {
	Account string `required:"" placeholder:"NAME" help:"The account, by name, by id or by the product's own id. An owner of a name that is not taken creates it; a further owner is added by the account's id."`
	Role    string `required:"" enum:"owner,member" placeholder:"ROLE" help:"owner or member."`
	Name    string `required:"" placeholder:"NAME" help:"The person's name."`
	Email   string `required:"" placeholder:"ADDRESS" help:"The person's email address, to sign in with."`
	passwordFlags
	config.Settings
}

func (userCreateCommand) concerns() []string { return []string{"password-min"} }

// Help is shown below the summary.
func (userCreateCommand) Help() string {
	return `Where sign-up is closed, this is how the first account comes to be. Without a database, it makes one.

At a terminal the password is asked for, twice and without showing it. It is read from standard input with --password-stdin (one line end is left off), or drawn at random with --generate-password and printed once. It is never a flag, because other users of the machine can read command lines.

Examples:

    curfew user create --account Acme --role owner --name 'Ada Lovelace' --email ada@example.com --generate-password
    curfew user create --account Acme --role member --name 'Charles' --email charles@example.com --password-stdin < file`
}

// Run creates.
func (c *userCreateCommand) Run(ctx context.Context, env *Env) error {
	settings, err := c.Config()
	if err != nil {
		return usageError{err}
	}
	password, err := c.password(env, settings.PasswordMin)
	if err != nil {
		return err
	}
	in, err := open(ctx, settings, server.Access{Create: true, Alg: settings.SigningAlg, Now: env.Now})
	if err != nil {
		return err
	}
	defer in.close()
	user, created, err := in.CreateUser(ctx, authority.NewUser{Account: c.Account, Role: curfew.Role(c.Role), Name: c.Name, Email: c.Email, Password: password})
	if err != nil {
		return err
	}
	if created {
		fmt.Fprintf(env.Stdout, "Created the account %s (%s).\n", plain(c.Account), user.AccountID)
	}
	fmt.Fprintf(env.Stdout, "Created the %s %s <%s> (%s).\n", user.Role, plain(user.Name), plain(user.Email), user.ID)
	c.reveal(env, password)
	return nil
}

type userSetPasswordCommand struct {
	Email string `required:"" placeholder:"ADDRESS" help:"The email address that the person signs in with."`
	passwordFlags
	config.Settings
}

func (userSetPasswordCommand) concerns() []string { return []string{"password-min"} }

// Help is shown below the summary.
func (userSetPasswordCommand) Help() string {
	return `All sessions of the person end. The password is asked for, read or drawn as by 'curfew user create'.

Examples:

    curfew user set-password --email ada@example.com --generate-password
    curfew user set-password --email ada@example.com --password-stdin < file`
}

// Run sets a password.
func (c *userSetPasswordCommand) Run(ctx context.Context, env *Env) error {
	settings, err := c.Config()
	if err != nil {
		return usageError{err}
	}
	password, err := c.password(env, settings.PasswordMin)
	if err != nil {
		return err
	}
	in, err := open(ctx, settings, server.Access{Now: env.Now})
	if err != nil {
		return err
	}
	defer in.close()
	revoked, err := in.SetPassword(ctx, c.Email, password)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "Set the password of %s and ended %s.\n", plain(c.Email), sessions(revoked))
	c.reveal(env, password)
	return nil
}

// sessions counts in words.
func sessions(n int) string {
	if n == 1 {
		return "1 session"
	}
	return fmt.Sprintf("%d sessions", n)
}

type userListCommand struct {
	Account string `placeholder:"NAME" help:"Only people of this account, by name, by id or by the product's own id."`
	listing
	storeCommand
}

// Help is shown below the summary.
func (userListCommand) Help() string {
	return `Examples:

    curfew user list
    curfew user list --account Acme --json`
}

type userRow struct {
	AccountID    string     `json:"account_id"`
	Account      string     `json:"account"`
	ID           string     `json:"id"`
	ExternalID   *string    `json:"external_id"`
	Name         string     `json:"name"`
	Email        string     `json:"email"`
	Role         string     `json:"role"`
	Disabled     bool       `json:"disabled"`
	CreatedAt    time.Time  `json:"created_at"`
	LastLoginAt  *time.Time `json:"last_login_at"`
	SessionCount int        `json:"session_count"`
}

// Run lists people.
func (c *userListCommand) Run(ctx context.Context, env *Env) error {
	in, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer in.close()
	accounts, err := in.chosen(ctx, c.Account)
	if err != nil {
		return err
	}
	t := c.table(env.Stdout, "ACCOUNT", "NAME", "EMAIL", "ROLE", "LAST SIGN-IN", "SESSIONS", "EXTERNAL ID", "ID")
	for _, account := range accounts {
		err := in.AccountUsers(ctx, account.ID, func(v authority.UserView) error {
			u := v.User
			role := string(u.Role)
			if u.Disabled() {
				role += " (disabled)"
			}
			return t.add(userRow{account.ID.String(), account.Name, u.ID.String(), externalID(u.ExternalID), u.Name, u.Email, string(u.Role), u.Disabled(),
				u.CreatedAt, maybe(u.LastLoginAt), v.SessionCount},
				account.Name, u.Name, u.Email, role, minute(u.LastLoginAt), fmt.Sprint(v.SessionCount), cmp.Or(u.ExternalID, "-"), u.ID.String())
		})
		if err != nil {
			return err
		}
	}
	return t.flush("There is nobody yet.")
}
