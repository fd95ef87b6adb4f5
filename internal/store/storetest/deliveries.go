package storetest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// deliveries: what is written for endpoints, and who makes it when.
func deliveries(t *testing.T, open Open) {
	scenario(t, open, "an event is written for each endpoint that wants it, once", toldOnce)
	scenario(t, open, "one has a delivery at a time, and what is about one subject comes in order", claimed)
	scenario(t, open, "what nobody looks after is found, by one", overdue)
	scenario(t, open, "of too many that wait for one endpoint the oldest are dropped", trimmed)
	scenario(t, open, "what was delivered is listed, and forgotten in time", forgottenDeliveries)
}

// hook adds an endpoint that wants some events.
func (w *World) hook(events ...curfew.EventType) curfew.Webhook {
	w.T.Helper()
	now := w.Now()
	h := curfew.Webhook{ID: curfew.NewID(now), URL: "https://hooks.example/", Events: events, Sealed: []byte{1}, CreatedAt: now, UpdatedAt: now, ExpiredUntil: now}
	w.Tx(func(ctx context.Context, tx authority.Tx) error { return tx.InsertWebhook(ctx, h) })
	return h
}

// tells writes an event, and gives its delivery to an endpoint.
func (w *World) tells(h curfew.Webhook, account curfew.ID, kind curfew.EventType, subject curfew.ID) curfew.DeliveryKey {
	w.T.Helper()
	now := w.Now()
	e := curfew.Telling{AccountID: account, ID: curfew.NewID(now), Type: kind, Subject: subject, OccurredAt: now, Body: says(`{"of":"` + subject.String() + `"}`)}
	must(w.T, w.Store.InTx(bg, account, func(ctx context.Context, tx authority.Tx) error { return tx.Tell(ctx, e) }))
	return curfew.DeliveryKey{AccountID: account, EventID: e.ID, WebhookID: h.ID}
}

func (w *World) delivery(key curfew.DeliveryKey) (curfew.Delivery, error) {
	return got(w, func(ctx context.Context, r authority.Reader) (curfew.Delivery, error) { return r.Delivery(ctx, key) })
}

// claimFor claims a delivery for a while, if it is its turn.
func (w *World) claimFor(key curfew.DeliveryKey, d time.Duration) (got curfew.Delivery, err error) {
	err = w.Store.InTx(bg, key.AccountID, func(ctx context.Context, tx authority.Tx) (err error) {
		got, err = tx.ClaimDelivery(ctx, key, w.Now(), w.Now().Add(d))
		return err
	})
	return got, err
}

func (w *World) finish(key curfew.DeliveryKey, outcome curfew.Outcome) bool {
	w.T.Helper()
	return done(w, func(ctx context.Context, tx authority.Tx) (bool, error) {
		return tx.FinishDelivery(ctx, key, outcome, w.Now())
	})
}

