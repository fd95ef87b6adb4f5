package httpapi

import (
	"net/http"
	"time"
)

// cookieJar writes Curfew's cookies. Over https they carry the __Host- prefix,
// which ties them to this host, this path and TLS (RFC 6265bis, section
// 4.1.3.2; OWASP ASVS 5.0, 3.3).
type cookieJar struct {
	refresh, browser, access string
	secure                   bool
	// forwardAuth says that the access cookie is in use.
	forwardAuth bool
}

// browserMaxAge is how long a browser is known after a sign-in: 400 days, the
// most that browsers keep (RFC 6265bis, section 5.5).
const browserMaxAge = 400 * 24 * 60 * 60

func newCookieJar(secure, forwardAuth bool) cookieJar {
	j := cookieJar{refresh: "curfew_refresh", browser: "curfew_browser", access: "curfew_access", secure: secure, forwardAuth: forwardAuth}
	if secure {
		j.refresh, j.browser, j.access = "__Host-"+j.refresh, "__Host-"+j.browser, "__Host-"+j.access
	}
	return j
}

// presented is the value of the request's first cookie of a name, or "".
func presented(r *http.Request, name string) string {
	if c, err := r.Cookie(name); err == nil {
		return c.Value
	}
	return ""
}

// setRefresh delivers a refresh token until the session's absolute deadline,
// rounded up: the server enforces the deadline, and a person who returns late
// is to be told why, for which the cookie must still be there.
func (j cookieJar) setRefresh(token string, now, absolute time.Time) string {
	left := (absolute.Sub(now) + time.Second - 1) / time.Second
	return j.write(j.refresh, token, max(1, int(left)), http.SameSiteStrictMode)
}

// setAccess delivers an access token until it expires: in a whole number of
// seconds, so a proxy never presents one that has gone. Lax, so that a link
// from elsewhere leads in: what changes something is judged by where it comes
// from (forwardauth.go).
func (j cookieJar) setAccess(token string, seconds int) string {
	return j.write(j.access, token, seconds, http.SameSiteLaxMode)
}

// clear removes the cookies of a session; their attributes are those they were
// set with, or browsers would keep them.
func (j cookieJar) clear() []string {
	cleared := []string{j.write(j.refresh, "", -1, http.SameSiteStrictMode)}
	if j.forwardAuth {
		cleared = append(cleared, j.write(j.access, "", -1, http.SameSiteLaxMode))
	}
	return cleared
}

func (j cookieJar) setBrowser(value string) string {
	return j.write(j.browser, value, browserMaxAge, http.SameSiteStrictMode)
}

func (j cookieJar) write(name, value string, maxAge int, site http.SameSite) string {
	c := http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: j.secure, SameSite: site}
	return c.String()
}
