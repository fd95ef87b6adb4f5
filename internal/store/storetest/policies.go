package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
	"github.com/curfew-auth/curfew/internal/token"
)

// setAll applies limits to all sessions; 0 inherits.
func setAll(idle, absolute int) authority.SetPolicy {
	field := func(n int) *int {
		if n == 0 {
			return nil
		}
		return &n
	}
	return authority.SetPolicy{Change: change(field(idle), field(absolute)), ApplyTo: authority.AllSessions}
}

func policies(t *testing.T, open Open) {
	scenario(t, open, "applied to all: ends those over, shortens others, lengthens none, leaves ended ones", func(w *World) {
		w.limits(w.Acme, 600, 1200)
		owner := w.Acme.Owner // under 10080/20160
		idle := w.Join(w.Acme, "Idle", "idle@acme.example", curfew.RoleMember)
		w.Clock.Add(20 * time.Minute)
		busy := w.SignIn(idle.Email)
		gone := w.SignIn(idle.Email)
		must(w.T, w.RevokeSession(bg, owner.Actor(), Origin, gone.Session()))
		goneAt := w.Clock.Now()
		w.limits(w.Acme, 15, 60)
		short := w.SignIn(idle.Email)
		owner = w.MustRefresh(owner, "")
		before := map[curfew.ID]curfew.Session{}
		for _, p := range []Person{owner, idle, busy, gone, short} {
			before[p.Session()] = w.Stands(p).Session
		}
		w.Clock.Add(time.Second)
		now := w.Clock.Now()
		_, err := w.SetPolicy(bg, owner.Actor(), Origin, setAll(20, 120))
		must(w.T, err)

		w.Ended(idle, curfew.ReasonPolicyTightened, now)
		if s := w.Stands(idle).Session; !s.IdleExpiresAt.Equal(before[s.ID].IdleExpiresAt) || !s.AbsoluteExpiresAt.Equal(before[s.ID].AbsoluteExpiresAt) || s.IdleMinutes != 600 {
			w.T.Error("an ended session lost its old deadlines")
		}
		w.Ended(gone, curfew.ReasonOwnerSession, goneAt)
		for _, p := range []Person{owner, busy} {
			was, is := before[p.Session()], w.Stands(p).Session
			if is.IdleMinutes != 20 || is.AbsoluteMinutes != 120 || !is.IdleExpiresAt.Equal(was.LastActiveAt.Add(20*time.Minute)) ||
				!is.AbsoluteExpiresAt.Equal(was.AuthTime.Add(2*time.Hour)) {
				w.T.Errorf("not shortened: %+v", is)
			}
			w.MustRefresh(p, "")
		}
		was, is := before[short.Session()], w.Stands(short).Session
		if is.IdleMinutes != 15 || is.AbsoluteMinutes != 60 || !is.IdleExpiresAt.Equal(was.IdleExpiresAt) || !is.AbsoluteExpiresAt.Equal(was.AbsoluteExpiresAt) {
			w.T.Errorf("lengthened: %+v", is)
		}
		w.MustRefresh(short, "")
	})
	for _, b := range boundary {
		scenario(t, open, "a session over the new limits, "+b.name, func(w *World) {
			for i, limits := range [][2]int{{15, 720}, {60, 60}} { // by idle, by absolute
				p := w.SignIn(w.Acme.Owner.Email)
				at := p.Now.Add([]time.Duration{15 * time.Minute, time.Hour}[i])
				if i == 1 { // still busy when the absolute limit comes
					w.Clock.Add(30 * time.Minute)
					p = w.MustRefresh(p, "")
				}
				w.Clock.Set(at.Add(b.off))
				q := w.SignIn(p.Email)
				_, err := w.SetPolicy(bg, q.Actor(), Origin, setAll(limits[0], limits[1]))
				must(w.T, err)
				if b.over {
					w.Ended(p, curfew.ReasonPolicyTightened, w.Clock.Now())
				} else {
					w.Alive(p)
				}
				_, err = w.SetPolicy(bg, q.Actor(), Origin, setAll(0, 0))
				must(w.T, err)
			}
		})
	}
	scenario(t, open, "the caller's own session is no exception, and the answer is still given", func(w *World) {
		p := w.Acme.Owner
		w.Clock.Add(time.Hour)
		preview, err := w.PreviewPolicy(bg, p.Actor(), setAll(15, 60))
		must(w.T, err)
		if !preview.EndsCurrentSession || preview.SessionsEndingNow != 1 || preview.UsersAffected != 1 {
			w.T.Errorf("preview %+v", preview)
		}
		s, err := w.SetPolicy(bg, p.Actor(), Origin, setAll(15, 60))
		must(w.T, err)
		if s.SessionCount != 0 || s.Effective.Effective != (policy.Effective{IdleMinutes: 15, AbsoluteMinutes: 60}) {
			w.T.Errorf("answer %+v", s)
		}
		w.Ended(p, curfew.ReasonPolicyTightened, w.Clock.Now())
	})
	scenario(t, open, "a new policy leaves running sessions alone", func(w *World) {
		w.Clock.Add(20 * time.Minute)
		_, err := w.SetPolicy(bg, w.Acme.Owner.Actor(), Origin, authority.SetPolicy{Change: change(ptr(15), ptr(60))})
		must(w.T, err)
		if s := w.MustRefresh(w.Acme.Owner, "").Standing.Session; s.IdleMinutes != 10080 || s.AbsoluteMinutes != 20160 {
			w.T.Errorf("%+v", s)
		}
	})
	versions(t, open)
	refusedPolicies(t, open)
	bornInTheRace(t, open)
	t.Run("a preview says exactly what the change then does", func(t *testing.T) { previews(NewWorld(t, open)) })
}