func toldOnce(w *World) {
	acme, now, session := w.Acme.ID(), w.Now(), curfew.NewID(w.Now())
	ended, all, off := w.hook(curfew.EventSessionEnded), w.hook(curfew.EventTypes...), w.hook(curfew.EventTypes...)
	off.DisabledAt, off.DisabledReason = now, curfew.DisabledByRequest
	if !done(w, func(ctx context.Context, tx authority.Tx) (bool, error) { return tx.UpdateWebhook(ctx, off) }) {
		w.T.Error("there is no such endpoint")
	}
	to := func(kind curfew.EventType, at time.Time, want ...curfew.Webhook) {
		w.T.Helper()
		e := curfew.Telling{AccountID: acme, ID: curfew.NewID(now), Type: kind, Subject: session, OccurredAt: at, Body: says("{}")}
		for range 2 { // told once more it is left as it is
			w.Tx(func(ctx context.Context, tx authority.Tx) error { return tx.Tell(ctx, e) })
			e.Body = says(`{"again":true}`)
		}
		for _, h := range []curfew.Webhook{ended, all, off} {
			d, err := w.delivery(curfew.DeliveryKey{AccountID: acme, EventID: e.ID, WebhookID: h.ID})
			wanted := slices.ContainsFunc(want, func(w curfew.Webhook) bool { return w.ID == h.ID })
			if wanted != (err == nil) || wanted && (d.Body != "{}" || d.Type != kind || d.Subject != session || !d.CreatedAt.Equal(at) || d.Attempts != 0) {
				w.T.Errorf("%s of %s: %+v, %v", kind, at, d, err)
			}
		}
		nothing[curfew.Delivery](w, "of another account")(w.delivery(curfew.DeliveryKey{AccountID: w.Other.ID(), EventID: e.ID, WebhookID: all.ID}))
	}
	to(curfew.EventSessionEnded, now, ended, all)
	to(curfew.EventSessionEnded, now.Add(-time.Hour), ended, all)
	to(curfew.EventSessionStarted, now, all)
	// Of what expired before an endpoint wanted to know, or was told of, it is not.
	to(curfew.EventSessionExpired, now)
	to(curfew.EventSessionExpired, now.Add(µs), all)
	w.Tx(func(ctx context.Context, tx authority.Tx) error {
		return tx.ToldExpired(ctx, all.ID, now.Add(time.Minute))
	})
	w.Tx(func(ctx context.Context, tx authority.Tx) error {
		return tx.ToldExpired(ctx, all.ID, now.Add(time.Second))
	}) // by a node that is behind
	to(curfew.EventSessionExpired, now.Add(time.Minute))
	to(curfew.EventSessionExpired, now.Add(time.Minute+µs), all)

	unknown := curfew.Webhook{ID: curfew.NewID(now), Events: curfew.EventTypes}
	if done(w, func(ctx context.Context, tx authority.Tx) (bool, error) { return tx.UpdateWebhook(ctx, unknown) }) ||
		done(w, func(ctx context.Context, tx authority.Tx) (bool, error) { return tx.DeleteWebhook(ctx, unknown.ID) }) {
		w.T.Error("an endpoint that is not there was changed")
	}
}

func claimed(w *World) {
	acme := w.Acme.ID()
	one, two := curfew.NewID(w.Now()), curfew.NewID(w.Now())
	h, other := w.hook(curfew.EventTypes...), w.hook(curfew.EventTypes...)
	started := w.tells(h, acme, curfew.EventSessionStarted, one)
	w.Clock.Add(time.Millisecond) // in the log's order; of one place in it, and one moment, any would do
	ended := w.tells(h, acme, curfew.EventSessionEnded, one)
	elsewhere := w.tells(h, acme, curfew.EventSessionStarted, two)
	refused := func(key curfew.DeliveryKey, what string) {
		w.T.Helper()
		_, err := w.claimFor(key, time.Minute)
		if !errors.Is(err, curfew.ErrNotFound) {
			w.T.Errorf("%s was claimed: %v", what, err)
		}
	}
	taken := func(key curfew.DeliveryKey, attempts, tries int) {
		w.T.Helper()
		if d, err := w.claimFor(key, time.Minute); err != nil || d.DeliveryKey != key || d.Attempts != attempts || d.Tries != tries {
			w.T.Errorf("claimed %+v, %v, want attempt %d, try %d", d, err, attempts, tries)
		}
	}
	first := func(want curfew.DeliveryKey) {
		w.T.Helper()
		id, err := got(w, func(ctx context.Context, r authority.Reader) (curfew.ID, error) {
			return r.FirstInOrder(ctx, acme, h.ID, one)
		})
		if err != nil || id != want.EventID {
			w.T.Errorf("first is %s, %v, want %s", id, err, want.EventID)
		}
	}
	strange := started
	strange.AccountID = w.Other.ID()
	refused(strange, "one of another account")
	refused(curfew.DeliveryKey{AccountID: acme, EventID: one, WebhookID: h.ID}, "one that there is not")
	first(started)
	refused(ended, "one whose turn it is not")

	// One has it, of very many who try at once; and nobody else until a while has
	// passed.
	won := make([]bool, 12)
	together(len(won), func(i int) {
		_, err := w.claimFor(started, time.Minute)
		if won[i] = err == nil; err != nil && !errors.Is(err, curfew.ErrNotFound) {
			w.T.Error(err)
		}
	})
	if n := len(slices.DeleteFunc(won, func(won bool) bool { return !won })); n != 1 {
		w.T.Errorf("%d have it", n)
	}
	taken(elsewhere, 1, 1) // about another subject
	started.WebhookID = other.ID
	taken(started, 1, 1) // to another endpoint
	started.WebhookID = h.ID
	w.Clock.Add(time.Minute - µs)
	refused(started, "one that somebody has")
	w.Clock.Add(µs)
	taken(started, 2, 2)
	retry := w.Now().Add(time.Hour)
	w.Tx(func(ctx context.Context, tx authority.Tx) error { return tx.RetryDelivery(ctx, started, retry) })
	w.Clock.Set(retry.Add(-µs))
	refused(started, "one before its time")
	refused(ended, "one behind another")
	w.Clock.Set(retry)
	taken(started, 3, 3)
	if !w.finish(started, curfew.OutcomeFailed) || w.finish(started, curfew.OutcomeDelivered) {
		w.T.Error("a delivery is over once")
	}
	if d, err := w.delivery(started); err != nil || d.Outcome != curfew.OutcomeFailed || !d.FinishedAt.Equal(retry) {
		w.T.Errorf("over is %+v, %v", d, err)
	}
	w.Tx(func(ctx context.Context, tx authority.Tx) error { return tx.RetryDelivery(ctx, started, w.Now()) })
	refused(started, "one that is over")
	first(ended)
	// The first try is due whatever the clock says.
	w.Clock.Add(-24 * time.Hour)
	taken(ended, 1, 1)
	w.Clock.Add(24 * time.Hour)

	replay := func(key curfew.DeliveryKey) bool {
		return done(w, func(ctx context.Context, tx authority.Tx) (bool, error) { return tx.ReplayDelivery(ctx, key, w.Now()) })
	}
	if replay(ended) || replay(strange) || !replay(started) || replay(started) {
		w.T.Error("what is over is replayed, once, and nothing else")
	}
	first(started) // in its old place
	refused(ended, "one behind a replayed one")
	taken(started, 4, 1)
}

