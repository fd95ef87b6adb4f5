package store

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// What the operator sees of all accounts: page by page along their ids, and of
// each no more than may be looked at while somebody waits.

var (
	// accountsBefore and namesBefore go back from an id, so that the newest
	// accounts come first.
	accountsBefore = statement(`SELECT ` + accountColumns + ` FROM accounts a WHERE a.id < $1 AND a.id <> $2 ORDER BY a.id DESC LIMIT $3`)
	namesBefore    = statement(`SELECT a.id, a.name FROM accounts a WHERE a.id < $1 AND a.id <> $2 ORDER BY a.id DESC LIMIT $3`)
	accountsNamed  = statement(`SELECT ` + accountColumns + ` FROM accounts a WHERE a.name = $1 AND a.id <> $2 ORDER BY a.id LIMIT $3`)

	// selectTally counts the people of an account and, among its sessions of the
	// latest activity, those that live: $3 people and $4 sessions at most. The
	// hours lead to those sessions without a look at the others.
	selectTally = statement(`SELECT
 (SELECT count(*) FROM (SELECT u.id FROM users u WHERE u.account_id = $1 LIMIT $3) p),
 count(*), count(CASE WHEN ` + activeAt + ` THEN 1 END), max(s.last_active_at)
 FROM (SELECT s.user_id, s.revoked_at, s.idle_expires_at, s.absolute_expires_at, s.account_epoch, s.user_epoch, s.last_active_at
  FROM sessions s WHERE s.account_id = $1 AND s.activity_hour >= 0 ORDER BY s.activity_hour DESC LIMIT $4) s
 JOIN users u ON u.account_id = $1 AND u.id = s.user_id
 JOIN accounts a ON a.id = $1`)

	// selectWaiting counts what waits for endpoints, among so many deliveries that
	// are to be looked after first.
	selectWaiting = statement(`SELECT q.webhook_id, count(*), min(q.created_at)
 FROM (SELECT o.webhook_id, o.created_at FROM outbox o WHERE o.watch_at IS NOT NULL ORDER BY o.watch_at LIMIT $1) q GROUP BY q.webhook_id`)

	// selectNodes reads the rows of nodes that did not say that they stopped.
	selectNodes = statement(`SELECT id, started_at, heartbeat, last_seq FROM writers WHERE stopped_at IS NULL ORDER BY heartbeat DESC, id LIMIT $1`)
)

// before is the id from which a list of the newest first goes on.
func before(id *curfew.ID) curfew.ID {
	if id == nil {
		return curfew.LastID
	}
	return *id
}

func (c conn) accounts(ctx context.Context, q *query, args ...any) (accounts []curfew.Account, err error) {
	err = c.each(ctx, q, func(scan func(...any) error) error {
		a, err := scanAccount(scan)
		accounts = append(accounts, a)
		return err
	}, args...)
	return accounts, err
}

func (c conn) AccountsBefore(ctx context.Context, id *curfew.ID, limit int) ([]curfew.Account, error) {
	from := before(id)
	return c.accounts(ctx, accountsBefore, from[:], curfew.ZeroID[:], limit)
}

func (c conn) AccountsNamed(ctx context.Context, name string, limit int) ([]curfew.Account, error) {
	return c.accounts(ctx, accountsNamed, name, curfew.ZeroID[:], limit)
}

func (c conn) AccountNamesBefore(ctx context.Context, id *curfew.ID, limit int) (names []authority.AccountName, err error) {
	from := before(id)
	err = c.each(ctx, namesBefore, func(scan func(...any) error) error {
		var n authority.AccountName
		err := scan(idInto{&n.ID}, &n.Name)
		names = append(names, n)
		return err
	}, from[:], curfew.ZeroID[:], limit)
	return names, err
}

func (c conn) Tally(ctx context.Context, accountID curfew.ID, now time.Time, people, sessions int) (authority.Tally, error) {
	return one(c.row(ctx, selectTally, accountID[:], now.UnixMicro(), people, sessions), func(scan func(...any) error) (t authority.Tally, err error) {
		looked := 0
		err = scan(&t.People.N, &looked, &t.Sessions.N, timeInto{&t.LastActiveAt})
		t.People.More, t.Sessions.More = t.People.N == people, looked == sessions
		return t, err
	})
}

func (c conn) Nodes(ctx context.Context, limit int) (nodes []curfew.Node, err error) {
	err = c.each(ctx, selectNodes, func(scan func(...any) error) error {
		var n curfew.Node
		err := scan(idInto{&n.ID}, timeInto{&n.StartedAt}, timeInto{&n.HeartbeatAt}, &n.Logged)
		nodes = append(nodes, n)
		return err
	}, limit)
	return nodes, err
}

func (c conn) Waiting(ctx context.Context, limit int) ([]curfew.Backlog, error) {
	return c.backlogs(ctx, selectWaiting, limit)
}

// Engine is what keeps the data: the engine's name and version.
type Engine struct{ Name, Version string }

// Engine asks the engine what it is. It is a sign of life, too.
func (db *DB) Engine(ctx context.Context) (e Engine, err error) {
	ctx, cancel := db.limited(ctx)
	defer cancel()
	e.Name = db.dialect.name
	if err := db.read.QueryRowContext(ctx, db.dialect.version).Scan(&e.Version); err != nil {
		return e, curfew.Unavailable(err)
	}
	return e, nil
}
