package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// Why an audit log does not hold.
var (
	errUnverified = errors.New("the audit log does not verify: it was changed outside of Curfew")
	errNoAuditKey = errors.New("the audit log cannot be verified as a whole: the secret of an earlier time is missing; give it as CURFEW_SECRET_PREVIOUS")
)

type auditVerifyCommand struct {
	Account string `placeholder:"NAME" help:"Only the log of this account, by name, by id or by the product's own id."`
	listing
	storeCommand
}

// Help is shown below the summary.
func (auditVerifyCommand) Help() string {
	return `Every row of an account's audit log is bound to the row before it with a key that is not in the database. This walks the log of every account, and that of events without an account, and names the first row that does not hold. The exit code is then 3.

Examples:

    curfew audit verify
    curfew audit verify --account Acme --json`
}

type verifyRow struct {
	AccountID *string `json:"account_id"` // null for events without an account
	Account   string  `json:"account,omitempty"`
	Rows      int64   `json:"rows"`
	OK        bool    `json:"ok"`
	BadRow    int64   `json:"bad_row,omitempty"`
	Problem   string  `json:"problem,omitempty"`
}

// Run verifies.
func (c *auditVerifyCommand) Run(ctx context.Context, env *Env) error {
	in, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer in.close()
	accounts, err := in.chosen(ctx, c.Account)
	if err != nil {
		return err
	}
	if c.Account == "" {
		accounts = append(accounts, curfew.Account{Name: "(events without an account)"})
	}
	t := c.table(env.Stdout, "ACCOUNT", "ID", "ROWS", "RESULT")
	var verdict error
	for i, account := range accounts {
		if isTerminal(env.Stderr) && len(accounts) > 2 {
			fmt.Fprintf(env.Stderr, "\r%d of %d", i+1, len(accounts))
		}
		report, err := in.VerifyAudit(ctx, in.data.Chain, account.ID)
		if err != nil {
			return err
		}
		row := verifyRow{Account: account.Name, Rows: report.Rows, OK: report.OK(), BadRow: report.BadSeq, Problem: report.Problem}
		id, result := "-", "ok"
		if account.ID.IsZero() {
			row.Account = ""
		} else {
			id = account.ID.String()
			row.AccountID = &id
		}
		if !report.OK() {
			result = report.Problem
			if !report.KeyMissing {
				verdict = errUnverified
			} else if verdict == nil {
				verdict = errNoAuditKey
			}
		}
		if err := t.add(row, account.Name, id, fmt.Sprint(report.Rows), result); err != nil {
			return err
		}
	}
	if isTerminal(env.Stderr) && len(accounts) > 2 {
		fmt.Fprint(env.Stderr, "\r\033[K")
	}
	if err := t.flush(""); err != nil {
		return err
	}
	return verdict
}

// chosen is the account of that name or id, or every account for "".
func (i *installation) chosen(ctx context.Context, idOrName string) ([]curfew.Account, error) {
	if idOrName == "" {
		return i.AllAccounts(ctx)
	}
	account, err := i.FindAccount(ctx, idOrName)
	return []curfew.Account{account}, err
}

type auditExportCommand struct {
	Account string `placeholder:"NAME" help:"Only the log of this account, by name, by id or by the product's own id."`
	Format  string `enum:"jsonl,csv" default:"jsonl" help:"jsonl (one JSON object a line) or csv."`
	Action  string `placeholder:"ACTION" help:"Only this action, such as session.revoke."`
	Actor   string `placeholder:"ID" help:"Only what the person with this id did."`
	From    moment `placeholder:"TIME" help:"Only from this time on, such as 2026-11-23T00:00:00Z."`
	To      moment `placeholder:"TIME" help:"Only before this time."`
	storeCommand
}

// Help is shown below the summary.
func (auditExportCommand) Help() string {
	return `Writes the events account by account, newest first, in the form in which owners export them, with the account's id before the rest. Kept on another machine, an export shows what even a database put back as a whole would hide.

Examples:

    curfew audit export > audit.jsonl
    curfew audit export --account Acme --format csv --from 2026-11-01T00:00:00Z > acme.csv`
}

// Run exports.
func (c *auditExportCommand) Run(ctx context.Context, env *Env) error {
	filter := authority.AuditFilter{Action: c.Action, From: time.Time(c.From), To: time.Time(c.To)}
	if c.Actor != "" {
		id, err := curfew.ParseID(c.Actor)
		if err != nil {
			return usageError{fmt.Errorf("--actor must be the id of a person, not %q", c.Actor)}
		}
		filter.ActorID = &id
	}
	in, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer in.close()
	accounts, err := in.chosen(ctx, c.Account)
	if err != nil {
		return err
	}
	if c.Account == "" {
		accounts = append(accounts, curfew.Account{}) // events without an account
	}
	return c.export(ctx, env.Stdout, in, accounts, filter)
}

func (c *auditExportCommand) export(ctx context.Context, out io.Writer, in *installation, accounts []curfew.Account, filter authority.AuditFilter) error {
	e := newExport(out, c.Format)
	for _, account := range accounts {
		if err := in.AccountAudit(ctx, account.ID, filter, e.write); err != nil {
			return err
		}
	}
	return e.flush()
}
