package console

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

const signInPath = Path + "/sign-in"

func TestSignIn(t *testing.T) {
	d := newDesk(t)
	account := pathOf(curfew.ID{1, 15: 2})
	d.want(d.get(Path), 200, signInPath, "Operator sign-in", "service-keys create")
	d.want(d.get(account+"?after=x"), 200, signInPath+"?to="+url.QueryEscape(account+"?after=x"))
	d.want(d.post(account+"/end-sessions"), 200, signInPath)
	d.want(d.post(signInPath, "key", " "), 422, signInPath, "Enter a service key.")
	wrong := d.post(signInPath, "key", "cfk_wrong", "to", account)
	d.want(wrong, 401, signInPath, "no service key that works", `aria-invalid="true"`, `value="`+account+`"`)
	if strings.Contains(wrong.text, "cfk_wrong") || strings.Contains(d.log.String(), "cfk_wrong") {
		t.Error("the key comes back")
	}
	if d.asked > 0 {
		t.Error("somebody was let in")
	}
	for kind, status := range map[curfew.Kind]int{curfew.KindWrongScope: 403, curfew.KindRateLimited: 429, curfew.KindUnavailable: 503} {
		d.keyErr = &curfew.Error{Kind: kind, RetryAfter: 1500 * time.Millisecond}
		p := d.post(signInPath, "key", "good")
		d.want(p, status, signInPath)
		if after := p.Header.Get("Retry-After"); (after == "2") != (kind != curfew.KindWrongScope) {
			t.Errorf("%s: come back after %q", kind, after)
		}
	}
	d.keyErr = nil
	d.want(d.post(signInPath, "key", " good\n", "to", account), 200, account, "Night shift")
	d.want(d.get(Path+"/"), 200, Path)
	d.want(d.post(Path+"/sign-out"), 200, signInPath+"?reason=out", "You are signed out.")
	d.want(d.get(Path), 200, signInPath)
}

// Nothing that a link says leads elsewhere.
func TestBack(t *testing.T) {
	for to, want := range map[string]string{
		"": Path, Path: Path, Path + "/health": Path + "/health", Path + "?search=a%20b": Path + "?search=a%20b",
		"https://elsewhere.example/": Path, "//elsewhere.example/operator/": Path, "/operator/../login": Path, `/operator/\elsewhere`: Path,
		Path + "x": Path, "/metrics": Path, signInPath: Path, Path + "/sign-out": Path, "/operator/\r\nX: y": Path, "javascript:alert(1)": Path,
		"http://127.0.0.1/operator": Path, "%2F%2Felsewhere.example": Path, Path + "/" + strings.Repeat("a", 1000): Path,
	} {
		if got := back(to); got != want {
			t.Errorf("%q leads to %q", to, got)
		}
	}
}

func TestEndOfASession(t *testing.T) {
	d := newDesk(t)
	out := func(why string) {
		t.Helper()
		d.want(d.get(Path), 200, signInPath+"?reason="+why, reasons[why])
		d.want(d.get(Path), 200, signInPath)
	}
	d.signIn()
	d.now = d.now.Add(idleLimit - 1)
	d.want(d.get(Path), 200, Path)
	d.now = d.now.Add(idleLimit)
	out(endedIdle)
	d.signIn()
	for passed := time.Duration(0); passed < absoluteLimit-10*time.Minute; passed += 10 * time.Minute {
		d.now = d.now.Add(10 * time.Minute)
		d.want(d.get(Path), 200, Path)
	}
	d.now = d.now.Add(10 * time.Minute)
	out(endedByLimit)
	for _, kind := range []curfew.Kind{curfew.KindInvalidToken, curfew.KindWrongScope} {
		d.signIn()
		d.keyErr = curfew.NewError(kind, "")
		out(endedByKey)
		d.keyErr = nil
		d.want(d.get(Path), 200, signInPath) // it does not come back
	}
	// Another sign-in takes the place of the one before.
	d.signIn()
	before := cookieOf(d)
	d.signIn()
	if cookieOf(d) == before {
		t.Error("the secret stays")
	}
	if _, _, _, ok := d.con.book.use(before); ok {
		t.Error("the session before lives")
	}
	d.want(d.get(signInPath+"?reason=<b>"), 200, signInPath+"?reason=<b>")
}

