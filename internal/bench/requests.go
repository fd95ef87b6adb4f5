package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// refresh rotates the session's token once.
func (w *worker) refresh(ctx context.Context, s *session, now time.Time) error {
	s.nameAttempt()
	const open, middle, shut = `{"refresh_token":"`, `","attempt":"`, `"}`
	length := len(open) + len(s.refreshToken) + len(middle) + len(s.attempt) + len(shut)
	req := w.r.target.post(w.req, "/auth/refresh", length)
	req = append(append(req, open...), s.refreshToken...)
	req = append(append(req, middle...), s.attempt...)
	req = append(req, shut...)
	w.req = req

	if err := w.tokens(ctx, s); err != nil {
		return err
	}
	old, want := s.generation, s.generation+1
	same := bytes.Equal(s.refreshToken, w.ans.refreshToken)
	other := !bytes.Equal(s.id, w.ans.sessionID)
	s.adopt(&w.ans, now)
	switch {
	case other:
		return errors.New("refresh answered with another session")
	case same:
		return errors.New("refresh answered with the token that was presented")
	case s.generation != want:
		return fmt.Errorf("refresh went from generation %d to %d", old, s.generation)
	}
	return nil
}

// login replaces the session by that of a new sign-in.
func (w *worker) login(ctx context.Context, s *session, now time.Time) error {
	body := w.r.loginBody
	w.req = append(w.r.target.post(w.req, "/auth/login", len(body)), body...)
	if err := w.tokens(ctx, s); err != nil {
		return err
	}
	s.adopt(&w.ans, now)
	s.live = true
	return nil
}

// session asks the server about the session.
func (w *worker) session(ctx context.Context, s *session, _ time.Time) error {
	w.req = w.r.target.get(w.req, "/auth/session", s.accessToken)
	if err := w.exchange(ctx, s); err != nil {
		return err
	}
	if !bytes.Equal(s.id, w.ans.sessionID) {
		return errors.New("session answered about another session")
	}
	if s.generation != w.ans.generation {
		return fmt.Errorf("session answered generation %d, want %d", w.ans.generation, s.generation)
	}
	return nil
}

// logout ends the session; the worker's is then no more.
func (w *worker) logout(ctx context.Context, s *session, _ time.Time) error {
	const open, shut = `{"refresh_token":"`, `"}`
	req := w.r.target.post(w.req, "/auth/logout", len(open)+len(s.refreshToken)+len(shut))
	w.req = append(append(append(req, open...), s.refreshToken...), shut...)
	_, err := w.send(ctx, s, 204)
	return err
}

// revoke ends the next of the sessions that the worker was given to end, as
// the owner of the account, whose session s is.
func (w *worker) revoke(ctx context.Context, s *session, _ time.Time) error {
	if len(w.doom) == 0 {
		return errors.New("no session is left to be ended: the run is too long for the store")
	}
	id := w.doom[0]
	w.doom = w.doom[1:]
	w.req = w.r.target.bearer(w.req, "DELETE ", "/accounts/me/sessions/"+id, s.accessToken)
	_, err := w.send(ctx, s, 204)
	return err
}

// signUp creates the account and its owner.
func (r *runner) signUp(ctx context.Context) error {
	w := r.workers[0]
	defer w.client.close()
	body, err := json.Marshal(map[string]string{
		"account_name": "Bench", "name": "Bench", "email": r.cfg.Email, "password": r.cfg.Password,
	})
	if err != nil {
		return err
	}
	w.req = append(r.target.post(w.req, "/auth/signup", len(body)), body...)
	res, err := w.client.roundTrip(ctx, w.req)
	if err == nil && res.status != 201 {
		err = res.problem()
	}
	if err != nil {
		return fmt.Errorf("sign up: %w", err)
	}
	return nil
}

// tokens sends w.req, whose answer is to be a TokenResponse with tokens.
func (w *worker) tokens(ctx context.Context, s *session) error {
	if err := w.exchange(ctx, s); err != nil {
		return err
	}
	return w.ans.whole()
}

// whole is an error unless the answer has tokens.
func (a *answer) whole() error {
	switch {
	case len(a.refreshToken) == 0:
		return errors.New("the answer has no refresh_token")
	case len(a.accessToken) == 0:
		return errors.New("the answer has no access_token")
	case a.expiresIn <= 0:
		return errors.New("the answer has no positive expires_in")
	}
	return nil
}

// exchange sends w.req and reads a 200 into w.ans.
func (w *worker) exchange(ctx context.Context, s *session) error {
	res, err := w.send(ctx, s, 200)
	if err != nil {
		return err
	}
	return w.ans.scan(res.body)
}

// send sends w.req and expects an answer of status want. A 4xx means that the
// session cannot go on.
func (w *worker) send(ctx context.Context, s *session, want int) (*response, error) {
	res, err := w.client.roundTrip(ctx, w.req)
	switch {
	case err != nil:
		return nil, err
	case res.status == want:
		return res, nil
	case res.status == 503 && res.retryAfter >= 0:
		return nil, &refusal{wait: res.retryAfter, problem: res.problem()}
	case res.status == 429:
		return nil, fmt.Errorf("%w (does the server run with CURFEW_THROTTLE=off?)", res.problem())
	case res.status >= 400 && res.status < 500:
		s.live = false
	}
	return nil, res.problem()
}

// refusal is a 503 that says when to come back.
type refusal struct {
	wait    time.Duration
	problem error
}

func (e *refusal) Error() string { return e.problem.Error() }
