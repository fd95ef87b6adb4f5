package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/throttle"
)

// delays remembers how long answers were held back.
type delays struct {
	mu    sync.Mutex
	slept []time.Duration
}

func (d *delays) sleep(_ context.Context, t time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.slept = append(d.slept, t)
	return nil
}

func (d *delays) take() []time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	slept := d.slept
	d.slept = nil
	return slept
}

// guess tries a password from an address.
func (w *World) guess(ip, email, password, browser string) error {
	from := Origin
	from.IP = ip
	_, err := w.Authority.SignIn(bg, from, authority.SignIn{Email: email, Password: password, Browser: browser})
	return err
}

// limited fails the test unless err is a refusal for a while.
func (w *World) limited(err error, after time.Duration) {
	w.T.Helper()
	var e *curfew.Error
	if w.WantKind(err, curfew.KindRateLimited); !asError(err, &e) || e.RetryAfter != after {
		w.T.Fatalf("retry after %v, want %v", e.RetryAfter, after)
	}
}

// causes are the causes of refused sign-ins since they were last asked for.
func (w *World) causes(accountID curfew.ID) (causes []string) {
	w.T.Helper()
	for _, e := range w.NewEvents(accountID) {
		if e.Action != audit.SessionStartRefused {
			w.T.Errorf("audited %s", e.Action)
		}
		var details struct{ Cause string }
		must(w.T, json.Unmarshal(e.Details, &details))
		causes = append(causes, details.Cause)
	}
	return causes
}

