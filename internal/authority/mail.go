package authority

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/throttle"
)

// Mailer sends mail while nobody waits for it.
type Mailer interface {
	// Later calls write after the caller was answered, again where that fails
	// for a while, and sends the letter that it gives; nil is no letter. False:
	// too much is waiting already, and nothing will be done.
	Later(kind LetterKind, write func(ctx context.Context) (Letter, error)) bool
}

// LetterKind says what a letter is about.
type LetterKind string

// The kinds of letter.
const (
	LetterReset      LetterKind = "reset"
	LetterInvitation LetterKind = "invitation"
	LetterSignIn     LetterKind = "sign_in"
	LetterPassword   LetterKind = "password"
)

// Letter is what a mail tells, before it is put into words. Its names come from
// people whom its receiver may not know.
type Letter interface {
	// Recipient is the address that it goes to.
	Recipient() string
}

// ResetLetter brings a person the link to a new password that somebody asked
// for.
type ResetLetter struct {
	To, Name, AccountName string
	URL                   string
	ExpiresAt             time.Time
}

// InvitationLetter brings the link of an invitation.
type InvitationLetter struct {
	To, InvitedBy, AccountName string
	Role                       curfew.Role
	URL                        string
	ExpiresAt                  time.Time
}

// SignInLetter tells a person of a sign-in in a browser that was not known.
type SignInLetter struct {
	To, Name, AccountName string
	Device                curfew.Device
	IP                    string
	At                    time.Time
	// SessionsURL is where the session can be ended, ForgotURL where somebody
	// begins who cannot sign in.
	SessionsURL, ForgotURL string
}

// PasswordLetter tells a person that their password is another one now.
type PasswordLetter struct {
	To, Name, AccountName string
	ByLink                bool // by a link to a new password; else by the current one
	Device                curfew.Device
	IP                    string
	At                    time.Time
	// ForgotURL is where somebody begins who did not do it.
	ForgotURL string
}

// Recipient is part of Letter.
func (l ResetLetter) Recipient() string { return l.To }

// Recipient is part of Letter.
func (l InvitationLetter) Recipient() string { return l.To }

// Recipient is part of Letter.
func (l SignInLetter) Recipient() string { return l.To }

// Recipient is part of Letter.
func (l PasswordLetter) Recipient() string { return l.To }

// How much mail one may cause for others: a stranger links to a new password
// for one person, and an account invitations.
var (
	resetMailLimit  = throttle.Limit{Burst: 3, Every: 10 * time.Minute}
	inviteMailLimit = throttle.Limit{Burst: 30, Every: 2 * time.Minute}
)

// signInMailLimit lets a program that signs in without a browser's cookie cause
// one mail a day for the device and network that it is on.
var signInMailLimit = throttle.Limit{Burst: 1, Every: 24 * time.Hour}

// mayMail reports whether one more mail of a kind is in order, where the
// throttle is not off.
func (a *Authority) mayMail(ctx context.Context, limit throttle.Limit, kind LetterKind, about string) (bool, error) {
	if a.ThrottleOff {
		return true, nil
	}
	return a.mayWrite(ctx, quota(limit, "mail "+string(kind), about))
}

// mailInvitation sends an invitation's link to whom it is for, and reports
// whether it is on its way. The invitation is good without.
func (a *Authority) mailInvitation(ctx context.Context, account curfew.Account, by curfew.Actor, made NewInvite) bool {
	if a.Mailer == nil {
		return false
	}
	ok, err := a.mayMail(ctx, inviteMailLimit, LetterInvitation, account.ID.String())
	if err != nil || !ok {
		a.Log.WarnContext(ctx, "an invitation was not mailed", "account_id", account.ID.String(), "too_many", err == nil)
		return false
	}
	letter := InvitationLetter{To: made.Invite.Email, InvitedBy: by.Name, AccountName: account.Name,
		Role: made.Invite.Role, URL: made.URL, ExpiresAt: made.Invite.ExpiresAt}
	return a.Mailer.Later(LetterInvitation, func(context.Context) (Letter, error) { return letter, nil })
}

// mailSignIn tells a person of a sign-in in a browser in which they did not
// sign in before. The sign-in waits for nothing of it.
func (a *Authority) mailSignIn(from curfew.Origin, st curfew.Standing, browser string) {
	if a.Mailer == nil || a.knownBrowser(browser, st.User) != "" {
		return
	}
	letter := SignInLetter{To: st.User.Email, Name: st.User.Name, AccountName: st.Account.Name,
		Device: st.Session.Device, IP: from.IP, At: st.Session.StartedAt,
		SessionsURL: a.PublicURL + "/account/sessions", ForgotURL: a.PublicURL + "/forgot"}
	about := st.User.ID.String() + "\x00" + network(from) + "\x00" + letter.Device.Browser + "\x00" + letter.Device.OS
	a.Mailer.Later(LetterSignIn, func(ctx context.Context) (Letter, error) {
		if ok, err := a.mayWrite(ctx, quota(signInMailLimit, "mail "+string(LetterSignIn), about)); err != nil || !ok {
			return nil, err
		}
		return letter, nil
	})
}

// mailPassword tells a person that their password was changed (ASVS 6.3.7).
// Whoever changes one has proved something first, so that no stranger causes
// such mail, and no limit keeps one back.
func (a *Authority) mailPassword(from curfew.Origin, account curfew.Account, user curfew.User, byLink bool) {
	if a.Mailer == nil {
		return
	}
	letter := PasswordLetter{To: user.Email, Name: user.Name, AccountName: account.Name, ByLink: byLink,
		Device: a.ParseDevice(from.UserAgent), IP: from.IP, At: a.now(), ForgotURL: a.PublicURL + "/forgot"}
	a.Mailer.Later(LetterPassword, func(context.Context) (Letter, error) { return letter, nil })
}
