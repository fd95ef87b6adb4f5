package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/server"
	"github.com/curfew-auth/curfew/internal/store"
)

type copyCommand struct {
	From string `placeholder:"URL" help:"The database to copy, as in --database-url. Default: the one that the settings name."`
	To   string `placeholder:"URL" help:"The database to copy into. Default: the one that the settings name."`
	storeCommand
}

// Help is shown below the summary.
func (copyCommand) Help() string {
	return `Moves an installation between SQLite and PostgreSQL, in either direction, or to another database of the same kind. Everything is copied, then read again and compared; nobody has to sign in anew, because the secret stays the same: give every server of the copy the secret of the source.

Stop all servers of the source first, and start none on it afterwards: sessions that go on there do not go on in the copy.

The target must be empty, or a copy of the same source that nobody has used: then it is made anew. So a copy that was interrupted is run again; until it is whole, no server starts on it. A database in use is never overwritten.

A password does not go on the command line: leave out --from or --to and let the environment name that one.

Examples:

    CURFEW_DATABASE_URL=postgres://curfew:PASSWORD@db.example.com/curfew curfew copy --from sqlite:///var/lib/curfew/curfew.db
    curfew copy --from sqlite:// --to postgres://curfew@db.example.com/curfew
    curfew copy --from postgres://curfew@db.example.com/curfew --to sqlite:///var/lib/curfew/copy.db`
}

// Run copies.
func (c *copyCommand) Run(ctx context.Context, env *Env) error {
	if c.From == "" && c.To == "" {
		return usageError{fmt.Errorf("give --from or --to, or both: what is left out is the database that the settings name")}
	}
	from, err := c.At("from", c.From).Store()
	if err != nil {
		return usageError{err}
	}
	to, err := c.At("to", c.To).Store()
	if err != nil {
		return usageError{err}
	}
	if from.Database() == to.Database() {
		return usageError{fmt.Errorf("--from and --to are the same database: %s", from.Database())}
	}
	p := newCopyProgress(env)
	began := p.now()
	copied, err := server.Copy(ctx, server.Copying{From: from, To: to, Now: env.Now, Progress: p.show})
	p.end()
	if err != nil {
		return err
	}
	rows := printCopied(env.Stdout, copied)
	fmt.Fprintf(env.Stdout, "Copied and compared %s rows in %s, from %s to %s.\n", thousands(rows), p.now().Sub(began).Round(100*time.Millisecond), from.Database(), to.Database())
	return nil
}

// printCopied lists the tables, and gives how many rows they have.
func printCopied(out io.Writer, copied []store.Copied) (rows int64) {
	for _, table := range copied {
		rows += table.Rows
		fmt.Fprintf(out, "%-20s %12s\n", table.Table, thousands(table.Rows))
	}
	return rows
}

// copyProgress shows how far a copy has come: in one line at a terminal, else
// in a line for each table and every ten seconds.
type copyProgress struct {
	out      io.Writer
	terminal bool
	now      func() time.Time

	what  string
	done  int64
	began time.Time // with that
	shown time.Time
}

func newCopyProgress(env *Env) *copyProgress {
	return &copyProgress{out: env.Stderr, terminal: isTerminal(env.Stderr), now: time.Now}
}

func (p *copyProgress) show(at store.Progress) {
	what := "copying "
	if at.Verifying {
		what = "comparing "
	}
	p.line(what+at.Table, "rows", at.Done, at.Rows)
}

func (p *copyProgress) line(what, of string, done, all int64) {
	if all == 0 {
		return
	}
	now := p.now()
	if what != p.what {
		p.what, p.done, p.began, p.shown = what, 0, now, time.Time{}
	}
	if done == p.done {
		return
	}
	every := 10 * time.Second
	if p.terminal {
		every = 100 * time.Millisecond
	}
	if done < all && now.Sub(p.shown) < every {
		return
	}
	p.shown, p.done = now, done
	line := fmt.Sprintf("%s: %s of %s %s (%d %%)", what, thousands(done), thousands(all), of, done*100/all)
	if took := now.Sub(p.began); took > 100*time.Millisecond {
		line += fmt.Sprintf(", %s a second", thousands(int64(float64(done)/took.Seconds())))
	}
	if p.terminal {
		fmt.Fprintf(p.out, "\r\033[K%s", line)
	} else {
		fmt.Fprintln(p.out, line)
	}
}

// end leaves the line.
func (p *copyProgress) end() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\033[K")
	}
}

// thousands is a number in groups of three digits.
func thousands(n int64) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
