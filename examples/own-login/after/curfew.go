package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/verify"
)

// curfew is where the sessions are: Curfew, with the product's key to it.
type curfew struct {
	url      *url.URL
	key      string
	verifier *verify.Verifier
}

// connect follows which sessions end, so that requests are judged here.
func connect(ctx context.Context) (*curfew, error) {
	address, key := setting("CURFEW", "http://127.0.0.1:8080"), os.Getenv("CURFEW_KEY")
	at, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	verifier, err := verify.New(ctx, verify.Config{Issuer: address, Audience: address, ServiceKey: key, Name: "berth"})
	return &curfew{at, key, verifier}, err
}

// started is what Curfew says of a new session, as far as it is used here.
type started struct {
	RefreshToken string `json:"refresh_token"`
	Session      struct {
		AbsoluteExpiresAt time.Time `json:"absolute_expires_at"`
	} `json:"session"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	ServerTime time.Time `json:"server_time"`
}

// start starts a session of a person who has just signed in.
func (c *curfew) start(r *http.Request, p person) (s started, err error) {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	err = c.call(r.Context(), "POST", "service/sessions", map[string]any{
		"account":    map[string]any{"external_id": p.Harbour, "name": p.HarbourName},
		"user":       map[string]any{"external_id": p.ID, "name": p.Name, "email": p.Email, "role": p.Role},
		"amr":        []string{"pwd"},
		"user_agent": r.UserAgent(),
		"ip":         host,
	}, &s)
	return s, err
}

// put tells Curfew who somebody is now; whoever lost a role is signed out.
func (c *curfew) put(ctx context.Context, p person) error {
	return c.call(ctx, "PUT", "service/accounts/"+url.PathEscape(p.Harbour)+"/users/"+url.PathEscape(p.ID),
		map[string]any{"name": p.Name, "email": p.Email, "role": p.Role}, nil)
}

// deliver gives the browser the refresh token as Curfew itself would: in a cookie
// that no script can read. The session that was there before ends.
func (c *curfew) deliver(w http.ResponseWriter, r *http.Request, s started) error {
	cookie := http.Cookie{Name: "curfew_refresh", Value: s.RefreshToken, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		MaxAge: int(s.Session.AbsoluteExpiresAt.Sub(s.ServerTime).Seconds()) + 1}
	if c.url.Scheme == "https" {
		cookie.Name, cookie.Secure = "__Host-"+cookie.Name, true
	}
	if old, err := r.Cookie(cookie.Name); err == nil {
		if err := c.call(r.Context(), "POST", "auth/logout", map[string]any{"refresh_token": old.Value}, nil); err != nil {
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

// call makes a request with the product's key. It may be sent twice: see
// http.Transport.
func (c *curfew) call(ctx context.Context, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.url.JoinPath("api/v1", path).String(), bytes.NewReader(text))
	if err != nil {
		return err
	}
	if strings.HasPrefix(path, "service/") {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", rand.Text())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode < 300 {
		if into == nil {
			return nil
		}
		return json.NewDecoder(response.Body).Decode(into)
	}
	var problem struct{ Detail string }
	if err := json.NewDecoder(response.Body).Decode(&problem); err != nil {
		return err
	}
	if response.StatusCode == http.StatusConflict {
		return refusal{http.StatusConflict, problem.Detail} // too many sessions, where owners want that refused
	}
	return fmt.Errorf("curfew: %s %s: %s: %s", method, path, response.Status, problem.Detail)
}
