package apitest

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
)

// password is everybody's.
const password15 = "correct horse battery staple"

// firefox is the browser of everybody who does not say otherwise.
const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"

// person is somebody who is signed in, with the client that they did it with.
type person struct {
	*client
	email                    string
	id, account, session     string
	name, role, refreshToken string // refreshToken only where it came in the body
}

// as makes a person of a TokenResponse.
func (c *client) person(a *answer) *person {
	v := a.JSON()
	access := v.str("access_token")
	p := &person{client: c.as(access), email: v.str("user", "email"), id: v.str("user", "id"), account: v.str("account", "id"),
		session: v.str("session", "id"), name: v.str("user", "name"), role: v.str("user", "role")}
	if _, ok := v.members()["refresh_token"]; ok {
		p.refreshToken = v.str("refresh_token")
	}
	return p
}

func (w *world) signUp(account, name, email string) *person {
	w.t.Helper()
	c := w.browser()
	return c.person(c.Post("/api/v1/auth/signup", obj{"account_name": account, "name": name, "email": email, "password": password15}).Status(201))
}

// signIn signs somebody in, in a browser of its own.
func (w *world) signIn(email string) *person {
	w.t.Helper()
	return w.browser().signIn(email)
}

func (c *client) signIn(email string) *person {
	c.w.t.Helper()
	return c.person(c.Post("/api/v1/auth/login", obj{"email": email, "password": password15}).Status(200))
}

// signInBody signs somebody in with a program, which keeps the refresh token.
func (w *world) signInBody(email string) *person {
	w.t.Helper()
	c := w.program()
	return c.person(c.Post("/api/v1/auth/login", obj{"email": email, "password": password15, "delivery": "body"}).Status(200))
}

// invite makes an invitation and gives its id and its link's code.
func (w *world) invite(owner *person, email, role string) (id, code string) {
	w.t.Helper()
	v := owner.Post("/api/v1/accounts/me/invites", obj{"email": email, "role": role}).Status(201).JSON()
	_, code, ok := strings.Cut(v.str("invite_url"), "#token=")
	if !ok {
		w.t.Fatalf("no code in %q", v.str("invite_url"))
	}
	w.secret(code)
	return v.str("id"), code
}

// join makes somebody a person of the owner's account, signed in.
func (w *world) join(owner *person, name, email, role string) *person {
	w.t.Helper()
	_, code := w.invite(owner, email, role)
	c := w.browser()
	return c.person(c.Post("/api/v1/auth/accept-invite", obj{"token": code, "name": name, "password": password15}).Status(201))
}

// renew refreshes by cookie and takes the new access token.
func (p *person) renew() *person {
	p.w.t.Helper()
	p.bearer = p.refresh(nil).Status(200).JSON().str("access_token")
	return p
}

// refresh refreshes without a bearer token, as a browser does.
func (c *client) refresh(body any) *answer {
	c.w.t.Helper()
	return c.as("").Post("/api/v1/auth/refresh", body)
}

// browser is a client with a cookie jar.
func (w *world) browser() *client {
	jar, err := cookiejar.New(nil)
	must(w.t, err)
	c := w.program()
	c.http.Jar = jar
	return c.with("User-Agent", firefox)
}

// program is a client without a cookie jar.
func (w *world) program() *client {
	return &client{w: w, header: http.Header{}, http: &http.Client{
		Transport:     proxy{w.addr},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// proxy takes requests for the public URL to the listener: where that is
// https, as the proxy does at which TLS ends.
type proxy struct{ addr string }

var transport = &http.Transport{MaxIdleConnsPerHost: 8}

func (p proxy) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	r.URL.Scheme, r.URL.Host = "http", p.addr
	return transport.RoundTrip(r)
}

// cookie is the value of a cookie in the client's jar, "" for none.
func (c *client) cookie(name string) string {
	u, err := url.Parse(c.w.url)
	must(c.w.t, err)
	for _, k := range c.http.Jar.Cookies(u) {
		if k.Name == name {
			return k.Value
		}
	}
	return ""
}

// token is the refresh token in the client's jar.
func (c *client) token() string {
	if strings.HasPrefix(c.w.url, "https:") {
		return c.cookie("__Host-curfew_refresh")
	}
	return c.cookie("curfew_refresh")
}

// holding is a program that sends a refresh token as its cookie.
func (w *world) holding(token string) *client {
	return w.program().with("Cookie", "curfew_refresh="+token)
}
