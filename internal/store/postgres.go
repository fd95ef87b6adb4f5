package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

var postgresDialect = dialect{
	goose: goose.DialectPostgres,
	// Room in each page keeps the new version of a refreshed row beside the old.
	ddl: strings.NewReplacer("{{clustered}}", "", "{{hot}}", "WITH (fillfactor = 80)", "{{bytewise}}", `COLLATE "C"`, "{{only where one writes}}", "-- ",
		"{{time(}}", "to_timestamp(", "{{)}}", " / 1000000.0)"),
	migrating: func() (lock.SessionLocker, error) { return lock.NewPostgresSessionLocker() },
	name:      "PostgreSQL",
	version:   `SELECT current_setting('server_version')`,
	versioned: `SELECT to_regclass('goose_db_version') IS NOT NULL`,
	clock:     `SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)`,
	conflict:  postgresConflict,
	// Whatever the server's default: what must not change is locked, and a
	// statement that waited for a lock goes on with what it finds then.
	writing:     &sql.TxOptions{Isolation: sql.LevelReadCommitted},
	lost:        postgresLost,
	blocked:     postgresCode("55P03"),
	lockAccount: &query{text: `SELECT ` + chainColumns + ` FROM accounts a WHERE a.id = $1 FOR NO KEY UPDATE`},
	// In the order of the key, so that two nodes never wait for each other.
	lockAccounts: &query{text: `SELECT ` + chainColumns + ` FROM accounts a WHERE a.id = ANY(CAST($1 AS bytea[])) ORDER BY a.id FOR NO KEY UPDATE`},
	together:     true,
	look:         selectStandings,
	starts:       lookMany,
	tell:         tellAtOnce,
	appendLog:    appendMany,
	verifiers:    verifiersTogether,
	rotate:       rotateMany,
	alone:        postgresAlone,
	standings:    standingsMany,
	batched:      []*query{rotateAll, selectStandings},
	rotators:     2,
	lookers:      1,
	clear:        truncateAll,
	analyze:      "ANALYZE " + strings.Join(copiedTables(), ", "),
	rowsAtOnce:   500,
	plainText:    true,
}

// truncateAll empties tables in the order in which a copy reads them: two that
// lock the same tables in two orders wait for each other.
func truncateAll(tables []string) []string {
	tables = slices.Clone(tables)
	slices.Reverse(tables)
	return []string{"TRUNCATE " + strings.Join(tables, ", ")}
}

const (
	// DefaultMaxConns is how many connections a node opens to PostgreSQL:
	// more do not make it faster.
	DefaultMaxConns = 16
	// MinMaxConns is the least that a node can work with.
	MinMaxConns = 7
	// DefaultStatementTimeout is how long PostgreSQL works at one statement.
	DefaultStatementTimeout = 10 * time.Second
	// batchConns are those of the batches: two for refreshes, one for reads, and one
	// for starts of services, which a node that has the least shares with those.
	batchConns = 4
	// logConns is the one of the revocation log.
	logConns  = 1
	batchLife = 5 * time.Minute
	connLife  = 30 * time.Minute
	// connectTimeout holds for each of a URL's hosts, unless the URL says.
	connectTimeout = 5 * time.Second
)

