package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/feed"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
	"github.com/curfew-auth/curfew/internal/wire"
)

// TestFeed: what was acknowledged arrives, is in the snapshot, and below the
// head; a reader who was away gets what it missed and nothing else.
func TestFeed(t *testing.T) {
	onEngines(t, func(t *testing.T, c config.Config) {
		n := startNode(t, c)
		first := n.log()
		f := n.follow(n.key, "")
		f.wants(first)
		second := n.log()
		f.wants(second)
		if want := []string{"snapshot", "revocation"}; !slices.Equal(f.kinds, want) {
			t.Error(f.kinds)
		}
		have, err := feed.ParseCursor(f.lastID())
		must(t, err)
		if head := n.head(); !feed.Covers(have, head) || len(head) != 1 {
			t.Errorf("the head is %v, the reader at %v", head, have)
		}
		f.close()
		f.ends(soon)
		third := n.log()
		if head := n.head(); feed.Covers(have, head) {
			t.Error("the head lacks what was acknowledged before")
		}
		again := n.follow(n.key, f.lastID())
		again.wants(third)
		if want := []string{"revocation"}; !slices.Equal(again.kinds, want) {
			t.Error(again.kinds)
		}
		var s wire.RevocationSnapshot
		if status := n.ask("snapshot", &s); status != 200 || len(s.Entries) != 3 || s.Cursor != again.lastID() {
			t.Errorf("%d: %+v", status, s)
		}
		for _, e := range s.Entries {
			if life := e.Until.Std().Sub(s.ServerTime.Std()); life < 15*time.Minute || life > curfew.RevocationLife || e.AccountID == "" {
				t.Errorf("%+v", e)
			}
		}
	})
}

// TestFeedSurvivesARestart: the log is in the store, and a cursor of before
// still counts.
func TestFeedSurvivesARestart(t *testing.T) {
	onEngines(t, func(t *testing.T, c config.Config) {
		n := startNode(t, c)
		f := n.follow(n.key, "")
		first := n.log()
		f.wants(first)
		began := time.Now()
		must(t, n.Stop())
		f.ends(soon)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the stop took %s", took)
		}
		n = startNode(t, c)
		second := n.log()
		again := n.follow(n.key, f.lastID())
		again.wants(second)
		must(t, n.Stop())
	})
}

// TestTwoNodes: what one acknowledges reaches the readers of the other, and its
// head, at once.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	c := onPostgres(t, pgtest.Database(t))
	a, b := startNode(t, c), startNode(t, c)
	f := b.follow(a.key, "")
	for range 20 {
		session := a.log()
		head := b.head()
		if !feed.Covers(head, a.head()) && !feed.Covers(a.head(), head) {
			t.Error("the heads are of different logs")
		}
		f.wants(session)
	}
	// A reader moves from node to node with its cursor.
	f.close()
	session := b.log()
	moved := a.follow(b.key, f.lastID())
	moved.wants(session)
}

// TestKeyIsRevoked: its streams end within a second, those of others go on.
func TestKeyIsRevoked(t *testing.T) {
	onEngines(t, func(t *testing.T, c config.Config) {
		n := startNode(t, c)
		id, key := n.newKey()
		cut, kept := n.follow(key, ""), n.follow(n.key, "")
		n.head()
		_, revoked, err := n.authority.RevokeServiceKey(t.Context(), id)
		if err != nil || !revoked {
			t.Fatal(revoked, err)
		}
		cut.ends(soon)
		session := n.log()
		kept.wants(session)
	})
}

// TestCutOff: a node whose database does not answer gives no head, within
// 2 s, though its streams stay open; when it answers again, it does, and what
// happened meanwhile elsewhere arrives.
func TestCutOff(t *testing.T) {
	t.Parallel()
	at, err := url.Parse(pgtest.Database(t))
	must(t, err)
	away := *at
	host := at.Host
	if h := at.Query().Get("host"); h != "" {
		host = fmt.Sprintf("%s/.s.PGSQL.%s", h, at.Query().Get("port"))
	}
	p := newProxy(t, host)
	away.Host, away.RawQuery = p.Addr().String(), "sslmode=disable"
	near, far := startNode(t, onPostgres(t, at.String())), startNode(t, onPostgres(t, away.String()))
	f := far.follow(near.key, "")
	f.wants(near.log())
	thaw := p.freeze()
	missed := near.log()
	began := time.Now()
	var head wire.RevocationHead
	if status := far.ask("head", &head); status != 503 {
		t.Errorf("cut off it answers %d", status)
	}
	if took := time.Since(began); took > 2500*time.Millisecond {
		t.Errorf("it took %s", took)
	}
	thaw()
	deadline := time.Now().Add(20 * time.Second)
	for far.ask("head", &head) != 200 {
		if time.Now().After(deadline) {
			t.Fatal("it does not come back")
		}
		time.Sleep(50 * time.Millisecond)
	}
	f.wants(missed)
}

