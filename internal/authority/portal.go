package authority

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
	"github.com/curfew-auth/curfew/internal/token"
)

// The portal: how a person comes from the product, where they are signed in, to
// the hosted pages, without signing in once more.

// portalLife is how long a portal link works: it is opened by a redirect.
const portalLife = time.Minute

// portalAMR is the method of a session that a portal link started, where nothing
// is known of the product's own.
var portalAMR = []string{"portal"}

// PortalPages are the hosted pages that a portal link may lead to, by name; the
// first is where it leads by itself. Owners alone see the first.
var PortalPages = []string{"security", "account", "sessions", "people", "audit"}

// NewPortalLink asks for a link by which a person of a product opens the hosted
// pages. Account and User are the product's own ids.
type NewPortalLink struct {
	Account, User string
	// Page is one of PortalPages, "" for the one that suits the person;
	// ReturnURL where they go back to, "" for nowhere.
	Page, ReturnURL string
	// Session is the product's session with which that of the pages ends; nil
	// for none.
	Session *curfew.ID
}

// PortalLink is a link to the hosted pages, which is shown once.
type PortalLink struct {
	URL       string
	ExpiresAt time.Time
}

// CreatePortalLink makes a link that opens the hosted pages for a person of a
// product: once, within a minute, unless the person was signed out meanwhile.
func (a *Authority) CreatePortalLink(ctx context.Context, actor curfew.Actor, from curfew.Origin, in NewPortalLink) (out PortalLink, err error) {
	var f fields
	f.externalID("account", in.Account)
	f.externalID("user", in.User)
	if in.Page != "" && !slices.Contains(PortalPages, in.Page) {
		f.add("page", "page must be one of security, account, sessions, people, audit")
	}
	if in.ReturnURL != "" && !slices.Contains(a.ReturnURLs, in.ReturnURL) {
		f.add("return_url", "return_url must be one that the operator has registered in CURFEW_RETURN_URLS")
	}
	if err := f.err(); err != nil {
		return out, err
	}
	if actor, err = a.ServiceAccount(ctx, actor, in.Account); err != nil {
		return out, err
	}
	now := a.now()
	link := curfew.PortalLink{AccountID: actor.AccountID, ID: curfew.NewID(now), CreatedAt: now, ExpiresAt: now.Add(portalLife), ReturnURL: in.ReturnURL}
	text, hash := token.NewLink(token.LinkPortal, link.AccountID, link.ID)
	link.SecretHash = hash
	err = a.Store.InTx(ctx, link.AccountID, func(ctx context.Context, tx Tx) error {
		account, user, err := tx.AccountAndUserOf(ctx, link.AccountID, in.User)
		switch {
		case errors.Is(err, curfew.ErrNotFound):
			return noSuchPerson()
		case err != nil:
			return err
		case user.Disabled():
			return curfew.Invalid("user", "user is disabled and may not sign in")
		}
		if in.Session != nil {
			if st, err := tx.SessionStanding(ctx, link.AccountID, *in.Session); ignoreNotFound(err) != nil {
				return err
			} else if _, over := st.End(now); err != nil || over || st.User.ID != user.ID {
				return curfew.Invalid("session", "session must be an active session of the user")
			}
			link.TiedTo = *in.Session
		}
		link.UserID, link.AccountEpoch, link.UserEpoch = user.ID, account.SessionEpoch, user.SessionEpoch
		link.Page = cmp.Or(in.Page, landing(user))
		if err := tx.InsertPortalLink(ctx, link); err != nil {
			return err
		}
		return write(ctx, tx, from, now, event{account: link.AccountID, action: audit.UserPortalLinkCreate, actor: by(actor),
			resource: "user", id: user.ID, details: linkDetails(link)})
	})
	return PortalLink{URL: a.PublicURL + "/portal#code=" + text, ExpiresAt: link.ExpiresAt}, err
}

// linkDetails are what the audit log keeps of a link: never what opens it.
func linkDetails(link curfew.PortalLink) *audit.Details {
	details := detail("page", link.Page).Set("expires_at", link.ExpiresAt)
	if !link.TiedTo.IsZero() {
		details.Set("session_id", link.TiedTo)
	}
	return details
}

// landing is the page that suits a person.
func landing(user curfew.User) string {
	if user.Role == curfew.RoleOwner {
		return "security"
	}
	return "account"
}

