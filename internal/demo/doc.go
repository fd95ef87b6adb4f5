// Package demo fills an empty Curfew with an account that has lived for half a
// year, so that every page has something to show. It does so as people and
// their browsers would, through the HTTP API alone, under a clock that walks
// from then to now; so whatever can be seen was made by the very code that
// shows it.
//
// What happens is a plan, drawn from a seed: scenes, each at its time before
// now. Passwords, tokens and ids differ from one filling to the next.
package demo
