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

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
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

// nowhere stands between a store and its server. From the moment on at which it is
// set, what is sent is taken and leads nowhere.
type nowhere struct {
	atomic.Bool
	mu    sync.Mutex
	conns []net.Conn
}

// cut ends all connections.
func (n *nowhere) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, conn := range n.conns {
		_ = conn.Close()
	}
}

// openThrough opens a store whose connections may come to lead nowhere, and which
// gives up on them soon.
func openThrough(t *testing.T) (*DB, *nowhere) {
	t.Helper()
	chain := testChain(t)
	u, err := url.Parse(migratedDatabase(t, chain))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var lost nowhere
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
			lost.mu.Lock()
			lost.conns = append(lost.conns, node, server)
			lost.mu.Unlock()
			all.Go(func() { _, _ = io.Copy(node, server); _ = node.Close() })
			all.Go(func() {
				defer server.Close()
				part := make([]byte, 4096)
				for {
					n, err := node.Read(part)
					if err != nil {
						return
					}
					if !lost.Load() {
						_, _ = server.Write(part[:n])
					}
				}
			})
		}
	})
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })

	through := *u
	through.Host = listener.Addr().String()
	query := through.Query()
	query.Set("connect_timeout", "3")
	through.RawQuery = query.Encode()
	db := openAt(t, Options{URL: through.String(), Chain: chain, StatementTimeout: 3 * time.Second})
	t.Cleanup(lost.cut)
	return db, &lost
}

// within fails a test when something does not return in time.
func within(t *testing.T, limit time.Duration, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { do(); close(done) }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("%s does not return", what)
	}
}

// TestIdleDroppedThatLeadNowhere: a connection that leads nowhere is closed without
// asking the server for anything. Whoever notices the loss waits for that.
func TestIdleDroppedThatLeadNowhere(t *testing.T) {
	t.Parallel()
	db, lost := openThrough(t)
	lost.Store(true)
	within(t, 4*time.Second, "what asks the server for nothing", db.dropIdle)
}

// TestSignOfLifeFromNowhere: a connection that was idle is asked for a sign of life
// before it is used, and whoever waits for that gives up, whatever their own deadline:
// what has none would keep its account waiting for as long as the connection exists.
func TestSignOfLifeFromNowhere(t *testing.T) {
	t.Parallel()
	db, lost := openThrough(t)
	var all []*sql.Conn // as many as there may be, the last of them new ones, which are asked at once
	for range db.write.Stats().MaxOpenConnections {
		conn, err := db.write.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, conn)
	}
	for _, conn := range all {
		_ = conn.Close()
	}
	lost.Store(true)
	var err error
	within(t, 30*time.Second, "a transaction that nothing hurries", func() { // it takes the connection that came back last
		err = db.InTx(context.Background(), curfew.ID{1}, func(context.Context, authority.Tx) error { return nil })
	})
	if curfew.KindOf(err) != curfew.KindUnavailable {
		t.Errorf("without a server: %v", err)
	}
	if idle := db.write.Stats().Idle; idle > 0 {
		t.Errorf("%d connections are kept that lead nowhere, too", idle)
	}
}
