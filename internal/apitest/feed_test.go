package apitest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/feed"
	"github.com/curfew-auth/curfew/internal/store"
)

const (
	snapshotPath = "/api/v1/revocations/snapshot"
	headPath     = "/api/v1/revocations/head"
	streamPath   = "/api/v1/revocations/stream"

	entryShape = "account_id session_id until"
)

// feedOperations are the operations for verifiers.
var feedOperations = []struct{ id, path string }{
	{"streamRevocations", streamPath}, {"getRevocationHead", headPath}, {"getRevocationSnapshot", snapshotPath},
}

func withFeed(s *setup) { s.feed = true }

// startFeed is the feed of a new process.
func (w *world) startFeed(a *authority.Authority) *feed.Hub {
	w.t.Helper()
	if w.hub != nil {
		w.hub.Stop()
	}
	db, began := w.setup.authority.Store.(*store.DB), w.clock.Now()
	hub, err := feed.New(feed.Config{Log: db, Now: w.clock.Now, Elapsed: func() time.Duration { return w.clock.Now().Sub(began) }, Reassert: a.Reassert})
	must(w.t, err)
	db.OnLogged(hub.Logged)
	hub.Start()
	w.hub = hub
	w.t.Cleanup(hub.Stop)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := hub.Snapshot(); err == nil {
			return hub
		}
		if time.Now().After(deadline) {
			w.t.Fatal("the feed does not begin")
		}
	}
}

// service is a service with a key of some scopes.
func (w *world) service(scopes ...curfew.Scope) *client {
	w.t.Helper()
	_, text, err := w.auth.CreateServiceKey(context.Background(), authority.NewServiceKey{Name: "a service", Scopes: scopes})
	must(w.t, err)
	w.secret(text)
	return w.program().as(text)
}

// entries are all revocations, as a verifier knows them that asks now.
func (c *client) entries() []value {
	c.w.t.Helper()
	return c.Get(snapshotPath).Status(200).JSON().at("entries").list()
}

// TestFeedIsForServices: with a key of the scope, and with nothing else.
func TestFeedIsForServices(t *testing.T) {
	t.Parallel()
	w := start(t, withFeed)
	verifier, other := w.service(curfew.ScopeRevocationsRead), w.service(curfew.ScopeSessionsWrite, curfew.ScopeOperator)
	for _, op := range feedOperations {
		w.program().Get(op.path).Problem(401, "unauthenticated").Is("WWW-Authenticate", "Bearer")
		w.ada.Get(op.path).Problem(401, "invalid-token")
		w.program().as("cfk_nonsense").Get(op.path).Problem(401, "invalid-token")
		other.Get(op.path).Problem(403, "wrong-scope").Has(`"scope":"revocations:read"`)
	}
	verifier.Get(headPath).Status(200).Shape("cursor server_time")
	verifier.Get(snapshotPath).Status(200).Shape("cursor server_time entries[" + entryShape + "]")
	verifier.Get("/api/v1/auth/session").Problem(401, "invalid-token")
	verifier.Get(me).Problem(401, "invalid-token")
}

