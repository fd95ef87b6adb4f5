package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// peopleEach is how many people each account of a product has.
const peopleEach = 50

// hired is a client that is a service: it starts sessions in accounts of a product.
type hired struct {
	accounts, people int // by numbers from 0
	made             int // people beyond those
}

// hire makes a key for the services of the store in use, unless there is one.
func (r *runner) hire(ctx context.Context) error {
	if len(r.service) > 0 {
		return nil
	}
	key, err := r.own.serviceKey(ctx, curfew.ScopeSessionsWrite, curfew.ScopeTokensIntrospect)
	r.service = []byte(key)
	return err
}

// measureIntrospect asks what the access tokens of sessions are worth.
func (r *runner) measureIntrospect(ctx context.Context, c benchCase) error {
	if err := r.hire(ctx); err != nil {
		return err
	}
	return r.measureLoop(ctx, c)
}

// measureStart has services start sessions all over the accounts of a product:
// for people who are known, and for such as are made by that.
func (r *runner) measureStart(ctx context.Context, c benchCase) error {
	crew, err := r.product(ctx, r.cfg.Clients, r.cfg.Clients)
	if err != nil {
		return err
	}
	out, err := r.repeat(ctx, c, crew, func() error { return nil })
	if err != nil {
		return err
	}
	r.add(out)
	fresh := c
	fresh.do = (*worker).startNew
	var runs []Result
	for i := range r.cfg.Runs {
		res := r.runOnce(ctx, r.cfg.Duration, pass{crew, fresh, 0})[0]
		if err := ctx.Err(); err != nil {
			return err
		}
		r.tell("start, of new people", i, res)
		runs = append(runs, res)
	}
	out = summarize(fresh, runs)
	out.Part = "of new people"
	r.add(out)
	return nil
}

// measureStorm looks at the refreshes of one account, due at a fixed rate, alone
// and while services start sessions in another account as fast as they can.
func (r *runner) measureStorm(ctx context.Context, c benchCase) error {
	p, err := newPopulation(r.own.secrets, time.Now(), 1, fairClients, 1)
	if err != nil {
		return err
	}
	if err := r.fill(ctx, p); err != nil {
		return err
	}
	calm := r.crew(fairClients)
	for who, w := range calm {
		w.sessions = []*session{p.session(0, who, 0)}
	}
	crew, err := r.product(ctx, 1, r.cfg.Storm)
	if err != nil {
		return err
	}
	return r.beside(ctx, pass{calm, c, fairRate}, pass{crew, benchCase{do: (*worker).start}, 0})
}

// product makes accounts with people, and gives n clients that start sessions for
// those.
func (r *runner) product(ctx context.Context, accounts, n int) ([]*worker, error) {
	if err := r.hire(ctx); err != nil {
		return nil, err
	}
	r.say("making %d accounts of %d people", accounts, peopleEach)
	crew := r.crew(n)
	failed := make([]error, n)
	var all sync.WaitGroup
	for i, w := range crew {
		w.sessions = []*session{newSession()}
		w.hired = hired{accounts: accounts, people: peopleEach}
		if i >= accounts {
			continue
		}
		all.Go(func() {
			defer w.client.close()
			for account := i; account < accounts; account += n {
				for person := range peopleEach {
					err := w.startFor(ctx, w.sessions[0], account, strconv.AppendInt([]byte("user_"), int64(person), 10), true)
					if err != nil {
						failed[i] = fmt.Errorf("make people: %w", err)
						return
					}
				}
			}
		})
	}
	all.Wait()
	return crew, errors.Join(failed...)
}

// start starts a session for somebody who is known.
func (w *worker) start(ctx context.Context, s *session, _ time.Time) error {
	account, person := w.drawn(w.hired.accounts), w.drawn(w.hired.people)
	return w.startFor(ctx, s, account, strconv.AppendInt([]byte("user_"), int64(person), 10), false)
}

// startNew starts a session for somebody who is not known yet.
func (w *worker) startNew(ctx context.Context, s *session, _ time.Time) error {
	person := fmt.Appendf(nil, "user_%d_%d", w.number, w.hired.made)
	w.hired.made++
	return w.startFor(ctx, s, w.drawn(w.hired.accounts), person, true)
}

func (w *worker) drawn(below int) int { return int(w.dice.Uint64() % uint64(below)) }

// startFor starts a session as a product's back end does: under a name of its own,
// so that the same request may be sent twice.
func (w *worker) startFor(ctx context.Context, s *session, account int, person []byte, introduce bool) error {
	body := append(w.body[:0], `{"account":{"external_id":"acct_`...)
	body = append(strconv.AppendInt(body, int64(account), 10), '"')
	if introduce {
		body = append(body, `,"name":"Acme"`...)
	}
	body = append(append(append(body, `},"user":{"external_id":"`...), person...), '"')
	if introduce {
		body = append(append(body, `,"name":"Ada Lovelace","role":"member","email":"`...), person...)
		body = append(body, `@bench.example"`...)
	}
	body = append(body, `},"amr":["pwd"],"ip":"192.0.2.7","user_agent":"`+
		`Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"}`...)
	w.body = body

	s.nameAttempt()
	req := w.r.target.bearer(w.req, "POST ", "/service/sessions", w.r.service)
	req = append(append(req[:len(req)-2], "Idempotency-Key: "...), s.attempt...)
	req = append(req, "\r\nContent-Type: application/json\r\nContent-Length: "...)
	req = append(strconv.AppendInt(req, int64(len(body)), 10), "\r\n\r\n"...)
	w.req = append(req, body...)
	res, err := w.send(ctx, s, 201)
	s.pending = false // the next one is another start
	if err == nil {
		err = w.ans.scan(res.body)
	}
	if err == nil {
		err = w.ans.whole()
	}
	switch {
	case err != nil:
		return err
	case bytes.Equal(s.id, w.ans.sessionID):
		return errors.New("the start answered with a session that was started before")
	case w.ans.generation != 1:
		return fmt.Errorf("a session began with generation %d", w.ans.generation)
	}
	s.adopt(&w.ans, time.Now())
	s.live = true
	return nil
}

// introspect asks what the session's access token is worth.
func (w *worker) introspect(ctx context.Context, s *session, _ time.Time) error {
	const field = "token="
	t := &w.r.target
	req := append(t.headAt(w.req, "POST ", t.root, "/oauth2/introspect"), "Authorization: Bearer "...)
	req = append(append(req, w.r.service...), "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "...)
	req = append(strconv.AppendInt(req, int64(len(field)+len(s.accessToken)), 10), "\r\n\r\n"+field...)
	w.req = append(req, s.accessToken...)
	res, err := w.send(ctx, s, 200)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(res.body, []byte(`{"active":true,`)) {
		return errors.New("the token of a session that lives is not active")
	}
	_, rest, _ := bytes.Cut(res.body, []byte(`"sid":"`))
	if !bytes.HasPrefix(rest, s.id) {
		return errors.New("the answer is about another session")
	}
	return nil
}
