package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// slowToClose makes connections whose end takes a moment, as of those to a server
// that does not answer.
type slowToClose struct{}

func (slowToClose) Connect(context.Context) (driver.Conn, error) { return slowConn{}, nil }
func (slowToClose) Driver() driver.Driver                        { return nil }

type slowConn struct{}

func (slowConn) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }
func (slowConn) Begin() (driver.Tx, error)           { return nil, errors.ErrUnsupported }
func (slowConn) Close() error                        { time.Sleep(time.Millisecond); return nil }

// TestIdleDroppedByManyAtOnce: the loss of a server is noticed by all that are at
// work. What they put back meanwhile is not closed by another, who would leave it in
// the pool.
func TestIdleDroppedByManyAtOnce(t *testing.T) {
	pool := newPool(slowToClose{}, 16)
	defer pool.Close()
	db := &DB{write: pool, batch: pool, log: pool}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	take := func(n int) (taken []*sql.Conn) {
		for range n {
			conn, err := pool.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if err := conn.Raw(func(open any) error {
				if open == nil {
					return errors.New("the pool gave a connection that was closed")
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			taken = append(taken, conn)
		}
		return taken
	}
	release := func(taken []*sql.Conn) {
		for _, conn := range taken {
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	for range 200 {
		busy := take(16)
		release(busy[:4])
		var all sync.WaitGroup
		all.Go(db.dropIdle)
		all.Go(func() { db.dropIdle(); release(busy[4:]) })
		all.Wait()
	}
}

// TestIdleDroppedThatLeadNowhere: a connection that leads nowhere is closed without
// asking the server for anything. Whoever notices the loss waits for that.
func TestIdleDroppedThatLeadNowhere(t *testing.T) {
	t.Parallel()
	chain := testChain(t)
	u, err := url.Parse(migratedDatabase(t, chain))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var nowhere atomic.Bool
	var all sync.WaitGroup
	all.Go(func() {
		for {
			node, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", u.Host)
			if err != nil {
				_ = node.Close()
				continue
			}
			all.Go(func() { _, _ = io.Copy(node, server); _ = node.Close() })
			all.Go(func() {
				defer server.Close()
				part := make([]byte, 4096)
				for {
					n, err := node.Read(part)
					if err != nil {
						return
					}
					if !nowhere.Load() {
						_, _ = server.Write(part[:n])
					}
				}
			})
		}
	})
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })

	through := *u
	through.Host = listener.Addr().String()
	db := openAt(t, Options{URL: through.String(), Chain: chain})
	nowhere.Store(true)
	dropped := make(chan struct{})
	go func() { db.dropIdle(); close(dropped) }()
	select {
	case <-dropped:
	case <-time.After(4 * time.Second):
		t.Error("it asked the server for something, and waits for the answer")
	}
}