// TestWhatVerifiersSay is judged member by member.
func TestWhatVerifiersSay(t *testing.T) {
	once(t)
	t.Parallel()
	w := start(t, withFeed)
	verifier := w.service(curfew.ScopeRevocationsRead)
	const id = "4b2c6d0a-8f3a-4d21-9c55-3e8f1a2b4c6d"
	good := "?verifier=" + id + "&name=billing&mode=strict&applied=AQ"
	many := curfew.Cursor{}
	for i := range 300 {
		many[curfew.ID{byte(i >> 8), byte(i), 15: 1}] = 1
	}
	for _, query := range []string{good, strings.Replace(good, "strict", "lenient", 1), strings.TrimSuffix(good, "&applied=AQ"),
		strings.Replace(good, "billing", "%C3%A4+"+strings.Repeat("n", 62), 1)} {
		verifier.Get(headPath + query).Status(200)
	}
	for query, detail := range map[string]string{
		"?name=x&mode=strict":                   "verifier must be a UUID",
		"?verifier=x":                           "verifier must be a UUID",
		strings.Replace(good, "billing", "", 1): "name must be 1 to 64 printable characters",
		strings.Replace(good, "billing", strings.Repeat("n", 65), 1):         "name must be 1 to 64 printable characters",
		strings.Replace(good, "billing", "a%0Ab", 1):                         "name must be 1 to 64 printable characters",
		strings.Replace(good, "billing", "%FF", 1):                           "name must be 1 to 64 printable characters",
		strings.Replace(good, "AQ", "AQAQ", 1):                               "applied must be a cursor of at most 8192 characters",
		strings.Replace(good, "AQ", feed.EncodeCursor(many), 1):              "applied must be a cursor of at most 8192 characters",
		strings.Replace(good, "strict", "Strict", 1):                         "mode must be one of strict, lenient",
		strings.Replace(good, "mode=strict&", "", 1):                         "mode must be one of strict, lenient",
		strings.Replace(good, id, "00000000-0000-0000-0000-000000000000", 1): "verifier must be a UUID",
	} {
		verifier.Get(headPath+query).Problem(422, "invalid-request").Has(`"detail":"` + detail + `"`)
	}
	verifier.Get(headPath + "?nonce=" + id).Status(200)
	verifier.Get(snapshotPath + "?nonce=" + id).Status(200)
	verifier.Get(headPath + good + "&nonce=" + id).Status(200)
	w.service(curfew.ScopeRevocationsRead).Get(headPath+good).Problem(422, "invalid-request").
		Has(`"detail":"verifier must be an id that no process with another service key uses"`)
}

// TestEveryEndReachesTheFeed: what a person or an owner ends is in the feed when
// the answer is there, and below the head.
func TestEveryEndReachesTheFeed(t *testing.T) {
	t.Parallel()
	w := start(t, withFeed)
	verifier := w.service(curfew.ScopeRevocationsRead)
	known := len(verifier.entries())
	for _, end := range []struct {
		what string
		do   func() (account string, has map[string]string)
	}{
		{"sign-out", func() (string, map[string]string) {
			p := w.signInBody("bob@acme.example")
			p.Post(logout, obj{"refresh_token": p.refreshToken}).Status(204)
			return w.ada.account, map[string]string{"session_id": p.session}
		}},
		{"an owner's end of one session", func() (string, map[string]string) {
			p := w.signInBody("bob@acme.example")
			w.ada.Delete("/api/v1/accounts/me/sessions/" + p.session).Status(204)
			return w.ada.account, map[string]string{"session_id": p.session}
		}},
		{"all sessions of one person", func() (string, map[string]string) {
			w.signInBody("bob@acme.example")
			w.ada.Post("/api/v1/accounts/me/users/"+w.bob.id+"/revoke-sessions", nil).Status(200)
			return w.ada.account, map[string]string{"user_id": w.bob.id}
		}},
		{"everybody else", func() (string, map[string]string) {
			w.signInBody("bob@acme.example")
			w.ada.Post("/api/v1/accounts/me/security/revoke-sessions", obj{"scope": "others"}).Status(200)
			return w.ada.account, map[string]string{}
		}},
	} {
		account, has := end.do()
		head := verifier.Get(headPath).Status(200).JSON().str("cursor")
		snapshot := verifier.Get(snapshotPath).Status(200).JSON()
		entries := snapshot.at("entries").list()
		if len(entries) <= known {
			t.Fatalf("%s is not in the feed", end.what)
		}
		known = len(entries)
		newest := entries[known-1]
		if newest.str("account_id") != account {
			t.Errorf("%s: %v", end.what, newest)
		}
		for name, want := range has {
			if got := newest.str(name); got != want {
				t.Errorf("%s: %s is %s, want %s", end.what, name, got, want)
			}
		}
		have, err := feed.ParseCursor(snapshot.str("cursor"))
		must(t, err)
		want, err := feed.ParseCursor(head)
		if must(t, err); !feed.Covers(have, want) {
			t.Errorf("%s: the snapshot does not reach the head", end.what)
		}
	}
	// The log is the store's: a new process knows the same.
	w.restart()
	if n := len(verifier.entries()); n != known {
		t.Errorf("%d entries after a restart, %d before", n, known)
	}
	w.clock.pass(curfew.RevocationLife)
	for deadline := time.Now().Add(20 * time.Second); len(verifier.entries()) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("what is over is told for ever")
		}
	}
}

