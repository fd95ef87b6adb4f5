package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	email    = "ada@acme.example"
	password = "lemon tree very pretty"

	walkers   = 6 // sessions that refresh all the time
	victims   = 3 // sessions that are ended during each fault
	newcomers = 1 // sessions that begin during each fault

	// healing is how long after a fault everything must go on again. It is
	// far more than it takes, for machines that are busy.
	healing = 30 * time.Second
)

// load is a crowd of honest clients of one or more nodes.
type load struct {
	t       *testing.T
	nodes   []*node
	http    *http.Client
	history history
	owner   *client
	all     []*client
	acked   atomic.Int64 // refreshes
	bearer  string       // the owner's
	// ending has whoever waits there hear that the ending of a session is asked for.
	ending chan struct{}
	// data is where other commands find what a node keeps, "" for where the
	// node does.
	data func(t *testing.T) string
}

// client has one session. It behaves as the client for browsers does: it draws
// an attempt for each generation and keeps it until the refresh was answered.
type client struct {
	load     *load
	number   int // of the node that it asks first
	session  string
	token    string
	attempt  int
	ended    atomic.Bool // it was told so
	apart    bool        // it is not in the crowd, and judged by its test
	progress atomic.Int64
}

// answer is what sign-ins, refreshes and problems say.
type answer struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	Session      struct {
		ID         string `json:"id"`
		Generation int    `json:"generation"`
	} `json:"session"`
	Type   string `json:"type"`
	Reason string `json:"reason"`
}

// newLoad signs up an account and signs in those who will refresh.
func newLoad(t *testing.T, nodes ...*node) *load {
	t.Helper()
	l := &load{t: t, nodes: nodes, http: newHTTP(t), ending: make(chan struct{})}
	c, _ := l.send(nodes[0], "POST", "/api/v1/auth/signup", "", map[string]string{"account_name": "Acme", "name": "Ada", "email": email, "password": password})
	if c.status != 201 {
		t.Fatalf("sign-up: %v", c)
	}
	l.owner = l.mustSignIn()
	for range walkers {
		l.mustSignIn()
	}
	return l
}

func newHTTP(t *testing.T) *http.Client {
	c := &http.Client{Timeout: slowest, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// send sends a request and reads the answer. What it returns is complete but
// for what it was about.
func (l *load) send(n *node, method, path, bearer string, in any) (c call, a answer) {
	body, err := json.Marshal(in)
	check(l.t, err)
	request, err := http.NewRequest(method, "http://"+n.addr+path, bytes.NewReader(body))
	check(l.t, err)
	request.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	c.began = l.history.clock.Add(1)
	start := time.Now()
	response, err := l.http.Do(request)
	if err == nil {
		var text []byte
		text, err = io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err == nil {
			c.status, c.retryAfter = response.StatusCode, response.Header.Get("Retry-After")
			if len(text) > 0 && strings.Contains(response.Header.Get("Content-Type"), "json") {
				check(l.t, json.Unmarshal(text, &a))
			}
			c.problem, c.reason = a.Type, a.Reason
		}
	}
	c.took, c.ended = time.Since(start), l.history.clock.Add(1)
	return c, a
}

// signIn tries to begin a session at the node; nil when it was not answered
// with one.
func (l *load) signIn(n *node) *client {
	c, a := l.login(n)
	c.what = signIn
	if c.status == 200 {
		c.session, c.generation, c.token = a.Session.ID, a.Session.Generation, a.RefreshToken
	}
	l.history.add(c)
	if c.status != 200 {
		return nil
	}
	return l.client(a)
}

// client is a client with a session that was begun.
func (l *load) client(a answer) *client {
	return &client{load: l, session: a.Session.ID, token: a.RefreshToken}
}

// signInApart begins a session of which no judge hears.
func (l *load) signInApart() *client {
	l.t.Helper()
	asked, a := l.login(l.nodes[0])
	if asked.status != 200 {
		l.t.Fatal(asked)
	}
	c := l.client(a)
	c.apart = true
	return c
}

func (l *load) login(n *node) (call, answer) {
	return l.send(n, "POST", "/api/v1/auth/login", "", map[string]string{"email": email, "password": password, "delivery": "body"})
}

// mustSignIn is signIn where nothing fails.
func (l *load) mustSignIn() *client {
	l.t.Helper()
	c := l.signIn(l.nodes[len(l.all)%len(l.nodes)])
	if c == nil {
		l.t.Fatal("a sign-in failed without a fault")
	}
	c.number = len(l.all)
	l.all = append(l.all, c)
	return c
}

// refresh asks once for the next generation and goes on from there if it is
// answered.
func (c *client) refresh(n *node) call {
	l := c.load
	asked, a := l.send(n, "POST", "/api/v1/auth/refresh", "", map[string]any{
		"refresh_token": c.token, "attempt": fmt.Sprintf("attempt-%08d-of-one-client", c.attempt)})
	asked.what, asked.session, asked.presented = refresh, c.session, c.token
	switch asked.status {
	case 200:
		asked.generation, asked.token = a.Session.Generation, a.RefreshToken
		c.token = a.RefreshToken
		c.attempt++
		c.progress.Add(1)
		l.acked.Add(1)
		if c == l.owner {
			l.bearer = a.AccessToken
		}
	case 401:
		c.ended.Store(true)
	}
	if !c.apart {
		l.history.add(asked)
	}
	return asked
}

// walk refreshes until it is told to stop or that the session is over. After a
// failure it asks another node, sooner than it was told: a server must stand
// that.
func (c *client) walk(stop <-chan struct{}) {
	for n := c.number; !c.ended.Load(); {
		select {
		case <-stop:
			return
		default:
		}
		if asked := c.refresh(c.load.nodes[n%len(c.load.nodes)]); asked.status == 200 {
			pause(stop, 20*time.Millisecond)
		} else {
			n++
			pause(stop, 30*time.Millisecond)
		}
	}
}

func pause(stop <-chan struct{}, d time.Duration) {
	select {
	case <-stop:
	case <-time.After(d):
	}
}

// revoke ends a session as its owner, and asks until that is answered.
func (l *load) revoke(c *client, stop <-chan struct{}) {
	for n := c.number; ; n++ {
		select {
		case l.ending <- struct{}{}:
		default:
		}
		asked, _ := l.send(l.nodes[n%len(l.nodes)], "DELETE", "/api/v1/accounts/me/sessions/"+c.session, l.bearer, nil)
		asked.what, asked.session = end, c.session
		l.history.add(asked)
		if asked.status == 204 {
			return
		}
		select {
		case <-stop:
			return
		case <-time.After(30 * time.Millisecond):
		}
	}
}

// through leads the crowd through a fault and judges what it saw. The fault is
// over, and all must heal, when it returns.
func (l *load) through(t *testing.T, name string, fault func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		l.t = t
		begun := time.Now()
		if got := l.owner.refresh(l.nodes[0]); got.status != 200 {
			t.Fatalf("the owner: %v", got)
		}
		before := len(l.history.all())
		var condemned []*client
		for range victims {
			condemned = append(condemned, l.mustSignIn())
		}
		stop := make(chan struct{})
		var crowd sync.WaitGroup
		for _, c := range l.all {
			if c != l.owner {
				crowd.Go(func() { c.walk(stop) })
			}
		}
		crowd.Go(func() {
			for _, c := range condemned {
				l.revoke(c, stop)
				pause(stop, 150*time.Millisecond)
			}
		})
		newcomer := make(chan *client, newcomers)
		crowd.Go(func() {
			defer close(newcomer)
			for i := 0; i < newcomers; {
				if c := l.signIn(l.nodes[i%len(l.nodes)]); c != nil {
					newcomer <- c
					i++
				}
				select {
				case <-stop:
					return
				case <-time.After(100 * time.Millisecond):
				}
			}
		})
		leave := sync.OnceFunc(func() { close(stop); crowd.Wait() })
		defer leave()
		l.waitAcked(t, walkers*3)
		fault(t)
		healed := l.waitHealed(t)
		leave()
		for c := range newcomer {
			c.number = len(l.all)
			l.all = append(l.all, c)
		}
		l.closing(t)
		calls := l.history.all()
		for _, wrong := range judge(calls) {
			t.Error(wrong)
		}
		l.tell(t, calls[before:], healed, time.Since(begun))
	})
}

