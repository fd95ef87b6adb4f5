package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Product is what people use: whoever signs them in, refreshes and ends their
// sessions, over HTTP as any client does.
type Product struct {
	HTTP *http.Client
	URL  string // of the node that is asked
}

// NewProduct is a client of the node of a URL.
func NewProduct(url string) *Product {
	return &Product{URL: url, HTTP: &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
}

// At is the same client at another node.
func (p *Product) At(url string) *Product { return &Product{HTTP: p.HTTP, URL: url} }

// Session is a session as its client knows it.
type Session struct {
	ID, Account string
	Access      string
	Refresh     string
	attempt     int
}

// Refusal is an answer other than the one that was asked for.
type Refusal struct {
	Status       int // 0 for none
	Type, Reason string
}

func (r *Refusal) Error() string { return fmt.Sprintf("status %d %s %s", r.Status, r.Type, r.Reason) }

// Credentials of the one person that SignUp makes.
const (
	Email    = "ada@acme.example"
	Password = "lemon tree very pretty"
)

type tokens struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	Session      struct {
		ID string `json:"id"`
	} `json:"session"`
	Account struct {
		ID string `json:"id"`
	} `json:"account"`
}

func (t *tokens) into(s *Session) *Session {
	s.ID, s.Account, s.Access, s.Refresh = t.Session.ID, t.Account.ID, t.AccessToken, t.RefreshToken
	return s
}

// Ask sends a request and reads the answer.
func (p *Product) Ask(ctx context.Context, method, path, bearer string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, p.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	answer, err := p.HTTP.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		r := &Refusal{Status: answer.StatusCode}
		if strings.Contains(answer.Header.Get("Content-Type"), "json") {
			_ = json.Unmarshal(text, r)
		}
		return r
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

// SignUp makes the account and its owner.
func (p *Product) SignUp(ctx context.Context) error {
	return p.Ask(ctx, "POST", "/api/v1/auth/signup", "", map[string]string{"account_name": "Acme", "name": "Ada", "email": Email, "password": Password}, nil)
}

// SignIn begins a session of the owner.
func (p *Product) SignIn(ctx context.Context) (*Session, error) {
	var t tokens
	err := p.Ask(ctx, "POST", "/api/v1/auth/login", "", map[string]string{"email": Email, "password": Password, "delivery": "body"}, &t)
	if err != nil {
		return nil, err
	}
	return t.into(&Session{}), nil
}

// Renew refreshes a session.
func (p *Product) Renew(ctx context.Context, s *Session) error {
	var t tokens
	err := p.Ask(ctx, "POST", "/api/v1/auth/refresh", "", map[string]any{
		"refresh_token": s.Refresh, "attempt": fmt.Sprintf("attempt-%08d-of-one-client", s.attempt)}, &t)
	if err == nil {
		s.attempt++
		t.into(s)
	}
	return err
}

// End ends a session as the owner.
func (p *Product) End(ctx context.Context, owner *Session, id string) error {
	return p.Ask(ctx, "DELETE", "/api/v1/accounts/me/sessions/"+id, owner.Access, nil, nil)
}

// EndAll ends every session of the account, the owner's own with them.
func (p *Product) EndAll(ctx context.Context, owner *Session) (ended int, err error) {
	var out struct {
		Count int `json:"revoked_count"`
	}
	err = p.Ask(ctx, "POST", "/api/v1/accounts/me/security/revoke-sessions", owner.Access, map[string]string{"scope": "all"}, &out)
	return out.Count, err
}
