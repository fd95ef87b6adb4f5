package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// benchCase is one kind of request.
type benchCase struct {
	name string
	// do sends one request for a session and judges the answer. A nil error
	// is a right answer, a *refusal a request to come back later.
	do func(w *worker, ctx context.Context, s *session, now time.Time) error
	// signedIn: needs a live session. bearer: needs a fresh access token.
	signedIn, bearer bool
	// commits: one commit and one signature each, so that the machine's rates
	// of fsync and of signatures are its measure.
	commits bool
}

var benchCases = []benchCase{
	{name: "refresh", do: (*worker).refresh, signedIn: true, commits: true},
	{name: "session", do: (*worker).session, signedIn: true, bearer: true},
	{name: "login", do: (*worker).login},
}

// Cases are the names of all cases.
func Cases() []string {
	names := make([]string, len(benchCases))
	for i, c := range benchCases {
		names[i] = c.name
	}
	return names
}

func caseNamed(name string) (benchCase, error) {
	for _, c := range benchCases {
		if c.name == name {
			return c, nil
		}
	}
	return benchCase{}, fmt.Errorf("no case %q; there are %s", name, strings.Join(Cases(), ", "))
}

// session is a chain of refresh tokens, owned by one worker.
type session struct {
	live         bool // signed in, and not refused since
	id           []byte
	refreshToken []byte
	accessToken  []byte
	generation   int64
	renewAt      time.Time // when the access token should be replaced

	// mark is random and begins every attempt of this session. The attempt is
	// kept until its rotation is answered, whatever happens in between: a
	// rotation whose answer was lost is asked for again under the same name.
	mark     string
	rotation int64
	attempt  []byte
	pending  bool
}

// renewMargin is how long before its end an access token is replaced; half of
// its life if that is shorter.
const renewMargin = 30 * time.Second

// adopt takes over the tokens of a TokenResponse.
func (s *session) adopt(a *answer, now time.Time) {
	s.id = append(s.id[:0], a.sessionID...)
	s.refreshToken = append(s.refreshToken[:0], a.refreshToken...)
	s.accessToken = append(s.accessToken[:0], a.accessToken...)
	s.generation = a.generation
	life := time.Duration(a.expiresIn) * time.Second
	s.renewAt = now.Add(life - min(renewMargin, life/2))
	s.pending = false
}

// refresh rotates the session's token once.
func (w *worker) refresh(ctx context.Context, s *session, now time.Time) error {
	if !s.pending {
		s.rotation++
		s.attempt = append(s.attempt[:0], s.mark...)
		s.attempt = append(s.attempt, '-')
		s.attempt = strconv.AppendInt(s.attempt, s.rotation, 36)
		s.pending = true
	}
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
	body := w.r.target.loginBody
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

// signUp creates the account and its owner.
func (w *worker) signUp(ctx context.Context) error {
	defer w.client.close()
	cfg := w.r.cfg
	body, err := json.Marshal(map[string]string{
		"account_name": "Bench", "name": "Bench", "email": cfg.Email, "password": cfg.Password,
	})
	if err != nil {
		return err
	}
	w.req = append(w.r.target.post(w.req, "/auth/signup", len(body)), body...)
	res, err := w.client.roundTrip(ctx, w.req)
	if err != nil {
		return err
	}
	if res.status != 201 {
		return res.problem()
	}
	return nil
}

// tokens sends w.req, whose answer is to be a TokenResponse with tokens.
func (w *worker) tokens(ctx context.Context, s *session) error {
	if err := w.exchange(ctx, s); err != nil {
		return err
	}
	switch {
	case len(w.ans.refreshToken) == 0:
		return errors.New("the answer has no refresh_token")
	case len(w.ans.accessToken) == 0:
		return errors.New("the answer has no access_token")
	case w.ans.expiresIn <= 0:
		return errors.New("the answer has no positive expires_in")
	}
	return nil
}

// exchange sends w.req and reads a 200 into w.ans. A 4xx means that the
// session cannot go on.
func (w *worker) exchange(ctx context.Context, s *session) error {
	res, err := w.client.roundTrip(ctx, w.req)
	switch {
	case err != nil:
		return err
	case res.status == 200:
		return w.ans.scan(res.body)
	case res.status == 503 && res.retryAfter >= 0:
		return &refusal{wait: res.retryAfter, problem: res.problem()}
	case res.status == 429:
		return fmt.Errorf("%w (does the server run with CURFEW_THROTTLE=off?)", res.problem())
	case res.status >= 400 && res.status < 500:
		s.live = false
	}
	return res.problem()
}

// refusal is a 503 that says when to come back.
type refusal struct {
	wait    time.Duration
	problem error
}

func (e *refusal) Error() string { return e.problem.Error() }
