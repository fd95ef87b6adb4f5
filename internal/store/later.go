package store

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// later is what a transaction has read beforehand, and what it is yet to tell the
// server: what many calls do alike becomes a few statements. It may, because the
// transaction has the accounts locked; and what a statement could see, or miss, is
// told before it.
type later struct {
	// accounts are those that nobody else writes meanwhile, until a statement may have
	// changed one, and heads those of their audit chains.
	accounts map[curfew.ID]curfew.Account
	heads    map[curfew.ID]*chainHead
	// standings are sessions with what is yet to be written.
	standings map[sessionKey]curfew.Standing
	// tied are the sessions that end with those.
	tied     map[sessionKey][]curfew.ID
	events   []audit.Sealed
	revoked  []revokedSession
	tellings []telling
	startsLater
	// failed is what kept something from being written: nothing is committed.
	failed error
}

type sessionKey struct{ account, session curfew.ID }

type revokedSession struct {
	sessionKey
	reason curfew.Reason
	at     time.Time
}

// chainHead is the head of an account's audit chain: as it is stored, and as it
// is with what is yet to be written.
type chainHead struct {
	stored, next audit.Head
	seal         audit.HeadSeal
}

// errMoved is a row that is not as it was read, though its account is locked.
var errMoved = errors.New("store: a row was changed by somebody who has not locked its account")

func newLater() *later {
	return &later{accounts: map[curfew.ID]curfew.Account{}, heads: map[curfew.ID]*chainHead{}, standings: map[sessionKey]curfew.Standing{}, tied: map[sessionKey][]curfew.ID{}, startsLater: newStartsLater()}
}

// lock keeps other transactions of the calls' accounts waiting, wherever they
// run, and reads those, and how far their audit chains go.
func (c conn) lock(ctx context.Context, l *lane, calls []*txCall) error {
	if c.db.dialect.lockAccount == nil {
		return nil
	}
	q, arg := c.db.dialect.lockAccount, any(calls[0].accountID[:])
	if !l.apart && c.db.dialect.lockAccounts != nil {
		var ids [][]byte
		for _, call := range calls {
			if n := len(ids); n == 0 || !bytes.Equal(ids[n-1], call.accountID[:]) {
				ids = append(ids, call.accountID[:])
			}
		}
		q, arg = c.db.dialect.lockAccounts, ids
	}
	// None for an account that is about to be made.
	return c.each(ctx, q, c.lockedAccount, arg)
}

// chainColumns are an account with the head of its audit chain.
const chainColumns = accountColumns + `, a.audit_seq, a.audit_mac, a.audit_seal`

// lockedAccount reads one that nobody else writes before the transaction ends.
func (c conn) lockedAccount(scan func(...any) error) error {
	var account curfew.Account
	var head chainHead
	err := scan(append(scanAccountInto(&account), &head.stored.Seq, hashInto{&head.stored.MAC}, sealInto{&head.seal})...)
	if head.next = head.stored; err == nil && c.later != nil {
		c.later.accounts[account.ID], c.later.heads[account.ID] = account, &head
	}
	return err
}

// lookFirst reads the sessions that the calls want to look at, whatever their
// accounts, and which sessions end with them.
func (c conn) lookFirst(ctx context.Context, calls []*txCall) error {
	if c.later == nil || c.db.dialect.look == nil || len(calls) == 1 {
		return nil
	}
	var accounts, sessions [][]byte
	asked := map[sessionKey]bool{}
	for _, call := range calls {
		for _, id := range call.sessions {
			if key := (sessionKey{call.accountID, id}); !asked[key] {
				asked[key] = true
				accounts, sessions = append(accounts, key.account[:]), append(sessions, key.session[:])
			}
		}
	}
	if len(sessions) == 0 {
		return nil
	}
	if err := c.each(ctx, c.db.dialect.look, func(scan func(...any) error) error {
		var number int
		st, err := scanStanding(func(into ...any) error { return scan(append([]any{&number}, into...)...) })
		c.later.standings[sessionKey{st.Account.ID, st.Session.ID}] = st
		return err
	}, accounts, sessions, curfew.ZeroID[:]); err != nil {
		return err
	}
	for key := range asked {
		c.later.tied[key] = nil
	}
	return c.each(ctx, selectTiedMany, func(scan func(...any) error) error {
		var key sessionKey
		var tied curfew.ID
		err := scan(idInto{&key.account}, idInto{&key.session}, idInto{&tied})
		c.later.tied[key] = append(c.later.tied[key], tied)
		return err
	}, accounts, sessions)
}

// looked is a session that was read beforehand.
func (c conn) looked(account, session curfew.ID) (st curfew.Standing, known bool) {
	if c.later != nil {
		st, known = c.later.standings[sessionKey{account, session}]
	}
	return st, known
}

// revokeLater ends a session that was read beforehand.
func (c conn) revokeLater(st curfew.Standing, reason curfew.Reason, now time.Time) (revoked bool) {
	if !st.Session.RevokedAt.IsZero() {
		return false
	}
	key := sessionKey{st.Session.AccountID, st.Session.ID}
	st.Session.RevokedAt, st.Session.RevokeReason = now, reason
	c.later.standings[key] = st
	c.later.revoked = append(c.later.revoked, revokedSession{key, reason, now})
	*c.wrote = true
	return true
}

