// Package pgserver runs a real PostgreSQL server in a folder of its own, for
// tests and benchmarks: on loopback, on a free port, without a password, gone
// with the process that started it. Never for production: whoever is on the
// machine can connect to it.
package pgserver
