package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The real nginx in front of the real Curfew. Nothing here knows how either does
// it: only what a browser, and the product, see.

// book keeps what Curfew and nginx log.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// world is the stack, and one browser.
type world struct {
	t *testing.T
	*stack
	jar  *cookiejar.Jar
	base *url.URL
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// startAll starts everything for a test.
func startAll(t *testing.T) *world {
	t.Helper()
	program := filepath.Join(t.TempDir(), "curfew")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "../../cmd/curfew")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make does, and in its cache
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	log := new(book)
	s, err := start(context.Background(), options{curfew: program, listen: "127.0.0.1:0", log: log})
	must(t, err)
	t.Cleanup(func() {
		must(t, s.stop())
		if t.Failed() {
			t.Log(log.String())
		}
	})
	base, err := url.Parse(s.url)
	must(t, err)
	w := &world{t: t, stack: s, base: base}
	w.forget()
	return w
}

// forget makes a new browser of this one.
func (w *world) forget() {
	jar, err := cookiejar.New(nil)
	must(w.t, err)
	w.jar = jar
}

// answer is an answer, read.
type answer struct {
	*http.Response
	body string
}

// ask sends a request as the browser. Headers are "Name: value", also several of
// one name.
func (w *world) ask(method, path, body string, headers ...string) answer {
	w.t.Helper()
	request, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	must(w.t, err)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		request.Header[name] = append(request.Header[name], value)
	}
	client := &http.Client{Jar: w.jar, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	must(w.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(w.t, err)
	return answer{response, string(text)}
}

// signIn signs in as the pages do, and gives the answer's ids.
func (w *world) signIn() (token string, ids map[string]string) {
	w.t.Helper()
	a := w.ask("POST", "/api/v1/auth/login", `{"email":"`+email+`","password":"`+w.password+`"}`, "Sec-Fetch-Site: same-origin")
	var in struct {
		Token   string `json:"access_token"`
		Session struct{ ID string }
		User    struct{ ID, Role string }
		Account struct{ ID string }
	}
	if err := json.Unmarshal([]byte(a.body), &in); err != nil || a.StatusCode != 200 {
		w.t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	return in.Token, map[string]string{"X-Curfew-User": in.User.ID, "X-Curfew-Account": in.Account.ID, "X-Curfew-Session": in.Session.ID, "X-Curfew-Role": in.User.Role}
}

// reached wants the product to have been reached, and to have been told exactly
// this.
func (w *world) reached(a answer, ids map[string]string) seen {
	w.t.Helper()
	var s seen
	if err := json.Unmarshal([]byte(a.body), &s); err != nil || a.StatusCode != 200 || s.Path == "" {
		w.t.Fatalf("the product was not reached: %d %s", a.StatusCode, a.body)
	}
	for name, values := range s.Curfew {
		if len(values) != 1 || values[0] != ids[name] {
			w.t.Errorf("the product is told %s %q, want %q", name, values, ids[name])
		}
	}
	if len(s.Curfew) != len(ids) {
		w.t.Errorf("the product is told %v", s.Curfew)
	}
	for _, cookie := range s.Cookies {
		if strings.Contains(cookie, "curfew_") {
			w.t.Errorf("the product gets the cookies %q", s.Cookies)
		}
	}
	return s
}

// refused wants nginx's own answer of a status: nothing reached the product.
func (w *world) refused(a answer, status int) {
	w.t.Helper()
	if a.StatusCode != status || strings.Contains(a.body, `"curfew"`) {
		w.t.Errorf("got %d %s, want %d", a.StatusCode, a.body, status)
	}
}

func TestNginx(t *testing.T) {
	w := startAll(t)

	// Nobody: page loads go on by /continue, what scripts fetch does not.
	for _, load := range [][]string{
		{"Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: cross-site"},
		{"Accept: text/html,application/xhtml+xml"},
	} {
		a := w.ask("GET", "/orders?page=2&sort=name%20up", "", load...)
		if at := a.Header.Get("Location"); a.StatusCode != 302 || at != "/continue?return_to=/orders?page=2&sort=name%20up" {
			t.Fatalf("%d to %q", a.StatusCode, at)
		}
	}
	next := w.ask("GET", "/continue?return_to=/orders?page=2&sort=name%20up", "").Header.Get("Location")
	to, err := url.Parse(next)
	if err != nil || to.Path != "/continue" || to.Query().Get("return_to") != "/orders?page=2&sort=name%20up" {
		t.Fatalf("then to %q", next)
	}
	for _, page := range []string{next, "/login?return_to=%2Forders", "/account/security"} {
		if a := w.ask("GET", page, "", "Accept: text/html"); a.StatusCode != 200 || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || a.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s is not Curfew's page: %d %v", page, a.StatusCode, a.Header)
		}
	}
	for _, other := range [][]string{{"Sec-Fetch-Mode: cors", "Accept: text/html"}, {"Sec-Fetch-Mode: no-cors"}, {"Accept: application/json"}, nil} {
		w.refused(w.ask("GET", "/orders", "", other...), 401)
	}
	w.refused(w.ask("POST", "/orders", `{}`, "Sec-Fetch-Mode: navigate", "Accept: text/html"), 401)

	// Signed in.
	token, ids := w.signIn()
	a := w.reached(w.ask("GET", "/orders?page=2&sort=name", ""), ids)
	if a.Path != "/orders?page=2&sort=name" || len(a.Cookies) != 0 {
		t.Errorf("the product saw %+v", a)
	}
	// The product's own cookies stay, Curfew's do not, however many and wherever.
	w.jar.SetCookies(w.base, []*http.Cookie{{Name: "theme", Value: "dark"}, {Name: "lang", Value: "en"}})
	a = w.reached(w.ask("GET", "/", ""), ids)
	if all := strings.Join(a.Cookies, "; "); !strings.Contains(all, "theme=dark") || !strings.Contains(all, "lang=en") {
		t.Errorf("the product gets the cookies %q", a.Cookies)
	}
	other := *w
	other.forget()
	if a = other.reached(other.ask("GET", "/", "", "Cookie: a=1; curfew_refresh=cfr_x; curfew_access="+token+";b=2; curfew_browser=x"), ids); len(a.Cookies) != 1 ||
		!strings.Contains(a.Cookies[0], "a=1") || !strings.Contains(a.Cookies[0], "b=2") {
		t.Errorf("the product gets the cookies %q", a.Cookies)
	}
	// More than nginx takes out, and more than a browser has: then none at all.
	if a = w.reached(w.ask("GET", "/", "", "Cookie: "+strings.Repeat("curfew_refresh=cfr_x; ", 6)), ids); len(a.Cookies) != 0 {
		t.Errorf("the product gets the cookies %q", a.Cookies)
	}

	// What a client says of itself counts for nothing.
	forged := []string{"X-Curfew-User: evil", "X-Curfew-Account: evil", "X-Curfew-Session: evil", "X-Curfew-Role: admin", "x-curfew-user: evil", "X_Curfew_User: evil"}
	w.reached(w.ask("GET", "/orders", "", forged...), ids)

	// What changes something comes from this origin's own page, whatever method a
	// client says that it has.
	for _, site := range []string{"cross-site", "same-site"} {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			w.refused(w.ask(method, "/orders", `{}`, "Sec-Fetch-Site: "+site, "X-Forwarded-Method: GET", "X-Original-Method: GET"), 403)
		}
		w.reached(w.ask("GET", "/orders", "", "Sec-Fetch-Site: "+site), ids)
	}
	w.refused(w.ask("POST", "/orders", `{}`), 403) // a browser that does not say
	if s := w.reached(w.ask("POST", "/orders", `{"a":1}`, "Sec-Fetch-Site: same-origin"), ids); s.Method != "POST" || s.Body != `{"a":1}` {
		t.Errorf("the product saw %+v", s)
	}
	// No address of nginx's own, and none of Curfew's behind another name, leads around it.
	w.refused(w.ask("GET", "/_whose_request", ""), 404)

	// The refresh cookie opens nothing; a refresh brings the other back.
	refresh := slices.IndexFunc(w.jar.Cookies(w.base), func(c *http.Cookie) bool { return c.Name == "curfew_refresh" })
	if refresh < 0 {
		t.Fatal("there is no refresh cookie")
	}
	w.jar.SetCookies(w.base, []*http.Cookie{{Name: "curfew_access", MaxAge: -1}})
	w.refused(w.ask("GET", "/orders", ""), 401)
	if a := w.ask("POST", "/api/v1/auth/refresh", `{"inactive_seconds":0}`, "Sec-Fetch-Site: same-origin"); a.StatusCode != 200 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	w.reached(w.ask("GET", "/orders", ""), ids)

	// An ended session is refused with the next request.
	if out, err := exec.Command(w.program, "session", "revoke", "--data-dir", filepath.Join(w.dir, "data"), "--account", "Example", "--all").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w.refused(w.ask("GET", "/orders", ""), 401)
	if a := w.ask("GET", "/orders", "", "Sec-Fetch-Mode: navigate"); a.StatusCode != 302 {
		t.Errorf("%d", a.StatusCode)
	}

	// Programs send a bearer token, from anywhere; signing out is the end of it.
	w.forget()
	token, ids = w.signIn()
	w.reached(w.ask("GET", "/orders", ""), ids)
	program := *w
	program.forget()
	program.reached(program.ask("POST", "/orders", `{}`, "Authorization: Bearer "+token), ids)
	if a := w.ask("POST", "/api/v1/auth/logout", "", "Sec-Fetch-Site: same-origin"); a.StatusCode != 204 {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	w.refused(w.ask("GET", "/orders", ""), 401)
	program.refused(program.ask("GET", "/orders", "", "Authorization: Bearer "+token), 401)
}

// Whoever has no nginx is told where it comes from.
func TestWithoutNginx(t *testing.T) {
	_, err := start(context.Background(), options{curfew: "curfew", nginx: filepath.Join(t.TempDir(), "nginx"), listen: "127.0.0.1:0", log: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "apt-get install nginx") {
		t.Errorf("got %v", err)
	}
}
