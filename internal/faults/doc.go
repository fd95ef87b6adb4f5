// Package faults holds tests of what real processes survive: `curfew serve`
// over real PostgreSQL servers and SQLite files, under a load of honest
// clients, while servers, connections, nodes and disks fail.
//
// In each of them the same is judged, from outside: nothing that was
// acknowledged is lost, no ended session goes on, a session has one line of
// successors, clients recover by repeating what they asked, errors are 503 with
// Retry-After, and all of it heals without a restart.
package faults
