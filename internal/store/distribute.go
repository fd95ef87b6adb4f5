package store

import (
	"fmt"
	"slices"
	"strings"
)

// placement is where the rows of a table are on an engine that shards.
type placement struct {
	table string
	// column decides the shard of a row; "" keeps the table in one place.
	column string
	// of is the table beside whose rows of the same value they are; "" for a
	// table that stands alone.
	of string
}

// placements has every table once, each after those that its foreign keys lead
// to. All of an account is on one shard. What belongs to the installation is
// small, and some of it is read or counted as a whole: it stays in one place.
var placements = []placement{
	{"accounts", "id", ""},
	{"users", "account_id", "accounts"},
	{"sessions", "account_id", "accounts"},
	{"epochs", "account_id", "accounts"},
	{"invites", "account_id", "accounts"},
	{"reset_tokens", "account_id", "accounts"},
	{"portal_links", "account_id", "accounts"},
	{"audit_events", "account_id", "accounts"},
	{"receipts", "account_id", "accounts"},
	{"receipt_acks", "account_id", "accounts"},
	{"outbox", "account_id", "accounts"},
	{"outbox_attempts", "account_id", "accounts"},
	{"login_names", "name", ""},
	{"account_external_ids", "external_id", ""},
	{"idempotency_keys", "id", ""},
	{table: "signing_keys"},
	{table: "service_keys"},
	{table: "webhooks"},
	{table: "writers"},
	{table: "revocation_log"},
	{table: "verifiers"},
	{table: "throttles"},
	{table: "leases"},
	{table: "installation"},
	{table: "copies"},
	{table: "goose_db_version"},
}

const citusHead = `-- Spreads the tables of Curfew over a Citus cluster, all rows of an account on
-- one shard. On the coordinator, as the owner of the tables, after
-- 'curfew migrate', while no node of Curfew runs:
--
--     curfew migrate --distribute citus | psql -v ON_ERROR_STOP=1 "$URL"
--
-- It may be run again: what is distributed already is left as it is. All nodes
-- need CURFEW_DATABASE_BATCH=off.
`

// CitusScript is the SQL that distributes the tables over a Citus cluster.
func CitusScript() string {
	var b strings.Builder
	b.WriteString(citusHead)
	var stay, emptied []string
	for _, p := range placements {
		if p.column == "" {
			stay = append(stay, p.table)
			continue
		}
		with := p.of
		if with == "" {
			with = "none"
			emptied = append(emptied, p.table)
		}
		fmt.Fprintf(&b, "\nSELECT create_distributed_table('%s', '%s', colocate_with => '%s')\n"+
			" WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = '%[1]s'::regclass);\n", p.table, p.column, with)
	}
	b.WriteString("\n-- What was copied to the shards is still on the coordinator, where nothing reads\n-- it any more. This also empties the tables whose foreign keys lead there.\n")
	for _, table := range emptied {
		fmt.Fprintf(&b, "SELECT truncate_local_data_after_distributing_table('%s');\n", table)
	}
	slices.Sort(stay)
	fmt.Fprintf(&b, "\n-- On the coordinator stay: %s.\n", strings.Join(stay, ", "))
	return b.String()
}