// auditLater links an event to the chain of an account that is locked; false for
// any other.
func (c conn) auditLater(e audit.Event) bool {
	if c.later == nil || c.later.heads[e.AccountID] == nil {
		return false
	}
	head := c.later.heads[e.AccountID]
	row := audit.Sealed{}
	row.MAC, row.KeyID, head.next = c.db.chain.Link(head.next, &e)
	row.Event = e
	c.later.events = append(c.later.events, row)
	*c.wrote = true
	return true
}

// before tells the server what a statement could see, and forgets what it may
// change.
func (c conn) before(ctx context.Context, q *query) {
	l := c.later
	if l == nil {
		return
	}
	if l.untold() || strings.Contains(q.text, "sessions") || strings.Contains(q.text, "audit_") {
		// Who runs the statement cannot be told, but it comes to nothing.
		_ = c.tell(ctx)
	}
	if q.writes && len(l.standings) > 0 && slices.ContainsFunc(standingTables, func(name string) bool { return strings.Contains(q.text, name) }) {
		clear(l.standings)
	}
	if q.writes && strings.Contains(q.text, "portal_links") {
		clear(l.tied)
	}
	if q.writes && strings.Contains(q.text, "accounts") {
		clear(l.accounts)
	}
	if q.writes {
		l.forget(q)
	}
}

// standingTables are what a standing is read from.
var standingTables = []string{"sessions", "users", "accounts", "epochs"}

// tell writes what is yet to be written. It fails for good.
func (c conn) tell(ctx context.Context) error {
	l := c.later
	if l == nil || l.failed != nil || len(l.revoked)+len(l.events)+len(l.tellings) == 0 && !l.untold() {
		return c.failed()
	}
	// In one order, so that those of two nodes never wait for each other.
	slices.SortFunc(l.claims, func(a, b claim) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	t := &untold{made: l.made, began: l.began, stamps: stampsOf(l.began), revoked: l.revoked, events: l.events, heads: c.movedHeads(), tellings: l.tellings, claims: l.claims}
	l.made, l.revoked, l.events, l.tellings, l.began, l.claims = nil, nil, nil, nil, nil, nil
	c.later = nil // for these statements
	l.failed = c.db.dialect.tell(ctx, c, t)
	return l.failed
}

// untold is what a transaction writes at its end.
type untold struct {
	made     []*curfew.User
	began    []curfew.Session
	stamps   []loginStamp
	revoked  []revokedSession
	events   []audit.Sealed
	heads    []movedHead
	tellings []telling
	claims   []claim
}

// movedHead is where an account's audit chain goes.
type movedHead struct {
	account curfew.ID
	from    int64
	to      audit.Head
	seal    audit.HeadSeal
}

// movedHeads are the heads of chains which go to where the events are that are written.
func (c conn) movedHeads() (moved []movedHead) {
	for id, h := range c.later.heads {
		if h.next == h.stored {
			continue
		}
		m := movedHead{account: id, from: h.stored.Seq, to: h.next}
		// A head that was tampered with is never made good by what comes after it.
		if c.db.chain.HeadHolds(id, h.stored, h.seal) {
			m.seal = c.db.chain.SealHead(id, h.next)
		}
		h.stored, h.seal = h.next, m.seal
		moved = append(moved, m)
	}
	return moved
}

// tellInTurn writes row by row: which is what SQLite does best, and where accounts are
// kept apart each statement finds its shard by itself.
func tellInTurn(ctx context.Context, c conn, t *untold) error {
	for _, u := range t.made {
		if err := c.execOne(ctx, insertUser, userArgs(u)...); err != nil {
			return err
		}
	}
	for i := range t.began {
		args, err := sessionArgs(&t.began[i])
		if err == nil {
			err = c.execOne(ctx, insertSession, args...)
		}
		if err != nil {
			return err
		}
	}
	for _, s := range t.stamps {
		if err := c.execOne(ctx, stampLogin, s.account[:], s.user[:], micros(s.at)); err != nil {
			return err
		}
	}
	for _, r := range t.revoked {
		if err := c.execOne(ctx, revokeSession, r.account[:], r.session[:], micros(r.at), string(r.reason)); err != nil {
			return err
		}
	}
	for i := range t.events {
		if err := c.insertEvent(ctx, &t.events[i]); err != nil {
			return err
		}
	}
	for i := range t.heads {
		h := &t.heads[i]
		if err := c.execOne(ctx, moveHead, h.account[:], h.to.Seq, h.to.MAC[:], h.seal[:], h.from); err != nil {
			return err
		}
	}
	if err := c.tellAll(ctx, t.tellings); err != nil {
		return err
	}
	for i := range t.claims {
		r := &t.claims[i]
		if err := c.execOne(ctx, claimRepeatable, r.ID[:], r.BodyHash[:], r.AccountID[:], r.SessionID[:], micros(r.MadeAt), micros(r.after)); err != nil {
			return err
		}
	}
	return nil
}

// execOne runs a write that must change one row.
func (c conn) execOne(ctx context.Context, q *query, args ...any) error {
	n, err := c.exec(ctx, q, args...)
	if err == nil && n != 1 {
		err = errMoved
	}
	return err
}

// failed is why nothing of the transaction can be committed.
func (c conn) failed() error {
	if c.later == nil {
		return nil
	}
	return c.later.failed
}
