package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
	"github.com/curfew-auth/curfew/internal/wire"
)

// post sends JSON and reads the answer.
func (n *node) post(path, bearer, body string, into any) (status int) {
	n.t.Helper()
	r, err := http.NewRequestWithContext(n.t.Context(), http.MethodPost, n.Settings().PublicURL+"/api/v1"+path, strings.NewReader(body))
	must(n.t, err)
	r.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	answer, err := n.http.Do(r)
	must(n.t, err)
	defer answer.Body.Close()
	if into != nil {
		must(n.t, json.NewDecoder(answer.Body).Decode(into))
	}
	return answer.StatusCode
}

// TestDatabaseThatWentBack: a database that has lost revocations which it had
// acknowledged, as after a failover to a standby that was behind. The node
// gives no head for it, ends again what it remembers, and goes on.
func TestDatabaseThatWentBack(t *testing.T) {
	t.Parallel()
	at := pgtest.Database(t)
	n := startNode(t, onPostgres(t, at))
	signIn := func(path, body string) (granted wire.TokenResponse) {
		t.Helper()
		if status := n.post(path, "", body, &granted); status/100 != 2 {
			t.Fatalf("%s: %d", path, status)
		}
		return granted
	}
	const password = "correct horse battery staple"
	signIn("/auth/signup", fmt.Sprintf(`{"account_name":"Acme","name":"Ada","email":"ada@acme.example","password":%q}`, password))
	login := fmt.Sprintf(`{"email":"ada@acme.example","password":%q,"delivery":"body"}`, password)
	one, other, owner := signIn("/auth/login", login), signIn("/auth/login", login), signIn("/auth/login", login)
	follower := n.follow(n.key, "")

	// What is kept in the database before, and then put back.
	pgtest.Exec(t, at, `CREATE TABLE before_sessions AS SELECT * FROM sessions`, `CREATE TABLE before_writers AS SELECT * FROM writers`,
		`CREATE TABLE before_log AS SELECT * FROM revocation_log`)
	if status := n.post("/auth/logout", one.AccessToken, "{}", nil); status != 204 {
		t.Fatal(status)
	}
	if status := n.post("/accounts/me/security/revoke-sessions", owner.AccessToken, `{"scope":"all"}`, nil); status != 200 {
		t.Fatal(status)
	}
	follower.wants(one.Session.ID)
	follower.wants("") // the account's epoch
	pgtest.Exec(t, at, `BEGIN`,
		`UPDATE sessions s SET revoked_at = b.revoked_at, revoke_reason = b.revoke_reason FROM before_sessions b WHERE b.id = s.id`,
		`UPDATE accounts SET session_epoch = session_epoch - 1 WHERE session_epoch > 0`, `DELETE FROM epochs`,
		`DELETE FROM revocation_log`, `INSERT INTO revocation_log SELECT * FROM before_log`,
		`UPDATE writers w SET last_seq = coalesce((SELECT b.last_seq FROM before_writers b WHERE b.id = w.id), 0)`, `COMMIT`)

	refresh := func(g wire.TokenResponse) (status int, problem wire.Problem) {
		status = n.post("/auth/refresh", "", fmt.Sprintf(`{"refresh_token":%q}`, g.RefreshToken), &problem)
		return status, problem
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		_, body := get(t, "http://"+n.AdminAddr()+"/metrics")
		if strings.Contains(body, "curfew_feed_database_went_back_total 1") && strings.Contains(body, "curfew_feed_vouching 1") {
			var head wire.RevocationHead
			if n.ask("head", &head) == 200 { // it vouches for what it has just read, on a busy machine too
				break
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not notice, or does not recover")
		}
		time.Sleep(10 * time.Millisecond)
	}
	for name, g := range map[string]wire.TokenResponse{"signed out": one, "of an ended account": other} {
		if status, problem := refresh(g); status != 401 || problem.Type != "/problems/session-revoked" || problem.Reason != "operator" {
			t.Errorf("a session %s: %d %+v", name, status, problem)
		}
	}
	var s wire.RevocationSnapshot
	if status := n.ask("snapshot", &s); status != 200 || len(s.Entries) != 2 {
		t.Errorf("%d: %+v", status, s.Entries)
	}
	again := []string{<-follower.got, <-follower.got} // they were logged again
	if !slices.Contains(again, one.Session.ID) || !slices.Contains(again, "") {
		t.Errorf("%q came again", again)
	}
}
