package main

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// In a build for browser tests a request moves the time: deadlines pass, the
// server stays ready.
func TestMovableClock(t *testing.T) {
	dir, admin := t.TempDir(), freeAddr()
	log, err := os.CreateTemp(dir, "log")
	check(t, err)
	defer log.Close()
	start := func(environ ...string) (*process, *api) {
		t.Helper()
		p, err := startProgram("curfew-test", dir, log, environ, "serve", "--addr=127.0.0.1:0", "--admin-addr="+admin)
		check(t, err)
		t.Cleanup(p.kill)
		return p, newAPI(p.url)
	}
	server, a := start()
	operator := newAPI("http://" + admin)
	const email, password = "ada@acme.example", "lemon tree very pretty"
	check(t, a.signUp("Acme", email, password))
	session, err := a.signIn(email, password)
	check(t, err)
	refresh := func(t *testing.T, want int) {
		t.Helper()
		check(t, a.must(want, "POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": session.RefreshToken}, &session))
	}
	refresh(t, 200)

	move := func(seconds int64) (told struct {
		Offset int64     `json:"offset_seconds"`
		Now    time.Time `json:"now"`
	}) {
		t.Helper()
		check(t, operator.must(200, "POST", "/test/clock", "", map[string]int64{"advance_seconds": seconds}, &told))
		return told
	}
	const week = 7 * 24 * 3600 // the idle limit when nothing is set
	move(week - 60)
	refresh(t, 200)
	if told := move(week); told.Offset != 2*week-60 || time.Until(told.Now) < (2*week-120)*time.Second {
		t.Errorf("it tells %+v", told)
	}
	refresh(t, 401)
	check(t, a.must(200, "GET", "/readyz", "", nil, nil))
	session, err = a.signIn(email, password)
	check(t, err)
	check(t, a.must(200, "GET", "/api/v1/users/me", session.AccessToken, nil, nil))
	check(t, operator.must(400, "POST", "/test/clock", "", map[string]int64{"advance_seconds": -1}, nil))
	check(t, a.must(404, "POST", "/test/clock", "", map[string]int64{"advance_seconds": 1}, nil))
	check(t, server.terminate())

	// Started again, it goes on from where it was.
	_, a = start(fmt.Sprintf("CURFEW_TEST_CLOCK_OFFSET=%d", 2*week-60))
	check(t, a.must(200, "GET", "/readyz", "", nil, nil))
	refresh(t, 200)
}
