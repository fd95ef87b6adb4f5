package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// overviews are what the operator sees of all accounts.
func overviews(t *testing.T, open Open) {
	scenario(t, open, "accounts, the newest first, page by page", func(w *World) {
		for i := range 7 {
			w.Clock.Add(time.Millisecond)
			w.SignUp([]string{"Zürich Rück", "100% Süß"}[i%2], "Olga", fmt.Sprintf("o%d@many.example", i))
		}
		w.Clock.Add(time.Millisecond)
		theirs := w.SignUp("Called acme", "Olga", "o9@many.example").ID()
		called, _, err := w.PutAccount(bg, curfew.Actor{Type: curfew.ActorService, ServiceKeyID: curfew.ID{1}, Name: "shop"}, Origin, "acme", authority.PutAccount{Name: "Somebody else"})
		must(w.T, err)
		read := func(text string, limit int) (names []string, ids []curfew.ID) {
			w.T.Helper()
			in := authority.AccountSearch{Text: text, Limit: limit}
			for range 20 {
				page, err := w.SearchAccounts(bg, in)
				must(w.T, err)
				if page.Partial || len(page.Items) > limit || page.Next != nil && len(page.Items) < limit {
					w.T.Errorf("%q by %d: a page of %d: %+v", text, limit, len(page.Items), page.Next)
				}
				for _, o := range page.Items {
					names, ids = append(names, o.Account.Name), append(ids, o.Account.ID)
				}
				if in.After = page.Next; in.After == nil {
					return names, ids
				}
			}
			w.T.Error("the list has no end")
			return nil, nil
		}
		for text, n := range map[string]int{"": 11, "  ": 11, "acme": 3, "called": 1, "ZÜRICH": 4, "rück": 4, "su\u0308ss": 3, "100%": 3, "%": 3, "_": 0, "acm": 2, "nobody": 0,
			w.Acme.ID().String(): 1, curfew.ZeroID.String(): 0, curfew.NewID(w.Clock.Now()).String(): 0} {
			names, ids := read(text, 200)
			if text == "acme" {
				if ids[0] != called.ID || ids[1] != theirs {
					w.T.Errorf("%q: %q", text, names)
				}
				ids = ids[1:]
			}
			if len(names) != n || !slices.IsSortedFunc(ids, func(x, y curfew.ID) int { return y.Compare(x) }) {
				w.T.Errorf("%q: %q, want %d", text, names, n)
			}
			for limit := 1; limit <= 9; limit++ {
				_, paged := read(text, limit)
				if text == "acme" {
					paged = paged[1:]
				}
				if !slices.Equal(paged, ids) {
					w.T.Errorf("%q by %d: %d accounts, want the same %d", text, limit, len(paged), len(ids))
				}
			}
		}
		for name, kind := range map[string]curfew.Kind{"Acme": "", w.Other.ID().String(): "", "acme": "", "ACME": curfew.KindNotFound,
			"Zürich Rück": curfew.KindInvalidRequest, "": curfew.KindNotFound, curfew.ZeroID.String(): curfew.KindNotFound} {
			found, err := w.FindAccount(bg, name)
			if name == "acme" && found.ID != called.ID {
				w.T.Errorf("acme is %+v", found)
			}
			if err == nil != (kind == "") || err != nil && curfew.KindOf(err) != kind {
				w.T.Errorf("the account %q: %v", name, err)
			}
		}
	})
	scenario(t, open, "counts are of who is there and of what lives", func(w *World) {
		w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		late := w.Clock.Now().Add(time.Hour)
		w.Clock.Set(late)
		gone, bob := w.SignIn("ada@acme.example"), w.SignIn("bob@acme.example")
		must(w.T, w.RevokeSession(bg, w.Acme.Owner.Actor(), Origin, gone.Session()))
		want := func(people, sessions int, last time.Time) {
			w.T.Helper()
			d, err := w.AccountDetails(bg, w.Acme.ID())
			must(w.T, err)
			if d.People.N != people || d.Sessions.N != sessions || d.People.More || d.Sessions.More || !d.LastActiveAt.Equal(last) {
				w.T.Errorf("%+v, want %d people, %d sessions, active %s", d.Tally, people, sessions, last)
			}
		}
		want(2, 3, late)
		_, err := w.RevokeUserSessions(bg, w.Acme.Owner.Actor(), Origin, bob.User())
		must(w.T, err)
		want(2, 1, late)
		w.Clock.Add(6*24*time.Hour + 23*time.Hour) // what was used an hour before the others is over
		want(2, 0, late)
		w.SignIn("bob@acme.example")
		want(2, 1, w.Clock.Now())
		w.View(func(ctx context.Context, r authority.Reader) error {
			tally, err := r.Tally(ctx, w.Acme.ID(), w.Clock.Now(), 2, 1)
			if must(w.T, err); tally.People != (authority.Count{N: 2, More: true}) || tally.Sessions != (authority.Count{N: 1, More: true}) {
				w.T.Errorf("where counting ends: %+v", tally)
			}
			nobody, err := r.Tally(ctx, curfew.NewID(w.Clock.Now()), w.Clock.Now(), 10, 10)
			if must(w.T, err); nobody != (authority.Tally{}) {
				w.T.Errorf("of no account: %+v", nobody)
			}
			return nil
		})
	})
	scenario(t, open, "one account, and the end of its sessions", func(w *World) {
		d, err := w.AccountDetails(bg, w.Acme.ID())
		must(w.T, err)
		if d.Account.Name != "Acme" || d.Bounds != Bounds || d.Effective.IdleMinutes != Bounds.Idle.Default || d.OwnerCount != 1 ||
			d.Owners[0].Email != "ada@acme.example" || len(d.Events) == 0 || !d.Now.Equal(w.Clock.Now()) {
			w.T.Errorf("%+v", d)
		}
		people, err := w.AccountPeople(bg, w.Acme.ID(), authority.Page[authority.UserKey]{Limit: 10})
		if must(w.T, err); len(people.Items) != 1 || people.Items[0].SessionCount != 1 {
			w.T.Errorf("people: %+v", people)
		}
		_, err = w.AccountDetails(bg, curfew.NewID(w.Clock.Now()))
		w.WantKind(err, curfew.KindNotFound)

		logged := len(w.Logged())
		key := curfew.NewID(w.Clock.Now())
		actor := curfew.Actor{Type: curfew.ActorOperator, AccountID: w.Acme.ID(), ServiceKeyID: key, Name: "night shift"}
		ended, err := w.EndAccountSessions(bg, actor, Origin, " a stolen laptop ")
		if must(w.T, err); ended != 1 || len(w.Logged()) != logged+1 {
			w.T.Errorf("%d ended, %d entries", ended, len(w.Logged())-logged)
		}
		_, err = w.Refresh(w.Acme.Owner.RefreshToken, "")
		if w.WantKind(err, curfew.KindSessionRevoked); ReasonOf(err) != curfew.ReasonOperator {
			w.T.Errorf("the reason is %s", ReasonOf(err))
		}
		if d, err = w.AccountDetails(bg, w.Acme.ID()); err != nil || d.Sessions.N != 0 || d.Account.SessionEpoch != 1 {
			w.T.Errorf("%+v, %v", d, err)
		}
		newest := d.Events[0]
		if newest.Action != audit.SessionRevoke || newest.Actor.Type != curfew.ActorOperator || newest.Actor.Name != "night shift" || newest.Actor.ID != key ||
			string(newest.Details) != `{"scope":"all","reason":"a stolen laptop","revoked_count":1}` || newest.IP != Origin.IP {
			w.T.Errorf("the audit log has %+v %s", newest, newest.Details)
		}
		for _, bad := range []string{string(make([]rune, 501)), "\xff"} {
			_, err = w.EndAccountSessions(bg, actor, Origin, bad)
			w.WantKind(err, curfew.KindInvalidRequest)
		}
		actor.AccountID = curfew.NewID(w.Clock.Now())
		_, err = w.EndAccountSessions(bg, actor, Origin, "")
		w.WantKind(err, curfew.KindNotFound)
	})
	scenario(t, open, "nodes that run", func(w *World) {
		now := w.Clock.Now()
		for i, node := range []curfew.ID{{1, 15: 1}, {2, 15: 1}, {3, 15: 1}} {
			w.Clock.Add(time.Second * time.Duration(i))
			must(w.T, w.Heartbeat(bg, node))
		}
		must(w.T, w.Farewell(bg, curfew.ID{2, 15: 1}))
		must(w.T, w.RecordVerifiers(bg, curfew.ID{9}, []curfew.Verifier{{ID: curfew.ID{7, 15: 1}, Name: "orders", Mode: curfew.ModeStrict, HeardAt: now}}))
		s, err := w.Surroundings(bg, 10, 10)
		must(w.T, err)
		var nodes []curfew.ID
		for _, n := range s.Nodes {
			nodes = append(nodes, n.ID)
		}
		if !slices.Equal(nodes, []curfew.ID{{3, 15: 1}, {1, 15: 1}}) || !s.Nodes[0].HeartbeatAt.Equal(w.Clock.Now()) || !s.Nodes[1].StartedAt.Equal(now) {
			w.T.Errorf("nodes: %+v", s.Nodes)
		}
		if len(s.Verifiers) != 1 || s.Verifiers[0].Name != "orders" {
			w.T.Errorf("verifiers: %+v", s.Verifiers)
		}
		if s, err = w.Surroundings(bg, 1, 10); err != nil || len(s.Nodes) != 1 {
			w.T.Errorf("at most one: %+v, %v", s.Nodes, err)
		}
	})
	scenario(t, open, "endpoints, and what waits for them", func(w *World) {
		w.otherMayChange = true // it is told of
		if s, err := w.Surroundings(bg, 1, 1); err != nil || len(s.Endpoints) != 0 {
			w.T.Errorf("before there are any: %+v, %v", s.Endpoints, err)
		}
		actor := curfew.Actor{Type: curfew.ActorService, ServiceKeyID: curfew.ID{1}, Name: "shop"}
		made := func(event curfew.EventType) curfew.ID {
			hook, _, err := w.CreateWebhook(bg, actor, Origin, authority.NewWebhook{URL: "https://shop.example/", Events: []string{string(event)}})
			must(w.T, err)
			return hook.ID
		}
		told, quiet := made(curfew.EventSessionStarted), made(curfew.EventPolicyUpdated)
		first := w.Clock.Now()
		w.SignIn("ada@acme.example")
		w.Clock.Add(time.Second)
		w.SignIn("oleg@other.example")
		s, err := w.Surroundings(bg, 1, 1)
		must(w.T, err)
		if len(s.Endpoints) != 2 {
			w.T.Fatalf("%+v", s.Endpoints)
		}
		for _, e := range s.Endpoints {
			want, oldest := authority.Count{N: 2}, first
			if e.ID == quiet {
				want, oldest = authority.Count{}, time.Time{}
			} else if e.ID != told {
				w.T.Errorf("the endpoint %s", e.ID)
			}
			if e.Waiting != want || !e.Oldest.Equal(oldest) {
				w.T.Errorf("%+v, since %s", e.Waiting, e.Oldest)
			}
		}
		w.View(func(ctx context.Context, r authority.Reader) error {
			some, err := r.Waiting(ctx, 1)
			if must(w.T, err); len(some) != 1 || some[0].Waiting != 1 {
				w.T.Errorf("among one: %+v", some)
			}
			return nil
		})
	}, func(c *authority.Config) { c.JudgeWebhookURL = func(string) error { return nil } })
}
