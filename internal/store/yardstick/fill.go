package yardstick

import (
	"context"
	"encoding/json"
	"iter"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// Rows are what a store is filled with. Every user has a name to sign in by,
// and every account an empty audit log.
type Rows struct {
	Accounts iter.Seq[curfew.Account]
	Users    iter.Seq[curfew.User]
	Sessions iter.Seq[curfew.Session]
}

// Fill writes rows into a migrated database, quickly and without waiting for
// the disk between them, and leaves it as a database is that has been running
// for a while: on PostgreSQL vacuumed, analysed and with a checkpoint behind
// it. SQLite is never analysed: statistics would make its driver compile every
// statement anew at each use. Nobody else may use an SQLite file meanwhile.
func Fill(ctx context.Context, t Target, chain *audit.Chain, rows Rows) error {
	tables := []table{accountTable(chain, rows.Accounts), userTable(rows.Users), loginNameTable(rows.Users), sessionTable(rows.Sessions)}
	if t.Postgres() {
		return fillPostgres(ctx, t.URL, tables)
	}
	return fillFile(ctx, t.Path, tables)
}

// table is the rows of one table. A row is valid until the next one.
type table struct {
	name    string
	columns []string
	rows    iter.Seq[[]any]
}

// rowsOf turns things into rows of a table, in one buffer for all of them.
func rowsOf[T any](things iter.Seq[T], row func([]any, T) []any) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		var buf []any
		for thing := range things {
			buf = row(buf[:0], thing)
			if !yield(buf) {
				return
			}
		}
	}
}

func accountTable(chain *audit.Chain, accounts iter.Seq[curfew.Account]) table {
	return table{"accounts", strings.Fields("id name created_at audit_mac audit_seal"),
		rowsOf(accounts, func(row []any, a curfew.Account) []any {
			seal := chain.SealHead(a.ID, audit.Head{})
			return append(row, a.ID[:], a.Name, a.CreatedAt.UnixMicro(), make([]byte, 32), seal[:])
		})}
}

func userTable(users iter.Seq[curfew.User]) table {
	return table{"users", strings.Fields("account_id id name sort_name email role password_hash created_at last_login_at"),
		rowsOf(users, func(row []any, u curfew.User) []any {
			return append(row, u.AccountID[:], u.ID[:], u.Name, strings.ToLower(u.Name), u.Email, string(u.Role),
				u.PasswordHash, u.CreatedAt.UnixMicro(), microsOrNull(u.LastLoginAt))
		})}
}

func loginNameTable(users iter.Seq[curfew.User]) table {
	return table{"login_names", strings.Fields("name account_id user_id"),
		rowsOf(users, func(row []any, u curfew.User) []any {
			return append(row, strings.ToLower(u.Email), u.AccountID[:], u.ID[:])
		})}
}

func sessionTable(sessions iter.Seq[curfew.Session]) table {
	return table{"sessions", strings.Fields(`account_id id user_id secret_hash generation policy_version
		started_at auth_time last_active_at idle_minutes absolute_minutes idle_expires_at absolute_expires_at
		account_epoch user_epoch device ip amr activity_hour`),
		rowsOf(sessions, func(row []any, s curfew.Session) []any {
			device, _ := json.Marshal(s.Device) // strings always can be
			return append(row, s.AccountID[:], s.ID[:], s.UserID[:], s.SecretHash[:], int64(s.Generation), s.PolicyVersion,
				s.StartedAt.UnixMicro(), s.AuthTime.UnixMicro(), s.LastActiveAt.UnixMicro(), s.IdleMinutes, s.AbsoluteMinutes,
				s.IdleExpiresAt.UnixMicro(), s.AbsoluteExpiresAt.UnixMicro(), s.AccountEpoch, s.UserEpoch,
				string(device), s.IP, strings.Join(s.AMR, " "), s.LastActiveAt.UnixMicro()/time.Hour.Microseconds())
		})}
}

func microsOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}