func overdue(w *World) {
	acme := w.Acme.ID()
	h := w.hook(curfew.EventSessionStarted)
	any := func(by time.Time, limit int) (time.Time, error) {
		return got(w, func(ctx context.Context, r authority.Reader) (time.Time, error) { return r.AnyOverdue(ctx, by, limit) })
	}
	take := func(by time.Time) (keys []curfew.DeliveryKey) {
		w.T.Helper()
		return done(w, func(ctx context.Context, tx authority.Tx) ([]curfew.DeliveryKey, error) {
			return tx.TakeOverdue(ctx, by, w.Now(), 30*time.Second)
		})
	}
	began := w.Now()
	nothing[time.Time](w, "nothing was told")(any(began.Add(time.Hour), 1))
	var keys []curfew.DeliveryKey
	for range 5 {
		keys = append(keys, w.tells(h, acme, curfew.EventSessionStarted, curfew.NewID(w.Now())))
		w.Clock.Add(time.Second)
	}
	nothing[time.Time](w, "before the first")(any(began.Add(-µs), 1))
	for limit, want := range map[int]time.Time{1: began, 3: began.Add(2 * time.Second), 5: began.Add(4 * time.Second), 6: w.Now()} {
		if by, err := any(w.Now(), limit); err != nil || !by.Equal(want) {
			w.T.Errorf("%d are overdue by %s, %v, want %s", limit, by, err, want)
		}
	}
	// A store that fails has not said that there are fewer.
	reads := 0
	w.Tap.Watch(func(c Call) error {
		if c.Op == OpQuery && counted([]string{c.SQL}, "LIMIT 1 OFFSET") > 0 {
			if reads++; reads == 2 {
				return errInjected
			}
		}
		return nil
	})
	by, err := any(w.Now(), 3)
	w.Tap.Watch(nil)
	if err == nil || errors.Is(err, curfew.ErrNotFound) || reads != 2 {
		w.T.Errorf("after %d reads, one of which failed, it is %s, %v", reads, by, err)
	}
	w.finish(keys[1], curfew.OutcomeDelivered) // what is over needs nobody

	// Each is given to one, of several who ask at once.
	given := make([][]curfew.DeliveryKey, 4)
	together(len(given), func(i int) { given[i] = take(began.Add(3 * time.Second)) })
	all := slices.Concat(given...)
	if len(all) != 3 || !slices.Contains(all, keys[0]) || !slices.Contains(all, keys[2]) || !slices.Contains(all, keys[3]) {
		w.T.Errorf("given are %v, want three of %v", all, keys)
	}
	w.Clock.Add(29 * time.Second)
	if left := take(w.Now()); len(left) != 1 || left[0] != keys[4] {
		w.T.Errorf("left is %v", left)
	}
	w.Clock.Add(10 * time.Second)
	if again := take(w.Now()); len(again) != 3 {
		w.T.Errorf("looked after again are %v", again)
	}
}

