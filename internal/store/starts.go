package store

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// Starts of sessions by services. What they look at first is read for all that wait
// together, and what they write is told at the end of the transaction, by few
// statements. The rules stay where they are: a start that finds its person otherwise
// than it was read, or its name taken, undoes the batch, and each runs alone.

// personKey names somebody as a product does.
type personKey struct {
	account  curfew.ID
	external string
}

// personID names somebody as the store does.
type personID struct{ account, user curfew.ID }

// lookedPerson is an account with a person, as they were read.
type lookedPerson struct {
	account curfew.Account
	user    curfew.User
}

// claim is a start that is yet to be kept under its name.
type claim struct {
	curfew.Repeatable
	after time.Time
}

// startsLater is what starts have read beforehand, and are yet to write.
type startsLater struct {
	// asked are people who were looked for: nil for one who was not found. ids are
	// those who were, by another key. repeats are starts that were looked for.
	asked   map[personKey]*lookedPerson
	ids     map[personID]*lookedPerson
	repeats map[[32]byte]*curfew.Repeatable
	began   []curfew.Session
	claims  []claim
	// alone says that there is one call: where its name is taken it is told so at
	// once, and not undone.
	alone bool
}

func newStartsLater() startsLater {
	return startsLater{asked: map[personKey]*lookedPerson{}, ids: map[personID]*lookedPerson{}, repeats: map[[32]byte]*curfew.Repeatable{}}
}

// untold reports whether there is something that any statement could miss.
func (l *startsLater) untold() bool { return len(l.began)+len(l.claims) > 0 }

// forget forgets what a statement may change.
func (l *startsLater) forget(q *query) {
	if len(l.asked) > 0 && slices.ContainsFunc(standingTables[1:], func(name string) bool { return strings.Contains(q.text, name) }) {
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
	var people []personKey
	var keys [][]byte
	for _, call := range calls {
		if call.start == nil {
			continue
		}
		person := personKey{call.accountID, call.start.User}
		if _, asked := l.asked[person]; !asked {
			l.asked[person] = nil
			people = append(people, person)
		}
		if id := call.start.Key; id != ([32]byte{}) {
			if _, asked := l.repeats[id]; !asked {
				l.repeats[id] = nil
				keys = append(keys, id[:])
			}
		}
	}
	if len(people) == 0 {
		return nil
	}
	if err := c.db.dialect.starts.people(ctx, c, people, func(number int, p *lookedPerson) {
		if number >= 1 && number <= len(people) {
			l.asked[people[number-1]] = p
			l.ids[personID{p.user.AccountID, p.user.ID}] = p
		}
	}); err != nil {
		return err
	}
	if len(keys) == 0 {
		return nil
	}
	return c.db.dialect.starts.repeats(ctx, c, keys, func(r *curfew.Repeatable) { l.repeats[r.ID] = r })
}

// startDialect is how an engine reads and writes what starts do alike.
type startDialect struct {
	people   func(ctx context.Context, c conn, people []personKey, found func(number int, p *lookedPerson)) error
	repeats  func(ctx context.Context, c conn, keys [][]byte, found func(*curfew.Repeatable)) error
	sessions func(ctx context.Context, c conn, began []curfew.Session) error
	stamps   func(ctx context.Context, c conn, stamps []loginStamp) error
	claims   func(ctx context.Context, c conn, claims []claim) error
}

// personLooked is somebody who was read beforehand; known says whether anybody was
// looked for under that name.
func (c conn) personLooked(accountID curfew.ID, externalID string) (p *lookedPerson, known bool) {
	if c.later == nil {
		return nil, false
	}
	p, known = c.later.asked[personKey{accountID, externalID}]
	return p, known
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
// was read in it as the session needs them to be. Their account is locked.
func (c conn) startLater(s curfew.Session) bool {
	if c.later == nil {
		return false
	}
	p := c.later.ids[personID{s.AccountID, s.UserID}]
	if p == nil || p.user.Disabled() || p.user.SessionEpoch != s.UserEpoch || p.account.SessionEpoch != s.AccountEpoch {
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

// beginAll starts sessions.
func (c conn) beginAll(ctx context.Context, began []curfew.Session) error {
	if len(began) == 0 {
		return nil
	}
	if err := c.db.dialect.starts.sessions(ctx, c, began); err != nil {
		return err
	}
	last := map[personID]time.Time{}
	for i := range began {
		who := personID{began[i].AccountID, began[i].UserID}
		if at := began[i].StartedAt; at.After(last[who]) {
			last[who] = at
		}
	}
	stamps := make([]loginStamp, 0, len(last))
	for who, at := range last {
		stamps = append(stamps, loginStamp{who, at})
	}
	return c.db.dialect.starts.stamps(ctx, c, stamps)
}

// claimAll keeps starts under their names, in the order of those: so that those of
// two nodes never wait for each other.
func (c conn) claimAll(ctx context.Context, claims []claim) error {
	if len(claims) == 0 {
		return nil
	}
	slices.SortFunc(claims, func(a, b claim) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return c.db.dialect.starts.claims(ctx, c, claims)
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

// scanPersonInto is where the columns of an account with a person go.
func (p *lookedPerson) into() []any {
	return append(scanAccountInto(&p.account), scanUserInto(&p.user)...)
}

func scanRepeatable(scan func(...any) error) (r curfew.Repeatable, err error) {
	err = scan(hashInto{&r.ID}, hashInto{&r.BodyHash}, idInto{&r.AccountID}, idInto{&r.SessionID}, timeInto{&r.MadeAt})
	return r, err
}

// headOf keeps the head of an account's audit chain that was read.
func (l *later) headOf(account curfew.ID, stored audit.Head, seal audit.HeadSeal) {
	if l.heads[account] == nil {
		l.heads[account] = &chainHead{stored: stored, next: stored, seal: seal}
	}
}
