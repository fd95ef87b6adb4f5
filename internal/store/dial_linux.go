package store

import (
	"errors"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// giveUpAfter has the kernel end a connection on which something sent was not
// acknowledged for so long. It repeats that for 15 minutes otherwise, and whoever
// asks without a deadline, as the queue of webhooks does, waits for it.
func giveUpAfter(unacknowledged time.Duration) func(network, address string, c syscall.RawConn) error {
	return func(network, _ string, c syscall.RawConn) (err error) {
		if !strings.HasPrefix(network, "tcp") {
			return nil
		}
		refused := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(unacknowledged.Milliseconds()))
		})
		return errors.Join(refused, err)
	}
}
