// Package throttle is the rule by which sign-ins are slowed down: pure
// functions over one number for each bucket, which the caller stores. It knows
// no clock, no database and no HTTP.
//
// Guessing is limited per address, per network and login name, and per login
// name (ASVS 6.3.1). None of it lets a stranger lock a person out (ASVS 6.1.1):
// what a stranger can use up from elsewhere only delays an answer, by two
// seconds at most, and a browser that the person has signed in from before is
// counted by itself.
//
// A sign-in is charged before the password is looked at, so that guesses made
// at once are counted as well as guesses made in turn. A success is given back:
// only failures count in the end.
package throttle
