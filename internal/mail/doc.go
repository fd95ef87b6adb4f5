// Package mail puts letters into words and sends them while nobody waits.
//
// A [Sender] takes letters into a queue of limited length and sends them one
// after the other, by SMTP or, for development and tests, into a folder. A
// server that does not answer is tried again a few times; what cannot be sent
// is logged and counted. No log line names a person, an address or a link.
package mail