// openPostgres opens the pools of a server.
func openPostgres(ctx context.Context, o Options) (*DB, error) {
	conns := o.MaxConns
	if conns == 0 {
		conns = DefaultMaxConns
	}
	if conns < MinMaxConns {
		return nil, fmt.Errorf("a node needs at least %d connections to PostgreSQL", MinMaxConns)
	}
	timeout := cmp.Or(o.StatementTimeout, DefaultStatementTimeout)
	config, err := PostgresConfig(o.URL, timeout)
	if err != nil {
		return nil, err
	}
	db := &DB{dialect: postgresDialect, chain: o.Chain, patience: timeout + config.ConnectTimeout}
	if o.NoBatch {
		db.openApart(o, config, conns)
	} else {
		db.openBatching(o, config, conns)
	}
	if err := db.checkServer(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openBatching opens one pool for the batches, whose statements want plans of
// their own, and one for all else.
func (db *DB) openBatching(o Options, config *pgx.ConnConfig, conns int) {
	batch := config.Copy()
	for name, value := range map[string]string{
		// A batch is planned once, by keys: what is known of the tables at
		// that moment must not lead to reading them whole.
		"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
		// Rows that somebody holds for long keep one account waiting, not all.
		"lock_timeout": "500",
		// A batch that is a transaction by itself says nothing of its isolation.
		"default_transaction_isolation": "read committed",
	} {
		batch.RuntimeParams[name] = value
	}
	log := config.Copy()
	// Whoever holds an account keeps its own revocations waiting, not all.
	log.RuntimeParams["lock_timeout"] = "200"
	// What is said for many is planned by keys, too, as in the batches, and what is
	// counted of one account leaves the others' rows alone.
	for _, name := range []string{"plan_cache_mode", "enable_seqscan", "enable_hashjoin", "enable_mergejoin"} {
		log.RuntimeParams[name] = batch.RuntimeParams[name]
	}
	db.log = newPool(o.wrapped(db.newPostgresConnector(log)), logConns)
	db.log.SetConnMaxLifetime(connLife)
	batches := batchConns
	if conns == MinMaxConns {
		batches--
	}
	general := conns - batches - logConns
	db.write = newPool(o.wrapped(db.newPostgresConnector(config)), general)
	db.read = db.write
	db.batch = newPool(o.wrapped(aloneConnector{db.newPostgresConnector(batch)}), batches)
	db.writers = max(1, general*2/3-1) // with the bulk lane's, readers always find a connection that no writer holds
	// A new connection plans anew, by what the tables have become.
	db.batch.SetConnMaxLifetime(batchLife)
	db.write.SetConnMaxLifetime(connLife)
}

// ParsePostgresURL reads a connection URL. Its errors never show a password.
func ParsePostgresURL(text string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(text)
	if err != nil {
		var parse *pgconn.ParseConfigError
		if errors.As(err, &parse) { // its text has the password taken out, and what is wrong comes last
			text := parse.Error()
			return nil, fmt.Errorf("the URL is not right: %s", text[strings.LastIndex(text, "`: ")+len("`: "):])
		}
		return nil, errors.New("the URL is not right: it is not one of PostgreSQL")
	}
	// A part of a password would be looked up as a host, by name servers too.
	if strings.Contains(config.Host, "@") || slices.ContainsFunc(config.Fallbacks, func(f *pgconn.FallbackConfig) bool { return strings.Contains(f.Host, "@") }) {
		return nil, errors.New("the URL is not right: it has more than one @; write those of the password as %40")
	}
	return config, nil
}

// PostgresConfig is how every connection to the server of a URL is made, with a
// limit for its statements: also after a failover only to one that takes writes,
// unless the URL says otherwise.
func PostgresConfig(text string, timeout time.Duration) (*pgx.ConnConfig, error) {
	config, err := ParsePostgresURL(text)
	if err != nil {
		return nil, err
	}
	setRuntime(config, timeout)
	return config, nil
}

// setRuntime sets what every connection needs, where the URL has nothing else.
func setRuntime(config *pgx.ConnConfig, timeout time.Duration) {
	for name, value := range map[string]string{
		"application_name":  "curfew",
		"statement_timeout": strconv.FormatInt(timeout.Milliseconds(), 10),
		// Compiling takes longer than any statement here runs: a page of a very
		// large account's sessions took 0.7 s longer.
		"jit": "off",
		// A node that hangs within a transaction must not hold its locks.
		"idle_in_transaction_session_timeout": strconv.FormatInt((2 * timeout).Milliseconds(), 10),
	} {
		if config.RuntimeParams[name] == "" {
			config.RuntimeParams[name] = value
		}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	// After a failover only the new primary will do, whatever the URL's order
	// of hosts.
	if config.ValidateConnect == nil {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	dialer := &net.Dialer{
		Timeout:         config.ConnectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 5 * time.Second},
		// How long a statement may take has no bearing on this: the server's kernel
		// acknowledges what the server still works at.
		Control: giveUpAfter(min(timeout, DefaultStatementTimeout) + config.ConnectTimeout),
	}
	config.DialFunc = dialer.DialContext
	config.OnNotice = func(c *pgconn.PgConn, n *pgconn.Notice) {
		if n.Code == "01000" {
			c.CustomData()[warnedKey] = n.Message
		}
	}
}

// errNotReplicated is a commit that holds on the server, while the wait for its
// standby was cut short: a failover would lose it, so it counts as failed.
var errNotReplicated = errors.New("store: the commit was not confirmed by the standby")

const warnedKey = "curfew.warned"

// postgresConnector makes connections whose commits fail when the server warns
// about them.
type postgresConnector struct{ driver.Connector }

func (db *DB) newPostgresConnector(config *pgx.ConnConfig) postgresConnector {
	return postgresConnector{stdlib.GetConnector(*config, stdlib.OptionShouldPing(db.silent(config.ConnectTimeout)))}
}

// silent asks a connection that was idle for a sign of life before it is used again,
// and waits for that as long as for a new one: whoever takes it may have no deadline.
// Where there is none the other idle ones go, too, for each of which somebody would
// wait as long. The driver asks once more what does not answer, and finds it closed.
func (db *DB) silent(within time.Duration) func(context.Context, stdlib.ShouldPingParams) bool {
	return func(ctx context.Context, taken stdlib.ShouldPingParams) bool {
		if taken.IdleDuration <= time.Second {
			return false
		}
		limited, cancel := context.WithTimeout(ctx, within)
		defer cancel()
		if taken.Conn.Ping(limited) == nil {
			return false
		}
		if ctx.Err() == nil { // else whoever asked has left, which tells nothing of the others
			db.dropIdle()
		}
		return true
	}
}

func (c postgresConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return postgresConn{conn.(*stdlib.Conn)}, nil
}

type postgresConn struct{ *stdlib.Conn }

func (c postgresConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	delete(c.Conn.Conn().PgConn().CustomData(), warnedKey)
	tx, err := c.Conn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return postgresTx{tx, c.Conn.Conn().PgConn()}, nil
}

// PrepareContext prepares a statement that lasts as long as its connection.
func (c postgresConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	stmt, err := c.Conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return postgresStmt{stmt.(*stdlib.Stmt)}, nil
}

// Prepare is the same for whoever has no deadline.
func (c postgresConn) Prepare(text string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), text)
}

type postgresStmt struct{ *stdlib.Stmt }

// Close does nothing: statements end with their connection. A pool closes them one by
// one before that, and each would ask the server; for the answer of one that cannot
// be reached any more all would wait that notice the loss, for 5 seconds a connection.
func (postgresStmt) Close() error { return nil }

// IsValid keeps a connection that broke out of the pool.
func (c postgresConn) IsValid() bool { return !c.Conn.Conn().IsClosed() }

type postgresTx struct {
	driver.Tx
	conn *pgconn.PgConn
}

func (t postgresTx) Commit() error {
	if err := t.Tx.Commit(); err != nil {
		return err
	}
	if warning, warned := t.conn.CustomData()[warnedKey]; warned {
		return fmt.Errorf("%w: %v", errNotReplicated, warning)
	}
	return nil
}

func postgresCode(code string) func(error) bool {
	return func(err error) bool {
		var e *pgconn.PgError
		return errors.As(err, &e) && e.Code == code
	}
}

// postgresConflict: serialization failures and deadlocks.
func postgresConflict(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) || e.Severity == "FATAL" {
		return false
	}
	return e.Code == "40001" || e.Code == "40P01"
}

// postgresLost: the connection broke, the server shuts down or starts, or it is
// not the primary any more.
func postgresLost(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "57P0") || e.Code == "25006"
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || pgconn.SafeToRetry(err) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// oldestPostgres is the oldest server that is supported, as the server numbers
// its versions.
const oldestPostgres = 150000

// checkServer refuses a server that would not do. Its errors are sentences for
// the operator, and never show a password.
func (db *DB) checkServer(ctx context.Context) error {
	var number int
	err := db.retry(ctx, func() error {
		return db.write.QueryRowContext(ctx, `SELECT CAST(current_setting('server_version_num') AS bigint)`).Scan(&number)
	})
	if err != nil {
		return explain(err)
	}
	return judgeVersion(number)
}

func judgeVersion(number int) error {
	if number < oldestPostgres {
		return fmt.Errorf("the database is PostgreSQL %d.%d: version 15 or newer is needed", number/10000, number%10000)
	}
	return nil
}
