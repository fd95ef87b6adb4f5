// Package feed tells verifiers what was revoked. A Hub reads the logs of all
// writers of the installation, remembers every entry that can still matter, and
// hands it on: as a stream, as a snapshot, and as a head by which a verifier
// knows how fresh its knowledge is.
//
// Its promise: a head holds everything that was acknowledged before the
// question for it was sent. Where that cannot be said for certain, there is no
// head.
package feed