// OpenPortal exchanges the code of a portal link for a session.
type OpenPortal struct {
	Code string
	// Replace says that whoever is signed in in this browser is to be signed out.
	Replace bool
	// Cookie is the refresh token that the request's cookie carried, or "".
	Cookie string
}

// PortalOpened is a session that a portal link started, and where it leads.
type PortalOpened struct {
	Granted
	Page, ReturnURL string
}

// OpenPortal starts a session in the hosted pages by the code of a portal link.
// A code that does not work, for whatever reason, gets one answer.
func (a *Authority) OpenPortal(ctx context.Context, from curfew.Origin, in OpenPortal) (PortalOpened, error) {
	gate, err := a.passAddress(ctx, from, "portal")
	if err != nil {
		return PortalOpened{}, err
	}
	link, cause, err := a.openPortalLink(ctx, in.Code)
	if err != nil {
		return PortalOpened{}, alsoFailed(err, a.refund(ctx, gate))
	}
	if cause != "" {
		return PortalOpened{}, a.portalRefused(ctx, from, link, cause)
	}
	if other, err := a.otherPerson(ctx, link, in); err != nil || other {
		if err == nil {
			err = curfew.NewError(curfew.KindOtherSession, "Somebody else is signed in in this browser.")
		}
		return PortalOpened{}, alsoFailed(err, a.refund(ctx, gate))
	}
	now := a.now()
	s, err := a.begin(ctx, link.AccountID, nil, func(ctx context.Context, tx Tx, room bool) (s started, err error) {
		if link, cause, err = a.readPortalLink(ctx, tx, link.AccountID, link.ID, link.SecretHash, now); err != nil || cause != "" {
			return s, err
		}
		return a.startFromPortal(ctx, tx, from, now, link, in.Cookie, room)
	})
	switch {
	case err != nil: // the code was right
		return PortalOpened{}, alsoFailed(err, a.refund(ctx, gate))
	case cause != "" || !s.born:
		return PortalOpened{}, a.portalRefused(ctx, from, link, cmp.Or(cause, "link_of_before"))
	}
	a.passed(ctx, gate)
	if presented, wrong := a.refreshTokens.Decode(in.Cookie); wrong == nil && presented.SessionID == link.TiedTo {
		in.Cookie = "" // the two go on together
	}
	granted, err := a.signedIn(s, "", now, a.endCookieSession(ctx, from, now, in.Cookie))
	return PortalOpened{granted, link.Page, link.ReturnURL}, err
}

// startFromPortal starts the session of a link that works, and spends the link.
// One that is tied to another ends with it, and was authenticated when that was.
func (a *Authority) startFromPortal(ctx context.Context, tx Tx, from curfew.Origin, now time.Time, link curfew.PortalLink, cookie string, room bool) (s started, err error) {
	account, err := tx.Account(ctx, link.AccountID)
	if err != nil {
		return s, err
	}
	user, err := tx.User(ctx, link.AccountID, link.UserID)
	if err != nil {
		return s, err
	}
	e := evidence{id: curfew.NewID(now), authTime: link.CreatedAt, userAgent: from.UserAgent, ip: from.IP, amr: portalAMR, by: person(user)}
	if !link.TiedTo.IsZero() {
		st, err := tx.SessionStanding(ctx, link.AccountID, link.TiedTo)
		if err != nil {
			return s, err
		}
		e.amr, e.authTime, e.until = st.Session.AMR, st.Session.AuthTime, st.Session.AbsoluteExpiresAt
	}
	user.SessionEpoch = link.UserEpoch
	s, err = a.open(ctx, tx, from, now, account, birth{user: user, accountEpoch: link.AccountEpoch, cookie: cookie, room: room}, e)
	if err != nil || !s.born {
		return s, err
	}
	kept := link.ExpiresAt
	if !link.TiedTo.IsZero() {
		kept = s.standing.Session.AbsoluteExpiresAt
	}
	if spent, err := tx.SpendPortalLink(ctx, link.AccountID, link.ID, e.id, kept, now); err != nil || !spent {
		return s, errors.Join(err, curfew.Unavailable(errors.New("authority: a portal link was spent in the middle of a transaction")))
	}
	return s, nil
}

