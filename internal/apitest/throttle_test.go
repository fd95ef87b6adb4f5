package apitest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
)

func throttled(s *setup) { s.authority.ThrottleOff = false }

func behindProxy(s *setup) {
	s.api.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

const wrong = "certainly not the password"

// guess tries a password for an address.
func (c *client) guess(email, password string) *answer {
	return c.as("").Post("/api/v1/auth/login", obj{"email": email, "password": password})
}

// TestThrottle: after ten guesses at a name there is a pause, for whatever way
// the name is written (Authelia CVE-2025-24806), and also for the right
// password; a browser that the person has used before is let in.
func TestThrottle(t *testing.T) {
	t.Parallel()
	w := start(t, throttled)
	names := []string{"bob@acme.example", "BOB@acme.example", " bob@ACME.example", "Bob@Acme.Example "}
	for i := range 10 {
		w.program().guess(names[i%4], wrong).Problem(401, "invalid-credentials")
	}
	a := w.program().guess("bob@acme.example", password15).Problem(429, "rate-limited").Sets()
	for _, name := range names {
		sameBut(t, a, w.program().guess(name, wrong).Problem(429, "rate-limited"))
	}
	wait, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if err != nil || wait < 1 || wait > 60 {
		t.Fatalf("Retry-After is %q", a.Header.Get("Retry-After"))
	}
	w.bob.guess("bob@acme.example", password15).Status(200)       // his own browser
	w.program().guess("ada@acme.example", password15).Status(200) // somebody else
	w.bob.refresh(nil).Status(200)                                // whoever is signed in goes on
	if list := w.ada.events("?action=session.start_refused&limit=200").at("items").list(); len(list) != 11 || list[0].str("details", "cause") != "throttled" {
		t.Errorf("audited %d refusals", len(list))
	}
	w.clock.pass(time.Duration(wait) * time.Second)
	w.program().guess("bob@acme.example", wrong).Problem(401, "invalid-credentials")
	w.program().guess("bob@acme.example", password15).Problem(429, "rate-limited")
	w.clock.pass(time.Minute)
	w.program().guess("bob@acme.example", password15).Status(200)

	// A browser of Bob's that another person got hold of is not Ada's.
	for range 10 {
		w.bob.guess("ada@acme.example", wrong).Problem(401, "invalid-credentials")
	}
	w.bob.guess("ada@acme.example", password15).Problem(429, "rate-limited")
	// Nobody's name is throttled like somebody's.
	for range 10 {
		w.program().guess("nobody@acme.example", wrong).Problem(401, "invalid-credentials")
	}
	w.program().guess("nobody@acme.example", wrong).Problem(429, "rate-limited")
}

// TestThrottleCountsAtOnce: a hundred guesses at once count as a hundred
// (Zitadel CVE-2023-47111).
func TestThrottleCountsAtOnce(t *testing.T) {
	t.Parallel()
	w := start(t, throttled)
	got := statuses(together(16, func(int) *answer { return w.program().guess("bob@acme.example", wrong) }))
	if got[401] != 10 || got[429] != 6 {
		t.Errorf("answered %v", got)
	}
}

// TestForwardedFor: only a trusted proxy is believed, and only what it added
// (authentik CVE-2024-47070).
func TestForwardedFor(t *testing.T) {
	t.Parallel()
	t.Run("untrusted", func(t *testing.T) {
		t.Parallel()
		w := start(t, throttled)
		for i := range 10 {
			w.program().with("X-Forwarded-For", fmt.Sprintf("192.0.%d.1", i)).guess("bob@acme.example", wrong).Problem(401, "invalid-credentials")
		}
		for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip", "Cf-Connecting-Ip"} {
			w.program().with(name, "198.51.100.1").guess("bob@acme.example", wrong).Problem(429, "rate-limited")
		}
		c := w.browser().with("X-Forwarded-For", "198.51.100.1")
		p := c.signIn("ada@acme.example")
		if got := sessionsByID(p.Get(me + "/sessions"))[p.session].str("ip"); got != "127.0.0.1" {
			t.Errorf("the address is %s", got)
		}
	})
	t.Run("trusted", func(t *testing.T) {
		t.Parallel()
		w := start(t, throttled, behindProxy)
		for i := range 10 {
			w.program().with("X-Forwarded-For", fmt.Sprintf("203.0.113.%d, 192.0.2.7", i)).guess("bob@acme.example", wrong).Problem(401, "invalid-credentials")
		}
		// What the client put before it does not count, nor do trusted hops.
		for _, list := range []string{"192.0.2.7", "198.51.100.1, 192.0.2.7", "198.51.100.1,192.0.2.7, 127.0.0.9", "nonsense, 192.0.2.7:4711", "192.0.2.200"} {
			w.program().with("X-Forwarded-For", list).guess("bob@acme.example", wrong).Problem(429, "rate-limited")
		}
		c := w.browser().with("X-Forwarded-For", "192.0.2.7, 198.51.100.1")
		p := c.signIn("bob@acme.example")
		if got := sessionsByID(p.Get(me + "/sessions"))[p.session].str("ip"); got != "198.51.100.1" {
			t.Errorf("the address is %s", got)
		}
	})
}

