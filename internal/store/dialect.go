package store

import (
	"context"
	"database/sql"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// dialect is all that differs between engines. Nothing else in the package
// knows which one it talks to.
type dialect struct {
	goose goose.Dialect
	// name is the engine's, for people; version asks for its own.
	name, version string
	// ddl replaces the marks in migrations.
	ddl *strings.Replacer
	// migrating keeps other nodes from migrating at the same time; nil where
	// the engine's own lock on writing does.
	migrating func() (lock.SessionLocker, error)
	// versioned asks whether the database has the table of versions.
	versioned string
	// clock reads the engine's own clock in Unix microseconds; its only use
	// is to notice that this machine's clock disagrees.
	clock string
	// conflict reports an error by which the engine has undone the whole
	// transaction, also one at the commit, and asks for another try.
	conflict func(error) bool
	// lost reports that the engine was not reached, or went away. What was not
	// told to commit may be tried again; whether a commit holds is unknown.
	lost func(error) bool
	// blocked reports that a statement gave up because somebody else has held
	// a row locked for long.
	blocked func(error) bool
	// writing is how transactions begin that write.
	writing *sql.TxOptions
	// lockAccount keeps other transactions of an account waiting until this
	// one ends; nil where the engine has one writer anyway.
	lockAccount *query
	// lockAccounts does that for several, in one order; nil where they are
	// kept apart, or nothing is locked.
	lockAccounts *query
	// together says that what the calls of a transaction do alike is done by few
	// statements; look is that which reads sessions of several accounts, nil
	// where those are kept apart.
	together bool
	look     *query
	// starts reads what services' starts look at, for many; nil where accounts are
	// kept apart.
	starts startLooker
	// tell writes what a transaction is yet to write at its end.
	tell func(ctx context.Context, c conn, t *untold) error
	// appendLog puts entries into the revocation log.
	appendLog func(ctx context.Context, c conn, entries []curfew.Revocation) error
	// verifiers keeps what was heard of verifiers, in the order of their ids.
	verifiers func(ctx context.Context, c conn, heard []curfew.Verifier) error
	// oneWriter says that all transactions that write share one connection:
	// those that wait are committed together whatever their accounts.
	oneWriter bool
	// rotate runs waiting refreshes in one transaction, standings waiting
	// reads of sessions.
	rotate func(ctx context.Context, db *DB, tx *sql.Tx, calls []*rotateCall) error
	// alone, where a batch of refreshes is one statement that needs no
	// transaction around it, tells what an error says of one refresh or of many.
	alone     func(err error, many bool) error
	standings func(ctx context.Context, db *DB, calls []*standingCall) error
	// batched are the engine's own statements for that, looked those for reads
	// beside other reads.
	batched, looked []*query
	// started are those that starts look by, where they share the connection that
	// writes.
	started []*query
	// rotators is how many batches of refreshes are under way at once, lookers
	// how many of reads.
	rotators, lookers int
	// apart says that such a batch has calls of one account only.
	apart bool
	// clear empties tables, those first that refer to others; analyze gathers
	// what plans need after much was put in, "" where that does more harm.
	clear   func(tables []string) []string
	analyze string
	// rowsAtOnce is how many rows one statement of a copy puts in.
	rowsAtOnce int
	// plainText says that text holds neither zero bytes nor what is no UTF-8.
	plainText bool
}
