package store

import "sync/atomic"

// Stats are what an operator watches. Counts are since the store was opened.
type Stats struct {
	// Queues are those of refreshes, of reads of one session, of what ends
	// sessions, and of all other transactions that write.
	Refreshes, Standings, Revocations, Transactions Queue
	// Retries counts what was tried again because the engine asked for it or
	// was not there, Unknown the commits whose answer was lost.
	Retries, Unknown uint64
	// UnfinishedCheckpoints counts what kept SQLite's log from being copied into the
	// database, other than somebody who reads.
	UnfinishedCheckpoints uint64
	// InUse and Idle are connections.
	InUse, Idle int
}

// Queue is what is handed to the engine in batches.
type Queue struct {
	// Calls were taken from the queue, in so many batches; Calls / Batches is
	// how many share a commit.
	Calls, Batches uint64
	// Refused found the queue full.
	Refused uint64
	// Waiting are in the queue now.
	Waiting int
}

func (q Queue) and(p Queue) Queue {
	return Queue{Calls: q.Calls + p.Calls, Batches: q.Batches + p.Batches, Refused: q.Refused + p.Refused, Waiting: q.Waiting + p.Waiting}
}

// counters are the Stats that no queue or pool counts.
type counters struct{ retries, unknown atomic.Uint64 }

// others are the queues of the other transactions.
func (db *DB) others() Queue {
	if db.starts == db.transactions {
		return db.transactions.stats()
	}
	return db.transactions.stats().and(db.starts.stats())
}

// Stats reads the counters, of a store that is ready.
func (db *DB) Stats() Stats {
	s := Stats{Refreshes: db.rotations.stats(), Standings: db.standings.stats(), Transactions: db.others(), Revocations: db.logged.stats().and(db.bulk.stats()),
		Retries: db.counters.retries.Load(), Unknown: db.counters.unknown.Load()}
	if db.checkpoints != nil {
		s.UnfinishedCheckpoints = db.checkpoints.failed.Load()
	}
	for pool := range db.pools() {
		p := pool.Stats()
		s.InUse += p.InUse
		s.Idle += p.Idle
	}
	return s
}