func trimmed(w *World) {
	acme, other := w.Acme.ID(), w.Other.ID()
	h, spared := w.hook(curfew.EventTypes...), w.hook(curfew.EventSessionEnded)
	session := curfew.NewID(w.Now())
	told := func(account curfew.ID, kind curfew.EventType, subject curfew.ID) curfew.DeliveryKey {
		key := w.tells(h, account, kind, subject)
		w.Clock.Add(time.Second)
		return key
	}
	delivered := told(acme, curfew.EventSessionStarted, curfew.NewID(w.Now()))
	w.finish(delivered, curfew.OutcomeDelivered)
	underWay := told(acme, curfew.EventSessionStarted, curfew.NewID(w.Now()))
	retried := told(acme, curfew.EventSessionStarted, session)
	started := told(other, curfew.EventSessionStarted, curfew.NewID(w.Now()))
	abandoned := told(acme, curfew.EventSessionStarted, curfew.NewID(w.Now())) // whoever claimed it was killed
	ended := told(acme, curfew.EventSessionEnded, session)
	last := told(other, curfew.EventPolicyUpdated, other)
	claim := func(key curfew.DeliveryKey) {
		w.T.Helper()
		_, err := w.claimFor(key, 20*time.Second)
		must(w.T, err)
	}
	claim(abandoned)
	claim(retried)
	w.Tx(func(ctx context.Context, tx authority.Tx) error {
		return tx.RetryDelivery(ctx, retried, w.Now().Add(12*time.Hour))
	})
	w.Clock.Add(time.Minute)
	claim(underWay)
	log := slog.New(slog.DiscardHandler)
	pass := func(most int64, want int) {
		w.T.Helper()
		n, err := (&authority.DeliveryTrim{Store: w.Store, Now: w.Clock.Now, Log: log, Most: most}).Pass(bg, always)
		if must(w.T, err); n != want {
			w.T.Errorf("%d were dropped, want %d", n, want)
		}
	}
	outcomes := func(want map[curfew.DeliveryKey]curfew.Outcome) {
		w.T.Helper()
		for _, key := range []curfew.DeliveryKey{delivered, underWay, retried, started, abandoned, ended, last} {
			d, err := w.delivery(key)
			if must(w.T, err); d.Outcome != want[key] || d.FinishedAt.IsZero() != (want[key] == curfew.OutcomeWaiting) {
				w.T.Errorf("%s is %q, want %q", d.Type, d.Outcome, want[key])
			}
		}
	}
	pass(6, 0)
	outcomes(map[curfew.DeliveryKey]curfew.Outcome{delivered: curfew.OutcomeDelivered})
	pass(3, 3)
	pass(3, 0)
	outcomes(map[curfew.DeliveryKey]curfew.Outcome{delivered: curfew.OutcomeDelivered,
		retried: curfew.OutcomeTooMany, started: curfew.OutcomeTooMany, abandoned: curfew.OutcomeTooMany})
	backlogs, err := w.Backlogs(bg)
	must(w.T, err)
	for _, b := range backlogs {
		if want := map[curfew.ID]int64{h.ID: 3, spared.ID: 1}[b.WebhookID]; b.Waiting != want {
			w.T.Errorf("%d wait, want %d", b.Waiting, want)
		}
	}
	// What is about the same subject goes on where it was; and what was dropped
	// begins anew when somebody wants it.
	claim(ended)
	if !w.finish(underWay, curfew.OutcomeDelivered) {
		w.T.Error("what was under way was dropped")
	}
	d, err := w.delivery(retried)
	must(w.T, err)
	if n, err := w.Replay(bg, []curfew.Delivery{d}); err != nil || n != 1 {
		w.T.Errorf("%d replayed, %v", n, err)
	}
	if d, err := w.delivery(retried); err != nil || d.Outcome != curfew.OutcomeWaiting {
		w.T.Errorf("%+v, %v", d, err)
	}
}

