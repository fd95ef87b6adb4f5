package storetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// Alive fails the test unless the person's session lives, untouched by the look.
func (w *World) Alive(p Person) {
	w.T.Helper()
	if end, over := w.Stands(p).End(w.Now().UTC()); over {
		w.T.Fatalf("the session of %s ended by %s at %v", p.Email, end.Reason, end.At)
	}
}

// Ended fails the test unless the person's session is over for a reason, since
// a time, and says so to whoever presents its token.
func (w *World) Ended(p Person, reason curfew.Reason, at time.Time) {
	w.T.Helper()
	end, over := w.Stands(p).End(w.Now().UTC())
	if !over || end.Reason != reason || !end.At.Equal(at) {
		w.T.Fatalf("the session of %s: over %v by %q at %v, want %q at %v", p.Email, over, end.Reason, end.At, reason, at)
	}
	kind := curfew.KindSessionRevoked
	if end.Expired() {
		kind = curfew.KindSessionExpired
	}
	_, err := w.Refresh(p.RefreshToken, "")
	w.WantKind(err, kind, reason)
}

// WantKind fails the test unless err is of a kind and, where given, a reason.
func (w *World) WantKind(err error, kind curfew.Kind, reason ...curfew.Reason) {
	w.T.Helper()
	if curfew.KindOf(err) != kind || err == nil {
		w.T.Fatalf("got error %v, want kind %s", err, kind)
	}
	if len(reason) > 0 && ReasonOf(err) != reason[0] {
		w.T.Fatalf("got reason %q (%v), want %q", ReasonOf(err), err, reason[0])
	}
}

// Events are all audit events of an account, oldest first.
func (w *World) Events(accountID curfew.ID) (events []audit.Event) {
	w.T.Helper()
	must(w.T, w.AccountAudit(bg, accountID, authority.AuditFilter{}, func(e audit.Event) error {
		events = append(events, e)
		return nil
	}))
	slices.Reverse(events)
	return events
}

// NewEvents are the events of an account since they were last asked for.
func (w *World) NewEvents(accountID curfew.ID) []audit.Event {
	w.T.Helper()
	events := w.Events(accountID)
	since := w.marks[accountID]
	w.marks[accountID] = len(events)
	return events[since:]
}

// WantActions fails the test unless exactly these actions were written since
// the events were last asked for.
func (w *World) WantActions(accountID curfew.ID, want ...audit.Action) []audit.Event {
	w.T.Helper()
	events := w.NewEvents(accountID)
	got := []audit.Action{}
	for _, e := range events {
		got = append(got, e.Action)
	}
	if !slices.Equal(got, want) {
		w.T.Fatalf("audited %v, want %v", got, want)
	}
	return events
}

// accountState is all that an account consists of.
type accountState struct {
	Account  curfew.Account
	Users    []authority.UserView
	Sessions []curfew.Standing
	Invites  []curfew.Invite
	Resets   []curfew.Reset
	Head     audit.Head
}

// all reads all that an account consists of. It is read as of a fixed time, so
// that two readings differ only by what was written.
func (w *World) all(id curfew.ID) (s accountState) {
	w.T.Helper()
	at := time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)
	w.View(func(ctx context.Context, r authority.Reader) (err error) {
		if s.Account, err = r.Account(ctx, id); err != nil {
			return err
		}
		users, err := r.UserList(ctx, id, at, authority.Page[authority.UserKey]{Limit: 1000})
		if err != nil {
			return err
		}
		sessions, err := r.SessionList(ctx, id, at, authority.SessionFilter{Status: authority.SessionsAll}, authority.Page[authority.SessionKey]{Limit: 1000})
		if err != nil {
			return err
		}
		invites, err := r.InviteList(ctx, id, at, authority.Page[authority.InviteKey]{Limit: 1000})
		if err != nil {
			return err
		}
		s.Users, s.Sessions, s.Invites = users.Items, sessions.Items, invites.Items
		for _, u := range s.Users {
			reset, err := r.Reset(ctx, id, u.User.ID)
			if err == nil {
				s.Resets = append(s.Resets, reset)
			} else if !errors.Is(err, curfew.ErrNotFound) {
				return err
			}
		}
		s.Head, _, err = r.AuditHead(ctx, id)
		return err
	})
	return s
}

// CheckChains verifies every audit chain.
func (w *World) CheckChains() {
	w.T.Helper()
	ids := []curfew.ID{curfew.ZeroID}
	accounts, err := w.AllAccounts(bg)
	must(w.T, err)
	for _, a := range accounts {
		ids = append(ids, a.ID)
	}
	for _, id := range ids {
		report, err := w.VerifyAudit(bg, w.Chain, id)
		must(w.T, err)
		if !report.OK() {
			w.T.Errorf("audit chain of %s: %s", id, report.Problem)
		}
	}
}
