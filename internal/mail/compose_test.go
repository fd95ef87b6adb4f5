package mail

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

func mustParse(t *testing.T, der []byte) *x509.Certificate {
	t.Helper()
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	return cert
}

var (
	invitation = authority.InvitationLetter{To: "grace@acme.example", InvitedBy: "Ada Owner", AccountName: "Acme", Role: curfew.RoleOwner,
		URL: "https://auth.example.com/invite#token=cfi_AAAA", ExpiresAt: at.Add(7 * 24 * time.Hour)}
	signIn = authority.SignInLetter{To: "bob@acme.example", Name: "Bob", AccountName: "Acme", Device: curfew.Device{Browser: "Firefox 144", OS: "Linux", Kind: "desktop"},
		IP: "192.0.2.7", At: at, SessionsURL: "https://auth.example.com/account/sessions", ForgotURL: "https://auth.example.com/forgot"}
	changed = authority.PasswordLetter{To: "bob@acme.example", Name: "Bob", AccountName: "Acme", Device: signIn.Device, IP: "192.0.2.7", At: at, ForgotURL: signIn.ForgotURL}
	byLink  = authority.PasswordLetter{To: "bob@acme.example", Name: "Bob", AccountName: "Acme", ByLink: true, IP: "192.0.2.7", At: at, ForgotURL: signIn.ForgotURL}
)

func TestWords(t *testing.T) {
	for _, tt := range []struct {
		letter  authority.Letter
		subject string
		both    []string // in the plain text and in the page
		plain   []string // lines of their own
	}{
		{reset, "Set a new password", []string{"Hello Bob,", "bob@acme.example", "Acme", "10:00 UTC on 2 March 2026", link, "works once"}, []string{link}},
		{invitation, "You are invited to Acme", []string{"Ada Owner invites you to join Acme as an owner.", "09:00 UTC on 9 March 2026", invitation.URL, "grace@acme.example"},
			[]string{invitation.URL}},
		{signIn, "New sign-in to your account", []string{"Firefox 144 on Linux", "192.0.2.7", "09:00 UTC on 2 March 2026", signIn.SessionsURL, signIn.ForgotURL, "If it was not you"},
			[]string{signIn.SessionsURL, signIn.ForgotURL}},
		{changed, "Your password was changed", []string{"Hello Bob,", "Acme", "Firefox 144 on Linux", "192.0.2.7", "09:00 UTC on 2 March 2026", "If it was not you", changed.ForgotURL},
			[]string{"somebody who knew the one before.", changed.ForgotURL}},
		{byLink, "Your password was changed", []string{"You were signed out everywhere.", byLink.ForgotURL}, []string{"link to a new password."}},
		{authority.SignInLetter{To: "b@c", At: at}, "New sign-in to your account", []string{"unknown"}, nil},
	} {
		text, err := Compose(tt.letter)
		must(t, err)
		if text.Subject != tt.subject || text.To != tt.letter.Recipient() {
			t.Errorf("%q to %q", text.Subject, text.To)
		}
		for _, s := range tt.both {
			if !strings.Contains(text.Plain, s) || !strings.Contains(text.HTML, s) {
				t.Errorf("%s lacks %q:\n%s\n%s", tt.subject, s, text.Plain, text.HTML)
			}
		}
		for _, s := range tt.plain {
			if !strings.Contains(text.Plain, "\n"+s+"\n") {
				t.Errorf("%q is not on a line of its own:\n%s", s, text.Plain)
			}
		}
		for _, s := range []string{"<no value>", "ZgotmplZ", "{{", "!"} {
			if strings.Contains(text.Plain, s) || s != "!" && strings.Contains(text.HTML, s) {
				t.Errorf("%s has %q", tt.subject, s)
			}
		}
		if strings.Contains(text.HTML, "<script") || strings.Contains(text.HTML, "<img") || strings.Contains(text.HTML, "src=") {
			t.Errorf("the page loads something:\n%s", text.HTML)
		}
	}
}

// TestHostileNames: whatever people call themselves, a mail keeps its shape.
func TestHostileNames(t *testing.T) {
	for _, name := range []string{
		"Eve\r\nBcc: victim@x.example\r\n\r\nYou have won", "Eve\nSubject: x", "Eve\u2028Bcc: x", "Eve\u0085Bcc: x", "Eve\x00\x1b[31m",
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `{{.URL}}`, "\u202eevE", "=?utf-8?q?=0D=0ABcc:_x?=", "\xff\xfe", strings.Repeat("win money ", 100),
		"Log in at https://evil.example/acme", "evil.example", "www.evil.example", "eve@evil.example",
	} {
		for _, letter := range []authority.Letter{
			authority.ResetLetter{To: "a@b.example", Name: name, AccountName: name, URL: link, ExpiresAt: at},
			authority.InvitationLetter{To: "a@b.example", InvitedBy: name, AccountName: name, Role: curfew.RoleMember, URL: link, ExpiresAt: at},
			authority.SignInLetter{To: "a@b.example", Name: name, AccountName: name, Device: curfew.Device{Browser: name, OS: name}, IP: name, At: at, SessionsURL: link, ForgotURL: link},
			authority.PasswordLetter{To: "a@b.example", Name: name, AccountName: name, Device: curfew.Device{Browser: name, OS: name}, IP: name, At: at, ForgotURL: link},
		} {
			s := newServer(t, nil)
			p := newPost(t, Config{Server: s.server(true)})
			p.sends(letter)
			mails, _ := s.taken()
			if len(mails) != 1 {
				t.Fatalf("%q: %d mails", name, len(mails))
			}
			o := open(t, mails[0].data)
			for _, header := range []string{"Bcc", "Cc"} {
				if _, there := o.header[header]; there {
					t.Errorf("%q makes a header %s", name, header)
				}
			}
			if len(o.header["Subject"]) != 1 || len(o.header["To"]) != 1 || o.header.Get("To") != "<a@b.example>" || len([]rune(o.header.Get("Subject"))) > 600 {
				t.Errorf("%q makes the headers %v", name, o.header)
			}
			for _, mark := range []string{"\u202e", "\u2028", "\u0085", "\x1b", "\x00", "<script", "<img", "\nBcc:", "\nSubject:", "evil.example", "https://evil"} {
				if strings.Contains(o.html, mark) || !strings.HasPrefix(mark, "<") && strings.Contains(o.plain, mark) {
					t.Errorf("%q comes through with %q", name, mark)
				}
			}
			if !strings.Contains(o.plain, link) || strings.Contains(o.plain, strings.Repeat("win money ", 8)) {
				t.Errorf("%q spoils the mail:\n%s", name, o.plain)
			}
		}
	}
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"Zoë  Ünal\t": "Zoë Ünal", "": "", "\r\n": "", "نام\u200cخانوادگی": "نام\u200cخانوادگی",
		"Acme, Inc.": "Acme, Inc.", "J. R. Ünal": "J. R. Ünal", "Win at https://evil.example/x": "Win at https:\u2060/\u2060/\u2060evil.\u2060example/\u2060x",
		"evil。example": "evil。\u2060example", "me@evil.example": "me@\u2060evil.\u2060example",
		strings.Repeat("ä", 64): strings.Repeat("ä", 64), strings.Repeat("ä", 65): strings.Repeat("ä", 64) + "…",
	} {
		if got := line(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}