// TestVerifiersAreKept: what a verifier says of itself is in the store a moment
// later.
func TestVerifiersAreKept(t *testing.T) {
	onEngines(t, func(t *testing.T, c config.Config) {
		n := startNode(t, c)
		id := curfew.NewID(time.Now())
		var head wire.RevocationHead
		deadline := time.Now().Add(10 * time.Second)
		for {
			if status := n.ask("head?verifier="+id.String()+"&name=billing%20api&mode=strict&applied=AQ", &head); status != 200 {
				t.Fatal(status)
			}
			var all []curfew.Verifier
			must(t, n.data.DB.View(t.Context(), func(ctx context.Context, r authority.Reader) (err error) {
				all, err = r.Verifiers(ctx, time.Now().Add(-time.Minute), 100)
				return err
			}))
			if len(all) == 1 {
				if v := all[0]; v.ID != id || v.Name != "billing api" || v.Mode != curfew.ModeStrict || v.Applied != "AQ" {
					t.Errorf("%+v", v)
				}
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("nothing was kept")
			}
			time.Sleep(50 * time.Millisecond)
		}
		_, body := get(t, "http://"+n.AdminAddr()+"/metrics")
		for _, want := range []string{"curfew_feed_vouching 1", "curfew_feed_streams 0", "curfew_feed_fence_duration_seconds_count", `curfew_feed_streams_cut_total{why="slow"} 0`} {
			if !strings.Contains(body, want) {
				t.Errorf("no %s", want)
			}
		}
	})
}

// TestNoReaderHoldsUpTheStop: a reader who takes nothing is cut off at the end,
// too.
func TestNoReaderHoldsUpTheStop(t *testing.T) {
	t.Parallel()
	n := startNode(t, settings(t))
	conn, err := net.Dial("tcp", n.product.Addr().String())
	must(t, err)
	defer conn.Close()
	must(t, conn.(*net.TCPConn).SetReadBuffer(4096))
	_, err = io.WriteString(conn, "GET /api/v1/revocations/stream HTTP/1.1\r\nHost: "+n.product.Addr().String()+"\r\nAuthorization: Bearer "+n.key+"\r\n\r\n")
	must(t, err)
	for deadline := time.Now().Add(10 * time.Second); n.hub.Stats().Streams == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no stream began")
		}
	}
	// More than the buffers on the way take, and less than the node keeps.
	except := make([]curfew.ID, 20000)
	for i := range except {
		except[i] = curfew.NewID(time.Now())
	}
	for range 5 {
		must(t, n.data.DB.InLog(t.Context(), except[0], func(ctx context.Context, tx authority.Tx) error {
			return tx.Log(ctx, curfew.Revocation{AccountID: except[0], Epoch: 1, Except: except})
		}))
	}
	began := time.Now()
	must(t, n.Stop())
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the stop took %s", took)
	}
}

// TestHeadsAreNoLines: a verifier asks twice a second, and that it was answered
// is nothing to read; that it was refused is.
func TestHeadsAreNoLines(t *testing.T) {
	t.Parallel()
	c := settings(t)
	s, lines := newServer(t, c)
	must(t, s.Start(t.Context()))
	n := &node{Server: s, t: t, http: &http.Client{Transport: new(http.Transport)}}
	t.Cleanup(n.http.CloseIdleConnections)
	_, n.key = n.newKey()
	n.head()
	n.key = "cfk_none"
	if status := n.ask("head", nil); status != http.StatusUnauthorized {
		t.Errorf("a question without a valid key: %d", status)
	}
	must(t, s.Stop()) // waits for the lines of what was answered
	if got := lines.count("revocations/head"); got != 1 {
		t.Errorf("%d lines for an answered question and a refused one", got)
	}
}
