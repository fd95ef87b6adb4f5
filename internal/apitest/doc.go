// Package apitest holds black-box tests of the HTTP contract: real requests to
// a real listener, over the real authority and a real store, with a clock that
// only the test moves. Every answer that any test receives is also held
// against the conventions of the contract and the published OpenAPI document.
package apitest
