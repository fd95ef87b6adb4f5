package console

import (
	"errors"
	"net/http"
	"strings"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// signInData is what the form shows.
type signInData struct {
	// Reason is why somebody is here again, Problem what was wrong with a key.
	Reason, Problem string
	To              string
}

// reasons are the words for why a session ended. Nothing else that a link says
// is shown.
var reasons = map[string]string{
	endedIdle:    "You were signed out because this page was not used for 15 minutes.",
	endedByLimit: "You were signed out because a sign-in here lasts for 8 hours.",
	endedByKey:   "You were signed out because the service key does not work here any more.",
	signedOut:    "You are signed out.",
}

// signInForm asks for a key.
func (v *visit) signInForm(status int, problem, to string) {
	if to == "" {
		to = back(v.r.URL.Query().Get("to"))
	}
	v.show(status, "sign-in.html", "Operator sign-in", signInData{Reason: reasons[v.r.URL.Query().Get("reason")], Problem: problem, To: to})
}

// signIn takes a key and begins a session.
func (v *visit) signIn() {
	if err := v.r.ParseForm(); err != nil {
		v.settle(malformed(err))
		return
	}
	to := back(v.r.PostForm.Get("to"))
	key := strings.TrimSpace(v.r.PostForm.Get("key"))
	if key == "" {
		v.signInForm(http.StatusUnprocessableEntity, "Enter a service key.", to)
		return
	}
	ctx, cancel := v.within()
	defer cancel()
	proof, actor, err := v.Authority.OpenOperatorPage(ctx, v.from(), key)
	switch kind := curfew.KindOf(err); {
	case err == nil:
	case kind == curfew.KindInvalidToken:
		v.signInForm(http.StatusUnauthorized, "This is no service key that works: it may be mistyped, revoked, replaced or expired.", to)
		return
	case kind == curfew.KindWrongScope:
		v.signInForm(http.StatusForbidden, "This key works, but does not have the scope operator.", to)
		return
	case kind == curfew.KindRateLimited:
		v.retryAfter(err)
		v.signInForm(http.StatusTooManyRequests, "Too many keys that do not work came from this address. Wait a minute, then try again.", to)
		return
	default:
		v.settle(err)
		return
	}
	v.book.close(v.secret)
	v.setCookie(v.book.open(proof), int(absoluteLimit.Seconds()))
	v.Log.InfoContext(v.r.Context(), "an operator opened the operator's page", "service_key_id", actor.ServiceKeyID.String(), "ip", address(v.r))
	v.redirect(to)
}

// signOut ends the session, whatever became of its key.
func (v *visit) signOut() {
	v.book.close(v.secret)
	v.setCookie("", -1)
	v.redirect(Path + "/sign-in?reason=" + signedOut)
}

// malformed is a form that cannot be read.
func malformed(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return curfew.NewError(curfew.KindInvalidRequest, "The form cannot be read.")
}
