package apitest

import "testing"

// line is one expectation of a scenario: what is sent, and what comes back.
type line struct {
	method, path string
	body         any
	status       int
	problem      string // the type of a problem, "" for none
	has          string // must be in the body
	lacks        string // must not be
}

// all sends the lines one after the other.
func (c *client) all(t *testing.T, lines []line) {
	t.Helper()
	for _, l := range lines {
		a := c.send(l.method, l.path, l.body).Status(l.status)
		if l.problem != "" {
			a.Problem(l.status, l.problem)
		}
		if l.has != "" {
			a.Has(l.has)
		}
		if l.lacks != "" {
			a.Lacks(l.lacks)
		}
	}
}

// actions are the account's audit events, newest first.
func (p *person) actions() []string {
	p.w.t.Helper()
	return p.events("").column("action")
}

// events is a page of the audit log, with a filter such as "?action=...".
func (p *person) events(filter string) value {
	p.w.t.Helper()
	return p.Get("/api/v1/accounts/me/audit-events" + filter).Status(200).JSON()
}

// event is the newest audit event, which has to be of an action.
func (p *person) event(action string) value {
	p.w.t.Helper()
	newest := p.events("?limit=1").at("items").list()[0]
	if newest.str("action") != action {
		newest.a.fail("the newest event is not %s", action)
	}
	return newest
}

// patched is a body with some members changed; nil takes one out.
func (o obj) but(name string, v any) obj {
	changed := obj{}
	for n, old := range o {
		changed[n] = old
	}
	if changed[name] = v; v == nil {
		delete(changed, name)
	}
	return changed
}
