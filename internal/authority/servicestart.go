package authority

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
	"github.com/curfew-auth/curfew/internal/token"
)

// repeatableFor is for how long a service may repeat a start.
const repeatableFor = 24 * time.Hour

const (
	// startsAtWork is how many starts of one account are at work at once, startsWaiting
	// how many more may wait.
	startsAtWork  = 64
	startsWaiting = 1024
	// startsBesideOthers are at work at once while sessions are refreshed: on a machine
	// of two cores each refresh feels what is at work.
	startsBesideOthers = 4
	// startsRest is what a store with one writer, behind which refreshes wait, gets
	// between an account's starts, which are then at work one after the other: so they
	// take the less of the disk the slower it is.
	startsRest = 3 * time.Millisecond
	// othersLately is how long after a refresh others are taken to be there.
	othersLately = time.Second
)

// newStarts is the turnstile of starts.
func newStarts(oneWriter bool, shared func() bool) *turnstile {
	rules := turnstileRules{atWork: startsAtWork, waiting: startsWaiting, shared: shared, atWorkShared: startsBesideOthers}
	if oneWriter {
		rules.atWorkShared, rules.rest = 1, startsRest
	}
	return newTurnstile(rules)
}

// StartQueue is what an operator watches of the starts that services ask for.
type StartQueue struct {
	// Waiting are the starts that wait for others of their account now.
	Waiting int
	// Refused were answered that too many wait, or waited until their time was up,
	// since the beginning.
	Refused uint64
}

// StartQueue reads the counters.
func (a *Authority) StartQueue() StartQueue {
	return StartQueue{Waiting: int(a.starts.inLine.Load()), Refused: uint64(a.starts.turnedAway.Load())}
}

// ServiceStart asks for a session for a person whom the product has signed in in
// its own way. What names account and person beyond their ids is needed only
// where they are not known yet.
type ServiceStart struct {
	Account     string
	AccountName string
	User        string
	UserName    string
	Email       string
	Role        curfew.Role
	AMR         []string
	AuthTime    *time.Time // when they authenticated; nil: at this moment
	UserAgent   string     // of the person's device
	IP          string
	// Key names this start, so that it may be repeated; "" for none.
	Key string `json:"-"`
}

// starting is a start that was judged.
type starting struct {
	ServiceStart
	actor    curfew.Actor
	from     curfew.Origin
	now      time.Time
	authTime time.Time
	// key and body are digests of the start's name and of what is asked for.
	key, body [32]byte
	fresh     bool // the account is to be made
}

// StartSession starts a session for a person of a product, and makes account and
// person where they are not known yet. A start with a key may be repeated: it
// gives the same session with another refresh token, in place of the first.
func (a *Authority) StartSession(ctx context.Context, actor curfew.Actor, from curfew.Origin, in ServiceStart) (Granted, error) {
	s := starting{ServiceStart: in, actor: actor, from: from, now: a.now()}
	if err := s.judge(); err != nil {
		return Granted{}, err
	}
	leave, err := a.starts.enter(ctx, in.Account)
	if err != nil {
		return Granted{}, err
	}
	defer leave()
	s.now = a.now() // the start is when its turn has come; its person authenticated before
	for range maxStarts {
		id, err := a.accountOf(ctx, in.Account)
		if s.fresh = errors.Is(err, curfew.ErrNotFound); s.fresh {
			id, err = curfew.NewID(s.now), a.mayCreate(ctx, s)
		}
		if err != nil {
			return Granted{}, err
		}
		s.actor.AccountID = id
		made, again, err := a.startOnce(ctx, s)
		if err != nil {
			return Granted{}, err
		}
		if !again {
			a.Observer.SignedIn("ok")
			return a.grant(made.standing, a.refreshTokens.Encode(made.refresh), true, s.now)
		}
		a.accountIDs.forget(in.Account)
	}
	return Granted{}, curfew.Unavailable(errors.New("authority: what a start stands on kept changing"))
}

