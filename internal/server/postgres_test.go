package server

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/pgserver"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
)

// onPostgres are settings of a node without files of its own.
func onPostgres(t *testing.T, url string) config.Config {
	t.Helper()
	c := settings(t)
	c.Store = config.Store{DatabaseURL: config.Secret(url), DatabaseMaxConns: 8, SecretText: config.Secret(strings.Repeat("s", 32))}
	return c
}

// TestNodesStartTogether: whichever of several nodes is the first to migrate an
// empty database and to make the signing key, the others find both.
func TestNodesStartTogether(t *testing.T) {
	const nodes = 8
	c := onPostgres(t, pgtest.Database(t))
	opened := make([]*Data, nodes)
	errs := make([]error, nodes)
	var all sync.WaitGroup
	for i := range nodes {
		all.Go(func() {
			opened[i], errs[i] = OpenData(context.Background(), c.Store, Access{Create: true, Migrate: true, Alg: "EdDSA", Now: time.Now})
		})
	}
	all.Wait()
	keys := map[string]bool{}
	for i, d := range opened {
		must(t, errs[i])
		defer func() { must(t, d.DB.Close()) }()
		found, err := d.Keys.Load(t.Context(), time.Now())
		must(t, err)
		for _, key := range found {
			keys[key.KID] = true
		}
	}
	if len(keys) != 1 {
		t.Errorf("%d signing keys", len(keys))
	}
	have, know, err := opened[0].DB.Versions(t.Context())
	if err != nil || have != know {
		t.Errorf("version %d of %d: %v", have, know, err)
	}
	var applied, versions int
	pgtest.One(t, string(c.Store.DatabaseURL), "SELECT count(*), count(DISTINCT version_id) FROM goose_db_version", &applied, &versions)
	if applied != versions {
		t.Errorf("%d migrations of %d versions", applied, versions)
	}
	must(t, opened[0].DB.View(t.Context(), func(ctx context.Context, r authority.Reader) error {
		any, err := r.AnyAccount(ctx)
		if any {
			t.Error("a new database has accounts")
		}
		return err
	}))
}

// TestServerOnPostgres: a node without a data folder serves, and leaves no
// connection behind.
func TestServerOnPostgres(t *testing.T) {
	at := pgtest.Database(t)
	s, lines := newServer(t, onPostgres(t, at))
	must(t, s.Start(t.Context()))
	if status, body := get(t, s.Settings().PublicURL+"/readyz"); status != 200 {
		t.Errorf("%d: %s", status, body)
	}
	must(t, s.Stop())
	if lines.count("ERROR") != 0 {
		t.Error(lines.b.String())
	}
	u, err := url.Parse(at)
	must(t, err)
	var left int
	pgtest.One(t, pgtest.Server(t).URL("postgres"), "SELECT count(*) FROM pg_stat_activity WHERE datname = '"+u.Path[1:]+"'", &left)
	if left > 0 {
		t.Errorf("%d connections are left", left)
	}
}

// TestClockIsNotTheServers: the clock that this machine's is compared with is
// the database's. Apart from it a node writes nothing.
func TestClockIsNotTheServers(t *testing.T) {
	at := pgtest.Database(t)
	for _, off := range []time.Duration{-3 * time.Second, 0, 3 * time.Second} {
		log, lines := newLog()
		s := New(Config{Settings: onPostgres(t, at), Version: "v0.0.0-test", Log: log, Now: func() time.Time { return time.Now().Add(off) }})
		must(t, s.Start(t.Context()))
		want := 503
		if off == 0 {
			want = 200
		}
		if status, body := get(t, s.Settings().PublicURL+"/readyz"); status != want {
			t.Errorf("%s off: %d, %s", off, status, body)
		}
		must(t, s.Stop())
		if told := lines.count("nothing is written until this machine's clock is right"); (told == 1) != (off != 0) {
			t.Errorf("%s off: %s", off, lines.b.String())
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestStandbyIsRefused: Curfew does not start on a server that follows another.
// Named beside the primary, whichever comes first, it is passed over.
func TestStandbyIsRefused(t *testing.T) {
	primary, err := pgserver.Start(t.Context(), pgserver.Options{})
	must(t, err)
	defer func() { must(t, primary.Close()) }()
	standby, err := primary.Standby(t.Context())
	must(t, err)
	defer func() { must(t, standby.Close()) }()

	access := Access{Create: true, Migrate: true, Alg: "EdDSA", Now: time.Now}
	_, err = OpenData(t.Context(), onPostgres(t, standby.URL("postgres")).Store, access)
	if err == nil || !strings.Contains(err.Error(), "only reads: it may be a standby") {
		t.Errorf("on the standby: %v", err)
	}
	both, err := url.Parse(standby.URL("postgres"))
	must(t, err)
	other, err := url.Parse(primary.URL("postgres"))
	must(t, err)
	both.Host += "," + other.Host
	d, err := OpenData(t.Context(), onPostgres(t, both.String()).Store, access)
	must(t, err)
	must(t, d.DB.Close())
}
