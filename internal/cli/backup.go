package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/curfew-auth/curfew/internal/server"
)

type backupCommand struct {
	To        string `required:"" placeholder:"FILE" help:"The file to write."`
	Overwrite bool   `help:"Replace a file that is there already, once the new one is whole."`
	storeCommand
}

// Help is shown below the summary.
func (backupCommand) Help() string {
	return `Writes all that is in the database at one moment to one file, while servers go on working. The file is a SQLite database whatever the database is, and 'curfew restore' puts it into either kind. It is read again and compared before it gets its name, and only its owner may read it.

It holds names, addresses, the audit log, hashes of passwords and secrets, and sealed signing keys. The secret, without which nothing can be restored, is not in it: keep CURFEW_SECRET, or the file secret in the data folder, elsewhere. The backup needs no secret.

Examples:

    curfew backup --data-dir /var/lib/curfew --to /backup/curfew-$(date +%F).db
    CURFEW_DATABASE_URL=postgres://curfew@db.example.com/curfew curfew backup --to curfew.db --overwrite`
}

// Run backs up.
func (c *backupCommand) Run(ctx context.Context, env *Env) error {
	from, err := c.Store()
	if err != nil {
		return usageError{err}
	}
	p := newCopyProgress(env)
	began := p.now()
	copied, err := server.Backup(ctx, server.BackingUp{From: from, To: c.To, Overwrite: c.Overwrite, Now: env.Now, Progress: p.show})
	p.end()
	if err != nil {
		return err
	}
	info, err := os.Stat(c.To)
	if err != nil {
		return err
	}
	rows := printCopied(env.Stdout, copied)
	fmt.Fprintf(env.Stdout, "Wrote and compared %s rows in %s, from %s to %s (%s bytes).\nThe secret is not in it: keep that elsewhere.\n",
		thousands(rows), p.now().Sub(began).Round(100*time.Millisecond), from.Database(), c.To, thousands(info.Size()))
	return nil
}
