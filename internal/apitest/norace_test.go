//go:build !race

package apitest

// stride tries every step.
const stride = 1
