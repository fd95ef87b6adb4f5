// Package rig runs what verifiers are tested and measured with: the real server
// as processes, PostgreSQL servers, a product's people as clients, and a network
// that fails in the ways networks do.
//
// The server is built from the folder above this module. The module itself
// depends on nothing of it.
package rig
