package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// forgot says that a password is forgotten.
func (w *World) forgot(email string) error { return w.Forgot(bg, Origin, email) }

// resetLetter empties the postbox, in which one letter with a link to a new
// password has to be.
func (w *World) resetLetter(box *Postbox) authority.ResetLetter {
	w.T.Helper()
	letters := box.Empty(w.T)
	if len(letters) != 1 {
		w.T.Fatalf("the letters are %+v", letters)
	}
	letter, ok := letters[0].(authority.ResetLetter)
	if !ok {
		w.T.Fatalf("the letter is %+v", letters[0])
	}
	return letter
}

// mailed runs a test in a world that sends mail.
func mailed(t *testing.T, open Open, name string, fn func(w *World, box *Postbox), change ...func(*authority.Config)) {
	t.Helper()
	box := new(Postbox)
	scenario(t, open, name, func(w *World) {
		box.Empty(w.T) // what came of making the world
		fn(w, box)
	}, append(change, func(c *authority.Config) { c.Mailer = box })...)
}

func throttleOn(c *authority.Config) { c.ThrottleOff = false }

func mails(t *testing.T, open Open) {
	mailed(t, open, "a forgotten password", func(w *World, box *Postbox) {
		bob := w.Join(w.Acme, "Bob", "Bob@acme.example", curfew.RoleMember)
		owners := w.ResetLink(w.Acme.Owner, bob.User())
		box.Empty(w.T)
		w.NewEvents(w.Acme.ID())
		before := w.all(w.Acme.ID())
		must(w.T, w.forgot(" BOB@ACME.example "))
		if !sameState(before, w.all(w.Acme.ID())) {
			w.T.Error("something was done before the answer")
		}
		w.Clock.Add(time.Minute) // the queue was long
		letter := w.resetLetter(box)
		if letter.To != "Bob@acme.example" || letter.Name != "Bob" || letter.AccountName != "Acme" || !letter.ExpiresAt.Equal(w.Clock.Now().Add(time.Hour)) ||
			!strings.HasPrefix(letter.URL, "http://127.0.0.1:8080/reset#token=cfp_") {
			w.T.Errorf("%+v", letter)
		}
		e := w.WantActions(w.Acme.ID(), audit.UserPasswordResetRequest)[0]
		if e.Actor != nil || e.ResourceID != bob.User() || string(e.Details) != `{"mailed":true}` || e.IP != Origin.IP || e.UserAgent != Origin.UserAgent || e.RequestID != Origin.RequestID {
			w.T.Errorf("audited %+v with %s", e, e.Details)
		}
		w.resetDenied(w.ResetPassword(bg, Origin, owners, NewPassword), w.Acme.ID(), bob.User(), "unknown_link")
		// No owner has made it, so no owner's leaving ends it.
		must(w.T, w.ResetPassword(bg, Origin, w.tokenOf(letter.URL), NewPassword))
		w.Ended(bob, curfew.ReasonPasswordChanged, w.Clock.Now())
		if e := w.WantActions(w.Acme.ID(), audit.UserPasswordReset)[0]; string(e.Details) != `{"revoked_count":1,"link_by":null}` {
			w.T.Errorf("audited %s", e.Details)
		}
		must(w.T, w.signInWith(bob.Email, NewPassword))
	})
	mailed(t, open, "a name that nobody has", func(w *World, box *Postbox) {
		w.NewEvents(curfew.ZeroID)
		must(w.T, w.forgot("nobody@acme.example"))
		if letters := box.Empty(w.T); len(letters) != 0 {
			w.T.Errorf("the letters are %+v", letters)
		}
		e := w.WantActions(curfew.ZeroID, audit.UserPasswordResetRequest)[0]
		if !strings.HasPrefix(string(e.Details), `{"mailed":false,"cause":"unknown_login_name","login_name_digest":"`) || strings.Contains(string(e.Details), "nobody@") {
			w.T.Errorf("audited %s", e.Details)
		}
	})
	for cause, do := range map[string]func(w *World, bob Person){
		"disabled": func(w *World, bob Person) {
			_, err := w.UpdateUser(bg, w.Acme.Owner.Actor(), Origin, bob.User(), authority.UserChange{Disabled: ptr(true)})
			must(w.T, err)
		},
		"no_password": func(w *World, bob Person) {
			w.Tx(func(ctx context.Context, tx authority.Tx) error {
				return tx.SetPassword(ctx, w.Acme.ID(), bob.User(), "")
			})
		},
	} {
		mailed(t, open, "no mail: "+cause, func(w *World, box *Postbox) {
			bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
			do(w, bob)
			box.Empty(w.T)
			w.NewEvents(w.Acme.ID())
			must(w.T, w.forgot(bob.Email))
			if letters := box.Empty(w.T); len(letters) != 0 {
				w.T.Errorf("the letters are %+v", letters)
			}
			if e := w.WantActions(w.Acme.ID(), audit.UserPasswordResetRequest)[0]; string(e.Details) != `{"mailed":false,"cause":"`+cause+`"}` || e.ResourceID != bob.User() {
				w.T.Errorf("audited %s", e.Details)
			}
		})
	}
	mailed(t, open, "known and unknown are the same until after the answer", func(w *World, box *Postbox) {
		var ran [2][]string
		for i, email := range []string{w.Acme.Owner.Email, "nobody@acme.example"} {
			stop := w.Tap.Statements()
			must(w.T, w.forgot(email))
			ran[i] = stop()
		}
		if len(ran[0]) == 0 || !slices.Equal(ran[0], ran[1]) {
			w.T.Errorf("run were\n%s\nand\n%s", strings.Join(ran[0], "\n"), strings.Join(ran[1], "\n"))
		}
		if box.Waiting() != 2 {
			w.T.Errorf("%d wait", box.Waiting())
		}
	}, throttleOn)
	mailed(t, open, "refused at once", func(w *World, box *Postbox) {
		for _, email := range []string{"", "no address", "a@b, c@d", "ada@acme.example\r\nBcc: x@y"} {
			w.WantKind(w.forgot(email), curfew.KindInvalidRequest)
		}
		box.SetFull(true)
		w.WantKind(w.forgot(w.Acme.Owner.Email), curfew.KindUnavailable)
		w.WantKind(w.forgot("nobody@acme.example"), curfew.KindUnavailable)
		none := w.with(func(c *authority.Config) { c.Mailer = nil })
		w.WantKind(none.forgot(w.Acme.Owner.Email), curfew.KindNotFound)
		if box.Waiting() != 0 {
			w.T.Error("something waits")
		}
		for mailer, want := range map[*World]bool{w: true, none: false} {
			if c, err := mailer.PublicConfig(bg); err != nil || c.MailEnabled != want {
				w.T.Errorf("mail is told as %v, %v", c.MailEnabled, err)
			}
		}
	})
	forgotTooOften(t, open)
	signInMails(t, open)
	passwordMails(t, open)
	inviteMails(t, open)
}

