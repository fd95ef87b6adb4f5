package verify

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// How the fake authority answers.

func (a *fakeAuthority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	slow, refuse := a.slow, a.refuse
	a.mu.Unlock()
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-r.Context().Done():
			return
		}
	}
	if refuse > 0 {
		w.WriteHeader(refuse)
		return
	}
	switch path := r.URL.Path; {
	case path == "/.well-known/oauth-authorization-server":
		a.mu.Lock()
		defer a.mu.Unlock()
		json.NewEncoder(w).Encode(map[string]string{"issuer": a.issuer})
	case path == "/.well-known/jwks.json":
		a.jwks(w)
	case path == "/api/v1/auth/session":
		a.session(w, r)
	case r.Header.Get("Authorization") == "Bearer "+keyWithoutScope:
		w.WriteHeader(http.StatusForbidden)
	case r.Header.Get("Authorization") != "Bearer "+testKey:
		w.WriteHeader(http.StatusUnauthorized)
	case path == "/api/v1/revocations/head":
		a.head(w, r)
	case path == "/api/v1/revocations/snapshot":
		a.snapshot(w)
	case path == "/api/v1/revocations/stream":
		a.stream(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (a *fakeAuthority) jwks(w io.Writer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fetched++
	var all []map[string]string
	for _, key := range a.keys {
		if !key.hidden {
			all = append(all, key.jwk())
		}
	}
	json.NewEncoder(w).Encode(map[string]any{"keys": all})
}

func (a *fakeAuthority) session(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.online++
	if a.noOnline > 0 {
		w.Header().Set("Location", "/login")
		w.WriteHeader(a.noOnline)
		io.WriteString(w, a.says)
		return
	}
	_, claims, _, _ := split(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	text, _ := base64.RawURLEncoding.DecodeString(claims)
	var p payload
	json.Unmarshal(text, &p)
	if a.ended[p.Session] {
		w.WriteHeader(http.StatusUnauthorized)
		json.NewEncoder(w).Encode(map[string]any{"type": "/problems/session-revoked", "reason": "owner_session"})
		return
	}
	json.NewEncoder(w).Encode(map[string]any{
		"session": map[string]any{"id": p.Session}, "account": map[string]any{"id": p.Account}, "server_time": a.now().UTC(),
	})
}

func (a *fakeAuthority) head(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heads = append(a.heads, r.URL.RawQuery)
	switch {
	case a.noHead > 0:
		w.WriteHeader(a.noHead)
	case a.cached != nil:
		w.Write(a.cached)
	default:
		json.NewEncoder(w).Encode(map[string]any{"cursor": encodeCursor(a.writers), "server_time": a.now().UTC()})
	}
}

func (a *fakeAuthority) snapshot(w io.Writer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var live []json.RawMessage
	for _, e := range a.log {
		if e.until.After(a.now()) {
			live = append(live, json.RawMessage(e.text))
		}
	}
	if live == nil {
		live = []json.RawMessage{}
	}
	json.NewEncoder(w).Encode(map[string]any{"cursor": encodeCursor(a.writers), "server_time": a.now().UTC(), "entries": live})
}

func (a *fakeAuthority) stream(w http.ResponseWriter, r *http.Request) {
	after, err := parseCursor(r.Header.Get("Last-Event-ID"))
	a.mu.Lock()
	tooOld := a.tooOld
	a.tooOld = false
	a.mu.Unlock()
	if err != nil || tooOld {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "event: snapshot\ndata: {\n")
		return
	}
	flush := http.NewResponseController(w).Flush
	w.Header().Set("Content-Type", "text/event-stream")
	a.mu.Lock()
	a.resumed = append(a.resumed, r.Header.Get("Last-Event-ID"))
	sent, cuts := 0, a.cuts
	a.mu.Unlock()
	fmt.Fprint(w, "retry: 1000\n\n")
	flush()
	for {
		a.mu.Lock()
		var out strings.Builder
		if !a.silent && !a.holding {
			for _, e := range a.log[min(sent, len(a.log)):] {
				if e.upTo[a.writer] > after[a.writer] || len(e.upTo) != len(after) {
					fmt.Fprintf(&out, "event: revocation\ndata: %s\nid: %s\n\n", e.text, encodeCursor(e.upTo))
				}
			}
			sent = len(a.log)
		}
		out.WriteString(a.garbage)
		a.garbage = ""
		changed, cut, silent := a.changed, a.cuts != cuts, a.silent
		a.mu.Unlock()
		if cut {
			panic(http.ErrAbortHandler)
		}
		if out.Len() > 0 {
			io.WriteString(w, out.String())
			flush()
		}
		select {
		case <-changed:
		case <-time.After(5 * time.Second):
			if !silent {
				fmt.Fprint(w, ":\n\n")
				flush()
			}
		case <-r.Context().Done():
			return
		}
	}
}

// pipes is a network within the process, which works inside a synctest bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.once.Do(func() { close(p.done) }); return nil }

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
	case <-ctx.Done():
	}
	return nil, fmt.Errorf("connection refused")
}

// serve puts the authority on a network of its own and returns who reaches it.
func (a *fakeAuthority) serve(t testing.TB) *http.Client {
	t.Helper()
	network := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: a, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go server.Serve(network)
	transport := &http.Transport{DialContext: network.dial, MaxIdleConnsPerHost: 100}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return &http.Client{Transport: transport}
}
