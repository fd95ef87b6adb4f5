package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var at = time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)

const link = "https://auth.example.com/reset#token=cfp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

var reset = authority.ResetLetter{To: "bob@acme.example", Name: "Bob", AccountName: "Acme", URL: link, ExpiresAt: at.Add(time.Hour)}

// post is a Sender under test, with all that it tells.
type post struct {
	*Sender
	mu     sync.Mutex
	counts map[string]int
	log    bytes.Buffer
	pauses []time.Duration
	// rest is what its pauses end with.
	rest func(ctx context.Context) error
}

func (p *post) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func newPost(t *testing.T, c Config) *post {
	t.Helper()
	p := &post{counts: map[string]int{}, rest: func(context.Context) error { return nil }}
	c.From, c.PublicURL, c.Now = "Curfew <no-reply@example.com>", "https://auth.example.com", func() time.Time { return at }
	c.Log = slog.New(slog.NewJSONHandler(p, nil))
	c.Count = func(kind authority.LetterKind, outcome string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.counts[string(kind)+" "+outcome]++
	}
	c.Sleep = func(ctx context.Context, d time.Duration) error {
		p.mu.Lock()
		p.pauses = append(p.pauses, d)
		p.mu.Unlock()
		return p.rest(ctx)
	}
	var err error
	p.Sender, err = New(c)
	must(t, err)
	t.Cleanup(func() { p.Sender.Stop(ended()) })
	return p
}

// ended is a context of which nothing is left.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// sends puts letters into the queue, and returns when they are worked off.
func (p *post) sends(letters ...authority.Letter) {
	for _, l := range letters {
		p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { return l, nil })
	}
	p.works()
}

func (p *post) works() {
	p.Start()
	p.Stop(context.Background())
}

// want holds counts and log against what should be in them.
func (p *post) want(t *testing.T, counts map[string]int, inLog ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if fmt.Sprint(p.counts) != fmt.Sprint(counts) {
		t.Errorf("counted %v, want %v", p.counts, counts)
	}
	for _, s := range inLog {
		if !strings.Contains(p.log.String(), s) {
			t.Errorf("the log lacks %q:\n%s", s, p.log.String())
		}
	}
	for _, s := range []string{"cfp_", "#token", "bob@", "hunter2"} {
		if strings.Contains(p.log.String(), s) {
			t.Errorf("the log holds %q:\n%s", s, p.log.String())
		}
	}
}

// opened is a mail as its reader sees it.
type opened struct {
	header      netmail.Header
	plain, html string
}

func open(t *testing.T, text string) (o opened) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(text))
	must(t, err)
	o.header = m.Header
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the mail is %s, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, into := range []struct {
		kind string
		text *string
	}{{"text/plain; charset=UTF-8", &o.plain}, {"text/html; charset=UTF-8", &o.html}} {
		part, err := parts.NextRawPart()
		must(t, err)
		if part.Header.Get("Content-Type") != into.kind || part.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Errorf("a part is %v", part.Header)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(part))
		must(t, err)
		*into.text = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("there are more parts: %v", err)
	}
	return o
}

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

// TestHangingServer: a server that says nothing is given up, and holds up one
// worker and not all.
func TestHangingServer(t *testing.T) {
	reached := make(chan struct{})
	s := newServer(t, func(s *smtpServer) {
		s.greet = func(n int) bool {
			if n == 1 {
				close(reached)
			}
			return n > 1
		}
	})
	p := newPost(t, Config{Server: s.server(true)})
	p.Start()
	later := func() {
		if !p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { return reset, nil }) {
			t.Error("not taken")
		}
	}
	later()
	<-reached
	done := make(chan struct{})
	for range 3 {
		later()
	}
	p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { close(done); return nil, nil })
	<-done
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		p.Stop(ctx)
	}()
	<-p.stopping.Done()
	cancel() // the time to stop is over
	<-stopped
	p.mu.Lock()
	defer p.mu.Unlock()
	total := 0
	for _, n := range p.counts {
		total += n
	}
	if total != 4 || p.counts["reset failed"]+p.counts["reset dropped"] < 1 {
		t.Errorf("counted %v", p.counts)
	}
}

// TestWhatFailsHoldsUpNothing: letters that wait to be tried again, however
// many, let others pass.
func TestWhatFailsHoldsUpNothing(t *testing.T) {
	s := newServer(t, func(s *smtpServer) {
		s.answer = func(_ int, command string) string {
			return map[bool]string{true: "450 4.1.2 no such domain"}[strings.Contains(command, "@nowhere.example")]
		}
	})
	p := newPost(t, Config{Server: s.server(true)})
	p.rest = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	lost, sent := reset, make(chan struct{})
	lost.To = "eve@nowhere.example"
	for range 3 * workers {
		p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { return lost, nil })
	}
	p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { return reset, nil })
	p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { close(sent); return nil, nil })
	p.Start()
	<-sent
	p.Stop(context.Background())
	p.want(t, map[string]int{"reset sent": 1, "reset failed": 3 * workers}, "answered 450 4.1.2")

	// There is not room for all of them: the rest is given up at once.
	p = newPost(t, Config{Server: s.server(true)})
	for range queueLength {
		p.resting <- struct{}{}
	}
	p.sends(lost)
	p.want(t, map[string]int{"reset failed": 1}, `"tries":1`)
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

