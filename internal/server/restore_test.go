package server

import (
	"context"
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/store"
)

func nobody(int64, int64) {}

// backup writes a backup of a database.
func backup(t *testing.T, s config.Store) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.db")
	_, err := Backup(t.Context(), BackingUp{From: s, To: file, Now: time.Now, Progress: nothing})
	must(t, err)
	return file
}

func restore(t *testing.T, file string, to config.Store) (Fenced, error) {
	t.Helper()
	_, fenced, err := Restore(t.Context(), Restoring{From: file, To: to, Now: time.Now, Progress: nothing, Fenced: nobody})
	return fenced, err
}

// accessOf signs in and gives both tokens.
func accessOf(t *testing.T, s *Server) (access, refresh string) {
	t.Helper()
	status, answer := postJSON(t, s.Settings().PublicURL+"/api/v1/auth/login",
		`{"email":"ada@acme.example","password":"correct horse battery staple","delivery":"body"}`)
	access, _ = answer["access_token"].(string)
	refresh, _ = answer["refresh_token"].(string)
	if status != http.StatusOK || access == "" || refresh == "" {
		t.Fatalf("sign-in: %d, %v", status, answer["detail"])
	}
	return access, refresh
}

// statusOf asks for the session of an access token.
func statusOf(t *testing.T, s *Server, access string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Settings().PublicURL+"/api/v1/auth/session", nil)
	must(t, err)
	request.Header.Set("Authorization", "Bearer "+access)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	must(t, response.Body.Close())
	return response.StatusCode
}

// refused presents a refresh token of before, and gives the reason.
func refused(t *testing.T, s *Server, token string) string {
	t.Helper()
	status, answer := postJSON(t, s.Settings().PublicURL+"/api/v1/auth/refresh", `{"refresh_token":"`+token+`"}`)
	if status != http.StatusUnauthorized {
		t.Errorf("a session of the backup goes on: %d, %v", status, answer)
	}
	reason, _ := answer["reason"].(string)
	return reason
}

// operatorEvents are the events of a fence in the audit log of the account and
// in that of the installation.
func operatorEvents(t *testing.T, c config.Config) (all []string) {
	t.Helper()
	d, err := OpenData(t.Context(), c.Store, Access{Now: time.Now})
	must(t, err)
	defer func() { must(t, d.DB.Close()) }()
	a, err := d.Authority(c)
	must(t, err)
	accounts, err := a.AllAccounts(t.Context())
	must(t, err)
	for _, id := range []curfew.ID{accounts[0].ID, curfew.ZeroID} {
		must(t, d.DB.View(t.Context(), func(ctx context.Context, r authority.Reader) error {
			list, err := r.AuditList(ctx, id, authority.AuditFilter{Action: "session.revoke"}, authority.Page[int64]{Limit: 50})
			for _, event := range list.Items {
				all = append(all, string(event.Actor.Type)+" "+string(event.Details))
			}
			return err
		}))
		report, err := authority.VerifyAudit(t.Context(), d.DB, d.Chain, id)
		must(t, err)
		if !report.OK() {
			t.Errorf("%+v", report)
		}
	}
	return all
}

// told fails the test unless all that the revocation log says is that tokens of
// before a time are void, and no node's time can be before that.
func told(t *testing.T, c config.Config, mintedBefore time.Time) {
	t.Helper()
	d, err := OpenData(t.Context(), c.Store, Access{Now: func() time.Time { return mintedBefore.Add(-time.Hour) }})
	must(t, err)
	defer func() { must(t, d.DB.Close()) }()
	entries, heads, err := d.DB.RevocationsAfter(t.Context(), nil, 10)
	must(t, err)
	if len(entries) != 1 || len(heads) != 1 || !entries[0].AccountID.IsZero() || !entries[0].MintedBefore.Equal(mintedBefore) {
		t.Errorf("the log says %+v, %v", entries, heads)
	}
	if now := d.Clock.Now(); now.Before(mintedBefore) {
		t.Errorf("a node begins at %v, before %v", now, mintedBefore)
	}
}

