package webhook

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/token"
)

// TestGuard: what is private by whatever name is refused, when it is dialed.
func TestGuard(t *testing.T) {
	open := Guard{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.2.0/24"), netip.MustParsePrefix("fd00:1::/64")}}
	for address, want := range map[string]struct{ secure, clear, allowed bool }{
		"93.184.216.34":          {secure: true},
		"2606:4700::6810:84e5":   {secure: true},
		"10.1.2.3":               {allowed: true},
		"::ffff:10.1.2.3":        {allowed: true},
		"fd00:1::7":              {allowed: true},
		"10.1.3.3":               {},
		"127.0.0.1":              {},
		"127.255.255.254":        {},
		"0.0.0.0":                {},
		"169.254.169.254":        {},
		"100.64.0.1":             {},
		"172.16.0.1":             {},
		"172.32.0.1":             {secure: true},
		"192.168.1.1":            {},
		"198.18.0.1":             {},
		"224.0.0.1":              {},
		"255.255.255.255":        {},
		"::":                     {},
		"::1":                    {},
		"::127.0.0.1":            {},
		"::ffff:127.0.0.1":       {},
		"::ffff:169.254.169.254": {},
		"fe80::1%lo":             {},
		"fc00::1":                {},
		"fd12:3456::1":           {},
		"fec0::1":                {},
		"ff02::1":                {},
		"64:ff9b::7f00:1":        {},
		"64:ff9b::a00:1":         {},
		"64:ff9b:1::1":           {},
		"64:ff9b::5db8:d822":     {secure: true},
		"2002:7f00:1::":          {},
		"2001::1":                {},
		"2001:db8::1":            {},
		"3fff::1":                {},
	} {
		a := netip.MustParseAddr(address)
		net := network(a.Unmap())
		dialed := netip.AddrPortFrom(a, 443).String()
		for name, got := range map[string]struct{ got, want bool }{
			"https, nothing allowed": {Guard{}.control(false)(net, dialed, nil) == nil, want.secure},
			"http, nothing allowed":  {Guard{}.control(true)(net, dialed, nil) == nil, want.clear},
			"https, some allowed":    {open.control(false)(net, dialed, nil) == nil, want.secure || want.allowed},
			"http, some allowed":     {open.control(true)(net, dialed, nil) == nil, want.clear || want.allowed},
		} {
			if got.got != got.want {
				t.Errorf("%s, %s: may be reached %t, want %t", address, name, got.got, got.want)
			}
		}
	}
	// Whoever tries it out by http on their own machine is told what lets them.
	const local = "http://127.0.0.1:3000/"
	if err := (Guard{}).JudgeURL(local); err == nil || !strings.Contains(err.Error(), "CURFEW_WEBHOOK_ALLOW") {
		t.Errorf("%s, nothing allowed: %v", local, err)
	}
	if err := (Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}).JudgeURL(local); err != nil {
		t.Errorf("%s, allowed: %v", local, err)
	}
	for _, other := range []string{"unix", "udp4", "tcp"} {
		if (Guard{}).control(false)(other, "93.184.216.34:443", nil) == nil {
			t.Errorf("a connection of %s", other)
		}
	}
	if (Guard{}).control(false)("tcp4", "hooks.example:443", nil) == nil {
		t.Error("a name was dialed")
	}
}

// TestSign is verified by another hand.
func TestSign(t *testing.T) {
	secrets := []token.WebhookSecret{token.NewWebhookSecret(), token.NewWebhookSecret()}
	header := http.Header{}
	sign(header, "0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d", time.Now(), `{"type":"session.ended"}`, secrets)
	for _, secret := range secrets {
		w, err := standard.NewWebhook(secret.Text())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Verify([]byte(`{"type":"session.ended"}`), header); err != nil {
			t.Error(err)
		}
		if w.Verify([]byte(`{"type":"session.started"}`), header) == nil {
			t.Error("another body is verified")
		}
	}
	if w, _ := standard.NewWebhook(token.NewWebhookSecret().Text()); w.Verify([]byte(`{"type":"session.ended"}`), header) == nil {
		t.Error("another secret verifies")
	}
	if text := secrets[0].String(); strings.Contains(secrets[0].Text(), strings.TrimPrefix(text, "whsec_")) {
		t.Errorf("a log shows %s", text)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "x": 0, "-5": 0, "120": 2 * time.Minute, "0": 0, "99999999999": 0,
		now.Add(time.Hour).Format(http.TimeFormat): time.Hour, now.Add(-time.Hour).Format(http.TimeFormat): 0,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestNothingOfTheAnswerIsKept: also of one who does not speak HTTP.
func TestNothingOfTheAnswerIsKept(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("SSH-2.0-a banner of the inside\r\n"))
			_ = c.Close()
		}
	}()
	s := NewSender(Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, "test", time.Now)
	defer s.Close()
	sent := s.Send(t.Context(), authority.ClaimedDelivery{URL: "http://" + listener.Addr().String() + "/a-secret-path"})
	if sent.Error == "" || strings.Contains(sent.Error, "banner") || strings.Contains(sent.Error, "secret") {
		t.Errorf("the attempt says %q", sent.Error)
	}
}