// versions are the ETag and the audit of changes.
func versions(t *testing.T, open Open) {
	scenario(t, open, "versions, and a change that changes nothing", func(w *World) {
		ctx, actor := bg, w.Acme.Owner.Actor()
		s, err := w.Security(ctx, actor)
		must(w.T, err)
		if s.UpdatedBy != nil || !s.UpdatedAt.IsZero() || s.Preset != policy.Standard || s.UserCount != 1 || s.SessionCount != 1 {
			w.T.Errorf("fresh account: %+v", s)
		}
		first := s.Version
		w.NewEvents(w.Acme.ID())
		w.Clock.Add(time.Second)
		s, err = w.SetPolicy(ctx, actor, Origin, authority.SetPolicy{Change: change(ptr(15), ptr(720)), Reason: " tighter ", IfVersion: &first})
		must(w.T, err)
		if s.Version != first+1 || s.Preset != policy.Strict || !s.UpdatedAt.Equal(w.Clock.Now()) || s.UpdatedBy == nil || s.UpdatedBy.ID != actor.UserID {
			w.T.Errorf("after: %+v", s)
		}
		e := w.WantActions(w.Acme.ID(), audit.AccountSessionPolicyUpdate)[0]
		unlimited := `"max_sessions_per_user":null,"session_limit_action":"evict_oldest"`
		want := `{"old":{"idle_minutes":null,"absolute_minutes":null,` + unlimited + `},"new":{"idle_minutes":15,"absolute_minutes":720,` + unlimited + `},` +
			`"effective_old":{"idle_minutes":10080,"absolute_minutes":20160,` + unlimited + `},"effective_new":{"idle_minutes":15,"absolute_minutes":720,` + unlimited + `},` +
			`"apply_to":"new_sessions","reason":"tighter"}`
		if string(e.Details) != want {
			w.T.Errorf("details\n%s, want\n%s", e.Details, want)
		}
		for _, same := range []authority.SetPolicy{
			{}, {ApplyTo: authority.NewSessions}, {Change: change(ptr(15), ptr(720)), Reason: "again"},
			{Change: policy.Change{IdleMinutes: policy.Edit{Set: true, Value: ptr(15)}}},
		} {
			s, err := w.SetPolicy(ctx, actor, Origin, same)
			must(w.T, err)
			if s.Version != first+1 {
				w.T.Errorf("%+v moved the version", same)
			}
		}
		w.WantActions(w.Acme.ID())
		_, err = w.SetPolicy(ctx, actor, Origin, authority.SetPolicy{Change: change(nil, nil), IfVersion: &first})
		w.WantKind(err, curfew.KindStale)
		_, err = w.SetPolicy(ctx, actor, Origin, authority.SetPolicy{Change: change(ptr(1), nil), IfVersion: &first})
		w.WantKind(err, curfew.KindInvalidRequest) // judged before the version
		w.WantActions(w.Acme.ID())
		// Absent members stay, null clears.
		s, err = w.SetPolicy(ctx, actor, Origin, authority.SetPolicy{Change: policy.Change{AbsoluteMinutes: policy.Edit{Set: true}}})
		must(w.T, err)
		if s.Policy.IdleMinutes == nil || *s.Policy.IdleMinutes != 15 || s.Policy.AbsoluteMinutes != nil || s.Version != first+2 || s.Preset != policy.Custom {
			w.T.Errorf("after clearing: %+v", s)
		}
	})
	scenario(t, open, "the policy in force applied later is audited when it does something", func(w *World) {
		actor := w.Acme.Owner.Actor()
		w.limits(w.Acme, 60, 120)
		w.NewEvents(w.Acme.ID())
		w.Clock.Add(time.Minute)
		s, err := w.SetPolicy(bg, actor, Origin, authority.SetPolicy{ApplyTo: authority.AllSessions})
		must(w.T, err)
		e := w.WantActions(w.Acme.ID(), audit.AccountSessionPolicyUpdate)[0]
		var details struct {
			Old, New struct {
				Idle *int `json:"idle_minutes"`
			}
			ApplyTo string `json:"apply_to"`
		}
		must(w.T, json.Unmarshal(e.Details, &details))
		if details.ApplyTo != "all_sessions" || *details.Old.Idle != 60 || *details.New.Idle != 60 {
			w.T.Errorf("details %s", e.Details)
		}
		if got := w.Stands(w.Acme.Owner).Session.IdleMinutes; got != 60 {
			w.T.Errorf("idle %d, want 60", got)
		}
		again, err := w.SetPolicy(bg, actor, Origin, authority.SetPolicy{ApplyTo: authority.AllSessions})
		must(w.T, err)
		if again.Version != s.Version {
			w.T.Error("the version moved")
		}
		w.WantActions(w.Acme.ID())
		w.MustRefresh(w.Acme.Owner, "")
	})
	scenario(t, open, "stored values outside the bounds now in force", func(w *World) {
		w.limits(w.Acme, 30, 120)
		narrow := w.with(func(c *authority.Config) {
			c.Bounds = policy.Bounds{Idle: policy.Range{Min: 60, Max: 600, Default: 60}, Absolute: policy.Range{Min: 240, Max: 1200, Default: 600}}
		})
		actor := w.Acme.Owner.Actor()
		s, err := narrow.Security(bg, actor)
		must(w.T, err)
		if *s.Policy.IdleMinutes != 30 || *s.Policy.AbsoluteMinutes != 120 || s.Effective.Effective != (policy.Effective{IdleMinutes: 60, AbsoluteMinutes: 240}) {
			w.T.Errorf("shown as %+v, in force %+v", s.Policy, s.Effective)
		}
		if p := narrow.SignIn(w.Acme.Owner.Email).Standing.Session; p.IdleMinutes != 60 || p.AbsoluteMinutes != 240 {
			w.T.Errorf("born with %d/%d", p.IdleMinutes, p.AbsoluteMinutes)
		}
		// Only the member sent is judged; what contradicts it is settled.
		s, err = narrow.SetPolicy(bg, actor, Origin, authority.SetPolicy{Change: policy.Change{IdleMinutes: policy.Edit{Set: true, Value: ptr(200)}}})
		must(w.T, err)
		if *s.Policy.IdleMinutes != 200 || *s.Policy.AbsoluteMinutes != 240 || s.Effective.Effective != (policy.Effective{IdleMinutes: 200, AbsoluteMinutes: 240}) {
			w.T.Errorf("settled as %d/%d", *s.Policy.IdleMinutes, *s.Policy.AbsoluteMinutes)
		}
	})
}

