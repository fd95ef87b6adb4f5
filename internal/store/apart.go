package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// On an engine that shards by account, one statement for many accounts goes to
// every shard and commits in two phases. There, what waits of one account goes
// together, statement by statement, each of which finds its shard by itself;
// accounts go beside each other.

// openApart opens one pool for everything.
func (db *DB) openApart(o Options, config *pgx.ConnConfig, conns int) {
	pool := newPool(o.wrapped(db.newPostgresConnector(config)), conns)
	pool.SetConnMaxLifetime(connLife)
	db.write, db.read, db.batch, db.log = pool, pool, pool, pool
	// Readers always find a connection that no writer holds.
	db.writers = max(1, conns/3-1)
	db.dialect.rotators, db.dialect.lookers = max(1, conns/3), max(1, conns/4)
	db.dialect.apart, db.dialect.batched, db.dialect.lockAccounts, db.dialect.look = true, nil, nil, nil
	db.dialect.rotate, db.dialect.alone, db.dialect.standings = rotateInOrder, nil, standingsApart
	db.dialect.starts, db.dialect.tell = nil, tellInTurn
}

// rotateInOrder runs the statement for each call in the order of the key, so
// that the transactions of two nodes never wait for each other.
func rotateInOrder(ctx context.Context, db *DB, tx *sql.Tx, calls []*rotateCall) error {
	calls = slices.Clone(calls)
	slices.SortStableFunc(calls, (*rotateCall).compare)
	return rotateOneByOne(ctx, db, tx, calls)
}

// standingsApart reads each by a statement of its own, which needs no
// transaction.
func standingsApart(ctx context.Context, db *DB, calls []*standingCall) error {
	ctx, cancel := db.bounded(ctx)
	defer cancel()
	for _, call := range calls {
		row := db.reads[selectStanding].QueryRowContext(ctx, call.accountID[:], call.sessionID[:], curfew.ZeroID[:])
		st, err := one(row, scanStanding)
		if err != nil && !errors.Is(err, curfew.ErrNotFound) {
			if db.dialect.lost(err) || db.dialect.conflict(err) {
				return err
			}
			err = curfew.Unavailable(err)
		}
		call.result = result[curfew.Standing]{st, err}
	}
	return nil
}
