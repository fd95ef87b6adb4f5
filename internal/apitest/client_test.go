package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// obj is a JSON object to send.
type obj map[string]any

// raw is a body to send as it is.
type raw string

// form is a form to send.
type form url.Values

// client sends requests, as one browser or program.
type client struct {
	w      *world
	http   *http.Client
	header http.Header
	bearer string
}

// with is the client with one more header on every request; "" removes it.
func (c *client) with(name, value string) *client {
	d := *c
	d.header = c.header.Clone()
	d.header.Del(name)
	if value != "" {
		d.header.Add(name, value)
	}
	return &d
}

// as is the client with an access token, "" for none.
func (c *client) as(bearer string) *client {
	d := *c
	d.bearer = bearer
	return &d
}

func (c *client) Get(path string) *answer { c.w.t.Helper(); return c.send("GET", path, nil) }
func (c *client) Post(path string, body any) *answer {
	c.w.t.Helper()
	return c.send("POST", path, body)
}
func (c *client) Put(path string, body any) *answer { c.w.t.Helper(); return c.send("PUT", path, body) }
func (c *client) Patch(path string, body any) *answer {
	c.w.t.Helper()
	return c.send("PATCH", path, body)
}
func (c *client) Delete(path string) *answer { c.w.t.Helper(); return c.send("DELETE", path, nil) }

// send sends one request and holds the answer against the conventions.
func (c *client) send(method, path string, body any) *answer {
	c.w.t.Helper()
	r, err := http.NewRequest(method, c.w.url+path, nil)
	must(c.w.t, err)
	return c.do(r, body)
}

// do sends a request that the test has made itself.
func (c *client) do(r *http.Request, body any) *answer {
	t := c.w.t
	t.Helper()
	var text []byte
	switch b := body.(type) {
	case nil:
	case raw:
		text = []byte(b)
	case form:
		text = []byte(url.Values(b).Encode())
	default:
		var err error
		text, err = json.Marshal(b)
		must(t, err)
	}
	if body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		r.Header.Set("Content-Type", "application/json")
		if _, ok := body.(form); ok {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	for name, values := range c.header {
		r.Header[name] = values
		if values[0] == "-" {
			r.Header.Del(name)
		}
	}
	if host := c.header.Get("Host"); host != "" {
		r.Host = host
	}
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	secrets := secretsOf(r, text)
	c.w.secret(secrets...)
	resp, err := c.http.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	defer resp.Body.Close()
	a := &answer{t: t, w: c.w, Response: resp, asked: r.Method + " " + r.URL.RequestURI(), request: r, sent: secrets}
	a.body, err = io.ReadAll(resp.Body)
	must(t, err)
	a.inspect()
	return a
}

// secretsOf is every credential that a request carries.
func secretsOf(r *http.Request, body []byte) (secrets []string) {
	if _, bearer, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
		secrets = append(secrets, bearer)
	}
	for _, k := range r.Cookies() {
		secrets = append(secrets, k.Value)
	}
	var members map[string]any
	if json.Unmarshal(body, &members) != nil {
		if form, err := url.ParseQuery(string(body)); err == nil {
			secrets = append(secrets, form["token"]...)
		}
		return secrets
	}
	for _, name := range []string{"password", "current_password", "new_password", "token", "refresh_token", "attempt", "code"} {
		if s, ok := members[name].(string); ok {
			secrets = append(secrets, s)
		}
	}
	return secrets
}

// answer is what came back.
type answer struct {
	*http.Response
	t       *testing.T
	w       *world
	asked   string
	request *http.Request
	sent    []string // the secrets that the request carried
	body    []byte
	decoded any // the body as JSON, once it was asked for
}

func (a *answer) fail(format string, args ...any) {
	a.t.Helper()
	text := a.body
	if len(text) > 2000 {
		text = text[:2000]
	}
	a.t.Fatalf("%s: %s\ngot %d %s\n%s", a.asked, fmt.Sprintf(format, args...), a.StatusCode, a.Header.Get("Content-Type"), text)
}

// Status wants a status.
func (a *answer) Status(want int) *answer {
	a.t.Helper()
	if a.StatusCode != want {
		a.fail("want %d", want)
	}
	return a
}

// Problem wants the problem document of a type.
func (a *answer) Problem(status int, kind string) *answer {
	a.t.Helper()
	if a.StatusCode != status || a.Header.Get("Content-Type") != a.problemMedia() || a.JSON().str("type") != "/problems/"+kind {
		a.fail("want the problem %s with %d", kind, status)
	}
	return a
}

// problemMedia is how problems are declared at the request's path.
func (a *answer) problemMedia() string {
	if strings.HasPrefix(a.request.URL.Path, "/oauth2/") {
		return "application/json"
	}
	return "application/problem+json"
}

