// Package curfew holds the nouns of the product: accounts, users, sessions,
// who acts, how a session ends, and the kinds of error that every layer
// shares. It imports the standard library only, knows neither SQL nor HTTP,
// and reads no clock.
package curfew