// TestWriting: what becomes of letters that are not written at once.
func TestWriting(t *testing.T) {
	for _, tt := range []struct {
		name   string
		write  func(try int) (authority.Letter, error)
		tries  int
		counts map[string]int
	}{
		{"none", func(int) (authority.Letter, error) { return nil, nil }, 1, map[string]int{}},
		{"the store is away for a moment", func(try int) (authority.Letter, error) {
			if try == 1 {
				return nil, curfew.Unavailable(errors.New("x"))
			}
			return reset, nil
		}, 2, map[string]int{"reset sent": 1}},
		{"the store is away", func(int) (authority.Letter, error) { return nil, curfew.Unavailable(errors.New("x")) }, 4, map[string]int{"reset failed": 1}},
		{"it cannot be written", func(int) (authority.Letter, error) { return nil, errors.New("x") }, 1, map[string]int{"reset failed": 1}},
		{"a panic", func(int) (authority.Letter, error) { panic("a bug") }, 1, map[string]int{"reset failed": 1}},
		{"no words for it", func(int) (authority.Letter, error) { return strange{}, nil }, 1, map[string]int{"reset failed": 1}},
		{"no address", func(int) (authority.Letter, error) { return authority.ResetLetter{To: "a@b\r\nRCPT TO:<c@d>"}, nil }, 1, map[string]int{"reset failed": 1}},
		{"an address in quotes", func(int) (authority.Letter, error) {
			return authority.ResetLetter{To: `"a@b.example> ORCPT=x@y.example"@c.example`}, nil // go-mail CVE-2025-59937
		}, 1, map[string]int{"reset failed": 1}},
		{"several addresses", func(int) (authority.Letter, error) { return authority.ResetLetter{To: "a@b, c@d"}, nil }, 1, map[string]int{"reset failed": 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, nil)
			p := newPost(t, Config{Server: s.server(true)})
			tries := 0
			p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) {
				tries++
				return tt.write(tries)
			})
			p.works()
			if tries != tt.tries {
				t.Errorf("it was asked %d times, want %d", tries, tt.tries)
			}
			p.want(t, tt.counts)
		})
	}
}

type strange struct{}

func (strange) Recipient() string { return "x@y" }

// TestQueue: no more wait than there is room for, who comes then is told, and
// nobody waits.
func TestQueue(t *testing.T) {
	s := newServer(t, nil)
	p := newPost(t, Config{Server: s.server(true)})
	later := func() bool {
		return p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { return nil, nil })
	}
	for i := range queueLength {
		if !later() {
			t.Fatalf("number %d was not taken", i+1)
		}
	}
	for range 3 {
		if later() {
			t.Fatal("one too many was taken")
		}
	}
	p.want(t, map[string]int{"reset dropped": 3}, "too much of it is waiting")
	if n := strings.Count(p.log.String(), "\n"); n != 1 {
		t.Errorf("%d lines in the log", n)
	}
	p.works()
	if later() {
		t.Error("taken after the end")
	}
	p.want(t, map[string]int{"reset dropped": 4})
}

// TestStopSendsWhatWaits: a stop sends all, as long as it has time.
func TestStopSendsWhatWaits(t *testing.T) {
	s := newServer(t, nil)
	p := newPost(t, Config{Server: s.server(true)})
	p.sends(slices.Repeat([]authority.Letter{reset}, 20)...)
	p.Stop(context.Background()) // once more does no harm
	if mails, _ := s.taken(); len(mails) != 20 {
		t.Errorf("%d were sent", len(mails))
	}
	p.want(t, map[string]int{"reset sent": 20})

	p = newPost(t, Config{Server: s.server(true)})
	for range 5 {
		p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { return reset, nil })
	}
	p.Stop(ended())
	p.Start()
	p.working.Wait()
	p.want(t, map[string]int{"reset dropped": 5}, "the time to stop was over")
}

// TestStopDoesNotWaitOutPauses: what failed once is given up at a stop.
func TestStopDoesNotWaitOutPauses(t *testing.T) {
	s := newServer(t, func(s *smtpServer) { s.answer = func(int, string) string { return "421 4.3.0 later" } })
	p := newPost(t, Config{Server: s.server(true)})
	paused := make(chan struct{})
	p.rest = func(ctx context.Context) error {
		close(paused)
		<-ctx.Done()
		return ctx.Err()
	}
	p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { return reset, nil })
	p.Start()
	<-paused
	p.Stop(context.Background())
	p.want(t, map[string]int{"reset failed": 1}, `"tries":1`)
}

func TestFolder(t *testing.T) {
	folder := t.TempDir()
	p := newPost(t, Config{Folder: folder})
	p.sends(reset, reset)
	files, err := os.ReadDir(folder)
	must(t, err)
	if len(files) != 2 {
		t.Fatalf("%d files", len(files))
	}
	for _, f := range files {
		info, err := f.Info()
		must(t, err)
		if info.Mode() != 0o600 || !strings.HasPrefix(f.Name(), "20260302T090000.123456Z-") || !strings.HasSuffix(f.Name(), ".eml") {
			t.Errorf("%s has mode %o", f.Name(), info.Mode())
		}
		b, err := os.ReadFile(filepath.Join(folder, f.Name()))
		must(t, err)
		if o := open(t, string(b)); !strings.Contains(o.plain, link) || o.header.Get("To") != "<bob@acme.example>" {
			t.Errorf("%s", b)
		}
	}
	p.want(t, map[string]int{"reset sent": 2})

	p = newPost(t, Config{Folder: folder})
	must(t, os.RemoveAll(folder))
	p.sends(reset)
	p.want(t, map[string]int{"reset failed": 1}, "no such file or directory")
	_, err = New(Config{From: "a@b", Folder: folder})
	if err == nil || err.Error() != "CURFEW_SMTP_URL names the folder "+folder+", and there is none: create it, or correct the path" {
		t.Errorf("got %v", err)
	}
}
