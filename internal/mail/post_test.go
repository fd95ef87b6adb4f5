package mail

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/curfew-auth/curfew/internal/authority"
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
