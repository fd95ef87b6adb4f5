package device

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/curfew-auth/curfew/internal/curfew"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name, userAgent, browser, os, kind string
	}{
		{"Chrome on Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", "Chrome 141", "Windows", Desktop},
		{"Chrome on macOS", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", "Chrome 141", "macOS", Desktop},
		{"Chrome on Linux", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", "Chrome 141", "Linux", Desktop},
		{"Chrome on ChromeOS", "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", "Chrome 141", "ChromeOS", Desktop},
		{"Chrome on an Android phone", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36", "Chrome 141", "Android", Phone},
		{"Chrome on an Android tablet", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", "Chrome 141", "Android", Tablet},
		{"Chrome on an iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0.7390.41 Mobile/15E148 Safari/604.1", "Chrome 141", "iOS", Phone},
		{"Edge on Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.3537.71", "Edge 141", "Windows", Desktop},
		{"Edge on Android", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36 EdgA/141.0.3537.58", "Edge 141", "Android", Phone},
		{"Safari on macOS", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15", "Safari 26", "macOS", Desktop},
		{"Safari on an iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1", "Safari 26", "iOS", Phone},
		{"Safari on an iPad", "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1", "Safari 26", "iOS", Tablet},
		{"Firefox on Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox 144", "Windows", Desktop},
		{"Firefox on macOS", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox 144", "macOS", Desktop},
		{"Firefox on Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox 144", "Linux", Desktop},
		{"Firefox on Ubuntu", "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox 144", "Linux", Desktop},
		{"Firefox on an Android phone", "Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0", "Firefox 144", "Android", Phone},
		{"Firefox on an Android tablet", "Mozilla/5.0 (Android 15; Tablet; rv:144.0) Gecko/144.0 Firefox/144.0", "Firefox 144", "Android", Tablet},
		{"Firefox on an iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/144.0 Mobile/15E148 Safari/605.1.15", "Firefox 144", "iOS", Phone},
		{"Samsung Internet", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", "Samsung Browser 28", "Android", Phone},
		{"Opera on Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/122.0.0.0", "Opera 122", "Windows", Desktop},
		{"curl", "curl/8.16.0", "curl 8", "", Other},
		{"Go", "Go-http-client/1.1", "Go-http-client 1", "", Other},
		{"Python", "python-requests/2.32.5", "python-requests 2", "", Other},
		{"Googlebot", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot 2", "", Bot},
		{"Googlebot on a phone", "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.7390.41 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot 2", "Android", Bot},
		{"bingbot", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36", "Bingbot 2", "", Bot},
		{"AdsBot", "AdsBot-Google (+http://www.google.com/adsbot.html)", "Google Ads Bot", "", Bot},
		{"headless Chrome", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36", "Headless Chrome 141", "Linux", Bot},

		{"empty", "", "", "", Other},
		{"blank", " \t ", "", "", Other},
		{"words", "trust me", "", "", Other},
		{"a bot of many words", "I am a robot and this is my robot story", "", "", Bot},
		{"only Mozilla", "Mozilla/5.0", "", "", Other},
		{"markup", `<script>alert(1)</script>/1.0`, "", "", Other},
		{"a line of its own", "Firefox/144.0\r\nSet-Cookie: a=b", "Firefox 144", "", Other},
		{"right to left", "\u202eFire\u2066fox\u202c/144.0 (Windows NT 10.0)", "Firefox 144", "Windows", Desktop},
		{"broken UTF-8", "Fire\xff\xfefox/144.0", "Firefox 144", "", Other},
		{"no number", "Firefox/latest", "", "", Other},
		{"a great number", "Firefox/99999999999999999999", "", "", Other},
		{"ten kilobytes", strings.Repeat("A", 10<<10), "", "", Other},
		{"ten kilobytes of name", strings.Repeat("A", 400) + "/12.3 " + strings.Repeat("(", 10<<10), strings.Repeat("A", 61) + " 12", "", Other},
		{"cut in a character", strings.Repeat("x", 511) + "語", "", "", Other},
	} {
		want := curfew.Device{Browser: test.browser, OS: test.os, Kind: test.kind}
		if got := Parse(test.userAgent); got != want {
			t.Errorf("%s: %+v, want %+v", test.name, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0")
	f.Add("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36")
	f.Add("Android")
	f.Add("(Android;")
	f.Add("x86_64 CrOS x86_64 1")
	f.Add("\u202e[:/(http://")
	f.Fuzz(func(t *testing.T, userAgent string) {
		d := Parse(userAgent)
		for _, s := range []string{d.Browser, d.OS} {
			if utf8.RuneCountInString(s) > maxText || clean(s) != s || strings.TrimSpace(s) != s || strings.ContainsAny(s, "<>&\"'") {
				t.Fatalf("%q gives %+v", userAgent, d)
			}
		}
		switch d.Kind {
		case Desktop, Phone, Tablet, Bot, Other:
		default:
			t.Fatalf("%q gives %+v", userAgent, d)
		}
	})
}
