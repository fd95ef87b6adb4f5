package store

import (
	"context"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
	"github.com/curfew-auth/curfew/internal/sqlrules"
)

// tenantTables are the tables whose rows belong to one account, with the
// column that says to which.
var tenantTables = map[string]string{
	"accounts": "id", "users": "account_id", "sessions": "account_id", "epochs": "account_id",
	"invites": "account_id", "reset_tokens": "account_id", "portal_links": "account_id", "audit_events": "account_id",
	"receipts": "account_id", "receipt_acks": "account_id",
	"outbox": "account_id", "outbox_attempts": "account_id",
}

// otherTables belong to no account, and why.
var otherTables = map[string]string{
	"login_names":          "the lookup that starts without an account",
	"account_external_ids": "the other lookup that starts without an account",
	"idempotency_keys":     "of a service key, and found before the account is",
	"signing_keys":         "of the installation",
	"service_keys":         "of the installation",
	"webhooks":             "of the installation",
	"writers":              "of the installation",
	"revocation_log":       "of the installation: every verifier learns all of it",
	"verifiers":            "of the installation",
	"throttles":            "counted before anybody is known",
	"leases":               "of the installation",
	"installation":         "of the installation",
	"copies":               "of the installation",
	"goose_db_version":     "the version of the schema",
}

// exempt are the statements that break a rule on purpose.
var exempt = []sqlrules.Exempt{
	{Statement: anyAccount.text, Rule: sqlrules.Account, Reason: "the sign-up page asks whether anybody is there yet"},
	{Statement: listAccounts.text, Rule: sqlrules.Account, Reason: "the operator's list of accounts"},
	{Statement: selectWaiting.text, Rule: sqlrules.Account, Reason: "the operator's look at how much waits for each endpoint of the installation"},
	{Statement: accountsBefore.text, Rule: sqlrules.Account, Reason: "a page of the operator's list of accounts"},
	{Statement: namesBefore.text, Rule: sqlrules.Account, Reason: "the operator's search for an account"},
	{Statement: accountsNamed.text, Rule: sqlrules.Account, Reason: "the operator's look for an account by its name"},
	{Statement: clampingAccounts.text, Rule: sqlrules.Account, Reason: "the sweeper's search for work; it then changes account by account"},
	{Statement: raisedAccounts.text, Rule: sqlrules.Account, Reason: "the sweeper's search for work; it then changes account by account"},
	{Statement: accountsWithOldSessions.text, Rule: sqlrules.Account, Reason: "retention's search for work; it then removes account by account"},
	{Statement: accountsWithOldAudit.text, Rule: sqlrules.Account, Reason: "retention's search for work; it then removes account by account"},
	{Statement: accountsWithExpired.text, Rule: sqlrules.Account, Reason: "the search for what expired; it is then told account by account"},
	{Statement: accountIDs.text, Rule: sqlrules.Account, Reason: "a fence is of all accounts; it then changes account by account"},
	{Statement: countAccounts.text, Rule: sqlrules.Account, Reason: "how far a fence of all accounts has come"},
	{Statement: greatestEpoch.text, Rule: sqlrules.Account, Reason: "whether a fence of all accounts has room"},
	{Statement: openReceipts.text, Rule: sqlrules.Account, Reason: "every node's search for receipts that wait for verifiers; each is then read by its key"},
	{Statement: forgetReceipts.text, Rule: sqlrules.Account, Reason: "what is final in any account is forgotten in all of them by age"},
	{Statement: forgetReceiptAcks.text, Rule: sqlrules.Account, Reason: "the same"},
	{Statement: lastOverdue.text, Rule: sqlrules.Account, Reason: "every node's search for deliveries that nobody looks after; each is then made by its key"},
	{Statement: takeOverdue.text, Rule: sqlrules.Account, Reason: "the same: whoever moves their time on looks after them"},
	{Statement: selectDeliveries.text, Rule: sqlrules.Account, Reason: "the operator's list of what an endpoint of the installation was told of"},
	{Statement: selectBacklog.text, Rule: sqlrules.Account, Reason: "how much waits for each endpoint of the installation"},
	{Statement: waitingDeliveries.text, Rule: sqlrules.Account, Reason: "the search for what is too much for one endpoint, in all accounts"},
	{Statement: dropDeliveries.text, Rule: sqlrules.Account, Reason: "what is too much for one endpoint is dropped in all accounts, the oldest first"},
	{Statement: nextToldWebhook.text, Rule: sqlrules.Account, Reason: "retention's search for what an endpoint was told of, in all accounts"},
	{Statement: oldDeliveries.text, Rule: sqlrules.Account, Reason: "the same"},
	{Statement: forgetDelivery.text, Rule: sqlrules.Account, Reason: "what was delivered is forgotten in all accounts by age"},
	{Statement: forgetAttempts.text, Rule: sqlrules.Account, Reason: "the same"},
	{Statement: forgetPortals.text, Rule: sqlrules.Account, Reason: "what is spent or late in any account is forgotten in all of them by age"},
	{Statement: forgetEpochs.text, Rule: sqlrules.Account, Reason: "what was swept in any account is forgotten in all of them by age"},
}

