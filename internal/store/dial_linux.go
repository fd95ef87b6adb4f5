package store

import (
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// giveUpAfter has the kernel end a connection on which something sent, or its question
// whether the other side is alive, was not acknowledged for so long. It repeats what was
// sent for 15 minutes otherwise, and whoever asks without a deadline, as the queue of
// webhooks does, waits for it. A kernel that does not know the option does without.
func giveUpAfter(unacknowledged time.Duration) func(network, address string, c syscall.RawConn) error {
	return func(network, _ string, c syscall.RawConn) error {
		if !strings.HasPrefix(network, "tcp") {
			return nil
		}
		return c.Control(func(fd uintptr) {
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(unacknowledged.Milliseconds()))
		})
	}
}