// startOnce starts a session in a transaction of its account, or finds that it
// has to begin again: another start was faster, or the account is another now.
func (a *Authority) startOnce(ctx context.Context, s starting) (made started, again bool, err error) {
	var person curfew.User // whose start it is, once that is known
	start := func(ctx context.Context, tx Tx, room bool) (made started, err error) {
		again, person = false, curfew.User{}
		prior, err := s.prior(ctx, tx)
		if err != nil {
			return made, err
		}
		if again = prior != nil && prior.AccountID != s.actor.AccountID && s.fresh; again { // that start has made the account
			return made, nil
		}
		if prior != nil {
			made.standing, made.refresh, err = a.repeatStart(ctx, tx, s, *prior)
			return made, err
		}
		account, user, err := tx.AccountAndUserOf(ctx, s.actor.AccountID, s.User)
		switch {
		case errors.Is(err, curfew.ErrNotFound):
			if account, again, err = s.accountFor(ctx, tx); err != nil || again {
				return made, err
			}
		case err != nil:
			return made, err
		case user.Disabled():
			person = user
			return made, curfew.Invalid("user", "user is disabled and may not sign in")
		}
		limits := a.boundsOf(account).Resolve(policyOf(account))
		if !s.now.Before(policy.AbsoluteDeadline(s.authTime, limits.AbsoluteMinutes)) {
			return made, curfew.Invalid("auth_time", "auth_time must not be as long ago as a session may last in this account")
		}
		person = user
		if err := s.create(ctx, tx, account, &user); err != nil {
			return made, err
		}
		// Account and person were read in this very transaction, at the call that
		// speaks for them: so are the epochs.
		p := evidence{id: curfew.NewID(s.now), authTime: s.authTime, userAgent: s.UserAgent, ip: s.IP, amr: s.AMR, by: by(s.actor)}
		made, err = a.open(ctx, tx, s.from, s.now, account, birth{user: user, made: person.ID.IsZero(), accountEpoch: account.SessionEpoch, room: room}, p)
		if err != nil || made.excess > 0 {
			return made, err
		}
		if !made.born {
			return made, curfew.Unavailable(errors.New("authority: an epoch moved in the middle of a transaction"))
		}
		return made, s.claim(ctx, tx, p.id)
	}
	if made, err = a.begin(ctx, s.actor.AccountID, s.look(), start); errors.Is(err, errOvertaken) {
		return made, true, nil
	}
	return made, again, a.startRefused(ctx, s, person, err)
}

// look is what a start in an account that is there looks at first; nil for another.
func (s *starting) look() *StartLook {
	if s.fresh {
		return nil
	}
	look := &StartLook{User: s.User}
	if s.Key != "" {
		look.Key = s.key
	}
	return look
}

// startRefused audits a start that was refused for what its person is or has.
func (a *Authority) startRefused(ctx context.Context, s starting, person curfew.User, err error) error {
	var cause string
	switch {
	case err == nil || person.ID.IsZero():
		return err
	case curfew.KindOf(err) == curfew.KindSessionLimit:
		cause = "session_limit"
	case curfew.KindOf(err) == curfew.KindInvalidRequest && person.Disabled():
		cause = "disabled"
	default:
		return err
	}
	a.Observer.SignedIn("refused")
	return alsoFailed(err, a.refused(ctx, s.from, s.now, event{account: s.actor.AccountID, action: audit.SessionStartRefused, actor: by(s.actor),
		resource: "user", id: person.ID, details: detail("cause", cause)}))
}

// accountFor is the account of somebody who is not known yet: one that is
// there, or the one to be made. Again: it is not there any more.
func (s *starting) accountFor(ctx context.Context, tx Tx) (account curfew.Account, again bool, err error) {
	if missing := s.missing(false); missing != nil {
		return account, false, missing
	}
	if s.fresh {
		return curfew.Account{ID: s.actor.AccountID, Name: s.AccountName, ExternalID: s.Account, CreatedAt: s.now, NameVersion: 1, PolicyVersion: 1}, false, nil
	}
	account, err = tx.Account(ctx, s.actor.AccountID)
	if errors.Is(err, curfew.ErrNotFound) {
		return account, true, nil
	}
	return account, false, err
}

// errOvertaken undoes a start whose account, or whose name, somebody else has just
// taken.
var errOvertaken = errors.New("authority: another start was faster")

// create makes the account and the person where they are not known yet.
func (s *starting) create(ctx context.Context, tx Tx, account curfew.Account, user *curfew.User) error {
	if !user.ID.IsZero() {
		return nil
	}
	if s.fresh {
		if made, err := insertServiceAccount(ctx, tx, s.actor, s.from, account); err != nil {
			return err
		} else if !made {
			return errOvertaken
		}
	}
	*user = curfew.User{AccountID: account.ID, ID: curfew.NewID(s.now), ExternalID: s.User, CreatedAt: s.now, Version: 1}
	return insertServiceUser(ctx, tx, s.actor, s.from, s.now, user, PutUser{Name: s.UserName, Email: s.Email, Role: s.Role})
}

