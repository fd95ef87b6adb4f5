package server

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/feed"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
	"github.com/curfew-auth/curfew/internal/wire"
)

// soon is how long a revocation may take to any reader.
const soon = time.Second

// node is a server that runs, and a service key.
type node struct {
	*Server
	t    *testing.T
	key  string
	http *http.Client
}

func startNode(t *testing.T, c config.Config) *node {
	t.Helper()
	s, _ := newServer(t, c)
	must(t, s.Start(t.Context()))
	n := &node{Server: s, t: t, http: &http.Client{Transport: new(http.Transport)}}
	t.Cleanup(n.http.CloseIdleConnections)
	_, n.key = n.newKey()
	return n
}

func (n *node) newKey() (curfew.ID, string) {
	n.t.Helper()
	key, text, err := n.authority.CreateServiceKey(n.t.Context(), authority.NewServiceKey{Name: "verifier", Scopes: []curfew.Scope{curfew.ScopeRevocationsRead}})
	must(n.t, err)
	return key.ID, text
}

// log commits the end of a session, as a use case does.
func (n *node) log() string {
	n.t.Helper()
	session := curfew.NewID(time.Now())
	must(n.t, n.data.DB.InLog(n.t.Context(), curfew.NewID(time.Now()), func(ctx context.Context, tx authority.Tx) error {
		return tx.Log(ctx, curfew.Revocation{AccountID: session, SessionID: session})
	}))
	return session.String()
}

func (n *node) request(path, key string) *http.Request {
	r, err := http.NewRequestWithContext(n.t.Context(), http.MethodGet, n.Settings().PublicURL+"/api/v1/revocations/"+path, nil)
	must(n.t, err)
	r.Header.Set("Authorization", "Bearer "+key)
	return r
}

// ask reads a whole answer.
func (n *node) ask(path string, into any) (status int) {
	n.t.Helper()
	answer, err := n.http.Do(n.request(path, n.key))
	must(n.t, err)
	defer answer.Body.Close()
	if answer.StatusCode == 200 {
		must(n.t, json.NewDecoder(answer.Body).Decode(into))
	} else if answer.StatusCode == 503 && answer.Header.Get("Retry-After") == "" {
		n.t.Error("503 without Retry-After")
	}
	return answer.StatusCode
}

func (n *node) head() curfew.Cursor {
	n.t.Helper()
	var head wire.RevocationHead
	if status := n.ask("head", &head); status != 200 {
		n.t.Fatalf("head: %d", status)
	}
	c, err := feed.ParseCursor(head.Cursor)
	must(n.t, err)
	return c
}

// follower reads a stream.
type follower struct {
	t      *testing.T
	answer *http.Response
	got    chan string // ids of sessions; closed at the end
	mu     sync.Mutex
	last   string // the last event's id
	kinds  []string
}

func (n *node) follow(key, lastEventID string) *follower {
	n.t.Helper()
	r := n.request("stream", key)
	if lastEventID != "" {
		r.Header.Set("Last-Event-ID", lastEventID)
	}
	answer, err := n.http.Do(r)
	must(n.t, err)
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" || answer.Header.Get("Cache-Control") != "no-store" ||
		answer.Header.Get("X-Accel-Buffering") != "no" || answer.Header.Get("Content-Encoding") != "" {
		n.t.Fatal(answer.Status, answer.Header)
	}
	f := &follower{t: n.t, answer: answer, got: make(chan string, 10000)}
	n.t.Cleanup(f.close)
	go f.read()
	return f
}

func (f *follower) close() { _ = f.answer.Body.Close() }

func (f *follower) read() {
	defer close(f.got)
	lines := bufio.NewScanner(f.answer.Body)
	var name, id, data string
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "event":
			name = value
		case "id":
			id = value
		case "data":
			data += value
		case "":
			if name != "" {
				f.event(name, id, data)
			}
			name, id, data = "", "", ""
		}
	}
}

func (f *follower) event(name, id, data string) {
	entries := make([]wire.Revocation, 1)
	var err error
	if name == "snapshot" {
		var s wire.RevocationSnapshot
		err = json.Unmarshal([]byte(data), &s)
		entries = s.Entries
	} else {
		err = json.Unmarshal([]byte(data), &entries[0])
	}
	if err != nil {
		f.t.Error(err, data)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kinds = append(f.kinds, name); id != "" {
		f.last = id
	}
	for _, e := range entries {
		f.got <- e.SessionID
	}
}

func (f *follower) lastID() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

// wants waits for a session.
func (f *follower) wants(session string) {
	f.t.Helper()
	select {
	case got, ok := <-f.got:
		if got != session {
			f.t.Errorf("got %q (%t), want %s", got, ok, session)
		}
	case <-time.After(soon):
		f.t.Errorf("%s did not come", session)
	}
}

// ends waits for the end of the stream.
func (f *follower) ends(within time.Duration) {
	f.t.Helper()
	timer := time.After(within)
	for {
		select {
		case _, more := <-f.got:
			if !more {
				return
			}
		case <-timer:
			f.t.Error("the stream goes on")
			return
		}
	}
}

// onEngines runs a test on a new installation of each engine.
func onEngines(t *testing.T, test func(t *testing.T, c config.Config)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, settings(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, onPostgres(t, pgtest.Database(t))) })
}

// proxy is the network between a node and its database.
type proxy struct {
	net.Listener
	to string

	mu     sync.Mutex
	frozen chan struct{} // not nil while nothing passes; closed at its end
}

func newProxy(t *testing.T, to string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &proxy{Listener: l, to: to}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.carry(c)
		}
	}()
	return p
}

func (p *proxy) carry(c net.Conn) {
	network := "tcp"
	if strings.HasPrefix(p.to, "/") {
		network = "unix"
	}
	d, err := net.Dial(network, p.to)
	if err != nil {
		_ = c.Close()
		return
	}
	var both sync.WaitGroup
	for from, to := range map[net.Conn]net.Conn{c: d, d: c} {
		both.Go(func() {
			defer from.Close()
			defer to.Close()
			b := make([]byte, 32<<10)
			for {
				n, err := from.Read(b)
				p.mu.Lock()
				frozen := p.frozen
				p.mu.Unlock()
				if frozen != nil {
					<-frozen
				}
				if n > 0 {
					if _, err := to.Write(b[:n]); err != nil {
						return
					}
				}
				if err != nil {
					return
				}
			}
		})
	}
	both.Wait()
}

// freeze lets nothing pass until thaw is called.
func (p *proxy) freeze() (thaw func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	frozen := make(chan struct{})
	p.frozen = frozen
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.frozen = nil
		close(frozen)
	}
}