func forgotTooOften(t *testing.T, open Open) {
	from := func(ip string) curfew.Origin { return curfew.Origin{IP: ip} }
	mailed(t, open, "nobody's postbox is filled by a stranger, and the last link works", func(w *World, box *Postbox) {
		w.NewEvents(w.Acme.ID())
		var last string
		sent := 0
		for i := range 20 { // each from a network of its own
			must(w.T, w.Forgot(bg, from(fmt.Sprintf("198.51.%d.1", i)), w.Acme.Owner.Email))
			for _, letter := range box.Empty(w.T) {
				sent++
				last = letter.(authority.ResetLetter).URL
			}
		}
		// One more event tells that there were others.
		if events := w.NewEvents(w.Acme.ID()); sent != 3 || len(events) != 4 {
			w.T.Errorf("%d mails were sent, %d events written", sent, len(events))
		}
		_, err := w.Reset(bg, Origin, w.tokenOf(last))
		must(w.T, err)
		w.Clock.Add(10 * time.Minute)
		must(w.T, w.forgot(w.Acme.Owner.Email))
		w.resetLetter(box)
	}, throttleOn)
	mailed(t, open, "one network asks ten times for a name, whoever has it", func(w *World, box *Postbox) {
		for _, name := range []string{w.Acme.Owner.Email, "nobody@acme.example"} {
			for i := range 12 {
				err := w.Forgot(bg, from(fmt.Sprintf("192.0.2.%d", i)), name)
				if i < 10 {
					must(w.T, err)
				} else {
					w.WantKind(err, curfew.KindRateLimited)
				}
			}
		}
		// The person still signs in from there, and so does one who guessed
		// often ask for a link.
		_, err := w.TrySignIn(w.Acme.Owner.Email)
		must(w.T, err)
	}, throttleOn)
	mailed(t, open, "after ten wrong guesses one may still ask", func(w *World, _ *Postbox) {
		for range 11 {
			_ = w.guess(Origin.IP, w.Acme.Owner.Email, "wrong", "")
		}
		w.WantKind(w.guess(Origin.IP, w.Acme.Owner.Email, Password, ""), curfew.KindRateLimited)
		must(w.T, w.forgot(w.Acme.Owner.Email))
	}, throttleOn)
	mailed(t, open, "one address asks thirty times in all", func(w *World, _ *Postbox) {
		for i := range 31 {
			err := w.Forgot(bg, from("203.0.113.9"), fmt.Sprintf("n%d@acme.example", i))
			if i < 30 {
				must(w.T, err)
			} else {
				w.WantKind(err, curfew.KindRateLimited)
			}
		}
	}, throttleOn)
}

