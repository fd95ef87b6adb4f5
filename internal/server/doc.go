// Package server runs an installation: it opens the data, listens, keeps the
// background services going and ends all of it in good order.
//
// # The start
//
// [Server.Start] first makes every check that needs no writing: the addresses
// are free, the folders are there, the database is one that this version knows,
// and the secret opens its signing keys. A check that fails stops the start
// with one sentence that says what is wrong and how to mend it, and leaves the
// disk as it was. Only then are a missing folder, secret and database made,
// each readable by its owner alone, and an older database migrated.
//
// # Beside it
//
// Administrative commands open the same data with [OpenData], with or without
// a running server. A server therefore never trusts its memory alone: every
// request reads the session in the store, and the signing keys are read again
// every second.
//
// # The end
//
// [Server.Stop] lets /readyz answer 503, closes the listeners, lets requests
// under way finish and mail that waits be sent, for at most half a minute,
// then ends the background services and closes the store.
package server
