package main

import (
	"context"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"

	"github.com/curfew-auth/curfew/verify"
	"github.com/curfew-auth/curfew/verify/service"
)

// curfew is where the sessions are: the product calls Curfew with its key, and
// judges requests itself.
type curfew struct {
	*service.Client
	url      *url.URL
	verifier *verify.Verifier
}

func connect(ctx context.Context) (*curfew, error) {
	address, key := setting("CURFEW", "http://127.0.0.1:8080"), os.Getenv("CURFEW_KEY")
	at, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	client, err := service.New(service.Config{URL: address, Key: key})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	verifier, err := verify.New(ctx, verify.Config{Issuer: address, Audience: address, ServiceKey: key, Name: "berth"})
	return &curfew{client, at, verifier}, err
}

// deliver gives the browser the refresh token as Curfew itself would: in a cookie
// that no script can read. The session that was there before ends.
func (c *curfew) deliver(w http.ResponseWriter, r *http.Request, s service.Started) error {
	cookie := http.Cookie{Name: "curfew_refresh", Value: s.RefreshToken, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		MaxAge: int(s.Session.AbsoluteExpiresAt.Sub(s.ServerTime).Seconds()) + 1}
	if c.url.Scheme == "https" {
		cookie.Name, cookie.Secure = "__Host-"+cookie.Name, true
	}
	if old, err := r.Cookie(cookie.Name); err == nil {
		if err := c.Revoke(r.Context(), old.Value); err != nil {
			return err
		}
	}
	http.SetCookie(w, &cookie)
	return nil
}

// pass lets the browser reach what is for people at Curfew, below /curfew.
func (c *curfew) pass(mux *http.ServeMux) {
	proxy := http.StripPrefix("/curfew", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(c.url)
		r.SetXForwarded()
		r.Out.Header.Del("Origin") // it was judged here, and is not Curfew's own
	}})
	for _, part := range []string{"auth", "accounts", "users", "receipts"} {
		mux.Handle("/curfew/api/v1/"+part+"/", proxy)
	}
}
