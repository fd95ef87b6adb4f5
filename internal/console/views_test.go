package console

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// example fills the fake with one account and all that there may be of it.
func (d *desk) example() curfew.ID {
	idle := 90
	account := curfew.Account{ID: curfew.ID{1, 15: 9}, Name: `<b>Müller & Söhne</b>`, CreatedAt: d.now.Add(-48 * time.Hour), IdleMinutes: &idle,
		PolicyVersion: 4, PolicyUpdatedAt: d.now.Add(-time.Hour), SessionEpoch: 2}
	overview := authority.AccountOverview{Account: account, Effective: policy.Effective{IdleMinutes: 90, AbsoluteMinutes: 20160},
		Tally: authority.Tally{People: authority.Count{N: 10000, More: true}, Sessions: authority.Count{N: 1234}, LastActiveAt: d.now.Add(-3 * time.Minute)}}
	d.page = authority.AccountPage{Items: []authority.AccountOverview{overview}}
	d.details = authority.AccountDetails{AccountOverview: overview, Policy: policy.Policy{IdleMinutes: &idle}, Now: d.now,
		Bounds: policy.Bounds{Idle: policy.Range{Min: 15, Max: 43200, Default: 10080}, Absolute: policy.Range{Min: 60, Max: 129600, Default: 20160}},
		Events: []audit.Event{{OccurredAt: d.now, Action: audit.SessionRevoke, Actor: &audit.Actor{Type: curfew.ActorOperator, Name: "Night shift"},
			Details: json.RawMessage(`{"scope":"all","reason":"<script>"}`)}, {OccurredAt: d.now, Action: audit.AccessDenied, Details: json.RawMessage(`{}`)}}}
	user := curfew.User{ID: curfew.ID{2}, Name: "Max", Email: "max@mueller.example", Role: curfew.RoleOwner, DisabledAt: d.now}
	d.people = authority.List[authority.UserView, authority.UserKey]{Items: []authority.UserView{{User: user, SessionCount: 1234}},
		Next: &authority.UserKey{SortName: "max & moritz", ID: curfew.ID{2, 15: 1}}}
	return account.ID
}

func TestAccounts(t *testing.T) {
	d := newDesk(t)
	d.signIn()
	d.want(d.get(Path), 200, Path, "There are no accounts yet.")
	d.want(d.get(Path+"?search=%3Cb%3E"), 200, Path+"?search=%3Cb%3E", "No account has “<bdi>&lt;b&gt;</bdi>” in its name")
	d.want(d.get(Path+"?after="+curfew.ID{5, 15: 1}.String()), 200, Path+"?after="+curfew.ID{5, 15: 1}.String(), "no older accounts", `href="/operator">Newest`)
	id := d.example()
	d.want(d.get(Path), 200, Path, "&lt;b&gt;Müller &amp; Söhne&lt;/b&gt;", "10,000+", "1,234", "90 minutes, 14 days", "3 min ago", `href="`+pathOf(id)+`"`)
	if strings.Contains(d.get(Path).text, "Older accounts") {
		t.Error("it leads to more than there are")
	}
	d.fake.page.Next = &id
	d.want(d.get(Path+"?search=m%20%26"), 200, Path+"?search=m%20%26", `href="/operator?after=`+id.String()+`&amp;search=m+%26"`, "Older accounts")
	if d.searched.Text != "m &" || d.searched.Limit != accountsAtOnce || d.searched.After != nil {
		t.Errorf("%+v", d.searched)
	}
	d.get(Path + "?after=" + id.String())
	if d.searched.After == nil || *d.searched.After != id {
		t.Errorf("%+v", d.searched)
	}
	d.fake.page = authority.AccountPage{Partial: true, Next: &id}
	d.want(d.get(Path+"?search=x"), 200, Path+"?search=x", "more accounts than one search looks at", "Search on among older accounts")
	d.want(d.get(Path+"?after=x"), 404, Path+"?after=x")
	long := Path + "?search=" + strings.Repeat("a", longestSearch+1)
	d.want(d.get(long), 422, long, "too long")
}

