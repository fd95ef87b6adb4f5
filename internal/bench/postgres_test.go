package bench

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
)

// databasesOf are the names of all databases of a server.
func databasesOf(t *testing.T, address string) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), "SELECT datname FROM pg_database ORDER BY datname")
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestAnotherPostgres: on a server that is somebody else's, databases are made
// under names of their own, and none is left.
func TestAnotherPostgres(t *testing.T) {
	server := pgtest.Server(t)
	address := server.URL("postgres")
	before := databasesOf(t, address)
	o := &own{conf: OwnServer{Database: address}, say: t.Logf, dir: t.TempDir()}
	if err := o.openPostgres(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !o.onPostgres() || o.server != nil || o.postmaster != server.PID() {
		t.Errorf("%+v, want the processes of %d", o.postgres, server.PID())
	}
	if text := o.describe(); !strings.HasPrefix(text, "PostgreSQL 1") {
		t.Errorf("described as %q", text)
	}
	if o.counters(t.Context()) != nil {
		t.Error("counters of no database")
	}
	for n := range 2 {
		if err := o.freshDatabase(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		if o.counters(t.Context()) == nil {
			t.Error("no counters")
		}
		if n == 0 {
			if err := o.dropDatabase(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	raw, err := o.createDatabase(t.Context(), "raw")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(raw, o.prefix+"_raw") || !strings.HasPrefix(o.prefix, "curfew_bench_") {
		t.Errorf("made %s", raw)
	}
	limits := limitSource{}
	if err := limits.open(t.Context(), o); err == nil {
		t.Error("a database was made twice")
	}
	if now := databasesOf(t, address); len(now) != len(before)+2 {
		t.Errorf("there are %q, before %q", now, before)
	}
	if familyCPU(o.postmaster) <= 0 {
		t.Error("the CPU of the server's processes is not known")
	}
	if err := o.closePostgres(); err != nil {
		t.Error(err)
	}
	if after := databasesOf(t, address); !slices.Equal(after, before) {
		t.Errorf("there are %q, before %q", after, before)
	}
}

func TestKnownDatabase(t *testing.T) {
	for database, want := range map[string]bool{
		"sqlite": true, "postgres": true, "postgres://u@h/d": true, "postgresql://h": true,
		"": false, "mysql": false, "mysql://h": false, "SQLite": false,
	} {
		if KnownDatabase(database) != want {
			t.Errorf("%q: %t", database, !want)
		}
	}
}
