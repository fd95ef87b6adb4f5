package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// Starts of sessions by services. What they look at first is read for all that wait
// together, and what they write is told at the end of the transaction. The rules stay
// where they are: a start that finds its person otherwise than it was read, or its name
// taken, undoes the batch, and each runs alone.

// personKey names somebody as a product does.
type personKey struct {
	account  curfew.ID
	external string
}

// personID names somebody as the store does.
type personID struct{ account, user curfew.ID }

// claim is a start that is yet to be kept under its name.
type claim struct {
	curfew.Repeatable
	after time.Time
}

// startsLater is what starts have read beforehand, and are yet to write.
type startsLater struct {
	// asked are people who were looked for: nil for one who was not found. ids are
	// those who were, or are yet to be made, by another key. repeats are starts that
	// were looked for.
	asked   map[personKey]*curfew.User
	ids     map[personID]*curfew.User
	repeats map[[32]byte]*curfew.Repeatable
	made    []*curfew.User
	began   []curfew.Session
	claims  []claim
	// alone says that there is one call: where its name is taken it is told so at
	// once, and not undone.
	alone bool
}

func newStartsLater() startsLater {
	return startsLater{asked: map[personKey]*curfew.User{}, ids: map[personID]*curfew.User{}, repeats: map[[32]byte]*curfew.Repeatable{}}
}

// untold reports whether there is something that any statement could miss.
func (l *startsLater) untold() bool { return len(l.made)+len(l.began)+len(l.claims) > 0 }

// forget forgets what a statement may change.
func (l *startsLater) forget(q *query) {
	if len(l.asked) > 0 && strings.Contains(q.text, "users") {
		clear(l.asked)
		clear(l.ids)
	}
	if len(l.repeats) > 0 && strings.Contains(q.text, "idempotency_keys") {
		clear(l.repeats)
	}
}

// lookAtStarts reads what the calls of a transaction look at first.
func (c conn) lookAtStarts(ctx context.Context, calls []*txCall) error {
	if c.later == nil || c.db.dialect.starts == nil {
		return nil
	}
	l := &c.later.startsLater
	l.alone = len(calls) == 1
	var looks []startLook
	for _, call := range calls {
		if call.start == nil {
			continue
		}
		look := startLook{person: personKey{call.accountID, call.start.User}}
		l.asked[look.person] = nil
		if id := call.start.Key; id != ([32]byte{}) {
			l.repeats[id] = nil
			look.key = id[:]
		}
		looks = append(looks, look)
	}
	if len(looks) == 0 {
		return nil
	}
	return c.db.dialect.starts(ctx, c, looks, func(number int, u *curfew.User) {
		if number >= 1 && number <= len(looks) {
			l.found(looks[number-1].person, u)
		}
	}, func(r *curfew.Repeatable) { l.repeats[r.ID] = r })
}

// found keeps somebody who was looked for.
func (l *startsLater) found(who personKey, u *curfew.User) {
	l.asked[who], l.ids[personID{u.AccountID, u.ID}] = u, u
}

// startLook is whom a start is for, and what it is named; nil for no name.
type startLook struct {
	person personKey
	key    []byte
}

// startLooker reads what starts look at: people by the number of their look, from 1
// on, and earlier starts of that name.
type startLooker func(ctx context.Context, c conn, looks []startLook, person func(number int, u *curfew.User), repeat func(*curfew.Repeatable)) error

// personLooked is somebody who was read beforehand; known says whether anybody was
// looked for under that name.
func (c conn) personLooked(accountID curfew.ID, externalID string) (u *curfew.User, known bool) {
	if c.later == nil {
		return nil, false
	}
	u, known = c.later.asked[personKey{accountID, externalID}]
	return u, known
}

// makeLater makes a person at the end of the transaction: only one who was looked for in
// it, in an account that is locked, and is not there.
func (c conn) makeLater(u curfew.User) bool {
	who := personKey{u.AccountID, u.ExternalID}
	if prior, known := c.personLooked(who.account, who.external); !known || prior != nil || u.ExternalID == "" || c.later.heads[u.AccountID] == nil {
		return false
	}
	c.later.found(who, &u)
	c.later.made = append(c.later.made, &u)
	*c.wrote = true
	return true
}

// repeatLooked is a start that was read beforehand.
func (c conn) repeatLooked(id [32]byte) (r *curfew.Repeatable, known bool) {
	if c.later == nil {
		return nil, false
	}
	r, known = c.later.repeats[id]
	return r, known
}

// startLater starts a session at the end of the transaction: only for a person who
// was read or made in it as the session needs them to be. Their account is locked.
func (c conn) startLater(s curfew.Session) bool {
	if c.later == nil {
		return false
	}
	u := c.later.ids[personID{s.AccountID, s.UserID}]
	account, locked := c.later.accounts[s.AccountID]
	if u == nil || !locked || u.Disabled() || u.SessionEpoch != s.UserEpoch || account.SessionEpoch != s.AccountEpoch {
		return false
	}
	c.later.began = append(c.later.began, s)
	*c.wrote = true
	return true
}

// claimLater keeps a start under its name at the end of the transaction, unless it
// was seen that another has it.
func (c conn) claimLater(r curfew.Repeatable, after time.Time) bool {
	prior, known := c.repeatLooked(r.ID)
	if !known || c.later.alone || prior != nil && prior.MadeAt.After(after) {
		return false
	}
	c.later.repeats[r.ID] = &r
	c.later.claims = append(c.later.claims, claim{r, after})
	*c.wrote = true
	return true
}

// loginStamp is when somebody signed in last.
type loginStamp struct {
	personID
	at time.Time
}

// stampsOf are when the people of sessions that began signed in last.
func stampsOf(began []curfew.Session) (stamps []loginStamp) {
	last := map[personID]time.Time{}
	for i := range began {
		who := personID{began[i].AccountID, began[i].UserID}
		if at := began[i].StartedAt; at.After(last[who]) {
			last[who] = at
		}
	}
	for who, at := range last {
		stamps = append(stamps, loginStamp{who, at})
	}
	return stamps
}

// InStart runs fn in a transaction with other starts that wait.
func (db *DB) InStart(ctx context.Context, accountID curfew.ID, look authority.StartLook, fn func(context.Context, authority.Tx) error) error {
	return db.starts.runLooking(ctx, &txCall{accountID: accountID, start: &look}, fn)
}

// sessionArgs are those of insertSession.
func sessionArgs(s *curfew.Session) ([]any, error) {
	device, err := json.Marshal(s.Device)
	if err != nil {
		return nil, err
	}
	return []any{s.AccountID[:], s.UserID[:], s.ID[:], s.SecretHash[:], s.Generation, s.PolicyVersion,
		micros(s.StartedAt), micros(s.AuthTime), micros(s.LastActiveAt), s.IdleMinutes, s.AbsoluteMinutes,
		micros(s.IdleExpiresAt), micros(s.AbsoluteExpiresAt), s.AccountEpoch, s.UserEpoch,
		string(device), s.IP, strings.Join(s.AMR, " "), activityHour(s.LastActiveAt)}, nil
}

func scanRepeatableInto(r *curfew.Repeatable) []any {
	return []any{hashInto{&r.ID}, hashInto{&r.BodyHash}, idInto{&r.AccountID}, idInto{&r.SessionID}, timeInto{&r.MadeAt}}
}

func scanRepeatable(scan func(...any) error) (r curfew.Repeatable, err error) {
	err = scan(scanRepeatableInto(&r)...)
	return r, err
}