func forgottenDeliveries(w *World) {
	acme, other := w.Acme.ID(), w.Other.ID()
	h, gone := w.hook(curfew.EventTypes...), w.hook(curfew.EventTypes...)
	began := w.Now()
	var keys []curfew.DeliveryKey
	for i := range 6 {
		keys = append(keys, w.tells(h, []curfew.ID{acme, other}[i%2], curfew.EventSessionStarted, curfew.NewID(w.Now())))
		w.Clock.Add(time.Second)
	}
	for _, i := range []int{0, 1, 2, 5} {
		w.finish(keys[i], []curfew.Outcome{curfew.OutcomeDelivered, curfew.OutcomeFailed}[i%2])
	}
	list := func(f authority.DeliveryFilter, want ...int) {
		w.T.Helper()
		f.Limit = max(f.Limit, 1)
		all, err := got(w, func(ctx context.Context, r authority.Reader) ([]curfew.Delivery, error) {
			return r.Deliveries(ctx, h.ID, f)
		})
		must(w.T, err)
		var is []int
		for _, d := range all {
			is = append(is, slices.Index(keys, d.DeliveryKey))
		}
		if !slices.Equal(is, want) {
			w.T.Errorf("%+v lists %v, want %v", f, is, want)
		}
	}
	list(authority.DeliveryFilter{Limit: 10}, 5, 4, 3, 2, 1, 0)
	list(authority.DeliveryFilter{Limit: 2}, 5, 4)
	list(authority.DeliveryFilter{Limit: 2, Before: keys[4].EventID}, 3, 2)
	list(authority.DeliveryFilter{Limit: 10, Before: keys[4].EventID, From: keys[3].EventID}, 3)
	list(authority.DeliveryFilter{Limit: 10, Before: keys[0].EventID})
	for outcome, want := range map[curfew.Outcome][]int{curfew.OutcomeWaiting: {4, 3}, curfew.OutcomeDelivered: {2, 0}, curfew.OutcomeFailed: {5, 1}, curfew.OutcomeDropped: nil} {
		list(authority.DeliveryFilter{Limit: 10, Outcome: &outcome}, want...)
	}
	backlogs, err := w.Backlogs(bg)
	must(w.T, err)
	want := []curfew.Backlog{{WebhookID: h.ID, Waiting: 2, Oldest: began.Add(3 * time.Second)}, {WebhookID: gone.ID, Waiting: 6, Oldest: began}}
	slices.SortFunc(backlogs, func(a, b curfew.Backlog) int { return int(a.Waiting - b.Waiting) })
	if !slices.Equal(backlogs, want) {
		w.T.Errorf("waiting is %+v, want %+v", backlogs, want)
	}

	// What is over goes when it is old, what is not stays; of an endpoint that is
	// gone everything goes at once.
	attempt := func(key curfew.DeliveryKey, at time.Time) {
		w.Tx(func(ctx context.Context, tx authority.Tx) error {
			return tx.InsertAttempt(ctx, curfew.Attempt{DeliveryKey: key, Number: 1, At: at, Status: 200})
		})
	}
	attempt(keys[0], began)
	attempt(keys[5], began.Add(10*time.Second))
	if !done(w, func(ctx context.Context, tx authority.Tx) (bool, error) { return tx.DeleteWebhook(ctx, gone.ID) }) {
		w.T.Error("it was not there")
	}
	w.Clock.Set(began.Add(30*24*time.Hour + 4*time.Second))
	retention := authority.DeliveryRetention{Store: w.Store, Now: w.Clock.Now}
	removed, err := retention.Pass(bg, always)
	must(w.T, err)
	if removed != 3+6 {
		w.T.Errorf("%d were forgotten", removed)
	}
	list(authority.DeliveryFilter{Limit: 10}, 5, 4, 3)
	for i, want := range map[int]int{0: 0, 5: 1} {
		if all, err := w.Attempts(bg, keys[i]); err != nil || len(all) != want {
			w.T.Errorf("%d attempts at %d, %v", len(all), i, err)
		}
	}
	nothing[curfew.ID](w, "after the last endpoint")(got(w, func(ctx context.Context, r authority.Reader) (curfew.ID, error) { return r.NextToldWebhook(ctx, h.ID) }))
}

// says is a body that is there already.
func says(text string) func() (string, error) { return func() (string, error) { return text, nil } }