func signInMails(t *testing.T, open Open) {
	mailed(t, open, "a sign-in in a browser that was not known", func(w *World, box *Postbox) {
		signIn := func(from curfew.Origin, browser string) (string, []authority.Letter) {
			w.T.Helper()
			granted, err := w.Authority.SignIn(bg, from, authority.SignIn{Email: w.Acme.Owner.Email, Password: Password, Browser: browser})
			must(w.T, err)
			return granted.Browser, box.Empty(w.T)
		}
		known, letters := signIn(Origin, "")
		if len(letters) != 1 {
			w.T.Fatalf("the letters are %+v", letters)
		}
		want := authority.SignInLetter{To: "ada@acme.example", Name: "Ada Owner", AccountName: "Acme", Device: curfew.Device{Browser: "Firefox 144", OS: "Linux", Kind: "desktop"},
			IP: Origin.IP, At: w.Clock.Now(), SessionsURL: "http://127.0.0.1:8080/account/sessions", ForgotURL: "http://127.0.0.1:8080/forgot"}
		if letters[0] != want {
			w.T.Errorf("got  %+v\nwant %+v", letters[0], want)
		}
		for _, c := range []struct {
			name    string
			from    curfew.Origin
			browser string
			letters int
		}{
			{"the same browser, elsewhere", curfew.Origin{IP: "203.0.113.9"}, known, 0},
			{"a program on the same device", Origin, "", 0},
			{"another network", curfew.Origin{IP: "203.0.113.9", UserAgent: Origin.UserAgent}, "", 1},
			{"another device", curfew.Origin{IP: Origin.IP, UserAgent: "curl/8"}, "", 1},
			{"another person's browser", curfew.Origin{IP: "198.51.100.1"}, w.Other.Owner.Browser, 1},
		} {
			if _, letters := signIn(c.from, c.browser); len(letters) != c.letters {
				w.T.Errorf("%s: the letters are %+v", c.name, letters)
			}
		}
		w.Clock.Add(24 * time.Hour)
		if _, letters := signIn(Origin, ""); len(letters) != 1 {
			w.T.Errorf("a day later the letters are %+v", letters)
		}
		// With the password the known browsers are forgotten.
		otto := w.Join(w.Acme, "Otto", "otto@acme.example", curfew.RoleOwner)
		must(w.T, w.ResetPassword(bg, Origin, w.ResetLink(otto, w.Acme.Owner.User()), Password))
		box.Empty(w.T)
		if _, letters := signIn(curfew.Origin{IP: "203.0.113.77"}, known); len(letters) != 1 {
			w.T.Errorf("after a reset the letters are %+v", letters)
		}
	})
	mailed(t, open, "nobody is told of a refusal, or of joining", func(w *World, box *Postbox) {
		_ = w.guess(Origin.IP, w.Acme.Owner.Email, "wrong", "")
		_, link := w.Invite(w.Acme, "bob@acme.example", curfew.RoleMember)
		box.Empty(w.T)
		_, err := w.accept(link, "Bob", Password)
		must(w.T, err)
		if letters := box.Empty(w.T); len(letters) != 0 {
			w.T.Errorf("the letters are %+v", letters)
		}
	})
	mailed(t, open, "a sign-in does nothing for the mail, and needs no room for it", func(w *World, box *Postbox) {
		box.SetFull(true)
		var ran [2][]string
		for i, v := range []*World{w, w.with(func(c *authority.Config) { c.Mailer = nil })} {
			stop := w.Tap.Statements()
			v.SignIn(w.Acme.Owner.Email)
			ran[i] = stop()
		}
		if !slices.Equal(ran[0], ran[1]) {
			w.T.Errorf("with mail %d statements are run, without %d", len(ran[0]), len(ran[1]))
		}
	})
}

