// Package cli is the command line: `curfew serve`, and what an operator does
// beside a running server or without one. [Main] is the whole program, so that
// tests can run it in process.
package cli
