package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const (
	crashRounds   = 5
	crashClients  = 8
	crashVictims  = 3   // sessions that are revoked in the storm
	crashRefresh  = 800 // refreshes after which the server is killed
	crashEmail    = "ada@acme.example"
	crashPassword = "lemon tree very pretty"
)

// chain is a client with one session, as ours behaves: it keeps the attempt
// until the refresh was answered.
type chain struct {
	tokens
	attempts int
}

func (c *chain) refresh(a *api) (status int, err error) {
	var next tokens
	status, _, err = a.call("POST", "/api/v1/auth/refresh", "", map[string]any{
		"refresh_token": c.RefreshToken, "attempt": fmt.Sprintf("attempt-%08d-of-one-client", c.attempts)}, &next)
	if status == 200 && err == nil {
		if want := c.Session.Generation + 1; next.Session.Generation != want {
			return status, fmt.Errorf("generation %d, want %d", next.Session.Generation, want)
		}
		c.tokens = next
		c.attempts++
	}
	return status, err
}

// The process is killed in the middle of a storm of refreshes and revocations,
// again and again. Every client that repeats its request goes on, no
// revocation that was answered is forgotten, and the audit log holds
// (invariants I1 and I2).
func TestKillInAStorm(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	dir, addr, admin := t.TempDir(), freeAddr(), freeAddr()
	log, err := os.CreateTemp(dir, "log")
	check(t, err)
	defer log.Close()
	start := func() *process {
		t.Helper()
		p, err := startProcess(dir, log, nil, "serve", "--throttle=off", "--addr="+addr, "--admin-addr="+admin, "--refresh-grace=60s")
		check(t, err)
		return p
	}
	server := start()
	defer func() { server.kill() }()
	a := newAPI(server.url)
	defer func() { a.http.CloseIdleConnections() }()
	check(t, a.signUp("Acme", crashEmail, crashPassword))

	chains := make([]*chain, crashClients)
	for i := range chains {
		chains[i] = &chain{tokens: signIn(t, a)}
	}
	for round := range crashRounds {
		owner := signIn(t, a)
		victims := make([]*chain, crashVictims)
		for i := range victims {
			victims[i] = &chain{tokens: signIn(t, a)}
		}
		acked := storm(t, server, a, owner, chains, victims)

		server = start()
		a.http.CloseIdleConnections()
		unanswered := 0
		for i, c := range chains {
			before := c.Session.Generation
			if status, err := c.refresh(a); status != 200 || err != nil {
				t.Fatalf("round %d: client %d of generation %d cannot go on: status %d, %v", round, i, before, status, err)
			}
			if status, err := c.refresh(a); status != 200 || err != nil { // and once more
				t.Fatalf("round %d: client %d cannot go on after its repeated request: status %d, %v", round, i, status, err)
			}
		}
		for i, v := range victims {
			status, err := v.refresh(a)
			check(t, err)
			switch {
			case acked[i] && status != 401:
				t.Errorf("round %d: session %s lives (status %d) though its revocation was answered", round, v.Session.ID, status)
			case !acked[i]:
				unanswered++ // both ends are right
			}
		}
		_, metrics, err := newAPI("http://"+admin).call("GET", "/metrics", "", nil, nil)
		check(t, err)
		verify := exec.Command("curfew", "audit", "verify", "--data-dir", dir+"/curfew-data")
		verify.Env = append(os.Environ(), gorace)
		out, err := verify.CombinedOutput()
		if err != nil {
			t.Fatalf("round %d: %v\n%s", round, err, out)
		}
		t.Logf("round %d: %d generations so far; lost answers given again: %s; revocations answered before the end: %d of %d",
			round, generations(chains), replayed.FindStringSubmatch(metrics)[1], crashVictims-unanswered, crashVictims)
	}
}

var replayed = regexp.MustCompile(`curfew_refresh_total{outcome="replayed"} (\d+)`)

// storm refreshes and revokes until enough was answered, then kills the
// server. It reports which revocations were answered.
func storm(t *testing.T, server *process, a *api, owner tokens, chains, victims []*chain) (acked [crashVictims]bool) {
	t.Helper()
	// Victim i is revoked after so many answers; the server is killed right
	// after the last one was sent.
	var due [crashVictims + 1]chan struct{}
	after := map[int64]chan struct{}{}
	for i := range due {
		due[i] = make(chan struct{})
		after[int64(crashRefresh-(crashVictims-i)*crashRefresh/(crashVictims+1))] = due[i]
	}
	var ids [crashVictims]string
	for i, v := range victims {
		ids[i] = v.Session.ID
	}
	var answered atomic.Int64
	var refreshing, revoking sync.WaitGroup
	for _, c := range slices.Concat(chains, victims) {
		refreshing.Go(func() {
			for {
				status, err := c.refresh(a)
				if err != nil && status != 0 {
					t.Error(err)
				}
				if status != 200 {
					return // the server is gone, or the session was revoked
				}
				if now := after[answered.Add(1)]; now != nil {
					close(now)
				}
			}
		})
	}
	over := make(chan struct{})
	go func() { refreshing.Wait(); close(over) }()
	wait := func(c <-chan struct{}) {
		select {
		case <-c:
		case <-over:
		}
	}
	for i := range victims {
		revoking.Go(func() {
			wait(due[i])
			status, _, _ := a.call("DELETE", "/api/v1/accounts/me/sessions/"+ids[i], owner.AccessToken, nil, nil)
			acked[i] = status == 204
		})
	}
	wait(due[crashVictims])
	server.kill()
	<-over
	revoking.Wait()
	return acked
}

func generations(chains []*chain) (sum int) {
	for _, c := range chains {
		sum += c.Session.Generation
	}
	return sum
}

func signIn(t *testing.T, a *api) tokens {
	t.Helper()
	tokens, err := a.signIn(crashEmail, crashPassword)
	check(t, err)
	return tokens
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// logOf is what the server wrote to its log file so far.
func logOf(t *testing.T, file *os.File) string {
	t.Helper()
	b, err := os.ReadFile(file.Name())
	check(t, err)
	return strings.TrimSpace(string(b))
}