// A backup that was taken while a server runs is put back into either engine.
// Nothing of before goes on there: neither what the backup knows, nor what came
// after it.
func TestBackupAndRestore(t *testing.T) {
	for source, placeSource := range places {
		t.Run(source, func(t *testing.T) {
			c := settings(t)
			placeSource(t, &c.Store)
			s, _ := newServer(t, c)
			must(t, s.Start(t.Context()))
			signUp(t, s)
			access, refresh := accessOf(t, s)
			_, spent := accessOf(t, s)
			file := backup(t, c.Store)
			lost, lostRefresh := accessOf(t, s)
			ahead := refreshAt(t, s, spent)
			must(t, s.Stop())
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			before, err := os.ReadFile(file)
			must(t, err)

			for target, placeTarget := range places {
				t.Run(target, func(t *testing.T) {
					to := c
					placeTarget(t, &to.Store)
					fenced, err := restore(t, file, to.Store)
					must(t, err)
					if fenced.Accounts != 1 || time.Until(fenced.MintedBefore) > clockTolerance {
						t.Errorf("%+v", fenced)
					}
					verified(t, to)
					told(t, to, fenced.MintedBefore)
					s, lines := newServer(t, to)
					must(t, s.Start(t.Context()))
					if reason := refused(t, s, refresh); reason != "operator" {
						t.Errorf("a session of the backup ended by %q", reason)
					}
					for _, token := range []string{spent, ahead, lostRefresh} {
						refused(t, s, token)
					}
					for _, token := range []string{access, lost} {
						if status := statusOf(t, s, token); status != http.StatusUnauthorized {
							t.Errorf("an access token of before: %d", status)
						}
					}
					refreshAt(t, s, signIn(t, s))
					access, _ := accessOf(t, s)
					if status := statusOf(t, s, access); status != http.StatusOK {
						t.Errorf("an access token of after: %d", status)
					}
					must(t, s.Stop())
					if lines.count("ERROR") != 0 {
						t.Error(lines.b.String())
					}
					want := `operator {"scope":"all","cause":"restore"}; operator {"scope":"all","cause":"restore","accounts":1,"minted_before":`
					if got := strings.Join(operatorEvents(t, to), "; "); !strings.HasPrefix(got, want) {
						t.Errorf("the audit log says %s", got)
					}
					// It lives by itself now.
					if _, err := restore(t, file, to.Store); err == nil || !strings.Contains(err.Error(), "never overwritten: move it away") {
						t.Errorf("restored over an installation: %v", err)
					}
				})
			}
			if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
				t.Errorf("the backup was changed (%v)", err)
			}
		})
	}
}

// A process that is killed in the middle of a restore, while it copies or while
// it ends the sessions, leaves what no server takes, and what the next try makes
// whole.
func TestKilledRestore(t *testing.T) {
	c, token := used(t, nil)
	d, err := OpenData(t.Context(), c.Store, Access{Now: time.Now})
	must(t, err)
	for range 70 {
		id := curfew.NewID(time.Now())
		must(t, d.DB.InTx(t.Context(), id, func(ctx context.Context, tx authority.Tx) error {
			return tx.InsertAccount(ctx, curfew.Account{ID: id, Name: "More", CreatedAt: time.Now()})
		}))
	}
	must(t, d.DB.Close())
	file := backup(t, c.Store)
	whole := c
	places["SQLite"](t, &whole.Store)
	killed := map[string]config.Config{}
	kill := func(when string) { // what is on the disk now is what a kill would leave there
		left := c
		places["SQLite"](t, &left.Store)
		for _, suffix := range []string{"", "-wal"} {
			content, err := os.ReadFile(whole.DatabasePath + suffix)
			must(t, err)
			must(t, os.WriteFile(left.DatabasePath+suffix, content, 0o600))
		}
		killed[when] = left
	}
	_, _, err = Restore(t.Context(), Restoring{From: file, To: whole.Store, Now: time.Now, Progress: func(p store.Progress) {
		if p.Table == "audit_events" && killed["copying"].DatabasePath == "" {
			kill("copying")
		}
	}, Fenced: func(done, all int64) {
		if done < all {
			kill("fencing")
		}
	}})
	must(t, err)
	if len(killed) != 2 {
		t.Fatalf("killed %v", killed)
	}
	for when, want := range map[string]string{"copying": "run 'curfew restore' again", "fencing": "run 'curfew fence'"} {
		t.Run(when, func(t *testing.T) {
			left := killed[when]
			s, _ := newServer(t, left)
			if err := s.Start(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("a server started: %v", err)
			}
			if _, err := OpenData(t.Context(), left.Store, Access{Now: time.Now}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("a command ran: %v", err)
			}
			fenced, err := Fence(t.Context(), Fencing{At: left.Store, Cause: "fence", Now: time.Now, Progress: nobody})
			switch {
			case when == "copying" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("fenced what is not whole: %v", err)
			case when == "copying":
				fenced, err = restore(t, file, left.Store)
			}
			must(t, err)
			if fenced.Accounts != 71 {
				t.Errorf("%d accounts", fenced.Accounts)
			}
			s, _ = newServer(t, left)
			must(t, s.Start(t.Context()))
			refused(t, s, token)
			signIn(t, s)
			must(t, s.Stop())
		})
	}
	// Once fenced is as good as before: nothing was raised twice.
	d, err = OpenData(t.Context(), killed["fencing"].Store, Access{Now: time.Now})
	must(t, err)
	defer func() { must(t, d.DB.Close()) }()
	must(t, d.DB.View(t.Context(), func(ctx context.Context, r authority.Reader) error {
		epoch, err := r.GreatestEpoch(ctx)
		if epoch != 1<<20 {
			t.Errorf("the greatest epoch is %d", epoch)
		}
		return err
	}))
}

