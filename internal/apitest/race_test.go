//go:build race

package apitest

// stride skips some of what is tried at every step: with the race detector the
// store is ten times as slow.
const stride = 4