func refusedPolicies(t *testing.T, open Open) {
	scenario(t, open, "refused changes", func(w *World) {
		w.NewEvents(w.Acme.ID())
		for _, c := range []struct {
			in     authority.SetPolicy
			field  string
			detail string
		}{
			{authority.SetPolicy{Change: change(ptr(14), nil)}, "idle_minutes", "idle_minutes must be between 15 and 43200"},
			{authority.SetPolicy{Change: change(nil, ptr(129601))}, "absolute_minutes", "absolute_minutes must be between 60 and 129600"},
			{authority.SetPolicy{Change: change(ptr(43200), nil)}, "idle_minutes", "Effective idle (43200min) cannot exceed effective absolute (20160min)"},
			{authority.SetPolicy{ApplyTo: "some"}, "apply_to", "apply_to must be new_sessions or all_sessions"},
			{authority.SetPolicy{Reason: string(make([]byte, 501))}, "reason", "reason must be text of at most 500 characters"},
		} {
			_, err := w.SetPolicy(bg, w.Acme.Owner.Actor(), Origin, c.in)
			var e *curfew.Error
			if w.WantKind(err, curfew.KindInvalidRequest); !asError(err, &e) || e.Detail != c.detail || e.Fields[0].Field != c.field {
				w.T.Errorf("%+v: %v", c.in, err)
			}
			if c.in.ApplyTo == "" && c.in.Reason == "" {
				_, err = w.PreviewPolicy(bg, w.Acme.Owner.Actor(), c.in)
				if !asError(err, &e) || e.Detail != c.detail {
					w.T.Errorf("preview of %+v: %v", c.in, err)
				}
			}
		}
		member := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		w.NewEvents(w.Acme.ID())
		_, err := w.SetPolicy(bg, member.Actor(), Origin, setAll(15, 60))
		w.WantKind(err, curfew.KindForbidden)
		_, err = w.PreviewPolicy(bg, member.Actor(), setAll(15, 60))
		w.WantKind(err, curfew.KindForbidden)
		_, err = w.Security(bg, member.Actor())
		w.WantKind(err, curfew.KindForbidden)
		w.WantActions(w.Acme.ID())
	})
	scenario(t, open, "a reason where one is required", func(w *World) {
		actor := w.Acme.Owner.Actor()
		_, err := w.SetPolicy(bg, actor, Origin, authority.SetPolicy{Change: change(ptr(61), ptr(1440))})
		var e *curfew.Error
		if w.WantKind(err, curfew.KindInvalidRequest); !asError(err, &e) || e.Fields[0].Field != "reason" {
			w.T.Errorf("%v", err)
		}
		_, err = w.SetPolicy(bg, actor, Origin, authority.SetPolicy{Change: change(ptr(61), ptr(1440)), Reason: "the night shift"})
		must(w.T, err)
		for _, free := range []authority.SetPolicy{{Change: change(ptr(61), ptr(1440))}, {Change: change(ptr(60), ptr(1440))}, {ApplyTo: authority.AllSessions}} {
			_, err = w.SetPolicy(bg, actor, Origin, free) // unchanged, within AAL2, only applied
			must(w.T, err)
		}
		_, err = w.SetPolicy(bg, actor, Origin, authority.SetPolicy{Change: change(ptr(60), ptr(1441)), Reason: "   "})
		w.WantKind(err, curfew.KindInvalidRequest)
		_, err = w.PreviewPolicy(bg, actor, authority.SetPolicy{Change: change(ptr(60), ptr(1441))})
		must(w.T, err)
	}, func(c *authority.Config) { c.PolicyReasonRequired = true })
}