func TestAccount(t *testing.T) {
	d := newDesk(t)
	d.signIn()
	id := d.example()
	p := d.get(pathOf(id))
	d.want(p, 200, pathOf(id), "<h1><bdi>&lt;b&gt;Müller", id.String(), "1,234", "10,000+", "90 minutes", "chosen by an owner; 15 minutes to 30 days allowed",
		"14 days", "default; 1 hour to 90 days allowed", "version 4", "any number", "those of the installation", "<dd>2</dd>", "max@mueller.example", "owner, disabled", "session.revoke", "<bdi>Night shift</bdi> (operator)",
		"nobody known", `&lt;script&gt;`, `href="`+pathOf(id)+`/end-sessions"`, "name=max+%26+moritz")
	most := 3
	d.details.OwnBounds, d.details.Limit = true, policy.SessionLimit{MaxSessionsPerUser: &most, SessionLimitAction: policy.RefuseNew}
	d.want(d.get(pathOf(id)), 200, pathOf(id), "3 <span class=\"quiet\">at most; a further sign-in is refused", "of this account")
	if strings.Contains(p.text, "<script") || strings.Contains(p.text, "<b>") {
		t.Error("names are taken for markup")
	}
	more := pathOf(id) + "?after=" + curfew.ID{2, 15: 1}.String() + "&name=max+%26+moritz"
	d.want(d.get(more), 200, more)
	if d.paged.After == nil || d.paged.After.SortName != "max & moritz" || d.paged.Limit != peopleAtOnce {
		t.Errorf("%+v", d.paged)
	}
	for _, path := range []string{"/accounts/x", "/accounts/" + curfew.ZeroID.String(), "/accounts/" + id.String() + "?after=x",
		"/accounts/" + id.String() + "?after=" + id.String() + "&name=%00", "/accounts/" + id.String() + "?after=" + id.String() + "&name=%ff", "/accounts/x/end-sessions", "/elsewhere"} {
		d.want(d.get(Path+path), 404, Path+path, "Not found")
	}
	d.err = curfew.NewError(curfew.KindNotFound, "there is no such account")
	d.want(d.get(pathOf(id)), 404, pathOf(id), "There is no such account.")
}

func TestEndOfSessions(t *testing.T) {
	d := newDesk(t)
	d.signIn()
	id := d.example()
	ask := pathOf(id) + "/end-sessions"
	d.want(d.get(ask), 200, ask, "1,234 live sessions end at once", "5 min at most")
	d.want(d.post(ask, "reason", strings.Repeat("x", 21)), 422, ask, "at most 500 characters", strings.Repeat("x", 21))
	if len(d.ended) > 0 {
		t.Error("they ended")
	}
	d.want(d.post(ask, "reason", "lost laptop"), 200, pathOf(id), "Ended 3 live sessions.")
	if len(d.ended) != 1 || d.ended[0] != "lost laptop" || d.by.AccountID != id || d.by.Type != curfew.ActorOperator || d.from.IP != "127.0.0.1" || len(d.from.RequestID) != 36 {
		t.Errorf("%q by %+v from %+v", d.ended, d.by, d.from)
	}
	if strings.Contains(d.get(pathOf(id)).text, "Ended 3") {
		t.Error("it is told twice")
	}
	d.details.Sessions = authority.Count{N: 0}
	d.want(d.get(ask), 200, ask, "No session of this account lives now")
	d.details.Sessions = authority.Count{N: 1}
	d.want(d.get(ask), 200, ask, "1 live session ends at once")
	d.details.Sessions = authority.Count{N: 100000, More: true}
	d.want(d.get(ask), 200, ask, "At least 100,000 live sessions end")
}

func TestHealth(t *testing.T) {
	d := newDesk(t)
	d.signIn()
	at := Path + "/health"
	d.want(d.get(at), 200, at, "No server has left a heartbeat", "No service has followed the feed", "No service is told of events", "SQLite 3.54", "version 7", "1.2.3", "40 ms ago")
	verifier := func(name string, ago time.Duration, applied string) curfew.Verifier {
		return curfew.Verifier{ID: curfew.ID{15: name[0]}, Name: name, Mode: curfew.ModeStrict, Applied: applied, HeardAt: d.now.Add(-ago)}
	}
	d.lag = map[string]int64{"all": 0, "some": 3}
	d.around = authority.Surroundings{Now: d.now,
		Nodes: []curfew.Node{{ID: d.node.ID, StartedAt: d.now, HeartbeatAt: d.now}, {ID: curfew.ID{7}, StartedAt: d.now, HeartbeatAt: d.now.Add(-31 * time.Second)}},
		Verifiers: []curfew.Verifier{verifier("apples", 0, "all"), verifier("beans", 5*time.Second, "all"), verifier("cider", 6*time.Second, "all"),
			verifier("dates", 0, "some"), verifier("eggs", 0, "nonsense")},
		Endpoints: []authority.Endpoint{
			{Webhook: curfew.Webhook{ID: curfew.ID{1}, URL: "https://shop.example/hooks/s3cret?k=s3cret"}, Waiting: authority.Count{N: 2}, Oldest: d.now.Add(-2 * time.Minute)},
			{Webhook: curfew.Webhook{ID: curfew.ID{2}, URL: "https://crm.example/", DisabledAt: d.now, DisabledReason: curfew.DisabledGone}, Waiting: authority.Count{N: 20000, More: true}},
			{Webhook: curfew.Webhook{ID: curfew.ID{3}, URL: "https://log.example/"}, Waiting: authority.Count{N: 1}, Oldest: d.now.Add(-30 * time.Second)}}}
	p := d.get(at)
	d.want(p, 200, at, "(this one)", "alive", "silent</span> <span class=\"quiet\">31 s ago", "1 is silent", "2 are behind", "2 are up to date", "3 entries behind", "unknown")
	d.want(p, 200, at, "shop.example", "late</span>", "2 min ago", "disabled</span> <span class=\"quiet\">gone", "20,000+", "told</span>", "30 s ago")
	if strings.Contains(p.text, "s3cret") {
		t.Error("more than the host of an endpoint is shown")
	}
	order := -1
	for _, name := range []string{">cider<", ">dates<", ">eggs<", ">apples<", ">beans<"} {
		i := strings.Index(p.text, name)
		if i < order {
			t.Errorf("%s comes too early", name)
		}
		order = i
	}
	d.node.Feed.Vouching, d.node.Feed.Why = false, &curfew.Error{Kind: curfew.KindUnavailable, Cause: errors.New("this machine's clock is 3s off")}
	d.node.Alarms = []Alarm{{What: "The database went back in time", Count: 2, Last: d.now.Add(-time.Hour)}}
	d.want(d.get(at), 200, at, "This machine&#39;s clock is 3s off.", "2 times", "the last 1 h ago")
}