// waitAcked waits until so many more refreshes were answered.
func (l *load) waitAcked(t *testing.T, n int64) {
	t.Helper()
	until := l.acked.Load() + n
	eventually(t, slowest, "refreshes", func() bool { return l.acked.Load() >= until })
}

// waitHealed waits until the nodes say that they are ready and every session
// that lives has gone on, and returns how long that took.
func (l *load) waitHealed(t *testing.T) time.Duration {
	t.Helper()
	start := time.Now()
	for _, n := range l.nodes {
		eventually(t, healing, "the node to be ready", func() bool {
			c, _ := l.send(n, "GET", "/readyz", "", nil)
			return c.status == 200
		})
	}
	for _, c := range l.all {
		if c == l.owner {
			continue
		}
		from := c.progress.Load()
		eventually(t, healing, "a client to go on", func() bool { return c.ended.Load() || c.progress.Load() > from })
	}
	return time.Since(start)
}

// closing has every client ask once more, now that nothing fails, and verifies
// the audit log.
func (l *load) closing(t *testing.T) {
	t.Helper()
	for i, c := range l.all {
		if c.ended.Load() && i < len(l.all)-victims-newcomers {
			continue // judged before
		}
		c.refresh(l.nodes[i%len(l.nodes)])
	}
	command := []string{"audit", "verify"}
	if l.data != nil {
		command = append(command, "--data-dir="+l.data(t))
	}
	out := l.nodes[0].run(t, command...)
	if strings.Count(out, " ok") != 2 { // of the account, and of events without one
		t.Errorf("the audit log does not verify:\n%s", out)
	}
}

// tell says what a fault showed.
func (l *load) tell(t *testing.T, calls []call, healed, whole time.Duration) {
	count := map[string]int{}
	var slow time.Duration
	for _, c := range calls {
		count[fmt.Sprintf("%s %d", c.what, c.status)]++
		slow = max(slow, c.took)
	}
	t.Logf("healed after %s, slowest answer %s, in all %s: %v", healed.Round(time.Millisecond), slow.Round(time.Millisecond), whole.Round(time.Millisecond), count)
}

// eventually polls until something holds.
func eventually(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain for %s", limit, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