func cookieOf(d *desk) string {
	at, _ := url.Parse(d.url + Path)
	for _, c := range d.client.Jar.Cookies(at) {
		if c.Name == cookieName {
			return c.Value
		}
	}
	return ""
}

func TestBookIsBounded(t *testing.T) {
	now := time.Now()
	b := newBook(func() time.Time { return now })
	first := b.open(authority.OperatorProof{})
	now = now.Add(time.Second)
	second := b.open(authority.OperatorProof{})
	for range mostSessions {
		now = now.Add(time.Millisecond)
		b.use(second)
		b.open(authority.OperatorProof{})
	}
	if _, _, _, ok := b.use(first); ok || len(b.all) != mostSessions {
		t.Errorf("%d sessions, the oldest among them: %t", len(b.all), ok)
	}
	if _, _, _, ok := b.use(second); !ok {
		t.Error("one in use made way")
	}
	now = now.Add(idleLimit)
	if b.open(authority.OperatorProof{}); len(b.all) != 1 {
		t.Errorf("%d sessions", len(b.all))
	}
	for key := range b.all {
		if bytes.Contains(key[:], []byte(first)) {
			t.Error("secrets are kept")
		}
	}
}

func TestCookieAndHeaders(t *testing.T) {
	d := newDesk(t)
	d.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p := d.signIn()
	cookies := p.Cookies()
	if len(cookies) != 1 || len(cookies[0].Value) != 43 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode ||
		cookies[0].Path != Path || cookies[0].MaxAge != 8*3600 || cookies[0].Domain != "" {
		t.Errorf("%+v", cookies)
	}
	for _, p := range []page{p, d.get(Path), d.get(Path + "/nowhere"), d.get(d.con.pages.style.path)} {
		for name, value := range headers {
			if got := p.Header.Get(name); got != value && !strings.HasPrefix(p.path, Path+"/assets/") {
				t.Errorf("%s: %s: %q", p.path, name, got)
			}
		}
	}
	if p := d.post(Path + "/sign-out"); len(p.Cookies()) != 1 || p.Cookies()[0].MaxAge >= 0 {
		t.Errorf("signing out: %v", p.Cookies())
	}
}

// What another page sends is refused, also one at another port of this machine,
// whose cookies are the same.
func TestOtherOrigins(t *testing.T) {
	d := newDesk(t)
	d.signIn()
	d.page.Items = make([]authority.AccountOverview, 1)
	end := pathOf(curfew.ID{15: 1}) + "/end-sessions"
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://127.0.0.1:1"}, {"Origin", "null"}} {
		for _, path := range []string{end, Path + "/sign-out", signInPath} {
			p := d.do("POST", path, url.Values{"key": {"good"}}, header...)
			d.want(p, 403, path, "Another page sent this request")
		}
	}
	if len(d.ended) > 0 {
		t.Error("sessions ended")
	}
	d.want(d.get(Path), 200, Path)
	d.want(d.do("POST", end, url.Values{}, "Sec-Fetch-Site", "same-origin", "Origin", d.url), 200, pathOf(curfew.ID{15: 1}))
	d.want(d.do("PUT", end, nil), 404, end) // by whoever is not a page
	d.want(d.do("POST", signInPath, url.Values{"key": {strings.Repeat("x", mostForm)}}), 413, signInPath)
}

func TestPanicIsAnAnswer(t *testing.T) {
	d := newDesk(t)
	d.signIn()
	d.con.Database = nil
	d.want(d.get(Path+"/health"), 500, Path+"/health", "Something went wrong")
	d.fake.err = errors.New("a secret cause")
	p := d.get(Path)
	d.want(p, 500, Path, "Something went wrong")
	if strings.Contains(p.text, "secret cause") || !strings.Contains(d.log.String(), "secret cause") {
		t.Error("the cause belongs into the log and nowhere else")
	}
}