// While the database is away the page says so, tells what this node knows
// without it, and keeps who is signed in.
func TestDatabaseAway(t *testing.T) {
	d := newDesk(t)
	d.signIn()
	away := curfew.Unavailable(errors.New("connection refused"))
	d.err = away
	for _, path := range []string{Path, Path + "/health", pathOf(curfew.ID{15: 1})} {
		p := d.get(path)
		d.want(p, 503, path, "The database does not answer", "This server", "40 ms ago", "1.2.3")
		if strings.Contains(p.text, "refused") || p.Header.Get("Retry-After") != "1" {
			t.Errorf("come back after %q: %s", p.Header.Get("Retry-After"), p.text)
		}
	}
	d.err, d.keyErr = nil, away
	d.want(d.get(Path), 503, Path, "The database does not answer")
	d.keyErr = nil
	d.want(d.get(Path), 200, Path, "Night shift")
}

// TestNamesTurnNothing: a name that turns the direction of what stands after it
// is apart wherever it stands, and shown where it cannot be.
func TestNamesTurnNothing(t *testing.T) {
	d := newDesk(t)
	d.signIn()
	const evil = "Acme\u2069\u202e" + "gpj.exe"
	id := d.example()
	d.page.Items[0].Account.Name, d.details.Account.Name = evil, evil
	d.people.Items[0].User.Name, d.people.Items[0].User.Email = evil, evil+"@x.example"
	d.details.Events = []audit.Event{
		{OccurredAt: d.now, Action: audit.UserCreate, Actor: &audit.Actor{Type: curfew.ActorUser, Name: evil}, Details: json.RawMessage(`{"name":"` + evil + `","role":"owner"}`)},
		{OccurredAt: d.now, Action: audit.UserCreate, Actor: &audit.Actor{Type: curfew.ActorUser, Email: evil}, Details: json.RawMessage(`{"name":"\u003cb\u003eR\u0026D \\u0026"}`)}}
	d.around = authority.Surroundings{Now: d.now, Verifiers: []curfew.Verifier{{ID: curfew.ID{1}, Name: evil, HeardAt: d.now}},
		Endpoints: []authority.Endpoint{{Webhook: curfew.Webhook{ID: curfew.ID{1}, URL: "https://" + evil + ".example/"}}}}
	for _, path := range []string{Path, Path + "?search=" + url.QueryEscape(evil), pathOf(id), pathOf(id) + "/end-sessions", Path + "/health"} {
		p := d.get(path)
		d.want(p, 200, path, "<bdi>"+evil)
		left := p.text
		for _, apart := range []string{"<bdi>" + evil + "@x.example</bdi>", "<bdi>" + evil + ".example</bdi>", "<bdi>" + evil + "</bdi>", `value="` + evil + `"`} {
			left = strings.ReplaceAll(left, apart, "")
		}
		if strings.ContainsAny(left, turning) {
			t.Errorf("%s: a name is not apart: %q", path, left)
		}
	}
	d.want(d.get(pathOf(id)), 200, pathOf(id), `<title>Acme\u2069\u202egpj.exe`, `{&#34;name&#34;:&#34;Acme\u2069\u202egpj.exe&#34;`, "</bdi> (user)",
		`{&#34;name&#34;:&#34;&lt;b&gt;R&amp;D \\u0026&#34;}`)
}
