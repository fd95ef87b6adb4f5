package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// previews holds, over random sets of sessions, that a preview tells exactly
// what applying the policy then does.
func previews(w *World) {
	round := 0
	rapid.Check(w.T.(*testing.T), func(t *rapid.T) {
		round++
		tenant := w.SignUp("Preview", "Pia Owner", fmt.Sprintf("pia%d@preview.example", round))
		people := []Person{tenant.Owner}
		sessions := []Person{tenant.Owner}
		for range rapid.IntRange(2, 8).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				settled := w.Settle(tenant, "Guest", fmt.Sprintf("guest%d-%d@preview.example", round, len(people)), curfew.RoleMember, 2)
				people, sessions = append(people, settled[0]), append(sessions, settled...)
			case 1:
				sessions = append(sessions, w.SignIn(rapid.SampledFrom(people).Draw(t, "who").Email))
			case 2:
				idle := rapid.SampledFrom([]int{15, 30, 60}).Draw(t, "idle")
				absolute := rapid.SampledFrom([]int{60, 90, 720}).Draw(t, "absolute")
				if _, over := w.Stands(tenant.Owner).End(w.Clock.Now()); !over {
					w.limits(tenant, idle, absolute)
				}
			case 3:
				i := rapid.IntRange(0, len(sessions)-1).Draw(t, "session")
				if granted, err := w.Refresh(sessions[i].RefreshToken, ""); err == nil {
					sessions[i].Granted = granted
				}
			}
			w.Clock.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 5, 15, 30}).Draw(t, "minutes")) * time.Minute)
			if _, over := w.Stands(tenant.Owner).End(w.Clock.Now()); over {
				tenant.Owner = w.SignIn(tenant.Owner.Email)
				sessions = append(sessions, tenant.Owner)
			}
		}
		limits := rapid.SampledFrom([][2]int{{0, 0}, {15, 0}, {30, 0}, {15, 60}, {60, 60}, {60, 90}, {15, 720}, {30, 720}}).Draw(t, "new limits")
		in := setAll(limits[0], limits[1])
		actor := tenant.Owner.Actor()
		now := w.Clock.Now()
		before := w.all(tenant.ID())
		preview, err := w.PreviewPolicy(bg, actor, in)
		must(w.T, err)
		if !sameState(before, w.all(tenant.ID())) {
			t.Fatal("the preview changed something")
		}
		_, err = w.SetPolicy(bg, actor, Origin, in)
		must(w.T, err)
		was := map[curfew.ID]curfew.Standing{}
		for _, st := range before.Sessions {
			was[st.Session.ID] = st
		}
		did := authority.Preview{}
		perUser := map[curfew.ID]*authority.PreviewUser{}
		for _, st := range w.all(tenant.ID()).Sessions {
			old := was[st.Session.ID]
			if _, over := old.End(now); over {
				continue
			}
			user := perUser[st.User.ID]
			if user == nil {
				user = &authority.PreviewUser{UserID: st.User.ID, Name: st.User.Name, Email: st.User.Email}
			}
			switch end, over := st.End(now); {
			case over && end.Reason != curfew.ReasonPolicyTightened:
				t.Fatalf("ended by %s", end.Reason)
			case over:
				user.SessionsEnding++
				did.SessionsEndingNow++
				did.EndsCurrentSession = did.EndsCurrentSession || st.Session.ID == actor.SessionID
			case st.Session.IdleExpiresAt.Before(old.Session.IdleExpiresAt) || st.Session.AbsoluteExpiresAt.Before(old.Session.AbsoluteExpiresAt):
				user.SessionsShortened++
				did.SessionsShortened++
			default:
				if !st.Session.IdleExpiresAt.Equal(old.Session.IdleExpiresAt) || !st.Session.AbsoluteExpiresAt.Equal(old.Session.AbsoluteExpiresAt) {
					t.Fatal("lengthened")
				}
				continue
			}
			perUser[st.User.ID] = user
		}
		did.UsersAffected = len(perUser)
		if did.SessionsEndingNow != preview.SessionsEndingNow || did.SessionsShortened != preview.SessionsShortened ||
			did.UsersAffected != preview.UsersAffected || did.EndsCurrentSession != preview.EndsCurrentSession || len(preview.Users) != len(perUser) {
			t.Fatalf("previewed %+v, did %+v", preview, did)
		}
		for _, u := range preview.Users {
			if got := perUser[u.UserID]; got == nil || *got != u {
				t.Fatalf("previewed %+v, did %+v", u, got)
			}
		}
		if !slices.IsSortedFunc(preview.Users, func(a, b authority.PreviewUser) int { return slices.Compare([]byte(a.Name), []byte(b.Name)) }) {
			t.Fatal("people are not sorted by name")
		}
	})
}
