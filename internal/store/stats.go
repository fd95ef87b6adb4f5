package store

import "sync/atomic"

// Stats are what an operator watches. Counts are since the store was opened.
type Stats struct {
	// Queues are those of refreshes, of reads of one session, and of all other
	// transactions that write.
	Refreshes, Standings, Transactions Queue
	// Retries counts what was tried again because the engine asked for it or
	// was not there, Unknown the commits whose answer was lost.
	Retries, Unknown uint64
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

// counters are the Stats that no queue or pool counts.
type counters struct{ retries, unknown atomic.Uint64 }

// Stats reads the counters, of a store that is ready.
func (db *DB) Stats() Stats {
	s := Stats{Refreshes: db.rotations.stats(), Standings: db.standings.stats(), Transactions: db.transactions.stats(),
		Retries: db.counters.retries.Load(), Unknown: db.counters.unknown.Load()}
	for pool := range db.pools() {
		p := pool.Stats()
		s.InUse += p.InUse
		s.Idle += p.Idle
	}
	return s
}
