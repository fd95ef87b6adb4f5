// Package faults holds tests of what verifiers do while real processes fail:
// nodes, their databases, and the network between them.
//
// Each of them records what every verifier said, and what had been acknowledged
// by then, and has that judged by package history: strict verifiers accept
// nothing beyond their bound, what they say of their freshness is true, and in
// the end all of them know everything and accept everybody else.
package faults
