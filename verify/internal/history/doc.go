// Package history judges from outside what verifiers did: which tokens they
// accepted, when, and how fresh they said they were, beside what the authority
// had acknowledged by then.
//
// Everything is told by the clock of whoever watches. An acknowledgement counts
// from when its answer was received, and a verdict from when it was asked for:
// so whatever is found wrong was wrong, whichever way the answers took.
package history
