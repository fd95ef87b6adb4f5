package store

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// TestTablesAreTheSchema keeps a new table or column from being forgotten by
// copies, on both engines.
func TestTablesAreTheSchema(t *testing.T) {
	chain := testChain(t)
	for name, engine := range map[string]struct {
		db      *DB
		columns string // table, column, kind, place in the key or 0, in order
	}{
		"SQLite": {openEmpty(t), `SELECT m.name, c.name, c.type, c.pk FROM sqlite_master m, pragma_table_info(m.name) c
 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'goose_db_version' ORDER BY m.name, c.cid`},
		"PostgreSQL": {openAt(t, Options{URL: migratedDatabase(t, chain), Chain: chain}), `SELECT c.table_name, c.column_name, c.data_type,
 COALESCE((SELECT k.ordinal_position FROM information_schema.key_column_usage k JOIN information_schema.table_constraints x
  ON x.constraint_name = k.constraint_name AND x.table_name = k.table_name AND x.constraint_type = 'PRIMARY KEY'
  WHERE k.table_name = c.table_name AND k.column_name = c.column_name), 0)
 FROM information_schema.columns c JOIN information_schema.tables b ON b.table_schema = c.table_schema AND b.table_name = c.table_name
  AND b.table_type = 'BASE TABLE'
 WHERE c.table_schema = 'public' AND c.table_name <> 'goose_db_version' ORDER BY c.table_name, c.ordinal_position`},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := engine.db.read.QueryContext(context.Background(), engine.columns)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			schema := map[string]*Table{}
			for rows.Next() {
				var table, column, kind string
				var key int
				if err := rows.Scan(&table, &column, &kind, &key); err != nil {
					t.Fatal(err)
				}
				if schema[table] == nil {
					schema[table] = &Table{Name: table, Key: make([]string, 9)}
				}
				schema[table].Columns = append(schema[table].Columns, Column{column, Kind(strings.ToLower(kind))})
				schema[table].Key[key] = column
			}
			if err := rows.Err(); err != nil || len(schema) < 10 {
				t.Fatalf("%d tables were read: %v", len(schema), err)
			}
			for _, table := range Tables {
				got := schema[table.Name]
				delete(schema, table.Name)
				if got == nil {
					t.Errorf("there is no table %s", table.Name)
					continue
				}
				key := slices.DeleteFunc(got.Key[1:], func(column string) bool { return column == "" })
				// Columns that a migration added stand last.
				byName := func(a, b Column) int { return strings.Compare(a.Name, b.Name) }
				if !slices.Equal(slices.SortedFunc(slices.Values(got.Columns), byName), slices.SortedFunc(slices.Values(table.Columns), byName)) {
					t.Errorf("%s has the columns\n%v, and the list\n%v", table.Name, got.Columns, table.Columns)
				}
				if !slices.Equal(key, table.Key) {
					t.Errorf("%s has the key %v, and the list %v", table.Name, key, table.Key)
				}
			}
			for name := range schema {
				t.Errorf("the table %s is not in the list", name)
			}
		})
	}
}
