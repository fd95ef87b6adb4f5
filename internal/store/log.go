package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// The revocation log. Each process is the only writer of logs of its own, and
// each of them is written by one goroutine: so numbers have no gaps, and come in
// the order of the commits, on every engine.

var (
	// raiseSeq finds its row only where nobody else wrote and nothing was lost
	// since: a database that went back in time is not written on under the
	// numbers of what it lost.
	raiseSeq = statement(`UPDATE writers SET last_seq = last_seq + $2, heartbeat = CASE WHEN heartbeat > $3 THEN heartbeat ELSE $3 END
 WHERE id = $1 AND last_seq = $4 RETURNING last_seq`)
	// A writer is no node: it counts as stopped from the beginning.
	insertWriter = statement(`INSERT INTO writers (id, started_at, heartbeat, last_seq, stopped_at) VALUES ($1, $2, $2, $3, $2)`)

	insertRevocation = statement(insertRevocationInto + ` VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`)
)

const (
	revocationColumns    = `writer_id, seq, account_id, session_id, refused_from, user_id, epoch, except_ids, minted_before, until`
	insertRevocationInto = `INSERT INTO revocation_log (` + revocationColumns + `)`
)

// logWriter is the writer of one log.
type logWriter struct {
	mu sync.Mutex // id is asked for by others
	id curfew.ID
	// last is the newest number that is known to be committed, 0 while there
	// is none under this id.
	last int64
}

// WriterID is the id under which this process writes to the revocation log now.
// It takes another when it does not know what became of what it wrote.
func (db *DB) WriterID() curfew.ID {
	id, _ := db.logged.log.at()
	return id
}

func (w *logWriter) at() (id curfew.ID, last int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.id, w.last
}

func (w *logWriter) set(id curfew.ID, last int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.id, w.last = id, last
}

// renew begins a log of another id: nobody knows, or can rely on, what is in
// the one before.
func (w *logWriter) renew(now time.Time) { w.set(curfew.NewID(now), 0) }

// append writes entries as the last thing of a transaction, so that the writer's
// row is held for a moment only. It fills in what the store knows.
func (w *logWriter) append(ctx context.Context, c conn, entries []curfew.Revocation, now time.Time) error {
	id, last := w.at()
	n := int64(len(entries))
	known := last > 0
	if known {
		var head int64
		err := c.row(ctx, raiseSeq, id[:], n, micros(now), last).Scan(&head)
		switch {
		case errors.Is(err, sql.ErrNoRows): // forgotten after a long silence, or lost
			w.renew(now)
			id, last = w.at()
			known = false
		case err != nil:
			return err
		}
	}
	if !known {
		if _, err := c.exec(ctx, insertWriter, id[:], micros(now), n); err != nil {
			return err
		}
	}
	for i := range entries {
		e := &entries[i]
		e.Writer, e.Seq, e.Until = id, last+1+int64(i), now.Add(curfew.RevocationLife)
	}
	if err := c.db.dialect.appendLog(ctx, c, entries); err != nil {
		return err
	}
	return c.placeReceipts(ctx, entries)
}

// committed takes note of what was appended and is known to hold.
func (w *logWriter) committed(entries []curfew.Revocation) {
	newest := entries[len(entries)-1]
	w.set(newest.Writer, newest.Seq)
}

// appendOneByOne is what SQLite does best.
func appendOneByOne(ctx context.Context, c conn, entries []curfew.Revocation) error {
	for _, e := range entries {
		if _, err := c.exec(ctx, insertRevocation, e.Writer[:], e.Seq, e.AccountID[:], optionalID(e.SessionID), micros(e.At),
			optionalID(e.UserID), optionalNumber(e.Epoch), joinIDs(e.Except), micros(e.MintedBefore), micros(e.Until)); err != nil {
			return err
		}
	}
	return nil
}