func throttling(t *testing.T, open Open) {
	var d delays
	on := func(c *authority.Config) { c.ThrottleOff, c.Sleep = false, d.sleep }
	const here, far = "203.0.113.7", "198.51.100.9"
	burst := throttle.LimitNetworkName.Burst
	for _, known := range []bool{true, false} {
		scenario(t, open, fmt.Sprintf("a burst, then 429, for a name that is known (%v)", known), func(w *World) {
			email, account := "ada@acme.example", w.Acme.ID()
			cause := "wrong_password"
			if !known {
				email, account, cause = "nobody@acme.example", curfew.ZeroID, "unknown_login_name"
			}
			w.NewEvents(account)
			for i := range burst { // one name, however it is written
				w.WantKind(w.guess(here, []string{email, strings.ToUpper(email), " " + email}[i%3], "wrong", ""), curfew.KindInvalidCredentials)
			}
			if got := w.causes(account); len(got) != burst || got[0] != cause || got[burst-1] != cause {
				w.T.Errorf("audited %v", got)
			}
			for range 3 {
				w.limited(w.guess(here, email, Password, ""), time.Minute) // also the right one
			}
			w.Clock.Add(time.Minute - µs)
			w.limited(w.guess(here, email, Password, ""), µs)
			if got := w.causes(account); len(got) != 1 || got[0] != "throttled" {
				w.T.Errorf("audited %v, want one a minute", got)
			}
			w.Clock.Add(µs)
			w.WantKind(w.guess(here, email, "wrong", ""), curfew.KindInvalidCredentials)
			w.limited(w.guess(here, email, "wrong", ""), time.Minute)
			if got := w.causes(account); len(got) != 2 || got[0] != cause || got[1] != "throttled" {
				w.T.Errorf("audited %v", got)
			}
			if known {
				must(w.T, w.guess(far, email, Password, "")) // no stranger locks anyone out
			}
			if seen := w.Seen.Take(); seen["signin throttled"] != 5 {
				w.T.Errorf("counted %v", seen)
			}
		}, on)
	}
	scenario(t, open, "a success is given back", func(w *World) {
		for range throttle.LimitAddress.Burst + 5 {
			must(w.T, w.guess(here, "ada@acme.example", Password, ""))
		}
		for range burst {
			w.WantKind(w.guess(here, "ada@acme.example", "wrong", ""), curfew.KindInvalidCredentials)
		}
		w.limited(w.guess(here, "ada@acme.example", Password, ""), time.Minute)
	}, on)
	scenario(t, open, "a hundred guesses at once count as a hundred", func(w *World) {
		errs := make([]error, 100)
		together(len(errs), func(i int) { errs[i] = w.guess(here, "ada@acme.example", "wrong", "") })
		judged := 0
		for _, err := range errs {
			switch curfew.KindOf(err) {
			case curfew.KindInvalidCredentials:
				judged++
			case curfew.KindRateLimited:
			default:
				w.T.Error(err)
			}
		}
		if judged != burst {
			w.T.Errorf("%d guesses were judged, want %d", judged, burst)
		}
	}, on)
	scenario(t, open, "one address, many names", func(w *World) {
		for i := range throttle.LimitAddress.Burst {
			if err := w.guess(here, fmt.Sprintf("n%d@nowhere.example", i), "wrong", ""); curfew.KindOf(err) != curfew.KindInvalidCredentials {
				w.T.Fatalf("guess %d: %v", i, err)
			}
		}
		w.limited(w.guess(here, "ada@acme.example", Password, ""), 20*time.Second)
		must(w.T, w.guess("203.0.113.8", "ada@acme.example", Password, ""))
	}, on)
	scenario(t, open, "sign-ups from one address", func(w *World) {
		from := Origin
		from.IP = here
		try := func(i int) error {
			_, err := w.Authority.SignUp(bg, from, authority.SignUp{AccountName: "New", Name: "N", Email: fmt.Sprintf("n%d@new.example", i), Password: Password})
			return err
		}
		for i := range throttle.LimitAddress.Burst {
			must(w.T, try(i))
		}
		w.limited(try(-1), 20*time.Second)
	}, on)
	scenario(t, open, "a browser that signed in before counts by itself", func(w *World) {
		browser := w.browserOf("ada@acme.example")
		if browser == "" {
			w.T.Fatal("no browser cookie")
		}
		for range burst {
			w.WantKind(w.guess(here, "ada@acme.example", "wrong", ""), curfew.KindInvalidCredentials)
		}
		w.limited(w.guess(here, "ada@acme.example", Password, ""), time.Minute)
		must(w.T, w.guess(here, "ada@acme.example", Password, browser))
		w.limited(w.guess(here, "ada@acme.example", Password, "cfb_nonsense"), time.Minute)
		w.otherMayChange = true
		w.limited(w.guess(here, "ada@acme.example", Password, w.browserOf("oleg@other.example")), time.Minute) // somebody else's
		must(w.T, w.ChangePassword(bg, w.Acme.Owner.Actor(), Origin, Password, "another horse, another battery"))
		w.limited(w.guess(here, "ada@acme.example", "another horse, another battery", browser), time.Minute) // a stranger again
		must(w.T, w.ChangePassword(bg, w.Acme.Owner.Actor(), Origin, "another horse, another battery", Password))
		browser = w.browserOf("ada@acme.example")
		for range throttle.LimitBrowser.Burst {
			w.WantKind(w.guess(here, "ada@acme.example", "wrong", browser), curfew.KindInvalidCredentials)
		}
		w.limited(w.guess(far, "ada@acme.example", Password, browser), time.Minute)
		must(w.T, w.guess(far, "ada@acme.example", Password, ""))
	}, on)
	scenario(t, open, "a name tried from everywhere is only delayed, by two seconds at most", func(w *World) {
		d.take()
		var longest time.Duration
		for i := range 3 * throttle.LimitName.Burst {
			w.WantKind(w.guess(fmt.Sprintf("10.0.%d.1", i), "ada@acme.example", "wrong", ""), curfew.KindInvalidCredentials)
			slept := d.take()
			if i < throttle.LimitName.Burst && len(slept) != 0 {
				w.T.Errorf("guess %d was delayed by %v", i, slept)
			}
			for _, s := range slept {
				if s < longest || s > throttle.MaxDelay {
					w.T.Errorf("guess %d was delayed by %v after %v", i, s, longest)
				}
				longest = s
			}
		}
		if longest != throttle.MaxDelay {
			w.T.Errorf("delayed by at most %v", longest)
		}
		must(w.T, w.guess("10.9.9.9", "ada@acme.example", Password, ""))
	}, on)
	scenario(t, open, "current passwords and links are guessed no faster", func(w *World) {
		for range burst {
			w.WantKind(w.ChangePassword(bg, w.Acme.Owner.Actor(), Origin, "wrong", "another horse, another battery"), curfew.KindInvalidRequest)
		}
		w.limited(w.ChangePassword(bg, w.Acme.Owner.Actor(), Origin, Password, "another horse, another battery"), time.Minute)
		from := Origin
		from.IP = far
		_, link := w.Invite(w.Acme, "bob@acme.example", curfew.RoleMember)
		for range throttle.LimitAddress.Burst + 5 { // a good link is no guess
			_, err := w.Invitation(bg, from, link)
			must(w.T, err)
		}
		for range throttle.LimitAddress.Burst {
			_, err := w.Invitation(bg, from, "cfi_guess")
			w.WantKind(err, curfew.KindLinkInvalid)
		}
		_, err := w.Invitation(bg, from, link)
		w.limited(err, 20*time.Second)
		_, err = w.AcceptInvite(bg, from, authority.AcceptInvite{Token: link, Name: "Bob", Password: Password})
		w.limited(err, 20*time.Second)
	}, on)
	scenario(t, open, "what has recovered is forgotten", func(w *World) {
		w.WantKind(w.guess(here, "ada@acme.example", "wrong", ""), curfew.KindInvalidCredentials)
		_, err := w.Sweep(bg)
		must(w.T, err)
		for range burst - 1 { // still counted
			w.WantKind(w.guess(here, "ada@acme.example", "wrong", ""), curfew.KindInvalidCredentials)
		}
		w.limited(w.guess(here, "ada@acme.example", "wrong", ""), time.Minute)
		w.Clock.Add(time.Hour)
		_, err = w.Sweep(bg)
		must(w.T, err)
		for range burst {
			w.WantKind(w.guess(here, "ada@acme.example", "wrong", ""), curfew.KindInvalidCredentials)
		}
	}, on)
}

// browserOf is the known-browser cookie of a sign-in.
func (w *World) browserOf(email string) string {
	w.T.Helper()
	from := Origin
	from.IP = "198.18.0.5"
	granted, err := w.Authority.SignIn(bg, from, authority.SignIn{Email: email, Password: Password})
	must(w.T, err)
	return granted.Browser
}