// bornInTheRace are sessions that a policy applied to all did not see, because
// their sign-in committed beside it.
func bornInTheRace(t *testing.T, open Open) {
	insert := func(w *World, version int64, started time.Time) Person {
		w.T.Helper()
		r := token.NewRefresh(w.Acme.ID(), curfew.NewID(started))
		s := curfew.Session{AccountID: r.AccountID, ID: r.SessionID, UserID: w.Acme.Owner.User(), SecretHash: r.SecretHash(), Generation: 1,
			PolicyVersion: version, StartedAt: started, AuthTime: started, LastActiveAt: started, IdleMinutes: 600, AbsoluteMinutes: 1200,
			IdleExpiresAt: started.Add(600 * time.Minute), AbsoluteExpiresAt: started.Add(1200 * time.Minute), AMR: []string{"pwd"}}
		w.Tx(func(ctx context.Context, tx authority.Tx) error {
			ok, err := tx.InsertSession(ctx, s)
			if err == nil && !ok {
				err = fmt.Errorf("not born")
			}
			return err
		})
		p := w.Acme.Owner
		p.Standing.Session, p.RefreshToken = s, w.Codec.Encode(r)
		return p
	}
	scenario(t, open, "a session born in the race is shortened by its next refresh", func(w *World) {
		s, err := w.Security(bg, w.Acme.Owner.Actor())
		must(w.T, err)
		_, err = w.SetPolicy(bg, w.Acme.Owner.Actor(), Origin, setAll(20, 120))
		must(w.T, err)
		p := insert(w, s.Version, w.Clock.Now())
		w.Clock.Add(10 * time.Minute)
		next := w.MustRefresh(p, "")
		got := next.Standing.Session
		if got.IdleMinutes != 20 || got.AbsoluteMinutes != 120 || !got.IdleExpiresAt.Equal(w.Clock.Now().Add(20*time.Minute)) ||
			!got.AbsoluteExpiresAt.Equal(got.AuthTime.Add(2*time.Hour)) {
			w.T.Errorf("%+v", got)
		}
		again, err := w.Refresh(p.RefreshToken, "")
		must(w.T, err)
		if again.RefreshToken != next.RefreshToken {
			w.T.Error("forked")
		}
	})
	scenario(t, open, "or ended by it, when it is over the limits", func(w *World) {
		s, err := w.Security(bg, w.Acme.Owner.Actor())
		must(w.T, err)
		_, err = w.SetPolicy(bg, w.Acme.Owner.Actor(), Origin, setAll(20, 120))
		must(w.T, err)
		p := insert(w, s.Version, w.Clock.Now())
		w.Clock.Add(20 * time.Minute)
		_, err = w.Refresh(p.RefreshToken, "")
		w.WantKind(err, curfew.KindSessionRevoked, curfew.ReasonPolicyTightened)
		w.Ended(p, curfew.ReasonPolicyTightened, w.Clock.Now())
	})
}
