package faults

import (
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// fate is what becomes of a commit on its way.
type fate int

const (
	passes    fate = iota
	notSent        // the connection is cut before the server hears of it
	notHeard       // the server has committed, and the connection is cut
	halfHeard      // it is cut in the middle of the answer
	warned         // the answer comes with a warning
)

// proxy stands between nodes and a PostgreSQL server and reads along.
type proxy struct {
	t *testing.T
	l net.Listener
	// wait is for its goroutines.
	wait sync.WaitGroup

	mu    sync.Mutex
	to    string
	conns map[*wire]bool
	fate  func(n int) fate // of the n-th commit from now on
	n     int
	deaf  bool
	heard func() // called when the server has answered a commit, before anybody else knows
}

// wire is a connection through the proxy.
type wire struct {
	node, server net.Conn
	mu           sync.Mutex
	commit       fate
	deaf         bool // what is sent is lost, for good
	inTx         bool // the server has begun a transaction
	alone        bool // what it was asked for last is a change that commits by itself
	// changes are the prepared statements that change something; changing says
	// that one of them was bound since the last answer.
	changes  map[string]bool
	changing bool
}

// startProxy leads to the server of a URL, and returns a URL that leads to it.
func startProxy(t *testing.T, to string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(to)
	check(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	p := &proxy{t: t, l: l, to: u.Host, conns: map[*wire]bool{}}
	p.wait.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		p.wait.Wait()
	})
	u.Host = l.Addr().String()
	return p, u.String()
}

// lead leads new connections to the server of another URL.
func (p *proxy) lead(t *testing.T, to string) {
	t.Helper()
	u, err := url.Parse(to)
	check(t, err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = u.Host
}

// commits decides what becomes of commits from now on; nil lets them pass.
func (p *proxy) commits(fate func(n int) fate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fate, p.n = fate, 0
}

// swallow lets every connection that there is, and every new one, be open and
// lead nowhere, until it is told otherwise; then new ones work again.
func (p *proxy) swallow(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deaf = on
	for w := range p.conns {
		w.mu.Lock()
		w.deaf = w.deaf || on
		w.mu.Unlock()
	}
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := range p.conns {
		w.close()
	}
}

func (w *wire) close() {
	_ = w.node.Close()
	if w.server != nil {
		_ = w.server.Close()
	}
}

func (w *wire) isDeaf() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.deaf
}

func (p *proxy) accept() {
	for {
		node, err := p.l.Accept()
		if err != nil {
			return
		}
		p.wait.Go(func() { p.serve(node) })
	}
}

func (p *proxy) serve(node net.Conn) {
	p.mu.Lock()
	to := p.to
	p.mu.Unlock()
	server, err := net.Dial("tcp", to)
	if err != nil {
		_ = node.Close()
		return
	}
	w := &wire{node: node, server: server, changes: map[string]bool{}}
	p.mu.Lock()
	w.deaf = p.deaf
	p.conns[w] = true
	p.mu.Unlock()
	defer func() {
		w.close()
		p.mu.Lock()
		delete(p.conns, w)
		p.mu.Unlock()
	}()
	asks := pgproto3.NewBackend(node, node)
	start, err := asks.ReceiveStartupMessage()
	if err != nil {
		return
	}
	if !w.forward(server, start) {
		return
	}
	if _, cancel := start.(*pgproto3.CancelRequest); cancel {
		return
	}
	p.wait.Go(func() { p.answers(w) })
	for {
		message, err := asks.Receive()
		if err != nil {
			return
		}
		if w.commits(message) && !w.isDeaf() {
			what := p.next()
			if what == notSent {
				return
			}
			w.mu.Lock()
			w.commit = what
			w.mu.Unlock()
		}
		if !w.forward(server, message) {
			return
		}
	}
}

// commits reports whether with this message the server is asked to commit: by that
// word, or at the end of a change that stands in no transaction.
func (w *wire) commits(message pgproto3.FrontendMessage) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch m := message.(type) {
	case *pgproto3.Query:
		return strings.EqualFold(m.String, "commit")
	case *pgproto3.Parse:
		w.changes[m.Name] = strings.HasPrefix(m.Query, "UPDATE")
	case *pgproto3.Bind:
		w.changing = w.changes[m.PreparedStatement]
	case *pgproto3.Sync:
		w.alone, w.changing = w.changing && !w.inTx, false
		return w.alone
	}
	return false
}

// committed reports whether the server says with this message that it has
// committed. After a change that commits by itself it does so when it is ready for
// the next, unless the change failed.
func (w *wire) committed(message pgproto3.BackendMessage) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch m := message.(type) {
	case *pgproto3.CommandComplete:
		return string(m.CommandTag) == "COMMIT"
	case *pgproto3.ErrorResponse:
		w.alone = false
	case *pgproto3.ReadyForQuery:
		alone := w.alone
		w.inTx, w.alone = m.TxStatus != 'I', false
		return alone
	}
	return false
}

// next is the fate of the next commit.
func (p *proxy) next() fate {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	if p.fate == nil {
		return passes
	}
	return p.fate(p.n)
}

// forward passes a message on, or loses it.
func (w *wire) forward(to net.Conn, m pgproto3.Message) bool {
	if w.isDeaf() {
		return true
	}
	b, err := m.Encode(nil)
	if err == nil {
		_, err = to.Write(b)
	}
	return err == nil
}

// answers passes on what the server says.
func (p *proxy) answers(w *wire) {
	defer w.close()
	says := pgproto3.NewFrontend(w.server, w.server)
	for {
		message, err := says.Receive()
		if err != nil {
			return
		}
		if w.committed(message) {
			w.mu.Lock()
			what := w.commit
			w.mu.Unlock()
			p.mu.Lock()
			heard := p.heard
			p.mu.Unlock()
			if heard != nil {
				heard()
			}
			switch what {
			case notHeard:
				return
			case halfHeard:
				b, err := message.Encode(nil)
				if err == nil {
					_, _ = w.node.Write(b[:len(b)/2])
				}
				return
			case warned:
				if !w.forward(w.node, &pgproto3.NoticeResponse{Severity: "WARNING", SeverityUnlocalized: "WARNING", Code: "01000",
					Message: "canceling wait for synchronous replication due to user request"}) {
					return
				}
			}
		}
		if !w.forward(w.node, message) {
			return
		}
	}
}