func TestStatementsKeepTheRules(t *testing.T) {
	texts := map[string]string{}
	for _, q := range register {
		texts[q.text] = q.text
	}
	for _, broken := range sqlrules.CheckAll(texts, tenantTables, exempt) {
		t.Error(broken)
	}
	if len(register) < 40 {
		t.Errorf("only %d statements are registered", len(register))
	}
}

func openEmpty(t *testing.T) *DB {
	t.Helper()
	return openAt(t, Options{Path: filepath.Join(t.TempDir(), "curfew.db"), Chain: testChain(t)})
}

func TestEveryTableIsClassified(t *testing.T) {
	db := openEmpty(t)
	for _, name := range names(t, db, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`) {
		if tenantTables[name] == "" && otherTables[name] == "" {
			t.Errorf("table %s is neither of an account nor of none", name)
		}
	}
}

// TestBatchesAreTheStatement holds the statements for many to the one for one:
// they differ in where a call's values come from, and in nothing else.
func TestBatchesAreTheStatement(t *testing.T) {
	column := regexp.MustCompile(`v\.p(\d+)`)
	rows := regexp.MustCompile(`(?s)\s+FROM unnest\(.*?\)\s+(?:WITH ORDINALITY )?AS v \([^)]*\)`)
	plain := func(text string) string {
		text = column.ReplaceAllString(rows.ReplaceAllString(text, ""), "$$$1")
		return strings.Join(strings.Fields(text), " ")
	}
	for many, one := range map[*query]string{
		rotateAll:        rotateSession.text + ", v.n",
		selectStandings:  strings.Replace(selectStanding.text, "SELECT ", "SELECT v.n, ", 1),
		revokeSessions:   revokeSession.text,
		moveHeads:        moveHead.text,
		stampLogins:      stampLogin.text,
		insertSessions:   insertSession.text,
		claimRepeatables: strings.NewReplacer("VALUES (", "SELECT ", "$5) ON", "$5 ON", "$5)\n ON", "$5 ON").Replace(claimRepeatable.text),
		selectStarts:     strings.NewReplacer("SELECT ", "SELECT v.n, ").Replace(selectUserOf.text),
		insertUsers:      strings.NewReplacer("VALUES (", "SELECT ", ")\n", "\n").Replace(insertUser.text + "\n"),
		tellMany:         strings.Replace(tellWebhooksAt.text, " RETURNING webhook_id", "", 1),
		selectTiedMany:   strings.NewReplacer("SELECT ", "SELECT account_id, tied_to, ", " FROM portal_links", ", portal_links").Replace(selectTied.text),
	} {
		got, want := plain(many.text), plain(one)
		if many == selectStandings { // the key stands in the join instead of behind it
			got = strings.NewReplacer("JOIN sessions s ON s.account_id = $1 AND s.id = $2", "FROM sessions s",
				"CROSS JOIN LATERAL (SELECT "+userOfStanding+" FROM users u WHERE u.account_id = $1 AND u.id = s.user_id OFFSET 0) u",
				"JOIN users u ON u.account_id = $1 AND u.id = s.user_id").Replace(got) + " AND s.id = $2"
		}
		switch many { // the same for those of starts
		case selectStarts:
			_, search, _ := strings.Cut(plain(selectRepeatable.text), " FROM ")
			got = strings.NewReplacer(", "+repeatableColumns, "", " LEFT JOIN LATERAL (SELECT * FROM "+strings.Replace(search, "$1", "$3", 1)+" OFFSET 0) i ON true", "",
				" LEFT JOIN LATERAL (SELECT * FROM users u WHERE u.account_id = $1 AND u.external_id = $2 OFFSET 0) u ON true", " FROM users u WHERE u.account_id = $1 AND u.external_id = $2").Replace(got)
		case insertSessions:
			got = strings.NewReplacer("CROSS JOIN LATERAL (SELECT u.account_id, u.id FROM users u", "FROM users u", " OFFSET 0) u", "").Replace(got)
		case tellMany:
			got = strings.Replace(got, " CROSS JOIN webhooks w", " FROM webhooks w", 1)
		}
		if got != want {
			t.Errorf("the batch is\n%s\nand the statement\n%s", got, want)
		}
	}
}

// TestPackedIsTheStatement holds those of SQLite to it, too.
func TestPackedIsTheStatement(t *testing.T) {
	plain := func(text string) string {
		text = strings.NewReplacer("v.p1", "$1", "v.p2", "$2", "CROSS JOIN", "JOIN", "SELECT v.n, ", "SELECT ", ", v.n\n", "\n").Replace(strings.TrimPrefix(text, packedKeys))
		return strings.Join(strings.Fields(text), " ")
	}
	// The key stands in the join instead of behind it, and $2 is the zero id.
	got := strings.NewReplacer("FROM v JOIN sessions s ON s.account_id = $1 AND s.id = $2", "FROM sessions s", "e.user_id = $2", "e.user_id = $3").
		Replace(plain(selectPacked.text)) + " AND s.id = $2"
	if want := plain(selectStanding.text); got != want {
		t.Errorf("the look is\n%s\nand the statement\n%s", got, want)
	}
	for packed, one := range map[*query]*query{packedAccounts: selectAccount, packedPeople: selectUserOf, packedStarts: selectRepeatable} {
		_, got, _ := strings.Cut(packed.text, "length($1) / ")
		_, got, _ = strings.Cut(got, ") ")
		got = strings.NewReplacer(", a.audit_seq, a.audit_mac, a.audit_seal", "",
			"FROM v JOIN users u ON u.account_id = $1 AND u.external_id = $2", "FROM users u WHERE u.account_id = $1 AND u.external_id = $2",
			"FROM v JOIN accounts a ON a.id = $1", "FROM accounts a WHERE a.id = $1",
			"FROM v JOIN idempotency_keys i ON i.id = $1", "FROM idempotency_keys i WHERE i.id = $1").Replace(plain(got))
		if want := plain(one.text); got != want {
			t.Errorf("the look is\n%s\nand the statement\n%s", got, want)
		}
	}
	if got, want := plain(rotateQuietly.text), plain(rotateSession.text); !strings.HasPrefix(want, got+" RETURNING ") {
		t.Errorf("the refresh is\n%s\nand the statement\n%s", got, want)
	}
	// The names stand in joins, where the statement can only look each up.
	_, returning, _ := strings.Cut(plain(rotateSession.text), " RETURNING ")
	looks := regexp.MustCompile(`\(SELECT ([au]\.[a-z]+) FROM [a-z]+ [au] WHERE [^)]*\)`).ReplaceAllString(returning, "$1")
	if got, want := plain(selectRotated.text), "SELECT "+looks+
		" FROM v JOIN sessions ON sessions.account_id = $1 AND sessions.id = $2 JOIN users u ON u.account_id = $1 AND u.id = sessions.user_id JOIN accounts a ON a.id = $1"; got != want {
		t.Errorf("the answer is\n%s\nand of the statement\n%s", got, want)
	}
}

// TestRefreshChangesNoIndexedColumn keeps a refresh from touching an index on
// PostgreSQL: the update then stays in its page. The hour of the activity is the one
// exception, once an hour: TestRefreshStaysInItsPage.
func TestRefreshChangesNoIndexedColumn(t *testing.T) {
	db := openAt(t, Options{URL: pgtest.Database(t), Chain: testChain(t)})
	set, _, _ := strings.Cut(rotateSession.text, "WHERE account_id")
	var changed []string
	for _, m := range regexp.MustCompile(`(?m)(?:SET\n |^ )([a-z_]+) = CASE`).FindAllStringSubmatch(set, -1) {
		changed = append(changed, m[1])
	}
	if !slices.Contains(changed, "last_active_at") || len(changed) != 6 {
		t.Fatalf("a refresh changes %v: the reading of the statement needs a look", changed)
	}
	indexed := names(t, db, `SELECT DISTINCT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) WHERE i.indrelid = CAST('sessions' AS regclass)`)
	if !slices.Contains(indexed, "user_id") || !slices.Contains(indexed, "activity_hour") {
		t.Fatalf("indexed are %v: the reading of the schema needs a look", indexed)
	}
	for _, column := range changed {
		if slices.Contains(indexed, column) {
			t.Errorf("a refresh changes %s, which is indexed", column)
		}
	}
}

// TestHotStatementsSearchByKey keeps scans out of what runs all the time, and out
// of what must hold nobody up.
func TestHotStatementsSearchByKey(t *testing.T) {
	db := openEmpty(t)
	for name, q := range map[string]*query{"refresh": rotateSession, "check": selectStanding,
		"refreshes": rotateQuietly, "answers to refreshes": selectRotated, "checks": selectPacked, "sign-in": selectLoginName, "person": selectUser, "service key": selectServiceKey,
		"look for old sessions": accountsWithOldSessions, "look for old events": accountsWithOldAudit, "old sessions": selectOldSessions,
		"removal of sessions": deleteSessions, "removal of events": deleteAudit, "removal of throttles": deleteThrottles,
		"people who start": packedPeople, "starts that are repeated": packedStarts,
		"operator's list": accountsBefore, "operator's search": namesBefore,
		"numbering of the log": raiseSeq, "reading of the log": revocationsAfter, "log's first": firstRevocations, "removal from the log": deleteRevocations} {
		for _, step := range plan(t, db, q) {
			if strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "CONSTANT ROW") && step != "SCAN v" {
				t.Errorf("%s: %s", name, step)
			}
		}
	}
}

// TestLimitsAreAppliedAlongTheKey: what one step of it looks at is what it is about,
// however large the account is.
func TestLimitsAreAppliedAlongTheKey(t *testing.T) {
	db := openEmpty(t)
	for name, q := range map[string]*query{"ending": clampEnd, "shortening": clampShorten, "ending soon": endingSoon, "how far": partEnd} {
		if steps := plan(t, db, q); !strings.Contains(steps[0], "USING PRIMARY KEY (account_id=? AND id>?") {
			t.Errorf("%s: %q", name, steps)
		}
	}
}

// TestPagesGoAlongTheActivity: a page of an account's active sessions is read along the
// index from where it begins, and nothing but the page is sorted.
func TestPagesGoAlongTheActivity(t *testing.T) {
	plan := strings.Join(plan(t, openEmpty(t), selectSessions[authority.SessionsActive]), "\n")
	if want := "SEARCH s USING INDEX sessions_by_activity (account_id=? AND activity_hour>? AND (activity_hour,last_active_at,id)<(?,?,?))"; !strings.Contains(plan, want) {
		t.Errorf("%q is not in\n%s", want, plan)
	}
	if strings.Count(plan, "TEMP B-TREE") != 1 { // what was found, in the order of the list
		t.Errorf("more than the page is sorted:\n%s", plan)
	}
}

// TestCountsGoByTheHour: an account's live sessions are counted along the hours of
// their activity, so that counting can end.
func TestCountsGoByTheHour(t *testing.T) {
	plan := strings.Join(plan(t, openEmpty(t), selectTally), "\n")
	for _, step := range []string{"SEARCH s USING INDEX sessions_by_activity (account_id=? AND activity_hour>?)", "SEARCH u USING PRIMARY KEY (account_id=?)"} {
		if !strings.Contains(plan, step) {
			t.Errorf("%q is not in\n%s", step, plan)
		}
	}
	if strings.Contains(plan, "TEMP B-TREE") {
		t.Errorf("it sorts:\n%s", plan)
	}
}

// plan is how SQLite runs a statement, step by step.
func plan(t *testing.T, db *DB, q *query) (steps []string) {
	t.Helper()
	rows, err := db.read.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+q.text, make([]any, strings.Count(q.text, "$"))...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}

// names runs a query of one text column.
func names(t *testing.T, db *DB, text string) (all []string) {
	t.Helper()
	rows, err := db.read.QueryContext(context.Background(), text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