// openPortalLink finds the link of a code, and says why it does not work, "" if
// it does.
func (a *Authority) openPortalLink(ctx context.Context, code string) (link curfew.PortalLink, cause string, err error) {
	accountID, id, hash, parseErr := token.ParseLink(token.LinkPortal, code)
	if parseErr != nil {
		return link, "unknown_link", nil
	}
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		link, cause, err = a.readPortalLink(ctx, r, accountID, id, hash, a.now())
		return err
	})
	return link, cause, err
}

func (a *Authority) readPortalLink(ctx context.Context, r Reader, accountID, id curfew.ID, hash [32]byte, now time.Time) (link curfew.PortalLink, cause string, err error) {
	link, err = r.PortalLink(ctx, accountID, id)
	switch {
	case errors.Is(err, curfew.ErrNotFound):
		return curfew.PortalLink{}, "unknown_link", nil
	case err != nil:
		return link, "", err
	case subtle.ConstantTimeCompare(hash[:], link.SecretHash[:]) != 1:
		return curfew.PortalLink{}, "unknown_link", nil
	case !link.SessionID.IsZero():
		return link, "spent_link", nil
	case !now.Before(link.ExpiresAt):
		return link, "late_link", nil
	}
	user, err := r.User(ctx, accountID, link.UserID)
	if err != nil {
		return link, "", err
	}
	account, err := r.Account(ctx, accountID)
	if err != nil {
		return link, "", err
	}
	if user.Disabled() || user.SessionEpoch != link.UserEpoch || account.SessionEpoch != link.AccountEpoch {
		return link, "link_of_before", nil
	}
	if !link.TiedTo.IsZero() {
		st, err := r.SessionStanding(ctx, accountID, link.TiedTo)
		if ignoreNotFound(err) != nil {
			return link, "", err
		}
		if _, over := st.End(now); err != nil || over {
			return link, "link_of_before", nil
		}
	}
	return link, "", nil
}

// portalRefused is the one answer for a code that does not work. It is audited:
// in the account of the link, or under the zero account.
func (a *Authority) portalRefused(ctx context.Context, from curfew.Origin, link curfew.PortalLink, cause string) error {
	e := event{account: link.AccountID, action: audit.AccessDenied, details: detail("operation", "portal").Set("cause", cause)}
	if !link.ID.IsZero() {
		e.resource, e.id = "user", link.UserID
	}
	refusal := curfew.NewError(curfew.KindLinkInvalid, "This link does not work: it was used, or is too old. Go back to where you came from and open it again.")
	return alsoFailed(refusal, a.refused(ctx, from, a.now(), e))
}

// otherPerson reports whether the request's cookie proves a living session of
// somebody else, who was not said to be replaced.
func (a *Authority) otherPerson(ctx context.Context, link curfew.PortalLink, in OpenPortal) (bool, error) {
	if in.Replace || in.Cookie == "" {
		return false, nil
	}
	st, err := a.cookie(ctx, in.Cookie)
	if err != nil {
		if curfew.KindOf(err) == curfew.KindUnavailable || curfew.KindOf(err) == curfew.KindInternal {
			return false, err
		}
		return false, nil // what proves nothing is nobody's
	}
	return st.Session.AccountID != link.AccountID || st.Session.UserID != link.UserID, nil
}

// endTied ends the sessions that end with one that was just ended, for the same
// reason.
func endTied(ctx context.Context, tx Tx, from curfew.Origin, now time.Time, parent curfew.Session, reason curfew.Reason, actor *audit.Actor) error {
	tied, err := tx.Tied(ctx, parent.AccountID, parent.ID)
	if err != nil {
		return err
	}
	for _, id := range tied {
		st, err := tx.SessionStanding(ctx, parent.AccountID, id)
		if errors.Is(err, curfew.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := endOne(ctx, tx, from, now, st, reason, actor); err != nil {
			return err
		}
	}
	return nil
}

// ForgetPortalLinks drops the links that are of no more use, and returns how many
// those were.
func (a *Authority) ForgetPortalLinks(ctx context.Context, turn Turn) (int, error) {
	return a.forget(ctx, turn, func(ctx context.Context, tx Tx) (int, error) {
		return tx.ForgetPortalLinks(ctx, a.now().Add(-policy.ClockTolerance))
	})
}
