package console

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/feed"
)

// fake is an authority that answers as a test says.
type fake struct {
	keyErr error // of every question about the key
	err    error // of everything else

	page    authority.AccountPage
	details authority.AccountDetails
	people  authority.List[authority.UserView, authority.UserKey]
	around  authority.Surroundings

	searched authority.AccountSearch
	paged    authority.Page[authority.UserKey]
	asked    int // how often about the key
	ended    []string
	by       curfew.Actor
	from     curfew.Origin
}

func (f *fake) OpenOperatorPage(_ context.Context, from curfew.Origin, key string) (authority.OperatorProof, curfew.Actor, error) {
	if key != "good" && f.keyErr == nil {
		return authority.OperatorProof{}, curfew.Actor{}, curfew.NewError(curfew.KindInvalidToken, "no")
	}
	return authority.OperatorProof{}, curfew.Actor{Type: curfew.ActorOperator, Name: "Night shift"}, f.keyErr
}

func (f *fake) Operator(context.Context, authority.OperatorProof) (curfew.Actor, error) {
	f.asked++
	return curfew.Actor{Type: curfew.ActorOperator, Name: "Night shift"}, f.keyErr
}

func (f *fake) SearchAccounts(_ context.Context, in authority.AccountSearch) (authority.AccountPage, error) {
	f.searched = in
	return f.page, f.err
}

func (f *fake) AccountDetails(context.Context, curfew.ID) (authority.AccountDetails, error) {
	return f.details, f.err
}

func (f *fake) AccountPeople(_ context.Context, _ curfew.ID, page authority.Page[authority.UserKey]) (authority.List[authority.UserView, authority.UserKey], error) {
	f.paged = page
	return f.people, f.err
}

func (f *fake) EndAccountSessions(_ context.Context, actor curfew.Actor, from curfew.Origin, why string) (int, error) {
	if f.err == nil && len(why) > 20 {
		return 0, curfew.Invalid("reason", "reason is too long")
	}
	f.ended, f.by, f.from = append(f.ended, why), actor, from
	return 3, f.err
}

func (f *fake) Surroundings(context.Context, int, int) (authority.Surroundings, error) {
	return f.around, f.err
}

// desk is a console, and a browser in front of it.
type desk struct {
	*fake
	t      *testing.T
	now    time.Time
	url    string
	con    *Console
	node   Node
	lag    map[string]int64
	log    bytes.Buffer
	client *http.Client
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{fake: new(fake), t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), lag: map[string]int64{}}
	d.node = Node{ID: curfew.ID{1}, Version: "1.2.3", Feed: feed.Stats{Vouching: true, Behind: 40 * time.Millisecond}}
	var err error
	d.con, err = New(Config{Authority: d.fake, Now: func() time.Time { return d.now }, Log: slog.New(slog.NewTextHandler(&d.log, nil)),
		Node:     func() Node { return d.node },
		Database: func(context.Context) (Database, error) { return Database{"SQLite", "3.54", 7}, d.err },
		Lag:      func(applied string) (int64, bool) { n, ok := d.lag[applied]; return n, ok }, TokenLife: 5 * time.Minute})
	must(t, err)
	server := httptest.NewServer(d.con)
	t.Cleanup(server.Close)
	d.url = server.URL
	jar, err := cookiejar.New(nil)
	must(t, err)
	d.client = &http.Client{Jar: jar}
	return d
}

// page is an answer, after all redirects.
type page struct {
	*http.Response
	path, text string
}

func (d *desk) do(method, path string, form url.Values, header ...string) page {
	d.t.Helper()
	r, err := http.NewRequest(method, d.url+path, strings.NewReader(form.Encode()))
	must(d.t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := d.client.Do(r)
	must(d.t, err)
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	must(d.t, err)
	return page{response, response.Request.URL.RequestURI(), strings.ReplaceAll(string(b), "&#43;", "+")} // as templates write it
}

func (d *desk) get(path string) page { d.t.Helper(); return d.do("GET", path, nil) }

func (d *desk) post(path string, fields ...string) page {
	d.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return d.do("POST", path, form)
}

// signIn opens the page with a key that works.
func (d *desk) signIn() page { d.t.Helper(); return d.post(Path+"/sign-in", "key", "good") }

// want holds a page to its path, its status and words.
func (d *desk) want(p page, status int, path string, words ...string) {
	d.t.Helper()
	if p.StatusCode != status || p.path != path {
		d.t.Errorf("%d at %s, want %d at %s", p.StatusCode, p.path, status, path)
	}
	for _, w := range words {
		if !strings.Contains(p.text, w) {
			d.t.Errorf("%q is not in %s", w, p.text)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
