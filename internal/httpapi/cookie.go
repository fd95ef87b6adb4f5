package httpapi

import (
	"net/http"
	"time"
)

// cookieJar writes Curfew's cookies. Over https they carry the __Host- prefix,
// which ties them to this host, this path and TLS (RFC 6265bis, section
// 4.1.3.2; OWASP ASVS 5.0, 3.3).
type cookieJar struct {
	refresh, browser string
	secure           bool
}

// browserMaxAge is how long a browser is known after a sign-in: 400 days, the
// most that browsers keep (RFC 6265bis, section 5.5).
const browserMaxAge = 400 * 24 * 60 * 60

func newCookieJar(secure bool) cookieJar {
	j := cookieJar{refresh: "curfew_refresh", browser: "curfew_browser", secure: secure}
	if secure {
		j.refresh, j.browser = "__Host-"+j.refresh, "__Host-"+j.browser
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
	return j.write(j.refresh, token, max(1, int(left)))
}

// clearRefresh removes the refresh cookie; its attributes are those it was set
// with, or browsers would keep it.
func (j cookieJar) clearRefresh() string { return j.write(j.refresh, "", -1) }

func (j cookieJar) setBrowser(value string) string { return j.write(j.browser, value, browserMaxAge) }

func (j cookieJar) write(name, value string, maxAge int) string {
	c := http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: j.secure, SameSite: http.SameSiteStrictMode}
	return c.String()
}