// TestThrottleByAddress: one address has thirty tries, at whatever.
func TestThrottleByAddress(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]func(w *world, i int) *answer{
		"names": func(w *world, i int) *answer { return w.program().guess(fmt.Sprintf("p%d@acme.example", i), wrong) },
		"links": func(w *world, i int) *answer {
			return w.program().Post(lookUp, obj{"token": "cfi_" + strings.Repeat("A", i+8)})
		},
		"resets": func(w *world, i int) *answer {
			return w.program().Post(setPassword, obj{"token": "cfp_nonsense", "password": password15})
		},
		"invitations": func(w *world, i int) *answer {
			return w.program().Post(accept, obj{"token": "cfi_nonsense", "name": "Eve", "password": password15})
		},
		"forgotten passwords": func(w *world, i int) *answer {
			return w.program().Post(forgot, obj{"email": fmt.Sprintf("p%d@acme.example", i)})
		},
		"sign-ups": func(w *world, i int) *answer {
			return w.program().Post("/api/v1/auth/signup", newcomer.but("email", fmt.Sprintf("p%d@acme.example", i)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startEmpty(t, throttled, behindProxy, withMail)
			for i := range 30 {
				if a := try(w, i); a.StatusCode == 429 {
					a.fail("the try %d of 30 is refused", i+1)
				}
			}
			if n := w.audits(func() { try(w, 30).Problem(429, "rate-limited").Sets() }); n != 1 {
				t.Errorf("the refusal is audited %d times", n)
			}
			w.clock.pass(20 * time.Second)
			if a := try(w, 31); a.StatusCode == 429 {
				a.fail("after 20 seconds there is one more")
			}
		})
	}
}

// TestGoodSignInsAreFree: who knows the password is never throttled.
func TestGoodSignInsAreFree(t *testing.T) {
	t.Parallel()
	w := start(t, throttled)
	for range 35 {
		w.program().guess("bob@acme.example", password15).Status(200)
	}
	for range 10 {
		w.bob.Post(me+"/password", obj{"current_password": wrong, "new_password": "quite another long sentence"}).Field("current_password")
	}
	w.bob.Post(me+"/password", obj{"current_password": password15, "new_password": "quite another long sentence"}).Problem(429, "rate-limited")
}

// audits counts the events that are written while something is done.
func (w *world) audits(do func()) (n int) {
	stop := w.tap.Statements()
	do()
	for _, sql := range stop() {
		if strings.Contains(sql, "INSERT INTO audit_events") {
			n++
		}
	}
	return n
}

// TestThrottleTellsNoNames: the store has as much to do for a name that nobody
// has as for somebody's, so that the time of an answer does not tell them apart
// (ASVS 6.3.8). Whoever is throttled could otherwise go through names for ever.
func TestThrottleTellsNoNames(t *testing.T) {
	t.Parallel()
	w := start(t, throttled)
	same := func(status int, somebody, nobody string) {
		t.Helper()
		var done [2]string
		for i, name := range []string{somebody, nobody} {
			stop := w.tap.Statements()
			w.program().guess(name, wrong).Status(status)
			done[i] = strings.Join(stop(), "\n")
		}
		if done[0] != done[1] {
			t.Errorf("for %s the store does\n%s\nand for %s\n%s", somebody, done[0], nobody, done[1])
		}
	}
	same(401, "bob@acme.example", "p0@acme.example")
	for i := 0; w.program().guess(fmt.Sprintf("q%d@acme.example", i), wrong).StatusCode != 429; i++ {
		if i == 30 {
			t.Fatal("an address may guess without end")
		}
	}
	same(429, "bob@acme.example", "p1@acme.example")
	same(429, "bob@acme.example", "p1@acme.example")
	same(429, "ada@acme.example", "p2@acme.example")
	// There is an end to what one network has written.
	names := 0
	for w.audits(func() { w.program().guess(fmt.Sprintf("r%d@acme.example", names), wrong).Status(429) }) > 0 {
		if names++; names > 10 {
			t.Fatal("made-up names fill the audit log")
		}
	}
	same(429, "oleg@other.example", "p3@acme.example")
}