func TestRestoreRefuses(t *testing.T) {
	c, _ := used(t, nil)
	file := backup(t, c.Store)
	text := filepath.Join(t.TempDir(), "text")
	must(t, os.WriteFile(text, []byte("hello, this is text"), 0o600))
	inUse := filepath.Join(t.TempDir(), "curfew.db")
	content, err := os.ReadFile(file)
	must(t, err)
	must(t, os.WriteFile(inUse, content, 0o600))
	must(t, os.WriteFile(inUse+"-wal", []byte("something"), 0o600))
	for what, tt := range map[string]struct {
		change func(t *testing.T, r *Restoring)
		want   string
	}{
		"no file":      {func(_ *testing.T, r *Restoring) { r.From += "x" }, "which cannot be read (no such file or directory)"},
		"a folder":     {func(t *testing.T, r *Restoring) { r.From = t.TempDir() }, "it is not a file"},
		"another file": {func(_ *testing.T, r *Restoring) { r.From = text }, "which is not a backup of Curfew"},
		"one in use":   {func(_ *testing.T, r *Restoring) { r.From = inUse }, "so it is in use, or only a part of a database"},
		"a wrong secret": {func(_ *testing.T, r *Restoring) {
			r.To.SecretText, r.To.SecretFile, r.To.MakeSecret = config.Secret(strings.Repeat("x", 40)), "", false
		}, "the secret in CURFEW_SECRET is not the one of the database " + file},
		"no secret": {func(t *testing.T, r *Restoring) {
			r.To.DataDir = filepath.Join(t.TempDir(), "new")
			r.To.SecretFile = filepath.Join(r.To.DataDir, "secret")
		}, "the secret that the backup was made under is not at"},
		"a used database": {func(_ *testing.T, r *Restoring) { r.To = c.Store }, "it holds an installation, which is never overwritten"},
	} {
		to := c.Store
		places["SQLite"](t, &to)
		r := Restoring{From: file, To: to, Now: time.Now, Progress: nothing, Fenced: nobody}
		tt.change(t, &r)
		if _, _, err := Restore(t.Context(), r); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := os.Stat(to.DatabasePath); err == nil {
			t.Errorf("%s: a database was made", what)
		}
	}
	verified(t, c)
}

// While a server runs on the target, and nobody has an account there, it is
// refused too.
func TestRestoreWaitsForTheServer(t *testing.T) {
	c, _ := used(t, nil)
	file := backup(t, c.Store)
	to := c
	places["SQLite"](t, &to.Store)
	s, _ := newServer(t, to)
	must(t, s.Start(t.Context()))
	if _, err := restore(t, file, to.Store); err == nil || !strings.Contains(err.Error(), "a server used") {
		t.Errorf("got %v", err)
	}
}

// A backup of an older version is brought to this one on the way, and stays as
// it is.
func TestRestoreOfAnOlderVersion(t *testing.T) {
	c, token := used(t, nil)
	file := backup(t, c.Store)
	older(t, file)
	before, err := os.ReadFile(file)
	must(t, err)
	to := c
	places["PostgreSQL"](t, &to.Store) // which may start a server in the folder for temporary files
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	_, err = restore(t, file, to.Store)
	must(t, err)
	if left, _ := os.ReadDir(temporary); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the backup was changed (%v)", err)
	}
	s, _ := newServer(t, to)
	must(t, s.Start(t.Context()))
	refused(t, s, token)
	signIn(t, s)
}

// older takes the newest step of the schema back.
func older(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file)
	must(t, err)
	texts := []string{`DROP INDEX accounts_clamping`, `DROP TABLE portal_links`}
	for _, column := range []string{"max_sessions_per_user", "session_limit_action", "bounds_version", "idle_minutes_min", "idle_minutes_max",
		"idle_minutes_default", "absolute_minutes_min", "absolute_minutes_max", "absolute_minutes_default", "max_sessions_per_user_max",
		"local_sign_in", "clamp_at", "clamp_idle_minutes", "clamp_absolute_minutes"} {
		texts = append(texts, `ALTER TABLE accounts DROP COLUMN `+column)
	}
	for _, text := range append(texts, `DROP TABLE outbox_attempts`, `DROP TABLE outbox`, `DROP TABLE webhooks`,
		`DROP TABLE idempotency_keys`, `DROP TABLE account_external_ids`, `DROP INDEX users_by_external_id`,
		`ALTER TABLE users DROP COLUMN external_id`, `ALTER TABLE accounts DROP COLUMN external_id`,
		`DROP TABLE receipt_acks`, `DROP TABLE receipts`,
		`ALTER TABLE copies DROP COLUMN kind`, `DELETE FROM goose_db_version WHERE version_id >= 9`) {
		_, err := db.Exec(text)
		must(t, err)
	}
	must(t, db.Close())
}
