package mail

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestSendBySMTP(t *testing.T) {
	s := newServer(t, nil)
	p := newPost(t, Config{Server: s.server(true)})
	p.sends(reset)
	mails, _ := s.taken()
	if len(mails) != 1 || !strings.HasPrefix(mails[0].from, "FROM:<no-reply@example.com>") || mails[0].to != "TO:<bob@acme.example>" {
		t.Fatalf("taken were %+v", mails)
	}
	o := open(t, mails[0].data)
	for name, want := range map[string]string{
		"From": `"Curfew" <no-reply@example.com>`, "To": "<bob@acme.example>", "Subject": "Set a new password", "Auto-Submitted": "auto-generated",
		"Date": "Mon, 02 Mar 2026 09:00:00 +0000", "User-Agent": "", "X-Mailer": "", "Bcc": "", "Reply-To": "",
	} {
		if got := o.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if id := o.header.Get("Message-Id"); !strings.HasSuffix(id, "@example.com>") || len(id) < 30 {
		t.Errorf("Message-ID is %s", id)
	}
	if !strings.Contains(o.plain, "\n"+link+"\n") || !strings.Contains(o.html, `href="`+link+`"`) {
		t.Errorf("the link did not arrive:\n%s\n%s", o.plain, o.html)
	}
	if !s.said("EHLO AUTH.EXAMPLE.COM") {
		t.Errorf("it said %v", s.commands)
	}
	p.want(t, map[string]int{"reset sent": 1}, `"to_domain":"acme.example"`)
}

// TestTLS: what a server must offer before anything is said to it.
func TestTLS(t *testing.T) {
	good, roots := certificate(t, "127.0.0.1")
	wrong, _ := certificate(t, "elsewhere.example") // good, but for another host
	roots.AddCert(mustParse(t, wrong.Certificates[0].Certificate[0]))
	for _, tt := range []struct {
		name    string
		change  func(*smtpServer)
		local   bool
		arrives bool
		clear   bool // in the clear
	}{
		{"STARTTLS", func(s *smtpServer) { s.starttls, s.cert, s.login = true, good, "u:hunter2" }, false, true, false},
		{"TLS from the first byte", func(s *smtpServer) { s.implicit, s.cert, s.login = true, good, "u:hunter2" }, false, true, false},
		{"no STARTTLS", func(s *smtpServer) { s.login = "u:hunter2" }, false, false, false},
		{"STARTTLS refused", func(s *smtpServer) {
			s.starttls, s.cert, s.login = true, good, "u:hunter2"
			s.answer = func(_ int, command string) string {
				return map[bool]string{true: "454 4.7.0 not now"}[command == "STARTTLS"]
			}
		}, false, false, false},
		{"another's certificate", func(s *smtpServer) { s.starttls, s.cert, s.login = true, wrong, "u:hunter2" }, false, false, false},
		{"another's certificate from the first byte", func(s *smtpServer) { s.implicit, s.cert, s.login = true, wrong, "u:hunter2" }, false, false, false},
		{"loopback without TLS", func(s *smtpServer) { s.login = "u:hunter2" }, true, true, true},
		{"loopback with another's certificate", func(s *smtpServer) { s.starttls, s.cert, s.login = true, wrong, "u:hunter2" }, true, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, tt.change)
			p := newPost(t, Config{Server: s.server(tt.local)})
			r := p.transport.(relay)
			r.roots = roots
			p.transport = r
			p.sends(reset)
			mails, _ := s.taken()
			if !tt.arrives {
				if len(mails) != 0 || s.said("AUTH") || s.said("MAIL") || s.said("RCPT") {
					t.Errorf("it went on: %v", s.commands)
				}
				p.want(t, map[string]int{"reset failed": 1})
				return
			}
			if len(mails) != 1 || mails[0].encrypted == tt.clear || !s.said("AUTH PLAIN") {
				t.Errorf("taken were %+v after %v", mails, s.commands)
			}
			p.want(t, map[string]int{"reset sent": 1})
		})
	}
}

