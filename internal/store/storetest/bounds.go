package storetest

import (
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// service is a service that acts on a tenant.
func service(tenant *Tenant) curfew.Actor {
	return curfew.Actor{Type: curfew.ActorService, AccountID: tenant.ID(), ServiceKeyID: curfew.ID{15: 9}, Name: "billing"}
}

func put(n int) policy.Edit { return policy.Edit{Set: true, Value: &n} }

// plan narrows a tenant's bounds to a strict plan.
func (w *World) plan(tenant *Tenant) authority.Bounds {
	w.T.Helper()
	b, err := w.SetAccountBounds(bg, service(tenant), Origin, authority.SetBounds{Change: policy.BoundsChange{
		IdleMinutesMax: put(60), IdleMinutesDefault: put(30), AbsoluteMinutesMax: put(1440), AbsoluteMinutesDefault: put(720), MaxSessionsPerUserMax: put(3)}})
	must(w.T, err)
	return b
}

func accountBounds(t *testing.T, open Open) {
	scenario(t, open, "owners choose within the bounds of their account", func(w *World) {
		actor := w.Acme.Owner.Actor()
		w.plan(w.Acme)
		s, err := w.Security(bg, actor)
		must(w.T, err)
		if s.Bounds.Idle != (policy.Range{Min: 15, Max: 60, Default: 30}) || s.Bounds.Absolute != (policy.Range{Min: 60, Max: 1440, Default: 720}) ||
			s.Bounds.SessionsPerUser().Max != 3 || s.Effective.Effective != (policy.Effective{IdleMinutes: 30, AbsoluteMinutes: 720}) || *s.Effective.MaxSessionsPerUser != 3 {
			w.T.Errorf("security %+v", s)
		}
		_, err = w.SetPolicy(bg, actor, Origin, authority.SetPolicy{Change: change(ptr(61), ptr(1441)), Limit: policy.LimitChange{MaxSessionsPerUser: put(4)}})
		w.WantKind(err, curfew.KindInvalidRequest)
		var refusal *curfew.Error
		if !asError(err, &refusal) || len(refusal.Fields) != 3 {
			w.T.Fatalf("refused with %v", err)
		}
		for i, want := range []string{"idle_minutes must be between 15 and 60", "absolute_minutes must be between 60 and 1440", "max_sessions_per_user must be between 1 and 3"} {
			if got := refusal.Fields[i].Detail; got != want {
				w.T.Errorf("%q, want %q", got, want)
			}
		}
		_, err = w.PreviewPolicy(bg, actor, setAll(61, 720))
		w.WantKind(err, curfew.KindInvalidRequest)
		_, err = w.SetPolicy(bg, actor, Origin, authority.SetPolicy{Change: change(ptr(60), ptr(1440))})
		must(w.T, err)
		if got := w.SignIn(w.Acme.Owner.Email).Standing.Session; got.IdleMinutes != 60 || got.AbsoluteMinutes != 1440 {
			w.T.Errorf("born with %d/%d", got.IdleMinutes, got.AbsoluteMinutes)
		}
	})
	scenario(t, open, "narrower bounds count from the next sign-in, and for running sessions once the policy is applied", func(w *World) {
		w.limits(w.Acme, 600, 6000)
		p := w.SignIn(w.Acme.Owner.Email)
		before, err := w.Security(bg, p.Actor())
		must(w.T, err)
		w.plan(w.Acme)
		s, err := w.Security(bg, p.Actor())
		must(w.T, err)
		if *s.Policy.IdleMinutes != 600 || *s.Policy.AbsoluteMinutes != 6000 || s.Effective.Effective != (policy.Effective{IdleMinutes: 60, AbsoluteMinutes: 1440}) || s.Version != before.Version {
			w.T.Errorf("security %+v", s)
		}
		if got := w.MustRefresh(p, "").Standing.Session; got.IdleMinutes != 600 || got.AbsoluteMinutes != 6000 {
			w.T.Errorf("a running session has %d/%d", got.IdleMinutes, got.AbsoluteMinutes)
		}
		q := w.SignIn(p.Email)
		if got := q.Standing.Session; got.IdleMinutes != 60 || got.AbsoluteMinutes != 1440 {
			w.T.Errorf("born with %d/%d", got.IdleMinutes, got.AbsoluteMinutes)
		}
		_, err = w.SetPolicy(bg, q.Actor(), Origin, authority.SetPolicy{ApplyTo: authority.AllSessions})
		must(w.T, err)
		if got := w.Stands(p).Session; got.IdleMinutes != 60 || got.AbsoluteMinutes != 1440 {
			w.T.Errorf("applied: %d/%d", got.IdleMinutes, got.AbsoluteMinutes)
		}
	})
	scenario(t, open, "the most sessions hold without a limit of the owner's", func(w *World) {
		w.plan(w.Acme)
		w.Clock.Add(time.Minute)
		people := append([]Person{w.Acme.Owner}, w.signInTimes(w.Acme.Owner.Email, 3)...)
		w.WantAlive(people, 1, 2, 3)
	})
	scenario(t, open, "versions, and what is audited", func(w *World) {
		ctx, actor := bg, service(w.Acme)
		b, err := w.AccountBounds(ctx, actor)
		must(w.T, err)
		if b.Version != 1 || !b.Own.Equal(policy.AccountBounds{}) || b.Effective != Bounds {
			w.T.Errorf("a fresh account: %+v", b)
		}
		w.NewEvents(w.Acme.ID())
		one := int64(1)
		b, err = w.SetAccountBounds(ctx, actor, Origin, authority.SetBounds{Change: policy.BoundsChange{IdleMinutesMin: put(20)}, IfVersion: &one})
		must(w.T, err)
		if b.Version != 2 || *b.Own.IdleMinutesMin != 20 || b.Effective.Idle.Min != 20 {
			w.T.Errorf("after: %+v", b)
		}
		e := w.WantActions(w.Acme.ID(), audit.AccountBoundsUpdate)[0]
		rest := `"idle_minutes_max":null,"idle_minutes_default":null,"absolute_minutes_min":null,"absolute_minutes_max":null,"absolute_minutes_default":null,"max_sessions_per_user_max":null}`
		if want := `{"old":{"idle_minutes_min":null,` + rest + `,"new":{"idle_minutes_min":20,` + rest + `}`; string(e.Details) != want {
			w.T.Errorf("details\n%s, want\n%s", e.Details, want)
		}
		if e.Actor == nil || e.Actor.Type != curfew.ActorService || e.Actor.ID != actor.ServiceKeyID || e.Actor.Name != "billing" {
			w.T.Errorf("actor %+v", e.Actor)
		}
		b, err = w.SetAccountBounds(ctx, actor, Origin, authority.SetBounds{Change: policy.BoundsChange{IdleMinutesMin: put(20)}})
		must(w.T, err)
		if b.Version != 2 {
			w.T.Error("a change of nothing moved the version")
		}
		_, err = w.SetAccountBounds(ctx, actor, Origin, authority.SetBounds{Change: policy.BoundsChange{IdleMinutesMin: policy.Edit{Set: true}}, IfVersion: &one})
		w.WantKind(err, curfew.KindStale)
		_, err = w.SetAccountBounds(ctx, actor, Origin, authority.SetBounds{Change: policy.BoundsChange{IdleMinutesMin: put(1)}, IfVersion: &one})
		w.WantKind(err, curfew.KindInvalidRequest) // judged before the version
		w.WantActions(w.Acme.ID())
		b, err = w.SetAccountBounds(ctx, actor, Origin, authority.SetBounds{Change: policy.BoundsChange{IdleMinutesMin: policy.Edit{Set: true}}})
		must(w.T, err)
		if b.Own.IdleMinutesMin != nil || b.Effective != Bounds {
			w.T.Errorf("cleared: %+v", b)
		}
	})
	scenario(t, open, "nobody but a service has a say in the bounds", func(w *World) {
		actor := w.Acme.Owner.Actor()
		_, err := w.AccountBounds(bg, actor)
		w.WantKind(err, curfew.KindForbidden)
		_, err = w.SetAccountBounds(bg, actor, Origin, authority.SetBounds{Change: policy.BoundsChange{IdleMinutesMin: put(20)}})
		w.WantKind(err, curfew.KindForbidden)
	})
}