// Because wants the reason of a session's end.
func (a *answer) Because(reason string) *answer {
	a.t.Helper()
	if got := a.JSON().members()["reason"]; got != reason {
		a.fail("want the reason %s", reason)
	}
	return a
}

// Detail wants the problem's detail, word for word.
func (a *answer) Detail(want string) *answer {
	a.t.Helper()
	if got := a.JSON().str("detail"); got != want {
		a.fail("want the detail %q", want)
	}
	return a
}

// Field wants the first refused member to be of a name, "" for one without.
func (a *answer) Field(name string) *answer {
	a.t.Helper()
	a.Problem(422, "invalid-request")
	first, ok := a.JSON().at("errors").list()[0].members()["field"]
	if name == "" && ok || name != "" && first != name {
		a.fail("want the field %q", name)
	}
	return a
}

// Has wants texts in the body; Lacks wants them not to be there.
func (a *answer) Has(texts ...string) *answer {
	a.t.Helper()
	for _, s := range texts {
		if !bytes.Contains(a.body, []byte(s)) {
			a.fail("want %q in the body", s)
		}
	}
	return a
}

func (a *answer) Lacks(texts ...string) *answer {
	a.t.Helper()
	for _, s := range texts {
		if bytes.Contains(a.body, []byte(s)) {
			a.fail("want no %q in the body", s)
		}
	}
	return a
}

// Is wants a header's value, "" for none.
func (a *answer) Is(header, want string) *answer {
	a.t.Helper()
	if got := strings.Join(a.Header.Values(header), " | "); got != want {
		a.fail("%s is %q, want %q", header, got, want)
	}
	return a
}

// Shape wants a JSON object of exactly these members.
func (a *answer) Shape(spec string) *answer {
	a.t.Helper()
	if wrong := fits(parseShape(spec), a.JSON().v, ""); len(wrong) > 0 {
		a.fail("the shape is wrong:\n%s", strings.Join(wrong, "\n"))
	}
	return a
}

// JSON is the body as a value.
func (a *answer) JSON() value {
	a.t.Helper()
	if a.decoded == nil {
		d := json.NewDecoder(bytes.NewReader(a.body))
		d.UseNumber()
		if err := d.Decode(&a.decoded); err != nil {
			a.fail("the body is no JSON: %v", err)
		}
	}
	return value{a, a.decoded}
}

// setCookies are the names of the cookies that the answer sets or clears.
func (a *answer) setCookies() (names []string) {
	for _, k := range a.Cookies() {
		if k.MaxAge < 0 {
			names = append(names, "-"+k.Name)
		} else {
			names = append(names, k.Name)
		}
	}
	return names
}

// Sets wants exactly these cookies to be set, or with a minus cleared.
func (a *answer) Sets(want ...string) *answer {
	a.t.Helper()
	if got := a.setCookies(); strings.Join(got, " ") != strings.Join(want, " ") {
		a.fail("it sets the cookies %q, want %q", got, want)
	}
	return a
}

// value is a part of a JSON answer.
type value struct {
	a *answer
	v any
}

// at follows member names.
func (v value) at(path ...string) value {
	v.a.t.Helper()
	for _, name := range path {
		next, ok := v.members()[name]
		if !ok {
			v.a.fail("no member %q on the way %q", name, path)
		}
		v = value{v.a, next}
	}
	return v
}

func (v value) members() map[string]any {
	v.a.t.Helper()
	m, ok := v.v.(map[string]any)
	if !ok {
		v.a.fail("%v is no object", v.v)
	}
	return m
}

func (v value) list() (items []value) {
	v.a.t.Helper()
	l, ok := v.v.([]any)
	if !ok {
		v.a.fail("%v is no list", v.v)
	}
	for _, item := range l {
		items = append(items, value{v.a, item})
	}
	return items
}

func (v value) str(path ...string) string {
	v.a.t.Helper()
	s, ok := v.at(path...).v.(string)
	if !ok {
		v.a.fail("%q is %v, no string", path, v.at(path...).v)
	}
	return s
}

func (v value) num(path ...string) int {
	v.a.t.Helper()
	n, ok := v.at(path...).v.(json.Number)
	i, err := n.Int64()
	if !ok || err != nil {
		v.a.fail("%q is %v, no whole number", path, v.at(path...).v)
	}
	return int(i)
}

// column is one member of every item of a list.
func (v value) column(name string) (texts []string) {
	v.a.t.Helper()
	for _, item := range v.at("items").list() {
		texts = append(texts, fmt.Sprint(item.at(name).v))
	}
	return texts
}

// Equal wants members to have values, by dotted path.
func (a *answer) Equal(want map[string]any) *answer {
	a.t.Helper()
	for path, w := range want {
		got := a.JSON().at(strings.Split(path, ".")...).v
		if fmt.Sprint(got) != fmt.Sprint(w) {
			a.fail("%s is %v, want %v", path, got, w)
		}
	}
	return a
}