func passwordMails(t *testing.T, open Open) {
	mailed(t, open, "a password that was changed, or set by a link", func(w *World, box *Postbox) {
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		link := w.ResetLink(w.Acme.Owner, bob.User())
		box.Empty(w.T)
		w.WantKind(w.ChangePassword(bg, bob.Actor(), Origin, "wrong", "another horse, another battery"), curfew.KindInvalidRequest)
		w.WantKind(w.ResetPassword(bg, Origin, link, "short"), curfew.KindInvalidRequest)
		if letters := box.Empty(w.T); len(letters) != 0 {
			w.T.Errorf("told of a refusal: %+v", letters)
		}
		want := authority.PasswordLetter{To: "bob@acme.example", Name: "Bob", AccountName: "Acme", ByLink: true,
			Device: curfew.Device{Browser: "Firefox 144", OS: "Linux", Kind: "desktop"}, IP: Origin.IP, At: w.Clock.Now(), ForgotURL: "http://127.0.0.1:8080/forgot"}
		must(w.T, w.ResetPassword(bg, Origin, link, "another horse, another battery"))
		if letters := box.Empty(w.T); len(letters) != 1 || letters[0] != want {
			w.T.Errorf("by a link %+v", letters)
		}
		// Nobody who waits for a change waits for its letter, nor fails for it.
		box.SetFull(true)
		must(w.T, w.ChangePassword(bg, w.Acme.Owner.Actor(), Origin, Password, "yet another horse and battery"))
		box.SetFull(false)
		must(w.T, w.ChangePassword(bg, w.Acme.Owner.Actor(), curfew.Origin{}, "yet another horse and battery", Password))
		want = authority.PasswordLetter{To: "ada@acme.example", Name: "Ada Owner", AccountName: "Acme",
			Device: curfew.Device{Kind: "other"}, At: w.Clock.Now(), ForgotURL: want.ForgotURL}
		if letters := box.Empty(w.T); len(letters) != 1 || letters[0] != want {
			w.T.Errorf("by the current password %+v", letters)
		}
	})
}

func inviteMails(t *testing.T, open Open) {
	mailed(t, open, "an invitation", func(w *World, box *Postbox) {
		made := w.mustInvite("Bob@acme.example")
		want := authority.InvitationLetter{To: "Bob@acme.example", InvitedBy: "Ada Owner", AccountName: "Acme", Role: curfew.RoleMember, URL: made.URL, ExpiresAt: made.Invite.ExpiresAt}
		if letters := box.Empty(w.T); !made.Mailed || len(letters) != 1 || letters[0] != want {
			w.T.Errorf("mailed %v: %+v", made.Mailed, letters)
		}
		if made := w.mustInvite("oleg@other.example"); !made.Mailed { // nobody is told that he is there
			w.T.Error("an address in use elsewhere is not mailed")
		}
		box.SetFull(true)
		made = w.mustInvite("carl@acme.example")
		if made.Mailed {
			w.T.Error("told as mailed")
		}
		_, err := w.accept(w.tokenOf(made.URL), "Carl", Password)
		must(w.T, err)
		if w.with(func(c *authority.Config) { c.Mailer = nil }).mustInvite("dora@acme.example").Mailed {
			w.T.Error("told as mailed where no mail is sent")
		}
	})
	mailed(t, open, "an account that sends too many", func(w *World, box *Postbox) {
		sent := 0
		for i := range 40 {
			if w.mustInvite(fmt.Sprintf("b%d@acme.example", i)).Mailed {
				sent++
			}
		}
		if sent != 30 || box.Waiting() != 30 {
			w.T.Errorf("%d were mailed, %d wait", sent, box.Waiting())
		}
		w.Clock.Add(2 * time.Minute)
		if !w.mustInvite("late@acme.example").Mailed {
			w.T.Error("and none after a while")
		}
	}, throttleOn)
}

// mustInvite makes an invitation to Acme.
func (w *World) mustInvite(email string) authority.NewInvite {
	w.T.Helper()
	made, err := w.CreateInvite(bg, w.Acme.Owner.Actor(), Origin, email, curfew.RoleMember)
	must(w.T, err)
	return made
}
