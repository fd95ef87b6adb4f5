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
	tampering(t, 0, map[string]string{
		"the newest rows are cut off": `DELETE FROM audit_events WHERE seq > 3;
			UPDATE accounts SET audit_seq = 3, audit_mac = (SELECT e.mac FROM audit_events e WHERE e.account_id = accounts.id AND e.seq = 3) WHERE name = 'Acme'`,
		"the log is wiped": `DELETE FROM audit_events; UPDATE accounts SET audit_seq = 0, audit_mac = zeroblob(32) WHERE name = 'Acme'`,
		"the log and its seal are wiped": `DELETE FROM audit_events;
			UPDATE accounts SET audit_seq = 0, audit_mac = zeroblob(32), audit_seal = zeroblob(33) WHERE name = 'Acme'`,
		"a row is changed":            `UPDATE audit_events SET ip = '192.0.2.1' WHERE seq = 2`,
		"a row is taken out":          `DELETE FROM audit_events WHERE seq = 2`,
		"another's seal is put there": `UPDATE accounts SET audit_seal = (SELECT o.audit_seal FROM accounts o WHERE o.name = 'Other') WHERE name = 'Acme'`,
	})
}

// The same holds once retention has removed the oldest rows.
func TestTamperingWithTheAnchor(t *testing.T) {
	tampering(t, 2, map[string]string{
		"more of the oldest rows are removed": `UPDATE accounts SET audit_anchor_seq = 4, audit_anchor_mac = (SELECT e.mac FROM audit_events e WHERE e.account_id = accounts.id AND e.seq = 4) WHERE name = 'Acme';
			DELETE FROM audit_events WHERE seq <= 4`,
		"so that all are gone, with the seal of the newest": `UPDATE accounts SET audit_anchor_seq = audit_seq, audit_anchor_mac = audit_mac, audit_anchor_seal = audit_seal WHERE name = 'Acme';
			DELETE FROM audit_events`,
		"and the record of it":                   `UPDATE accounts SET audit_anchor_seq = 0, audit_anchor_mac = NULL, audit_anchor_seal = NULL WHERE name = 'Acme'`,
		"the record is set back":                 `UPDATE accounts SET audit_anchor_seq = 1 WHERE name = 'Acme'`,
		"the record loses its seal":              `UPDATE accounts SET audit_anchor_seal = NULL WHERE name = 'Acme'`,
		"another's record is put there":          `UPDATE accounts SET audit_anchor_seal = (SELECT o.audit_anchor_seal FROM accounts o WHERE o.name = 'Other') WHERE name = 'Acme'`,
		"a row that is left is changed":          `UPDATE audit_events SET ip = '192.0.2.1' WHERE seq = 3`,
		"the oldest row that is left is removed": `DELETE FROM audit_events WHERE seq = 3`,
		"a row that was removed is put back":     `INSERT INTO audit_events SELECT account_id, 2, id, occurred_at, action, actor_type, actor_id, actor_name, actor_email, resource_type, resource_id, request_id, ip, user_agent, details, key_id, mac FROM audit_events WHERE seq = 3`,
	})
}

func tampering(t *testing.T, removed int, deeds map[string]string) {
	chain, err := audit.NewChain(func(id byte) ([32]byte, bool) { return [32]byte{7}, id == 1 }, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, now := context.Background(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for name, deed := range deeds {
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
			if removed > 0 {
				for _, id := range ids {
					cutOldest(t, db, id, removed)
				}
			}
			if report := verify(ids[0]); !report.OK() || report.Rows != int64(5-removed) {
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

// cutOldest removes the oldest rows of a chain as retention does.
func cutOldest(t *testing.T, db *DB, id curfew.ID, n int) {
	t.Helper()
	if err := db.InTx(context.Background(), id, func(ctx context.Context, tx authority.Tx) error {
		rows, err := tx.AuditChain(ctx, id, 0, n)
		if err != nil {
			return err
		}
		last := rows[n-1]
		_, err = tx.CutAudit(ctx, id, 0, audit.Head{Seq: last.Seq, MAC: last.MAC})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
