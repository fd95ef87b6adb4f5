package apitest

import (
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/store/storetest"
)

// TestAnswerWithin: a request is answered within its time whatever the store
// does, takes nobody along who waits for the same commit, and what it asked for
// may be asked for again.
func TestAnswerWithin(t *testing.T) {
	t.Parallel()
	w := start(t)
	apart, other := w.signInBody("oleg@other.example"), w.signInBody("bob@acme.example")
	within := func(limit time.Duration) {
		w.setup.api.AnswerWithin = limit
		w.restart()
	}
	within(500 * time.Millisecond)
	stuck := make(chan struct{})
	w.tap.Watch(func(c storetest.Call) error {
		if c.Op == storetest.OpCommit {
			<-stuck
		}
		return nil
	})
	refresh := obj{"refresh_token": apart.refreshToken, "attempt": attempt}
	for what, ask := range map[string]func() *answer{
		"a sign-in": func() *answer {
			return w.program().Post("/api/v1/auth/login", obj{"email": "bob@acme.example", "password": password15})
		},
		"a refresh":       func() *answer { return apart.refresh(refresh) },
		"a new policy":    func() *answer { return w.ada.Patch(security, obj{"idle_minutes": 60}) },
		"an ending":       func() *answer { return w.ada.Delete(sessions + "/" + other.session) },
		"everybody's end": func() *answer { return w.ada.Post(bulk, obj{"scope": "others"}) },
		"another name":    func() *answer { return w.ada.Patch(me, obj{"name": "Ada"}) },
	} {
		asked := time.Now()
		a := ask().Problem(503, "unavailable").Is("Retry-After", "1").Sets()
		if took := time.Since(asked); took > 30*time.Second {
			a.fail("%s was answered after %v", what, took)
		}
	}
	w.tap.Watch(nil)
	close(stuck)
	within(0)
	apart.refresh(refresh).Status(200).Equal(map[string]any{"session.generation": 2})
	w.ada.Delete(sessions + "/" + other.session).Status(204)
	other.refresh(obj{"refresh_token": other.refreshToken}).Problem(401, "session-revoked")
}
