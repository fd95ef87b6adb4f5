package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/curfew-auth/curfew/internal/pgserver"
	"github.com/curfew-auth/curfew/internal/store/yardstick"
)

// The databases that need no URL.
const (
	DatabaseSQLite   = "sqlite"
	DatabasePostgres = "postgres"
)

// KnownDatabase reports whether a server of one's own can be had on a database.
func KnownDatabase(database string) bool {
	if database == DatabaseSQLite || database == DatabasePostgres {
		return true
	}
	_, err := yardstick.InDatabase(database, "x")
	return err == nil
}

// postgres is the part of a server of one's own that is a PostgreSQL server:
// one of one's own too, or another one, on which databases are made.
type postgres struct {
	server      *pgserver.Server // nil for another one
	bin         string           // the folder of its programs, "" for another one
	adminURL    string           // of a database to make others from
	prefix      string           // of the names of all that are made
	made        []string         // those that are there
	databaseURL string           // of the one in use
	inUse       string
	postmaster  int // 0 when it is not on this machine
	monitor     *yardstick.Monitor
}

func (p *postgres) onPostgres() bool { return p.adminURL != "" }

// measuredSettings are those of a server of one's own: commits are durable, as
// in production.
var measuredSettings = map[string]string{
	"shared_buffers": "512MB", "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
	"max_wal_size": "4GB", // so that a run sees no checkpoint but those that are due by time
}

func (o *own) openPostgres(ctx context.Context) (err error) {
	o.prefix = "curfew_bench_" + randomHex(4)
	o.adminURL = o.conf.Database
	if o.conf.Database == DatabasePostgres {
		if o.bin, err = pgserver.Find(); err != nil {
			return err
		}
		// The server runs as somebody else, who has to pass through.
		if err := os.Chmod(o.dir, 0o711); err != nil {
			return err
		}
		o.say("starting PostgreSQL")
		o.server, err = pgserver.Start(ctx, pgserver.Options{Dir: filepath.Join(o.dir, "postgres"), Settings: measuredSettings, Sync: true})
		if err != nil {
			return err
		}
		o.adminURL, o.postmaster = o.server.URL("postgres"), o.server.PID()
	}
	if o.monitor, err = yardstick.OpenMonitor(ctx, o.adminURL); err != nil {
		return err
	}
	if o.postmaster == 0 {
		o.postmaster = postmasterOf(o.monitor.BackendPID())
	}
	return nil
}

// postmasterOf is the parent of a process of PostgreSQL's, 0 when that process
// is not on this machine: another process may have its number here.
func postmasterOf(backend int) int {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", backend))
	s, ok := statOf(backend)
	if err != nil || !ok || string(name) != "postgres\n" {
		return 0
	}
	return s.parent
}

// describe names the engine.
func (o *own) describe() string {
	if !o.onPostgres() {
		return "SQLite, synchronous FULL"
	}
	text, err := o.monitor.Describe(context.Background())
	if err != nil {
		return "PostgreSQL"
	}
	return text
}

// pgbench is the program, "" when there is none.
func (o *own) pgbench() string { return pgbenchBeside(o.bin) }

func (p *postgres) createDatabase(ctx context.Context, name string) (string, error) {
	name = p.prefix + "_" + name
	address, err := yardstick.CreateDatabase(ctx, p.adminURL, name)
	if err != nil {
		return "", fmt.Errorf("cannot make a database on the PostgreSQL server: %w", err)
	}
	p.made = append(p.made, name)
	return address, nil
}

// freshDatabase makes the n-th database and looks at its counters from now on.
func (p *postgres) freshDatabase(ctx context.Context, n int) (err error) {
	name := fmt.Sprint(n)
	if p.databaseURL, err = p.createDatabase(ctx, name); err != nil {
		return err
	}
	p.inUse = p.prefix + "_" + name
	if err := p.monitor.Close(); err != nil {
		return err
	}
	p.monitor, err = yardstick.OpenMonitor(ctx, p.databaseURL)
	return err
}

// dropDatabase removes the database in use.
func (p *postgres) dropDatabase(ctx context.Context) (err error) {
	name := p.inUse
	p.inUse, p.databaseURL = "", ""
	if err := p.monitor.Close(); err != nil {
		return err
	}
	if p.monitor, err = yardstick.OpenMonitor(ctx, p.adminURL); err != nil {
		return err
	}
	return yardstick.DropDatabase(ctx, p.adminURL, name)
}

// counters are those of the database in use, nil when they are not to be had.
func (p *postgres) counters(ctx context.Context) *yardstick.Counters {
	if p.databaseURL == "" {
		return nil
	}
	c, err := p.monitor.Counters(ctx)
	if err != nil {
		return nil
	}
	return &c
}

// closePostgres ends what was started, and removes what was made elsewhere.
func (p *postgres) closePostgres() (err error) {
	if p.monitor != nil {
		err = p.monitor.Close()
	}
	if p.server != nil {
		return errors.Join(err, p.server.Close())
	}
	for _, name := range p.made {
		err = errors.Join(err, yardstick.DropDatabase(context.Background(), p.adminURL, name))
	}
	return err
}
