package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// Whoever can write to the database, but has not its key, leaves a trace in
// the audit log whatever they do to it, and what is written later does not
// cover it up.
func TestTampering(t *testing.T) {
	chain, err := audit.NewChain(func(id byte) ([32]byte, bool) { return [32]byte{7}, id == 1 }, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, now := context.Background(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for name, deed := range map[string]string{
		"the newest rows are cut off": `DELETE FROM audit_events WHERE seq > 3;
			UPDATE accounts SET audit_seq = 3, audit_mac = (SELECT e.mac FROM audit_events e WHERE e.account_id = accounts.id AND e.seq = 3) WHERE name = 'Acme'`,
		"the log is wiped": `DELETE FROM audit_events; UPDATE accounts SET audit_seq = 0, audit_mac = zeroblob(32) WHERE name = 'Acme'`,
		"the log and its seal are wiped": `DELETE FROM audit_events;
			UPDATE accounts SET audit_seq = 0, audit_mac = zeroblob(32), audit_seal = zeroblob(33) WHERE name = 'Acme'`,
		"a row is changed":            `UPDATE audit_events SET ip = '192.0.2.1' WHERE seq = 2`,
		"a row is taken out":          `DELETE FROM audit_events WHERE seq = 2`,
		"another's seal is put there": `UPDATE accounts SET audit_seal = (SELECT o.audit_seal FROM accounts o WHERE o.name = 'Other') WHERE name = 'Acme'`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "curfew.db")
			db := openAt(t, Options{Path: path, Chain: chain})
			var ids []curfew.ID
			appendTo := func(id curfew.ID) {
				t.Helper()
				if err := db.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx authority.Tx) error {
					return tx.Audit(ctx, audit.Event{AccountID: id, ID: curfew.NewID(now), OccurredAt: now, Action: audit.AccountUpdate, Details: []byte("{}")})
				}); err != nil {
					t.Fatal(err)
				}
			}
			for _, account := range []string{"Acme", "Other"} {
				id := curfew.NewID(now)
				ids = append(ids, id)
				if err := db.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx authority.Tx) error {
					return tx.InsertAccount(ctx, curfew.Account{ID: id, Name: account, CreatedAt: now})
				}); err != nil {
					t.Fatal(err)
				}
				for range 5 {
					appendTo(id)
				}
			}
			verify := func(id curfew.ID) audit.Report {
				t.Helper()
				report, err := authority.VerifyAudit(ctx, db, chain, id)
				if err != nil {
					t.Fatal(err)
				}
				return report
			}
			if report := verify(ids[0]); !report.OK() || report.Rows != 5 {
				t.Fatalf("untouched: %+v", report)
			}
			raw, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			if _, err := raw.Exec(deed); err != nil {
				t.Fatal(err)
			}
			if report := verify(ids[0]); report.OK() {
				t.Error("it does not show")
			}
			appendTo(ids[0])
			appendTo(ids[0])
			if report := verify(ids[0]); report.OK() {
				t.Error("what was written later covers it up")
			}
		})
	}
}
