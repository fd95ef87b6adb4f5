package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/server"
)

type restoreCommand struct {
	From string `required:"" placeholder:"FILE" help:"The backup, which stays as it is."`
	storeCommand
}

// Help is shown below the summary.
func (restoreCommand) Help() string {
	return `Puts a backup into the database that the settings name, of either kind, which must be empty; reads it again and compares it; and ends all that the backup's installation ever granted, because it is older than what was granted: everybody signs in anew, and services that follow the revocations refuse every access token of before. Until that is done no server starts on the database. A restore that was interrupted is run again.

The secret must be the one that the backup was made under. A backup of an older version of Curfew is brought to this one on the way.

What was changed after the backup is lost, also what made somebody lose access: passwords that were changed are the old ones again, people who were disabled can sign in, keys that were withdrawn are back. docs/operating.md says what to look through before the first server starts.

Examples:

    curfew restore --data-dir /var/lib/curfew --from /backup/curfew-2026-11-01.db
    CURFEW_DATABASE_URL=postgres://curfew@db.example.com/curfew curfew restore --from curfew.db`
}

// Run restores.
func (c *restoreCommand) Run(ctx context.Context, env *Env) error {
	to, err := c.Store()
	if err != nil {
		return usageError{err}
	}
	p := newCopyProgress(env)
	began := p.now()
	copied, fenced, err := server.Restore(ctx, server.Restoring{From: c.From, To: to, Now: env.Now, Progress: p.show, Fenced: p.fenced})
	p.end()
	if err != nil {
		return err
	}
	rows := printCopied(env.Stdout, copied)
	fmt.Fprintf(env.Stdout, "Restored and compared %s rows in %s, from %s to %s.\n", thousands(rows), p.now().Sub(began).Round(100*time.Millisecond), c.From, to.Database())
	printFenced(env.Stdout, fenced)
	return nil
}

type fenceCommand struct {
	Yes bool `help:"Do not ask."`
	storeCommand
}

// Help is shown below the summary.
func (fenceCommand) Help() string {
	return `For a database that went back in time: one that was put back by other means than 'curfew restore', such as a base backup or a snapshot of a disk, or that a failover left without what was acknowledged. Run it before the first server starts on it.

It ends every session of every account, spends the links to new passwords that are under way, and has services that follow the revocations refuse every access token of before. So no session that was ended, and no token that was spent, comes back with the older database. Stop all servers first. When it is interrupted no server starts until it was run again and came to its end.

Examples:

    curfew fence --data-dir /var/lib/curfew
    CURFEW_DATABASE_URL=postgres://curfew@db.example.com/curfew curfew fence --yes`
}

// Run fences.
func (c *fenceCommand) Run(ctx context.Context, env *Env) error {
	at, err := c.Store()
	if err != nil {
		return usageError{err}
	}
	if !c.Yes {
		if !isTerminal(env.Stdin) {
			return usageError{errors.New("this signs everybody out: give --yes to say that it is meant")}
		}
		if err := confirm(env.Stdin, env.Stderr, "This signs everybody out who is signed in with "+at.Database()+"."); err != nil {
			return err
		}
	}
	p := newCopyProgress(env)
	fenced, err := server.Fence(ctx, server.Fencing{At: at, Cause: "fence", Now: env.Now, Progress: p.fenced})
	p.end()
	if err != nil {
		return err
	}
	printFenced(env.Stdout, fenced)
	return nil
}

// confirm asks a person to type yes.
func confirm(in io.Reader, out io.Writer, what string) error {
	fmt.Fprintf(out, "%s Type yes to go on: ", what)
	line, _ := bufio.NewReader(in).ReadString('\n') // without an end it is no yes
	if strings.TrimSpace(line) != "yes" {
		return errors.New("nothing was done")
	}
	return nil
}

func printFenced(out io.Writer, fenced server.Fenced) {
	accounts := thousands(fenced.Accounts) + " accounts"
	if fenced.Accounts == 1 {
		accounts = "1 account"
	}
	fmt.Fprintf(out, "Ended every session of %s. Access tokens of before %s are void.\n", accounts, fenced.MintedBefore.Format(time.RFC3339))
}

// fenced shows how far a fence has come.
func (p *copyProgress) fenced(done, all int64) {
	p.line("ending the sessions of accounts", "accounts", done, all)
}
