package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// askPatience bounds one question about a session.
	askPatience = 3 * time.Second
	// maxAsking bounds how many are asked at once.
	maxAsking = 64
	// askPause is how long nobody is asked after an authority did not answer:
	// requests are refused at once meanwhile, and do not pile up.
	askPause = 500 * time.Millisecond
)

// onlineAnswer is what the authority said of a session.
type onlineAnswer struct {
	sent instant
	err  error // nil: it lives
}

// onlineQuestion is a question under way. Everybody who has the same token joins.
type onlineQuestion struct {
	mu      sync.Mutex
	pending chan struct{}
	err     error // what the last one said
}

// online asks about sessions one by one.
type online struct {
	slots chan struct{}
	down  atomic.Int64 // monotonic time until which nobody is asked
}

// askOnline asks the authority whether a token's session lives, unless it said
// so within MaxStaleness: that is as good as the feed.
func (v *Verifier) askOnline(ctx context.Context, token string, t *opened, now instant) error {
	if answer := t.online.Load(); answer != nil && now.since(answer.sent) <= v.cfg.MaxStaleness {
		return answer.err
	}
	if now.mono < time.Duration(v.online.down.Load()) {
		return unavailable(v.why())
	}
	q := &t.question
	q.mu.Lock()
	if q.pending == nil {
		done := make(chan struct{})
		if !v.background(func() { v.question(token, t, done) }) {
			q.mu.Unlock()
			return unavailable("the verifier is closed")
		}
		q.pending = done
	}
	done := q.pending
	q.mu.Unlock()
	select {
	case <-done:
		q.mu.Lock()
		defer q.mu.Unlock()
		return q.err
	case <-ctx.Done():
		return unavailable(ctx.Err().Error())
	}
}

// question asks, and tells all who wait.
func (v *Verifier) question(token string, t *opened, done chan struct{}) {
	err := v.askInTurn(token, t)
	t.question.mu.Lock()
	t.question.err, t.question.pending = err, nil
	t.question.mu.Unlock()
	close(done)
}

func (v *Verifier) askInTurn(token string, t *opened) error {
	ctx, cancel := context.WithTimeout(v.closing, askPatience)
	defer cancel()
	select {
	case v.online.slots <- struct{}{}:
		defer func() { <-v.online.slots }()
	case <-ctx.Done():
		return unavailable("too many questions wait for it")
	}
	sent := v.clock.read()
	verdict, err := v.askSession(ctx, token, t)
	now := v.clock.read()
	v.event(Event{Kind: AskedOnline, OK: err == nil, Took: now.since(sent)})
	if err != nil {
		v.online.down.Store(int64(now.mono + askPause))
		v.health.note(troubleOnline, err)
		return unavailable(strings.TrimPrefix(err.Error(), "verify: "))
	}
	v.health.note(troubleOnline, nil)
	t.online.Store(&onlineAnswer{sent: sent, err: verdict})
	if errors.Is(verdict, ErrRevoked) {
		v.remember(t)
	}
	return verdict
}

// remember keeps that a session has ended until its token has expired: the feed
// may be behind what the authority said, and would let it live for a moment more.
func (v *Verifier) remember(t *opened) {
	until := unix(t.expires)
	v.revocations.add(&entry{Account: &t.account, Session: &t.session, Until: &until})
}

// why is what is wrong, for those who are refused for it.
func (v *Verifier) why() string {
	if words := v.health.words(); words != "" {
		return strings.TrimPrefix(words, "verify: ")
	}
	return "it did not answer a moment ago"
}

// askSession asks about one session; err is for want of an answer.
func (v *Verifier) askSession(ctx context.Context, token string, t *opened) (verdict, err error) {
	answer, err := v.get(ctx, "/api/v1/auth/session", nil, http.Header{"Authorization": {"Bearer " + token}, "Accept": {"application/json"}})
	if err != nil {
		return nil, err
	}
	defer discard(answer.Body)
	text, err := readBody(answer.Body, 64<<10)
	if err != nil {
		return nil, v.trouble(0, "breaks off while answering about a session: %s", reason(ctx, err))
	}
	switch answer.StatusCode {
	case http.StatusOK:
		return nil, v.lives(text, t)
	case http.StatusUnauthorized:
		return v.over(text)
	}
	return nil, v.trouble(answer.StatusCode, "answers a question about a session with status %d", answer.StatusCode)
}

// lives makes sure that an answer is about this session.
func (v *Verifier) lives(text []byte, t *opened) error {
	var body struct {
		Session struct {
			ID id `json:"id"`
		} `json:"session"`
		Account struct {
			ID id `json:"id"`
		} `json:"account"`
		ServerTime time.Time `json:"server_time"`
	}
	if json.Unmarshal(text, &body) != nil || body.Session.ID != t.session || body.Account.ID != t.account || body.ServerTime.IsZero() {
		return v.trouble(misfit, "answers a question about a session with something else")
	}
	v.clock.start(body.ServerTime.UnixMicro(), v.clock.read())
	return nil
}

// over reads the authority's refusal. Only a problem of the authority's own is
// one: a proxy's 401 says nothing about the session.
func (v *Verifier) over(text []byte) (verdict, err error) {
	var problem struct{ Type string }
	if json.Unmarshal(text, &problem) == nil {
		switch problem.Type {
		case "/problems/session-expired", "/problems/session-revoked", "/problems/refresh-token-reused":
			return fmt.Errorf("%w: %s", ErrRevoked, strings.TrimPrefix(problem.Type, "/problems/")), nil
		case "/problems/invalid-token", "/problems/no-session", "/problems/unauthenticated":
			return invalid("the authority refuses it"), nil
		}
	}
	return nil, v.trouble(misfit, "answers a question about a session 401, but not with a problem of Curfew's")
}
