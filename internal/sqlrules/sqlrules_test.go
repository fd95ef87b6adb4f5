package sqlrules

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var tables = map[string]string{
	"accounts": "id", "users": "account_id", "sessions": "account_id", "epochs": "account_id", "audit_events": "account_id",
}

// good are statements that break no rule.
var good = []string{
	`SELECT name, session_epoch FROM accounts WHERE id = $1`,
	`select Name from Accounts where ID = $1`,
	`SELECT name FROM accounts WHERE $1 = id;`,
	`SELECT a.name FROM accounts AS a WHERE a.id = $1 -- by its owner
	`,
	`SELECT /* two */ u.name FROM users u WHERE (u.account_id = $1 AND u.id = $2) AND u.role = 'own''er'`,
	`SELECT count(*) FROM sessions WHERE account_id = $1 AND idle_expires_at > $2`,
	`SELECT count(*), max(seq), min(seq) FROM audit_events WHERE account_id = $1`,
	`SELECT s.id, u.name FROM sessions s JOIN users u ON u.account_id = $1 AND u.id = s.user_id WHERE s.account_id = $1 ORDER BY s.last_active_at DESC, s.id LIMIT $2`,
	`SELECT s.id FROM sessions s JOIN users u ON u.account_id = $1 AND s.account_id = $1 AND u.id = s.user_id`,
	`SELECT s.id FROM sessions s, users u WHERE s.account_id = $1 AND u.account_id = $1 AND u.id = s.user_id`,
	`SELECT u.id, e.reason FROM users u LEFT JOIN epochs e ON e.account_id = $1 AND e.user_id = u.id WHERE u.account_id = $1`,
	`SELECT u.id FROM epochs e RIGHT OUTER JOIN users u ON u.id = e.user_id AND e.account_id = $1 WHERE u.account_id = $1`,
	`SELECT u.id FROM (users u JOIN epochs e ON e.account_id = $1) WHERE u.account_id = $1`,
	`SELECT u.id, (SELECT count(*) FROM sessions s WHERE s.account_id = $1 AND s.user_id = u.id) FROM users u WHERE u.account_id = $1`,
	`SELECT u.id FROM users u WHERE u.account_id = $1 AND EXISTS (SELECT 1 FROM sessions s WHERE s.account_id = $1 AND s.user_id = u.id)`,
	`SELECT x.id FROM (SELECT id FROM sessions WHERE account_id = $1) AS x JOIN writers w ON w.id = x.id`,
	`WITH live AS (SELECT id, user_id FROM sessions WHERE account_id = $1) SELECT live.id FROM live JOIN users u ON u.account_id = $1 AND u.id = live.user_id`,
	`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM n`,
	`SELECT id FROM users WHERE account_id = $1 UNION ALL SELECT id FROM sessions WHERE account_id = $1 ORDER BY id LIMIT 3 OFFSET 4`,
	`SELECT id FROM sessions WHERE account_id = $1 AND (revoked_at IS NULL OR revoked_at > $2) AND generation BETWEEN $3 AND $4`,
	`SELECT id FROM sessions WHERE generation BETWEEN $3 AND $4 AND account_id = $1`,
	`SELECT CASE WHEN a = 1 AND b = 2 OR c = 3 THEN 1 ELSE 0 END FROM sessions WHERE CASE WHEN x = 1 OR y = 2 THEN 1 ELSE 0 END = 1 AND account_id = $1`,
	`SELECT id FROM sessions WHERE account_id = $1 AND rotation_attempt IS NOT DISTINCT FROM $2 AND x IS DISTINCT FROM $3`,
	`SELECT name || ' ' || email, a * b, -1.5e3 FROM users WHERE account_id = $1`,
	`SELECT account_id, user_id FROM login_names WHERE name = $1`,
	`SELECT '-- no comment; SELECT * FROM users /* ?' FROM writers`,
	`SELECT 1`,
	`SELECT DISTINCT user_id FROM sessions WHERE account_id = $1 GROUP BY user_id HAVING count(*) > 1`,
	`SELECT left(name, 3) FROM users WHERE account_id = $1 AND left(name, 1) = 'a'`,
	`SELECT id, row_number() OVER (PARTITION BY user_id ORDER BY id) FROM sessions WHERE account_id = $1`,
	`VALUES (1), (2)`,

	`INSERT INTO accounts (id, name) VALUES ($1, $2)`,
	`INSERT INTO sessions (id, account_id, user_id) VALUES ($2, $1, $3) RETURNING id, account_id`,
	`INSERT INTO sessions (account_id, id) VALUES ($1, $2), ($1, $3)`,
	`INSERT INTO sessions (account_id, id) SELECT u.account_id, $2 FROM users u WHERE u.account_id = $1 AND u.id = $3 AND u.disabled_at IS NULL`,
	`INSERT INTO sessions (id, account_id) SELECT $2, account_id FROM users WHERE account_id = $1 RETURNING id`,
	`INSERT INTO sessions (account_id, id) SELECT $1, $2 WHERE EXISTS (SELECT 1 FROM accounts WHERE id = $1)`,
	`INSERT INTO epochs (account_id, user_id, epoch) VALUES ($1, $2, (SELECT session_epoch FROM users WHERE account_id = $1 AND id = $2))`,
	`INSERT INTO epochs AS e (account_id, user_id, epoch) VALUES ($1, $2, $3) ON CONFLICT (account_id, user_id) DO UPDATE SET epoch = excluded.epoch WHERE e.epoch < excluded.epoch RETURNING epoch`,
	`INSERT INTO epochs (account_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
	`INSERT INTO login_names (name, account_id, user_id) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`,
	`INSERT INTO throttles (bucket, tat) VALUES ($1, $2) ON CONFLICT (bucket) DO UPDATE SET tat = $2`,

	`UPDATE sessions SET generation = generation + 1 WHERE account_id = $1 AND id = $2 RETURNING generation, user_id`,
	`UPDATE sessions AS s SET (idle_minutes, absolute_minutes) = (CASE WHEN idle_minutes < $3 THEN idle_minutes ELSE $3 END, $4) WHERE s.account_id = $1`,
	`UPDATE sessions SET account_epoch = a.session_epoch FROM accounts a WHERE a.id = $1 AND sessions.account_id = $1`,
	`UPDATE sessions SET user_epoch = (SELECT session_epoch FROM users WHERE account_id = $1 AND id = $2) WHERE account_id = $1 AND id = $3`,
	`UPDATE writers SET heartbeat = $2 WHERE id = $1`,
	`DELETE FROM sessions WHERE account_id = $1 AND id = $2`,
	`DELETE FROM throttles WHERE tat < $1 RETURNING bucket`,

	`CREATE TABLE notes (account_id bytea NOT NULL, id bytea NOT NULL, PRIMARY KEY (account_id, id)); CREATE INDEX i ON sessions (account_id)`,
	`SELECT now FROM writers WHERE date = $1 AND time = $2`,
}

func TestGood(t *testing.T) {
	for _, sql := range good {
		for _, v := range Check(sql, tables) {
			t.Errorf("%s\n\t%s", sql, v)
		}
	}
}

// TestGoodWithoutItsAccount takes the placeholder out of one account condition
// after the other: each time the statement must fail.
func TestGoodWithoutItsAccount(t *testing.T) {
	held := regexp.MustCompile(`(?i)(\baccount_id|\b(?:FROM accounts WHERE|a\.)\s*id) = \$1`)
	tried := 0
	for _, sql := range good {
		if strings.Contains(sql, "login_names") {
			continue
		}
		for _, at := range held.FindAllStringSubmatchIndex(sql, -1) {
			for _, other := range []string{" <> $1", " > $1", " = 1", " = user_id", " = $1 + 0", " = $99 OR 1 = 1", " IS NOT NULL", " IN ($1)"} {
				tried++
				changed := sql[:at[3]] + other + sql[at[1]:]
				if !breaks(changed, Account) {
					t.Errorf("passes: %s", changed)
				}
			}
		}
	}
	if tried < 250 {
		t.Errorf("only %d statements tried", tried)
	}
}

// TestEveryRefusedWordIsRefused tries each entry of the lists by itself.
func TestEveryRefusedWordIsRefused(t *testing.T) {
	for w := range refusedWords {
		if sql := "SELECT " + strings.ToUpper(w) + " FROM writers"; !breaks(sql, Portable) {
			t.Errorf("passes: %s", sql)
		}
	}
	for w := range refusedCalls {
		if sql := "SELECT " + w + "($1) FROM writers"; !breaks(sql, Portable) {
			t.Errorf("passes: %s", sql)
		}
	}
	for o := range refusedOps {
		if sql := "SELECT a " + o + " b FROM writers"; !breaks(sql, Portable) {
			t.Errorf("passes: %s", sql)
		}
	}
}

// TestOneThingAtATime: a violation of one rule is not told as another.
func TestOneThingAtATime(t *testing.T) {
	for sql, want := range map[string][]string{
		`SELECT id FROM sessions s WHERE id = $1`:                   {"account: a SELECT of sessions s does not hold s.account_id to a placeholder in its own WHERE or ON"},
		`UPDATE sessions SET account_id = $2 WHERE account_id = $1`: {"move: sessions.account_id is assigned"},
		`DELETE FROM throttles`:                                     {"where: DELETE FROM throttles without WHERE"},
		`SELECT * FROM writers`:                                     {"star: columns are named one by one, never *"},
		`SELECT now() FROM writers`:                                 {"portable: now(): the time is a parameter, never the database's"},
		`BEGIN`:                                                     {"syntax: a statement that begins with BEGIN cannot be judged"},
		`SELECT s.id FROM sessions s, users u WHERE s.account_id = $1 AND u.account_id = $2`: {"account: one statement for the accounts of $1 and $2"},
	} {
		if got := Check(sql, tables); !slices.Equal(got, want) {
			t.Errorf("%s\n\tgot  %q\n\twant %q", sql, got, want)
		}
	}
}

func TestCheckAll(t *testing.T) {
	statements := map[string]string{
		"sweep":  `SELECT account_id, id FROM sessions WHERE idle_expires_at < $1`,
		"both":   `SELECT * FROM sessions`,
		"proper": `SELECT id FROM sessions WHERE account_id = $1`,
	}
	reason := "finds candidates, which are then changed account by account"
	got := CheckAll(statements, tables, []Exempt{{"sweep", Account, reason}, {"both", Account, reason}})
	if len(got) != 1 || !strings.HasPrefix(got[0], "both: star: ") {
		t.Errorf("got %q", got)
	}
	delete(statements, "both")
	for _, tt := range []struct {
		exempt []Exempt
		want   []string
	}{
		{[]Exempt{{"sweep", Account, reason}}, nil},
		{nil, []string{"sweep: account: a SELECT of sessions does not hold sessions.account_id to a placeholder in its own WHERE or ON"}},
		{[]Exempt{{"sweep", Account, " "}}, []string{`sweep: exempt from "account" without a reason`}},
		{[]Exempt{{"sweep", Account, reason}, {"sweep", Where, reason}}, []string{`sweep: exempt from "where", which it does not break`}},
		{[]Exempt{{"sweep", Account, reason}, {"proper", Account, reason}}, []string{`proper: exempt from "account", which it does not break`}},
		{[]Exempt{{"sweep", Account, reason}, {"gone", Account, reason}}, []string{`gone: exempt from "account", but there is no such statement`}},
	} {
		if got := CheckAll(statements, tables, tt.exempt); !slices.Equal(got, tt.want) {
			t.Errorf("%v:\n\tgot  %q\n\twant %q", tt.exempt, got, tt.want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, sql := range good {
		f.Add(sql)
	}
	f.Add("WITH a AS (UPDATE x SET (a, b) = (SELECT * FROM users) WHERE 1=1 OR '")
	f.Fuzz(func(t *testing.T, sql string) {
		got := Check(sql, tables) // must not panic
		if again := Check(sql, tables); !slices.Equal(got, again) {
			t.Errorf("%q, then %q", got, again)
		}
	})
}