// TestRefusals: what a server refuses for good is not tried again, what it
// refuses for a while is; and nothing that it says goes to the log.
func TestRefusals(t *testing.T) {
	says := func(at, what string, times int) func(*smtpServer) {
		var said atomic.Int32
		return func(s *smtpServer) {
			s.answer = func(_ int, command string) string {
				if !strings.HasPrefix(command, at) || int(said.Add(1)) > times {
					return ""
				}
				return what
			}
		}
	}
	const quoted = " <bob@acme.example> " + link
	for _, tt := range []struct {
		name        string
		change      func(*smtpServer)
		connections int
		sent        int
		inLog       string
	}{
		{"no such person", says("RCPT", "550 5.1.1"+quoted, 9), 1, 0, "RCPT TO command: the server answered 550 5.1.1"},
		{"a sender it does not know", says("MAIL", "553 5.7.1"+quoted, 9), 1, 0, "MAIL FROM command: the server answered 553 5.7.1"},
		{"it does not like the mail", says(".", "554 5.7.1 spam:"+quoted, 9), 1, 0, "the server answered 554 5.7.1"},
		{"greylisted", says("RCPT", "451 4.7.1"+quoted, 1), 2, 1, "sent"},
		{"full", says(".", "452 4.3.1"+quoted, 2), 3, 1, "sent"},
		{"away for long", says("MAIL", "421 4.3.0"+quoted, 9), 4, 0, "answered 421 4.3.0"},
		{"hangs up in the middle", says("RCPT", hangUp, 1), 2, 1, "sent"},
		{"hangs up for good", says("DATA", hangUp, 9), 4, 0, "the connection broke"},
		{"hangs up after it has taken the mail", says("RSET", hangUp, 9), 1, 1, "sent"},
		{"does not say good bye", says("QUIT", hangUp, 9), 1, 1, "sent"},
		{"wrong password", func(s *smtpServer) {
			s.login = "u:hunter2"
			says("AUTH", "535 5.7.8 hunter2", 9)(s)
		}, 1, 0, "the server answered 535 before it took any mail"},
		{"no service", says("", "554 5.0.0 no", 9), 1, 0, "the server answered 554 before it took any mail"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, tt.change)
			p := newPost(t, Config{Server: s.server(true)})
			p.sends(reset)
			mails, connections := s.taken()
			if len(mails) != tt.sent || connections != tt.connections {
				t.Errorf("%d mails over %d connections, want %d and %d", len(mails), connections, tt.sent, tt.connections)
			}
			if !slices.Equal(p.pauses, pauses[:tt.connections-1]) {
				t.Errorf("it paused for %v", p.pauses)
			}
			want := map[string]int{"reset failed": 1}
			if tt.sent == 1 {
				want = map[string]int{"reset sent": 1}
			}
			p.want(t, want, tt.inLog)
		})
	}
}

// TestNobodyThere: a server that is down is tried again.
func TestNobodyThere(t *testing.T) {
	s := newServer(t, nil)
	server := s.server(true)
	s.listener.Close()
	p := newPost(t, Config{Server: server})
	p.sends(reset)
	p.want(t, map[string]int{"reset failed": 1}, `"tries":4`, "connection refused")
}

// TestSlowServer: each mail has its time.
func TestSlowServer(t *testing.T) {
	for _, implicit := range []bool{false, true} {
		s := newServer(t, func(s *smtpServer) {
			s.implicit = implicit
			s.cert, _ = certificate(t, "127.0.0.1")
			s.greet = func(int) bool { return false }
		})
		p := newPost(t, Config{Server: s.server(true)})
		m, _, err := p.message(Text{To: reset.To})
		must(t, err)
		err = relay{server: s.server(true), helo: "x", time: 20 * time.Millisecond}.send(context.Background(), m)
		if err == nil || permanent(err) {
			t.Errorf("got %v", err)
		}
	}
}
