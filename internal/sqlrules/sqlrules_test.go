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

func breaks(sql string, rule Rule) bool {
	return slices.ContainsFunc(check(sql, tables), func(v violation) bool { return v.rule == rule })
}

func TestBad(t *testing.T) {
	for _, tt := range []struct {
		rule Rule
		sql  string
	}{
		// No account.
		{Account, `SELECT id FROM sessions`},
		{Account, `SELECT id FROM sessions WHERE id = $1`},
		{Account, `SELECT name FROM accounts WHERE account_id = $1`},
		{Account, `SELECT id FROM users WHERE account_id = account_id`},
		{Account, `SELECT id FROM users WHERE account_id = 'x'`},
		{Account, `SELECT id FROM users WHERE account_id = ($1)`},
		{Account, `SELECT id FROM users WHERE NOT account_id = $1`},
		{Account, `SELECT id FROM users WHERE NOT (account_id = $1)`},
		{Account, `SELECT id FROM users WHERE account_id = $1 OR id = $2`},
		{Account, `SELECT id FROM users WHERE true OR account_id = $1`},
		{Account, `SELECT id FROM users WHERE id = $2 AND (account_id = $1 OR role = 'owner')`},
		{Account, `SELECT id FROM users WHERE account_id = $1 AND id = $2 OR role = 'owner'`},
		{Account, `SELECT id FROM users WHERE (account_id, id) = ($1, $2)`},
		{Account, `SELECT id FROM users WHERE CASE WHEN x = 1 THEN 0 AND account_id = $1 END`},
		{Account, `SELECT id FROM users WHERE generation BETWEEN x AND account_id = $1`},
		{Account, `SELECT id FROM users WHERE id IN (SELECT id FROM users WHERE account_id = $1)`},
		{Account, `SELECT id FROM users WHERE x = (account_id = $1)`},
		{Account, `SELECT account_id = $1 FROM users`},
		{Account, `SELECT id FROM users GROUP BY id HAVING account_id = $1`},
		{Account, `SELECT id FROM users ORDER BY account_id = $1`},
		{Account, `SELECT id FROM users WHERE 'account_id = $1' = x`},
		{Account, `SELECT id FROM users WHERE id = $2 -- AND account_id = $1`},
		{Account, `SELECT id FROM users WHERE id = $2 /* AND account_id = $1 */`},
		{Account, `SELECT id FROM users u WHERE sessions.account_id = $1`},
		// One table of two.
		{Account, `SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.account_id = $1`},
		{Account, `SELECT s.id FROM sessions s JOIN users u ON u.account_id = s.account_id AND u.id = s.user_id WHERE s.account_id = $1`},
		{Account, `SELECT s.id FROM sessions s JOIN users u USING (account_id) WHERE s.account_id = $1`},
		{Account, `SELECT s.id FROM sessions s NATURAL JOIN users u WHERE s.account_id = $1`},
		{Account, `SELECT s.id FROM sessions s CROSS JOIN users u WHERE s.account_id = $1`},
		{Account, `SELECT s.id FROM sessions s, users u WHERE s.account_id = $1`},
		{Account, `SELECT s.id FROM sessions s, users u WHERE account_id = $1`},
		{Account, `SELECT a.id FROM sessions a JOIN sessions b ON a.account_id = $1 AND b.id = a.id`},
		{Account, `SELECT a.id FROM sessions a JOIN writers w ON w.id = a.id WHERE account_id = $1`},
		{Account, `SELECT u.id FROM (users u JOIN epochs e ON e.user_id = u.id) WHERE u.account_id = $1`},
		// Outer joins keep rows whatever ON says.
		{Account, `SELECT u.id FROM users u LEFT JOIN epochs e ON e.account_id = $1 AND u.account_id = $1`},
		{Account, `SELECT u.id FROM users u RIGHT JOIN epochs e ON e.account_id = $1 AND u.account_id = $1`},
		{Account, `SELECT u.id FROM users u FULL OUTER JOIN epochs e ON e.account_id = $1 AND u.account_id = $1`},
		// Sub-selects and the parts of a UNION.
		{Account, `SELECT u.id, (SELECT count(*) FROM sessions s WHERE s.user_id = u.id) FROM users u WHERE u.account_id = $1`},
		{Account, `SELECT u.id, (SELECT max(e.epoch) FROM epochs e WHERE e.account_id = u.account_id) FROM users u WHERE u.account_id = $1`},
		{Account, `SELECT u.id FROM users u WHERE u.account_id = $1 AND EXISTS (SELECT 1 FROM sessions WHERE user_id = u.id)`},
		{Account, `SELECT x.id FROM (SELECT id, account_id FROM sessions) x WHERE x.account_id = $1`},
		{Account, `SELECT coalesce((SELECT id FROM sessions), $1)`},
		{Account, `SELECT 1 FROM (VALUES (1)) v WHERE 1 = (SELECT count(*) FROM sessions)`},
		{Account, `WITH x AS (SELECT id FROM sessions) SELECT id FROM x`},
		{Account, `WITH x AS (SELECT id FROM sessions WHERE account_id = $1), y AS (SELECT id FROM users) SELECT x.id FROM x`},
		{Account, `WITH x AS (SELECT 1) SELECT id FROM users`},
		{Account, `WITH sessions AS (SELECT 1) SELECT id FROM sessions`},
		{Account, `SELECT id FROM users WHERE account_id = $1 UNION SELECT id FROM sessions`},
		{Account, `SELECT id FROM users UNION ALL SELECT id FROM sessions WHERE account_id = $1`},
		{Account, `(SELECT id FROM users) UNION ALL (SELECT id FROM sessions WHERE account_id = $1)`},
		{Account, `SELECT 1; SELECT id FROM sessions`},
		{Account, `SELECT id FROM writers ORDER BY (SELECT id FROM sessions)`},
		{Account, `SELECT id FROM writers LIMIT (SELECT count(*) FROM sessions)`},
		{Account, `SELECT id FROM public.sessions WHERE id = $1`},
		{Account, `SELECT id FROM "sessions" WHERE id = $1`},
		// Two accounts.
		{Account, `SELECT s.id FROM sessions s JOIN users u ON u.account_id = $2 WHERE s.account_id = $1`},
		{Account, `INSERT INTO sessions (account_id, id) VALUES ($1, $2), ($3, $4)`},
		{Account, `INSERT INTO epochs (account_id, epoch) VALUES ($1, (SELECT session_epoch FROM users WHERE account_id = $2))`},
		// INSERT.
		{Account, `INSERT INTO sessions (id) VALUES ($1)`},
		{Account, `INSERT INTO accounts (account_id, name) VALUES ($1, $2)`},
		{Account, `INSERT INTO sessions (account_id, id) VALUES ('x', $1)`},
		{Account, `INSERT INTO sessions (id, account_id) VALUES ($1)`},
		{Account, `INSERT INTO sessions (account_id, id) VALUES ($1, $2), (NULL, $3)`},
		{Account, `INSERT INTO sessions (account_id, id) VALUES ((SELECT account_id FROM users WHERE account_id = $1), $2)`},
		{Account, `INSERT INTO sessions (id, account_id) SELECT u.account_id, u.id FROM users u WHERE u.account_id = $1`},
		{Account, `INSERT INTO sessions (account_id, id) SELECT $1, u.id FROM users u WHERE u.account_id = $1`},
		{Account, `INSERT INTO sessions (account_id, id) SELECT u.account_id, u.id FROM users u WHERE u.id = $1`},
		{Account, `INSERT INTO sessions (account_id, id) SELECT 'x', $1`},
		{Account, `INSERT INTO sessions (account_id, id) SELECT w.account_id, $1 FROM writers w`},
		{Account, `INSERT INTO sessions (id, account_id) SELECT $1`},
		{Account, `INSERT INTO sessions (account_id, id) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET generation = 1`},
		{Account, `INSERT INTO sessions (account_id, id) VALUES ($1, $2) ON CONFLICT (account_id, id) DO UPDATE SET generation = (SELECT 1 FROM users)`},
		{Account, `INSERT INTO sessions (account_id, id) VALUES ($1, $2) RETURNING (SELECT count(*) FROM users)`},
		{Account, `INSERT INTO writers (id) SELECT id FROM sessions`},
		{Account, `INSERT INTO writers (id) VALUES ((SELECT id FROM sessions))`},
		// UPDATE and DELETE.
		{Account, `UPDATE sessions SET generation = 1 WHERE id = $1`},
		{Account, `UPDATE sessions SET generation = $1 WHERE account_id = generation`},
		{Account, `UPDATE sessions AS s SET generation = 1 WHERE sessions.account_id = $1`},
		{Account, `UPDATE sessions SET generation = 1 FROM users u WHERE sessions.account_id = $1 AND u.id = sessions.user_id`},
		{Account, `UPDATE sessions SET generation = 1 FROM users u WHERE u.account_id = $1 AND u.id = sessions.user_id`},
		{Account, `UPDATE sessions SET generation = (SELECT count(*) FROM users) WHERE account_id = $1`},
		{Account, `UPDATE writers SET last_seq = (SELECT count(*) FROM users) WHERE id = $1`},
		{Account, `DELETE FROM sessions WHERE id = $1`},
		{Account, `DELETE FROM sessions WHERE account_id = $1 AND id IN (SELECT id FROM users)`},
		{Account, `UPDATE sessions SET generation = 1`},

		// Moved rows.
		{Move, `UPDATE sessions SET account_id = $2 WHERE account_id = $1`},
		{Move, `UPDATE sessions SET generation = 1, Account_ID = $2 WHERE account_id = $1`},
		{Move, `UPDATE sessions SET (id, account_id) = ($2, $3) WHERE account_id = $1`},
		{Move, `UPDATE accounts SET id = $2 WHERE id = $1`},
		{Move, `UPDATE sessions AS s SET s.account_id = $2 WHERE s.account_id = $1`},
		{Move, `UPDATE sessions SET "account_id" = $2 WHERE account_id = $1`},
		{Move, `INSERT INTO sessions (account_id, id) VALUES ($1, $2) ON CONFLICT (account_id, id) DO UPDATE SET account_id = excluded.account_id`},

		// Whole tables.
		{Where, `UPDATE writers SET heartbeat = $1`},
		{Where, `UPDATE writers SET heartbeat = $1 RETURNING id`},
		{Where, `DELETE FROM throttles`},
		{Where, `DELETE FROM throttles RETURNING bucket`},
		{Where, `UPDATE sessions SET generation = 1`},
		{Where, `DELETE FROM throttles WHERE true`},
		{Where, `DELETE FROM throttles WHERE (1 = 1) AND NOT $1 = 2`},
		{Where, `UPDATE writers SET heartbeat = (SELECT 1 FROM writers WHERE id = $1)`},

		// Stars.
		{Star, `SELECT * FROM writers`},
		{Star, `SELECT w.* FROM writers w`},
		{Star, `SELECT id, * FROM writers`},
		{Star, `SELECT id, w.* FROM writers w`},
		{Star, `SELECT DISTINCT * FROM writers`},
		{Star, `SELECT ALL * FROM writers`},
		{Star, `SELECT 1 WHERE EXISTS (SELECT * FROM writers)`},
		{Star, `SELECT x.id FROM (SELECT * FROM writers) x`},
		{Star, `WITH x AS (SELECT * FROM writers) SELECT id FROM x`},
		{Star, `SELECT 1 UNION SELECT * FROM writers`},
		{Star, `INSERT INTO writers (id) VALUES ($1) RETURNING *`},
		{Star, `UPDATE writers SET heartbeat = 1 WHERE id = $1 RETURNING *`},
		{Star, `DELETE FROM writers WHERE id = $1 RETURNING id, *`},
		{Star, `INSERT INTO writers VALUES ($1)`},
		{Star, `INSERT INTO writers SELECT 1`},
		{Star, `CREATE VIEW v AS SELECT * FROM writers`},

		// Not for every engine.
		{Portable, `LISTEN sessions`},
		{Portable, `UNLISTEN sessions`},
		{Portable, `NOTIFY sessions, 'x'`},
		{Portable, `SELECT pg_notify('a', 'b')`},
		{Portable, `SELECT pg_advisory_lock(1)`},
		{Portable, `SELECT pg_advisory_xact_lock(1)`},
		{Portable, `SELECT pg_catalog.pg_try_advisory_lock(1)`},
		{Portable, `SAVEPOINT a`},
		{Portable, `RELEASE a`},
		{Portable, `SELECT 1; RELEASE SAVEPOINT a`},
		{Portable, `ROLLBACK TO a`},
		{Portable, `SELECT id FROM writers FOR UPDATE`},
		{Portable, `SELECT id FROM writers FOR NO KEY UPDATE`},
		{Portable, `SELECT id FROM writers FOR SHARE`},
		{Portable, `SELECT id FROM writers FOR UPDATE SKIP LOCKED`},
		{Portable, `SELECT id FROM writers FOR KEY SHARE NOWAIT`},
		{Portable, `SELECT nextval('s')`},
		{Portable, `SELECT currval('s'), lastval()`},
		{Portable, `SELECT setval('s', 1)`},
		{Portable, `SELECT last_insert_rowid()`},
		{Portable, `CREATE TABLE t (id serial PRIMARY KEY)`},
		{Portable, `CREATE TABLE t (id BigSerial PRIMARY KEY)`},
		{Portable, `CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY)`},
		{Portable, `CREATE TABLE t (id integer PRIMARY KEY AUTOINCREMENT)`},
		{Portable, `CREATE SEQUENCE s`},
		{Portable, `SELECT now()`},
		{Portable, `SELECT pg_catalog.now ()`},
		{Portable, `SELECT CURRENT_TIMESTAMP`},
		{Portable, `SELECT current_date`},
		{Portable, `SELECT CURRENT_TIME`},
		{Portable, `SELECT localtimestamp, LOCALTIME`},
		{Portable, `CREATE TABLE t (at bigint DEFAULT CURRENT_TIMESTAMP)`},
		{Portable, `SELECT clock_timestamp()`},
		{Portable, `SELECT statement_timestamp()`},
		{Portable, `SELECT datetime('now')`},
		{Portable, `SELECT datetime()`},
		{Portable, `SELECT strftime('%s', 'now')`},
		{Portable, `SELECT date()`},
		{Portable, `SELECT time($1)`},
		{Portable, `SELECT unixepoch()`},
		{Portable, `SELECT julianday($1)`},
		{Portable, `SELECT CAST('now' AS timestamptz)`},
		{Portable, `SELECT TIMESTAMP 'Today'`},
		{Portable, `SELECT id FROM writers WHERE id = ?`},
		{Portable, `SELECT id FROM writers WHERE id = ?1`},
		{Portable, `SELECT id FROM writers WHERE id = :id`},
		{Portable, `SELECT id FROM writers WHERE id = @id`},
		{Portable, `INSERT OR IGNORE INTO writers (id) VALUES ($1)`},
		{Portable, `INSERT OR REPLACE INTO writers (id) VALUES ($1)`},
		{Portable, `UPDATE OR IGNORE writers SET id = $1 WHERE id = $2`},
		{Portable, `REPLACE INTO writers (id) VALUES ($1)`},
		{Portable, "SELECT `id` FROM writers"},
		{Portable, `SELECT "id" FROM writers`},
		{Portable, `SELECT [id] FROM writers`},
		{Portable, `SELECT ARRAY[1]`},
		{Portable, `SELECT rowid FROM writers`},
		{Portable, `SELECT w.rowid FROM writers w`},
		{Portable, `SELECT w.ctid, w._rowid_ FROM writers w`},
		{Portable, `SELECT id FROM writers WHERE name GLOB 'a*'`},
		{Portable, `SELECT id FROM writers WHERE name ILIKE 'a%'`},
		{Portable, `SELECT id FROM writers WHERE name LIKE 'a%'`},
		{Portable, `SELECT id FROM writers WHERE name SIMILAR TO 'a'`},
		{Portable, `SELECT id FROM writers WHERE name REGEXP 'a'`},
		{Portable, `SELECT id FROM writers WHERE name ~ 'a'`},
		{Portable, `SELECT id FROM writers WHERE name !~* 'a'`},
		{Portable, `SELECT id FROM writers WHERE name == 'a'`},
		{Portable, `SELECT id FROM writers WHERE name IS $1`},
		{Portable, `SELECT id FROM writers WHERE name IS NOT $1`},
		{Portable, `SELECT id FROM writers LIMIT 10, 20`},
		{Portable, `SELECT id FROM writers WHERE id IN (SELECT id FROM writers ORDER BY a, b LIMIT $1, $2)`},
		{Portable, `SELECT CAST($1 AS text)::bytea`},
		{Portable, `SELECT id FROM writers WHERE id = $1::bytea`},
		{Portable, `SELECT max($1, $2)`},
		{Portable, `UPDATE writers SET heartbeat = min(heartbeat, $2) WHERE id = $1`},
		{Portable, `SELECT coalesce(max(a, b), 1) FROM writers`},
		{Portable, `SELECT greatest(1, 2)`},
		{Portable, `SELECT LEAST ($1, $2)`},
		{Portable, `SELECT id FROM writers WHERE id = ANY($1)`},
		{Portable, `SELECT x FROM unnest($1) AS u (x)`},
		{Portable, `SELECT ifnull($1, 2), iif(1, 2, 3)`},
		{Portable, `SELECT group_concat(id) FROM writers`},
		{Portable, `SELECT E'a\'b'`},
		{Portable, `SELECT x'00'`},
		{Portable, `SELECT 1 /* a /* b */ */`},
		{Portable, `WITH gone AS (DELETE FROM writers WHERE id = $1 RETURNING id) SELECT id FROM gone`},
		{Portable, `WITH x AS (UPDATE writers SET heartbeat = 1 WHERE id = $1 RETURNING id) SELECT id FROM x`},
		{Portable, `WITH x AS (SELECT 1), y AS (INSERT INTO writers (id) VALUES ($1) RETURNING id) SELECT id FROM y`},
		{Portable, `DELETE FROM writers USING throttles t WHERE writers.id = t.bucket`},
		{Portable, `DELETE FROM writers WHERE id = $1 ORDER BY id LIMIT 1`},
		{Portable, `UPDATE writers SET heartbeat = 1 WHERE id = $1 LIMIT 1`},
		{Portable, `SELECT id FROM public.writers`},
		{Portable, `SELECT w.id FROM writers w JOIN LATERAL (SELECT 1) x ON true`},
		{Portable, `SELECT id FROM ONLY writers`},
		{Portable, `MERGE INTO writers USING x ON true WHEN MATCHED THEN DELETE`},
		{Portable, `TRUNCATE writers`},
		{Portable, `PRAGMA foreign_keys`},

		// Not to be followed.
		{Syntax, ``},
		{Syntax, ` ; -- nothing`},
		{Syntax, `EXPLAIN SELECT 1`},
		{Syntax, `TABLE sessions`},
		{Syntax, `SELECT (1`},
		{Syntax, `SELECT 1)`},
		{Syntax, `SELECT 'a`},
		{Syntax, `SELECT 1 /* a`},
		{Syntax, `SELECT 1 /*/`},
		{Syntax, `SELECT $a$ text $a$`},
		{Syntax, `SELECT $1a`},
		{Syntax, `SELECT $$ text $$`},
		{Syntax, `SELECT id FROM users WHERE account_id = $1 WHERE id = $2`},
		{Syntax, `SELECT id FROM writers WHERE id IN sessions`},
		{Syntax, `SELECT id FROM writers w x y`},
		{Syntax, `SELECT id FROM writers INDEXED BY i`},
		{Syntax, `SELECT id FROM`},
		{Syntax, `SELECT id FROM writers,`},
		{Syntax, `SELECT id FROM writers JOIN`},
		{Syntax, `SELECT id FROM writers AS`},
		{Syntax, `SELECT id FROM $1`},
		{Syntax, `SELECT id FROM a JOIN b JOIN c ON true ON true`},
		{Syntax, `SELECT id FROM (a JOIN b ON true) AS x`},
		{Syntax, `SELECT id FROM sessions (x) WHERE account_id = $1`},
		{Syntax, `SELECT 1 UNION`},
		{Syntax, `WITH x SELECT 1`},
		{Syntax, `WITH`},
		{Syntax, `WITH x AS (SELECT 1)`},
		{Syntax, `INSERT`},
		{Syntax, `INSERT INTO`},
		{Syntax, `INSERT INTO writers (id) DEFAULT VALUES`},
		{Syntax, `INSERT INTO writers (id) VALUES`},
		{Syntax, `INSERT INTO (a) VALUES (1)`},
		{Syntax, `INSERT INTO writers (id) SELECT 1 UNION SELECT 2`},
		{Syntax, `INSERT INTO writers (id) VALUES (1) ON CONFLICT`},
		{Syntax, `INSERT INTO writers (id) VALUES (1) ON CONFLICT DO`},
		{Syntax, `INSERT INTO writers (id) VALUES (1) ON CONFLICT DO WHAT`},
		{Syntax, `UPDATE writers WHERE id = $1`},
		{Syntax, `UPDATE SET x = 1 WHERE id = $1`},
		{Syntax, `UPDATE writers SET , WHERE id = $1`},
		{Syntax, `UPDATE writers SET 1 = 2 WHERE id = $1`},
		{Syntax, `UPDATE (SELECT 1) SET x = 1 WHERE id = $1`},
		{Syntax, `DELETE writers WHERE id = $1`},
		{Syntax, `DELETE FROM WHERE id = $1`},
		{Syntax, `SELECT extract(a FROM sessions)`},
		{Syntax, `SELECT CASE WHEN id FROM sessions`},
	} {
		if !breaks(tt.sql, tt.rule) {
			t.Errorf("does not break %q: %s\n\t%q", tt.rule, tt.sql, Check(tt.sql, tables))
		}
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
