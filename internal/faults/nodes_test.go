package faults

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Two nodes share nothing but a database and the secret. One of them keeps accounts
// apart, as over tables that are sharded: it writes by other statements.
func TestTwoNodes(t *testing.T) {
	slow(t)
	server := startPostgres(t)
	url := server.URL("postgres")
	one := startNode(t, onPostgres(url)...)
	two := startNode(t, append(onPostgres(url), apart)...)
	l := newLoad(t, one, two)

	t.Run("one session rotated at both at once", func(t *testing.T) {
		l.t = t
		c := l.signInApart()
		for range 10 {
			// Two tabs that agree about the attempt get one successor.
			tabs := l.atBoth(map[string]any{"refresh_token": c.token, "attempt": "attempt-that-both-agree-about"})
			if tabs[0].status != 200 || tabs[1].status != 200 || tabs[0].token != tabs[1].token || tabs[0].token == c.token {
				t.Fatalf("with the same attempt: %v; %v", tabs[0], tabs[1])
			}
			// Two that name the generation get one rotation: the later finds it young.
			token, generation := tabs[0].token, tabs[0].generation
			tabs = l.atBoth(map[string]any{"refresh_token": token, "attempt": "attempt-that-both-agree-about",
				"generation": generation, "session_id": c.session})
			if tabs[0].status != 200 || tabs[1].status != 200 || tabs[0].token != token || tabs[1].token != token {
				t.Fatalf("with a young generation named: %v; %v", tabs[0], tabs[1])
			}
			c.token = token
		}
	})
	t.Run("a copy of a token is caught, whoever comes first", func(t *testing.T) {
		l.t = t
		for range 5 {
			c := l.signInApart()
			var both [2]call
			together(2, func(i int) {
				both[i], _ = l.send(l.nodes[i], "POST", "/api/v1/auth/refresh", "", map[string]any{
					"refresh_token": c.token, "attempt": fmt.Sprintf("attempt-%d-of-two-who-disagree", i)})
			})
			if !(both[0].status == 200 && both[1].reason == "" && both[1].problem == "/problems/refresh-token-reused" ||
				both[1].status == 200 && both[0].problem == "/problems/refresh-token-reused") {
				t.Fatalf("%v; %v", both[0], both[1])
			}
			for _, n := range l.nodes {
				after, _ := l.send(n, "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": c.token})
				if after.status != 401 || after.reason != "reuse_detected" {
					t.Fatalf("afterwards: %v", after)
				}
			}
		}
	})
	t.Run("an ending at one holds at the other at once", func(t *testing.T) {
		l.t = t
		if got := l.owner.refresh(one); got.status != 200 {
			t.Fatal(got)
		}
		for i := range 6 {
			c := l.signInApart()
			here, there := l.nodes[i%2], l.nodes[(i+1)%2]
			var answered atomic.Bool
			together(2, func(j int) {
				if j == 0 {
					asked, _ := l.send(here, "DELETE", "/api/v1/accounts/me/sessions/"+c.session, l.bearer, nil)
					if asked.status != 204 {
						t.Error(asked)
					}
					answered.Store(true)
					return
				}
				for {
					late := answered.Load()
					got := c.refresh(there)
					switch {
					case got.status == 200 && late:
						t.Errorf("a refresh that began after the answer: %v", got)
						return
					case got.status == 200:
					case got.status == 401 && got.reason == endedBecause:
						return
					default:
						t.Error(got)
						return
					}
				}
			})
		}
	})
	l.through(t, "a node is killed while the other goes on", func(t *testing.T) {
		two.kill()
		l.waitAcked(t, 4*walkers)
		two.start(t)
	})
	l.through(t, "a node stands still", func(t *testing.T) {
		one.signal(t, syscall.SIGSTOP)
		time.Sleep(time.Second)
		one.signal(t, syscall.SIGCONT)
	})
	l.through(t, "the server is killed under both", func(t *testing.T) {
		check(t, server.Kill())
		l.waitRefused(t)
		check(t, server.Restart(t.Context()))
	})
}

// A node is killed when its commit is done and nobody was told.
func TestNodeKilledBetweenCommitAndAnswer(t *testing.T) {
	slow(t)
	p, url := startProxy(t, startPostgres(t).URL("postgres"))
	n := startNode(t, onPostgres(url)...)
	l := newLoad(t, n)
	for round := range 2 {
		l.through(t, fmt.Sprint("round ", round), func(t *testing.T) {
			killed := make(chan struct{})
			p.commits(func(int) fate { return notHeard })
			p.onHeard(sync.OnceFunc(func() {
				_ = n.cmd.Process.Kill()
				close(killed)
			}))
			<-killed
			n.wait()
			p.onHeard(nil)
			p.commits(nil)
			n.start(t)
		})
	}
}

// onHeard has the proxy call f when the server has answered a commit, before
// anybody else knows.
func (p *proxy) onHeard(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = f
}

// atBoth sends one refresh to both nodes at once.
func (l *load) atBoth(in map[string]any) (both [2]call) {
	together(2, func(i int) {
		var a answer
		both[i], a = l.send(l.nodes[i], "POST", "/api/v1/auth/refresh", "", in)
		both[i].token, both[i].generation = a.RefreshToken, a.Session.Generation
	})
	return both
}

// together runs n of something at once.
func together(n int, do func(i int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	all.Wait()
}
