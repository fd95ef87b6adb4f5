package store

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestUnacknowledged: the kernel gives up on a server that acknowledges nothing when
// the store does, and where statements may take days no later.
func TestUnacknowledged(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for statement, want := range map[time.Duration]int{4 * time.Second: 7000, 7 * 24 * time.Hour: 13000} {
		config, err := PostgresConfig("postgres://curfew@127.0.0.1/curfew?connect_timeout=3", statement)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := config.DialFunc(t.Context(), "tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		raw, err := conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var got int
		if refused := raw.Control(func(fd uintptr) { got, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT) }); refused != nil || err != nil {
			t.Fatal(refused, err)
		}
		if got != want {
			t.Errorf("with %v for a statement it gives up after %d ms, want %d", statement, got, want)
		}
	}
}
