package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
)

// citusStandIn is what the script needs of Citus, with those of its rules that
// the schema has to keep.
const citusStandIn = `
CREATE TABLE pg_dist_partition (nth serial, logicalrelid regclass PRIMARY KEY, partkey text NOT NULL, colocation text NOT NULL);
CREATE TABLE emptied (logicalrelid regclass);

CREATE FUNCTION create_distributed_table(table_name regclass, distribution_column text, colocate_with text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = table_name AND attname = distribution_column) THEN
    RAISE 'table % has no column %', table_name, distribution_column;
  END IF;
  IF colocate_with <> 'none' AND NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = colocate_with::regclass) THEN
    RAISE '% is not distributed yet', colocate_with;
  END IF;
  IF EXISTS (SELECT FROM pg_index i WHERE i.indrelid = table_name AND i.indisunique AND NOT EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = table_name AND a.attnum = ANY (i.indkey) AND a.attname = distribution_column)) THEN
    RAISE 'a unique index of % lacks %', table_name, distribution_column;
  END IF;
  INSERT INTO pg_dist_partition (logicalrelid, partkey, colocation)
  VALUES (table_name, distribution_column, CASE colocate_with WHEN 'none' THEN table_name::text ELSE colocate_with END);
  IF EXISTS (SELECT FROM pg_constraint c LEFT JOIN pg_dist_partition there ON there.logicalrelid = c.confrelid
    WHERE c.contype = 'f' AND c.conrelid = table_name AND (there.nth IS NULL
     OR there.colocation <> (SELECT colocation FROM pg_dist_partition WHERE logicalrelid = table_name)
     OR NOT EXISTS (SELECT FROM unnest(c.conkey, c.confkey) AS k (here, yonder)
       JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.here AND a.attname = distribution_column
       JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.yonder AND b.attname = there.partkey))) THEN
    RAISE 'a foreign key of % leads to another shard', table_name;
  END IF;
END $$;

CREATE FUNCTION truncate_local_data_after_distributing_table(table_name regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO emptied WITH RECURSIVE all_of AS (SELECT table_name AS t
    UNION SELECT c.conrelid::regclass FROM all_of JOIN pg_constraint c ON c.confrelid = t AND c.contype = 'f') SELECT t FROM all_of;
  IF EXISTS (SELECT FROM emptied WHERE logicalrelid NOT IN (SELECT logicalrelid FROM pg_dist_partition)) THEN
    RAISE 'a local table has a foreign key to %', table_name;
  END IF;
END $$;`

// TestPlacementsHaveEveryTable keeps a new table from being forgotten.
func TestPlacementsHaveEveryTable(t *testing.T) {
	conn := connectTo(t, migratedDatabase(t, testChain(t)))
	placed := map[string]int{}
	for _, p := range placements {
		placed[p.table]++
		want, of := tenantTables[p.table], "accounts"
		if p.table == "accounts" {
			of = ""
		}
		if want != "" && (p.column != want || p.of != of) {
			t.Errorf("%s is of an account by %s, but is placed by %q beside %q", p.table, want, p.column, p.of)
		}
		if want == "" && p.of != "" {
			t.Errorf("%s is of no account, but is placed beside %s", p.table, p.of)
		}
	}
	for _, table := range column(t, conn, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`) {
		if placed[table] != 1 {
			t.Errorf("table %s is placed %d times: add it to placements, once", table, placed[table])
		}
		delete(placed, table)
	}
	for table := range placed {
		t.Errorf("%s is placed, and there is no such table", table)
	}
}

// TestCitusScript runs the script on the schema, beside a stand-in for Citus
// that holds it to Citus' rules of keys.
func TestCitusScript(t *testing.T) {
	url := pgtest.Database(t)
	openAt(t, Options{URL: url, Chain: testChain(t)})
	pgtest.Exec(t, url, citusStandIn)
	conn := connectTo(t, url)
	want := map[string]string{}
	for _, p := range placements {
		if p.column != "" {
			want[p.table] = p.column
		} else if !strings.Contains(CitusScript(), p.table) {
			t.Errorf("the script says nothing of %s", p.table)
		}
	}
	for range 2 { // the second time nothing is left to do
		pgtest.Exec(t, url, CitusScript())
		got := map[string]string{}
		for _, pair := range column(t, conn, `SELECT logicalrelid || ' ' || partkey FROM pg_dist_partition`) {
			table, key, _ := strings.Cut(pair, " ")
			got[table] = key
		}
		if !maps.Equal(got, want) {
			t.Errorf("distributed are %v, want %v", got, want)
		}
	}
	emptied := column(t, conn, `SELECT DISTINCT logicalrelid::text FROM emptied`)
	if slices.Sort(emptied); !slices.Equal(emptied, slices.Sorted(maps.Keys(want))) {
		t.Errorf("emptied on the coordinator are %v", emptied)
	}
}

// Without Citus the script changes nothing and fails.
func TestCitusScriptWithoutCitus(t *testing.T) {
	conn := connectTo(t, migratedDatabase(t, testChain(t)))
	if _, err := conn.Exec(t.Context(), CitusScript()); err == nil || !strings.Contains(err.Error(), "create_distributed_table") {
		t.Errorf("on plain PostgreSQL: %v", err)
	}
}

func connectTo(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// column reads a column of text.
func column(t *testing.T, conn *pgx.Conn, query string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), query)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", query, err))
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", query, err))
	}
	return all
}