// insertRevocations is insertRevocation for many.
var insertRevocations = &query{writes: true, text: insertRevocationInto + `
 SELECT v.p1, v.p2, v.p3, v.p4, NULLIF(v.p5, 0), v.p6, NULLIF(v.p7, 0), v.p8, NULLIF(v.p9, 0), v.p10
 FROM unnest(CAST($1 AS bytea[]), CAST($2 AS bigint[]), CAST($3 AS bytea[]), CAST($4 AS bytea[]), CAST($5 AS bigint[]),
 CAST($6 AS bytea[]), CAST($7 AS bigint[]), CAST($8 AS bytea[]), CAST($9 AS bigint[]), CAST($10 AS bigint[]))
 AS v (p1, p2, p3, p4, p5, p6, p7, p8, p9, p10)`}

// appendAtOnce is how many entries one statement puts in.
const appendAtOnce = 5000

// appendMany puts entries in by few statements: one, unless they are very many.
func appendMany(ctx context.Context, c conn, entries []curfew.Revocation) error {
	for chunk := range slices.Chunk(entries, appendAtOnce) {
		n := len(chunk)
		writers, accounts, sessions, users, excepts := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)
		seqs, ats, epochs, minted, untils := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
		for i := range chunk {
			e := &chunk[i]
			writers[i], accounts[i], excepts[i] = e.Writer[:], e.AccountID[:], joinIDs(e.Except)
			if !e.SessionID.IsZero() {
				sessions[i] = e.SessionID[:]
			}
			if !e.UserID.IsZero() {
				users[i] = e.UserID[:]
			}
			seqs[i], ats[i], epochs[i], minted[i], untils[i] = e.Seq, numberOf(e.At), e.Epoch, numberOf(e.MintedBefore), e.Until.UnixMicro()
		}
		if _, err := c.exec(ctx, insertRevocations, writers, seqs, accounts, sessions, ats, users, epochs, excepts, minted, untils); err != nil {
			return err
		}
	}
	return nil
}

// numberOf is a time as micros stores it, 0 for none.
func numberOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func optionalNumber(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// joinIDs puts ids one behind the other; nil for none.
func joinIDs(ids []curfew.ID) (joined []byte) {
	for _, id := range ids {
		joined = append(joined, id[:]...)
	}
	return joined
}

// fence is a row of this process alone, which is no node: it counts as stopped.
var fence = statement(`INSERT INTO writers (id, started_at, heartbeat, stopped_at) VALUES ($1, $2, $2, $2)
 ON CONFLICT (id) DO UPDATE SET heartbeat = $2, stopped_at = $2`)

// Fence writes a row durably, and gives how far each log goes, read in the same
// transaction: a server that is no primary any more, or whose standby did not
// confirm, gives none. So who has read that far knows all that was committed
// before Fence was called, by whatever node. Other connections may lead to
// another server than this one did: to an old primary that does not know yet
// that it is none.
func (db *DB) Fence(ctx context.Context, now time.Time) (heads curfew.Cursor, err error) {
	err = db.InTx(ctx, db.fenceID, func(ctx context.Context, tx authority.Tx) error {
		c := tx.(conn)
		if _, err := c.exec(ctx, fence, db.fenceID[:], micros(now)); err != nil {
			return err
		}
		heads = curfew.Cursor{}
		return c.each(ctx, selectHeads, func(scan func(...any) error) error {
			var id curfew.ID
			var last int64
			err := scan(idInto{&id}, &last)
			heads[id] = last
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return heads, nil
}

// OnLogged has fn told of what was written to the log by this process, once its
// commit is confirmed, in the order of each writer's commits. It must not wait
// for anything. What is told is only sooner than RevocationsAfter tells it, and
// may be left out.
func (db *DB) OnLogged(fn func([]curfew.Revocation)) { db.onLogged.Store(&fn) }

// errNotInLog is a use case that ends sessions elsewhere than in InLog.
var errNotInLog = errors.New("store: the revocation log is written in InLog alone")

// Log keeps entries until the transaction's end, where they are written.
func (c conn) Log(_ context.Context, entries ...curfew.Revocation) error {
	if c.logged == nil {
		return errNotInLog
	}
	if len(entries) > 0 {
		*c.wrote = true
		*c.logged = append(*c.logged, entries...)
	}
	return nil
}