// TestStreamOverHTTP: an event arrives when the sign-out was answered.
func TestStreamOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t, withFeed)
	verifier := w.service(curfew.ScopeRevocationsRead)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", w.url+streamPath, nil)
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+verifier.bearer)
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	wants := func(text string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), text) {
				return
			}
		}
		t.Fatalf("no line with %s: %v", text, lines.Err())
	}
	wants("event: snapshot")
	p := w.signInBody("bob@acme.example")
	p.Post(logout, obj{"refresh_token": p.refreshToken}).Status(204)
	wants("event: revocation")
	wants(`"session_id":"` + p.session + `"`)
	w.hub.Stop()
	for lines.Scan() { // to the end, which comes
	}
	must(t, lines.Err())
}

// TestStreamOverHTTP10: who knows no chunks gets none, and the end is that of the
// connection.
func TestStreamOverHTTP10(t *testing.T) {
	once(t)
	t.Parallel()
	w := start(t, withFeed)
	verifier := w.service(curfew.ScopeRevocationsRead)
	host := strings.TrimPrefix(w.url, "http://")
	conn, err := net.Dial("tcp", host)
	must(t, err)
	defer conn.Close()
	must(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.0\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", streamPath, host, verifier.bearer)
	must(t, err)
	var all []byte
	for lines := bufio.NewReader(conn); ; {
		line, err := lines.ReadBytes('\n')
		if all = append(all, line...); err == io.EOF {
			break
		}
		must(t, err)
		if strings.HasPrefix(string(line), "event: snapshot") {
			w.hub.Stop()
		}
	}
	head, body, _ := strings.Cut(string(all), "\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/1.0 200") && !strings.HasPrefix(head, "HTTP/1.1 200") || strings.Contains(head, "chunked") ||
		!strings.HasPrefix(body, "retry: 1000\n\nevent: snapshot\n") || strings.Contains(body, "\r") {
		t.Errorf("%q", all)
	}
}

// TestSlowReaderIsCut: who takes nothing is cut off, and holds up nobody.
func TestSlowReaderIsCut(t *testing.T) {
	once(t)
	t.Parallel()
	w := start(t, withFeed, func(s *setup) { s.api.StreamStall = 300 * time.Millisecond })
	verifier := w.service(curfew.ScopeRevocationsRead)
	conn, err := net.Dial("tcp", w.addr)
	must(t, err)
	defer conn.Close()
	must(t, conn.(*net.TCPConn).SetReadBuffer(4096))
	_, err = io.WriteString(conn, "GET "+streamPath+" HTTP/1.1\r\nHost: "+w.addr+"\r\nAuthorization: Bearer "+verifier.bearer+"\r\n\r\n")
	must(t, err)
	until := func(what string, done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	until("no stream began", func() bool { return w.hub.Stats().Streams == 1 })
	account := curfew.NewID(w.clock.Now())
	except := make([]curfew.ID, 20000)
	for i := range except {
		except[i] = curfew.NewID(w.clock.Now())
	}
	entries := 0
	until("the reader is not cut off", func() bool {
		must(t, w.setup.authority.Store.InLog(t.Context(), account, func(ctx context.Context, tx authority.Tx) error {
			return tx.Log(ctx, curfew.Revocation{AccountID: account, Epoch: 1, Except: except})
		}))
		entries++
		return w.hub.Stats().Streams == 0
	})
	verifier.Get(headPath).Status(200)
	if n := w.hub.Stats().Entries; n != entries {
		t.Errorf("%d entries of %d", n, entries)
	}
}

// TestFeedWithoutAStore: no head, and no lie.
func TestFeedWithoutAStore(t *testing.T) {
	t.Parallel()
	w := start(t, withFeed)
	verifier := w.service(curfew.ScopeRevocationsRead)
	w.breaks(everything)
	verifier.Get(headPath).Problem(503, "unavailable").Lacks("canary", "disk")
	w.breaks(nil)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if verifier.Get(headPath).StatusCode == 200 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not come back")
		}
	}
}
