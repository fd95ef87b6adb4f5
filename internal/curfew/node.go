package curfew

import "time"

// Node is a server of the installation, as its row in the store shows it.
type Node struct {
	ID          ID
	StartedAt   time.Time
	HeartbeatAt time.Time
	// Logged is how many entries it has written to the revocation log under
	// this id.
	Logged int64
}
