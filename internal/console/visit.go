package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// visit is one request and its answer.
type visit struct {
	*Console
	w      http.ResponseWriter
	r      *http.Request
	secret string       // that of the session, "" for none
	actor  curfew.Actor // who is signed in
	notice string
}

func (c *Console) visit(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{Console: c, w: w, r: r}
	if cookie, err := r.Cookie(cookieName); err == nil {
		v.secret = cookie.Value
	}
	return v
}

// within is the request's context with a limit: nobody waits longer.
func (v *visit) within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(v.r.Context(), patience)
}

// from is where the request came from, for the audit log.
func (v *visit) from() curfew.Origin {
	id, _ := v.r.Context().Value(idKey{}).(string)
	return curfew.Origin{RequestID: id, IP: address(v.r), UserAgent: v.r.UserAgent()}
}

// admit asks whether the session's key still works. Whoever has no session is
// sent to the form, and comes back from there.
func (v *visit) admit() bool {
	proof, notice, why, ok := v.book.use(v.secret)
	if !ok {
		v.toSignIn(why)
		return false
	}
	ctx, cancel := v.within()
	defer cancel()
	actor, err := v.Authority.Operator(ctx, proof)
	switch kind := curfew.KindOf(err); {
	case err == nil:
	case kind == curfew.KindInvalidToken || kind == curfew.KindWrongScope:
		v.book.close(v.secret)
		v.toSignIn(endedByKey)
		return false
	default:
		v.settle(err)
		return false
	}
	v.actor, v.notice = actor, notice
	return true
}

// toSignIn leads to the form, and a page that was only read back from there.
func (v *visit) toSignIn(why string) {
	query := url.Values{}
	if why != "" {
		query.Set("reason", why)
	}
	if to := v.r.URL.RequestURI(); v.r.Method == http.MethodGet && to != Path && back(to) == to {
		query.Set("to", to)
	}
	if v.secret != "" {
		v.setCookie("", -1)
	}
	target := Path + "/sign-in"
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	v.redirect(target)
}

// back is where to go after the sign-in: one of our own pages.
func back(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.Path != Path && !strings.HasPrefix(u.Path, Path+"/") ||
		strings.HasPrefix(u.Path, Path+"/sign-") || strings.ContainsAny(to, "\\\r\n") || strings.Contains(u.Path, "..") || len(to) > 1000 {
		return Path
	}
	return to
}

func (v *visit) redirect(to string) { http.Redirect(v.w, v.r, to, http.StatusSeeOther) }

// cookieName is the cookie of the page's own sessions. The listener speaks HTTP
// on this machine, where a cookie cannot be Secure everywhere.
const cookieName = "curfew_operator"

// setCookie keeps a secret in the browser for so many seconds; -1 forgets it.
func (v *visit) setCookie(value string, seconds int) {
	http.SetCookie(v.w, &http.Cookie{Name: cookieName, Value: value, Path: Path, MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// statuses are those of the errors that a page may end in.
var statuses = map[curfew.Kind]int{
	curfew.KindNotFound: http.StatusNotFound, curfew.KindInvalidRequest: http.StatusUnprocessableEntity, curfew.KindCrossOrigin: http.StatusForbidden,
	curfew.KindInvalidToken: http.StatusUnauthorized, curfew.KindWrongScope: http.StatusForbidden, curfew.KindRateLimited: http.StatusTooManyRequests,
	curfew.KindTooLarge: http.StatusRequestEntityTooLarge, curfew.KindUnavailable: http.StatusServiceUnavailable,
}

// settle answers with what went wrong, if anything did.
func (v *visit) settle(err error) {
	if err == nil {
		return
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		err = curfew.NewError(curfew.KindTooLarge, "That is more than a form of this page can hold.")
	}
	kind := curfew.KindOf(err)
	status := statuses[kind]
	switch {
	case kind == curfew.KindUnavailable || errors.Is(err, context.DeadlineExceeded):
		v.Log.WarnContext(v.r.Context(), "the operator's page could not read the database", "error", err.Error())
		v.retryAfter(err)
		v.show(http.StatusServiceUnavailable, "away.html", "The database does not answer", v.node())
		return
	case status == 0:
		v.Log.ErrorContext(v.r.Context(), "the operator's page failed", "error", err.Error())
		v.show(http.StatusInternalServerError, "failure.html", "Something went wrong", "The server's log says what. Nothing is known to have changed.")
		return
	}
	var known *curfew.Error
	errors.As(err, &known)
	titles := map[curfew.Kind]string{curfew.KindNotFound: "Not found", curfew.KindInvalidRequest: "This cannot be done", curfew.KindCrossOrigin: "Refused"}
	title := titles[kind]
	if title == "" {
		title = "Refused"
	}
	v.show(status, "failure.html", title, sentence(known.Detail))
}

// sentence begins with a capital and ends with a stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

// retryAfter says when to come back.
func (v *visit) retryAfter(err error) {
	var known *curfew.Error
	if errors.As(err, &known) && known.RetryAfter > 0 {
		v.w.Header().Set("Retry-After", strconv.Itoa(int((known.RetryAfter+time.Second-1)/time.Second)))
	}
}
