package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// walk reads a list page by page and gives all of it.
func walk[T, K any](w *World, limit int, read func(authority.Page[K]) (authority.List[T, K], error)) (all []T) {
	w.T.Helper()
	page := authority.Page[K]{Limit: limit}
	for range 1000 {
		list, err := read(page)
		must(w.T, err)
		if len(list.Items) > limit || list.Next != nil && len(list.Items) < limit {
			w.T.Fatalf("a page of %d with limit %d", len(list.Items), limit)
		}
		all = append(all, list.Items...)
		if list.Next == nil {
			return all
		}
		page.After = list.Next
	}
	w.T.Fatal("the list has no end")
	return nil
}

func lists(t *testing.T, open Open) {
	scenario(t, open, "sessions", func(w *World) {
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		var mine []Person
		for i := range 9 { // three at a time share their last activity
			if i%3 == 0 {
				w.Clock.Add(time.Minute)
			}
			mine = append(mine, w.SignIn([]string{bob.Email, w.Acme.Owner.Email}[i%2]))
		}
		must(w.T, w.RevokeSession(bg, w.Acme.Owner.Actor(), Origin, mine[4].Session()))
		ids := func(filter authority.SessionFilter, limit int) (ids []curfew.ID) {
			w.T.Helper()
			all := walk(w, limit, func(page authority.Page[authority.SessionKey]) (authority.List[curfew.Standing, authority.SessionKey], error) {
				list, now, err := w.Sessions(bg, w.Acme.Owner.Actor(), filter, page)
				if !now.Equal(w.Clock.Now()) {
					w.T.Errorf("judged at %v", now)
				}
				return list, err
			})
			if !slices.IsSortedFunc(all, func(a, b curfew.Standing) int { return b.Session.LastActiveAt.Compare(a.Session.LastActiveAt) }) {
				w.T.Error("not by latest activity")
			}
			for _, st := range all {
				if st.Session.AccountID != w.Acme.ID() {
					w.T.Error("a session of another account")
				}
				if filter.UserID != nil && st.User.ID != *filter.UserID {
					w.T.Error("a session of somebody else")
				}
				ids = append(ids, st.Session.ID)
			}
			return ids
		}
		for _, c := range []struct {
			filter authority.SessionFilter
			n      int
		}{
			{authority.SessionFilter{}, 10},
			{authority.SessionFilter{Status: authority.SessionsActive}, 10},
			{authority.SessionFilter{Status: authority.SessionsEnded}, 1},
			{authority.SessionFilter{Status: authority.SessionsAll}, 11},
			{authority.SessionFilter{Status: authority.SessionsAll, UserID: ptr(bob.User())}, 6},
			{authority.SessionFilter{UserID: ptr(bob.User())}, 5},
			{authority.SessionFilter{Status: authority.SessionsAll, UserID: ptr(w.Other.Owner.User())}, 0},
		} {
			whole := ids(c.filter, 200)
			if len(whole) != c.n {
				w.T.Errorf("%+v: %d, want %d", c.filter, len(whole), c.n)
			}
			for limit := 1; limit <= 12; limit++ {
				if paged := ids(c.filter, limit); !slices.Equal(paged, whole) {
					w.T.Errorf("%+v by %d: %d sessions, want the same %d", c.filter, limit, len(paged), len(whole))
				}
			}
			seen := map[curfew.ID]bool{}
			for _, id := range whole {
				if seen[id] {
					w.T.Error("listed twice")
				}
				seen[id] = true
			}
		}
		_, _, err := w.Sessions(bg, w.Acme.Owner.Actor(), authority.SessionFilter{Status: "dead"}, authority.Page[authority.SessionKey]{Limit: 10})
		w.WantKind(err, curfew.KindInvalidRequest)
		_, _, err = w.Sessions(bg, bob.Actor(), authority.SessionFilter{}, authority.Page[authority.SessionKey]{Limit: 10})
		w.WantKind(err, curfew.KindForbidden)
		list, _, err := w.MySessions(bg, bob.Actor(), authority.SessionsAll, authority.Page[authority.SessionKey]{Limit: 50})
		must(w.T, err)
		if len(list.Items) != 6 {
			w.T.Errorf("%d sessions of mine, want 6", len(list.Items))
		}
	})
	scenario(t, open, "people, by name whatever its case and composition", func(w *World) {
		for i, name := range []string{"bob", "Bob", "BOB", "Zoë", "Zoe\u0308", "émile", "Éva", "aaron"} {
			w.Join(w.Acme, name, fmt.Sprintf("p%d@acme.example", i), curfew.RoleMember)
		}
		names := func(limit int) (names []string) {
			for _, v := range walk(w, limit, func(page authority.Page[authority.UserKey]) (authority.List[authority.UserView, authority.UserKey], error) {
				return w.Users(bg, w.Acme.Owner.Actor(), page)
			}) {
				if v.User.AccountID != w.Acme.ID() || v.SessionCount != 1 {
					w.T.Errorf("%+v", v)
				}
				names = append(names, v.User.Name)
			}
			return names
		}
		whole := names(200)
		want := []string{"aaron", "Ada Owner"} // then three bobs in the order of their ids
		if len(whole) != 9 || !slices.Equal(whole[:2], want) {
			w.T.Errorf("%q", whole)
		}
		for limit := 1; limit <= 9; limit++ {
			if paged := names(limit); !slices.Equal(paged, whole) {
				w.T.Errorf("by %d: %q, want %q", limit, paged, whole)
			}
		}
		member := w.SignIn("p0@acme.example")
		_, err := w.Users(bg, member.Actor(), authority.Page[authority.UserKey]{Limit: 10})
		w.WantKind(err, curfew.KindForbidden)
	})
	scenario(t, open, "invitations, newest first", func(w *World) {
		for i := range 7 {
			w.Invite(w.Acme, fmt.Sprintf("i%d@acme.example", i), curfew.RoleMember)
			if i%3 == 0 {
				w.Clock.Add(time.Second)
			}
		}
		read := func(limit int) (ids []curfew.ID) {
			all := walk(w, limit, func(page authority.Page[authority.InviteKey]) (authority.List[curfew.Invite, authority.InviteKey], error) {
				return w.Invites(bg, w.Acme.Owner.Actor(), page)
			})
			for i, v := range all {
				if i > 0 && v.CreatedAt.After(all[i-1].CreatedAt) {
					w.T.Error("not newest first")
				}
				ids = append(ids, v.ID)
			}
			return ids
		}
		whole := read(100)
		if len(whole) != 7 {
			w.T.Errorf("%d invitations", len(whole))
		}
		for limit := 1; limit <= 7; limit++ {
			if !slices.Equal(read(limit), whole) {
				w.T.Errorf("by %d differs", limit)
			}
		}
	})
	scenario(t, open, "the audit log, newest first and filtered", func(w *World) {
		start := w.Clock.Now()
		for i := range 5 {
			w.Clock.Add(time.Second)
			w.MustRefresh(w.SignIn(w.Acme.Owner.Email), "")
			if i%2 == 0 {
				_, _ = w.Authority.SignIn(bg, Origin, authority.SignIn{Email: w.Acme.Owner.Email, Password: "wrong"})
			}
		}
		owner := w.Acme.Owner.User()
		read := func(filter authority.AuditFilter, limit int) (seqs []int64) {
			for _, e := range walk(w, limit, func(page authority.Page[int64]) (authority.List[audit.Event, int64], error) {
				return w.AuditEvents(bg, w.Acme.Owner.Actor(), filter, page)
			}) {
				if e.AccountID != w.Acme.ID() || filter.Action != "" && string(e.Action) != filter.Action {
					w.T.Errorf("%+v", e)
				}
				seqs = append(seqs, e.Seq)
			}
			return seqs
		}
		for _, c := range []struct {
			filter authority.AuditFilter
			n      int
		}{
			{authority.AuditFilter{}, 3 + 5 + 3},
			{authority.AuditFilter{Action: string(audit.SessionStart)}, 6},
			{authority.AuditFilter{Action: string(audit.SessionStartRefused)}, 3},
			{authority.AuditFilter{Action: "no.such"}, 0},
			{authority.AuditFilter{ActorID: &owner}, 3 + 5},
			{authority.AuditFilter{ActorID: ptr(w.Other.Owner.User())}, 0},
			{authority.AuditFilter{From: start.Add(time.Second)}, 8},
			{authority.AuditFilter{From: start.Add(time.Second + µs)}, 6},
			{authority.AuditFilter{To: start.Add(time.Second)}, 3},
			{authority.AuditFilter{From: start.Add(2 * time.Second), To: start.Add(3 * time.Second), Action: string(audit.SessionStart)}, 1},
		} {
			whole := read(c.filter, 200)
			if len(whole) != c.n {
				w.T.Errorf("%+v: %d events, want %d", c.filter, len(whole), c.n)
			}
			for i := range whole {
				if i > 0 && whole[i] >= whole[i-1] {
					w.T.Error("not newest first")
				}
			}
			for limit := 1; limit <= 3; limit++ {
				if !slices.Equal(read(c.filter, limit), whole) {
					w.T.Errorf("%+v by %d differs", c.filter, limit)
				}
			}
		}
		n := 0
		must(w.T, w.ExportAudit(bg, w.Acme.Owner.Actor(), authority.AuditFilter{}, func(audit.Event) error { n++; return nil }))
		if n != 11 {
			w.T.Errorf("exported %d", n)
		}
		member := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		_, err := w.AuditEvents(bg, member.Actor(), authority.AuditFilter{}, authority.Page[int64]{Limit: 10})
		w.WantKind(err, curfew.KindForbidden)
	})
	scenario(t, open, "names and their versions", func(w *World) {
		actor := w.Acme.Owner.Actor()
		account, err := w.Account(bg, actor)
		must(w.T, err)
		w.NewEvents(w.Acme.ID())
		v := account.Account.NameVersion
		renamed, err := w.RenameAccount(bg, actor, Origin, " Acme Ltd ", &v)
		must(w.T, err)
		if renamed.Account.Name != "Acme Ltd" || renamed.Account.NameVersion != v+1 || len(renamed.Owners) != 1 {
			w.T.Errorf("%+v", renamed)
		}
		_, err = w.RenameAccount(bg, actor, Origin, "Again", &v)
		w.WantKind(err, curfew.KindStale)
		_, err = w.RenameAccount(bg, actor, Origin, "Acme Ltd", nil)
		must(w.T, err)
		me, err := w.Me(bg, actor)
		must(w.T, err)
		uv := me.User.Version
		me, err = w.RenameMe(bg, actor, Origin, "Ada Lovelace", &uv)
		must(w.T, err)
		if me.User.Name != "Ada Lovelace" || me.User.Version != uv+1 {
			w.T.Errorf("%+v", me)
		}
		_, err = w.RenameMe(bg, actor, Origin, "Nobody", &uv)
		w.WantKind(err, curfew.KindStale)
		w.WantActions(w.Acme.ID(), audit.AccountUpdate, audit.UserUpdate)
		if got := w.MustRefresh(w.Acme.Owner, "").Standing; got.Account.Name != "Acme Ltd" || got.User.Name != "Ada Lovelace" {
			w.T.Errorf("a refresh tells %q of %q", got.User.Name, got.Account.Name)
		}
	})
}
