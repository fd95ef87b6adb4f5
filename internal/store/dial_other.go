//go:build !linux

package store

import (
	"syscall"
	"time"
)

// giveUpAfter is left to the kernel's own patience here.
func giveUpAfter(time.Duration) func(network, address string, c syscall.RawConn) error { return nil }
