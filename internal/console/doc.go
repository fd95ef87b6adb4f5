// Package console is the operator's page: accounts, the end of an account's
// sessions, and the health of the installation, as plain HTML without scripts on
// the operator's own listener. A service key of scope operator opens it. It
// knows neither SQL nor the product's API.
package console