// mayCreate refuses a start in an account that is not known and cannot be made
// of what was sent; but whoever names another start wrongly is told that first.
func (a *Authority) mayCreate(ctx context.Context, s starting) error {
	missing := s.missing(true)
	if missing == nil || s.Key == "" {
		return missing
	}
	if err := a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		_, err := s.prior(ctx, r)
		return err
	}); err != nil {
		return err
	}
	return missing
}

// missing says what would have to be sent for somebody, or their account too, to
// be made; nil when nothing is missing.
func (s *starting) missing(account bool) error {
	var f fields
	var names []string
	need := func(field, value string) {
		if value == "" {
			f.add(field, field+" is required to create them")
			names = append(names, field)
		}
	}
	what := "person with this external id in the account"
	if account {
		need("account.name", s.AccountName)
		what = "account with this external id"
	}
	need("user.name", s.UserName)
	need("user.email", s.Email)
	need("user.role", string(s.Role))
	if len(f) == 0 {
		return nil
	}
	return &curfew.Error{Kind: curfew.KindNotFound, Fields: f,
		Detail: "There is no " + what + ", and to create what is not there these are missing: " + strings.Join(names, ", ") + "."}
}

// prior is the start that this one repeats, nil for none.
func (s *starting) prior(ctx context.Context, r Reader) (*curfew.Repeatable, error) {
	if s.Key == "" {
		return nil, nil
	}
	prior, err := r.Repeatable(ctx, s.key)
	if err != nil || !s.now.Before(prior.MadeAt.Add(repeatableFor)) {
		return nil, ignoreNotFound(err)
	}
	if prior.BodyHash != s.body {
		return nil, curfew.Invalid("Idempotency-Key", "Idempotency-Key was used for another start: each start needs its own")
	}
	return &prior, nil
}

// claim keeps the start under its name.
func (s *starting) claim(ctx context.Context, tx Tx, session curfew.ID) error {
	if s.Key == "" {
		return nil
	}
	claimed, err := tx.ClaimRepeatable(ctx, curfew.Repeatable{ID: s.key, BodyHash: s.body, AccountID: s.actor.AccountID,
		SessionID: session, MadeAt: s.now}, s.now.Add(-repeatableFor))
	if err == nil && !claimed {
		err = errOvertaken
	}
	return err
}

// repeatStart answers a start once more, with another refresh token: tokens are
// stored nowhere, and so cannot be given out again.
func (a *Authority) repeatStart(ctx context.Context, tx Tx, s starting, prior curfew.Repeatable) (st curfew.Standing, refresh token.Refresh, err error) {
	spent := curfew.NewError(curfew.KindIdempotencySpent,
		"The session that was started under this Idempotency-Key is over, or its refresh token was used. Start another under a key of its own.")
	if prior.AccountID != s.actor.AccountID {
		return st, refresh, spent
	}
	st, err = tx.SessionStanding(ctx, prior.AccountID, prior.SessionID)
	if errors.Is(err, curfew.ErrNotFound) {
		return st, refresh, spent
	}
	if err != nil {
		return st, refresh, err
	}
	refresh = token.NewRefresh(prior.AccountID, prior.SessionID)
	// One that a policy is still to be applied to is shortened by its first
	// refresh; nothing is given out for it before.
	if _, over := st.End(s.now); over || st.Session.Generation != refresh.Generation || st.Session.PolicyVersion < st.Account.ClampVersion {
		return st, refresh, spent
	}
	renewed, err := tx.RenewSecret(ctx, prior.AccountID, prior.SessionID, refresh.SecretHash(), s.now)
	if err == nil && !renewed {
		err = spent
	}
	return st, refresh, err
}

// digests are what a start is known by: of its name under the service's key, and
// of all that it asks for.
func (s *starting) digests() error {
	s.key = sha256.Sum256(append(s.actor.ServiceKeyID[:], s.Key...))
	text, err := json.Marshal(s.ServiceStart)
	s.body = sha256.Sum256(text)
	return err
}

// ForgetRepeatables drops the starts that can be repeated no more, and returns
// how many those were.
func (a *Authority) ForgetRepeatables(ctx context.Context, turn Turn) (forgotten int, err error) {
	before := a.now().Add(-repeatableFor)
	for {
		if err := turn(ctx); err != nil {
			return forgotten, err
		}
		var by time.Time
		if err := a.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			by, err = r.OldRepeatables(ctx, before, logChunk)
			return err
		}); err != nil || by.IsZero() {
			return forgotten, err
		}
		if err := a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
			n, err := tx.ForgetRepeatables(ctx, by)
			forgotten += n
			return err
		}); err != nil {
			return forgotten, err
		}
	}
}
