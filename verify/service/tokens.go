package service

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Introspection is what a token is worth at this moment (RFC 7662). Of one that
// is good for nothing Active is false, and everything else is empty.
type Introspection struct {
	Active    bool
	UserID    string // sub
	SessionID string // sid
	AccountID string
	// Role is what the person may do in the account now, whatever the token says.
	Role     Role
	ClientID string
	Issuer   string
	// Audience is CURFEW_AUDIENCE for an access token, and the issuer for a
	// refresh token.
	Audience string
	TokenID  string // jti; a refresh token has none
	// TokenType is Bearer for an access token. Accept nothing else from a caller:
	// a refresh token is for Curfew alone.
	TokenType string
	AMR       []string
	AuthTime  time.Time
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// Introspect asks what an access token or a refresh token is worth at this
// moment: its session is looked up, whatever the token says. Scope
// tokens:introspect.
func (c *Client) Introspect(ctx context.Context, token string) (Introspection, error) {
	var in struct {
		Active    bool     `json:"active"`
		UserID    string   `json:"sub"`
		SessionID string   `json:"sid"`
		AccountID string   `json:"account_id"`
		Role      Role     `json:"role"`
		ClientID  string   `json:"client_id"`
		Issuer    string   `json:"iss"`
		Audience  string   `json:"aud"`
		TokenID   string   `json:"jti"`
		TokenType string   `json:"token_type"`
		AMR       []string `json:"amr"`
		AuthTime  int64    `json:"auth_time"`
		IssuedAt  int64    `json:"iat"`
		ExpiresAt int64    `json:"exp"`
	}
	_, err := c.call(ctx, request{method: http.MethodPost, path: "/oauth2/introspect", form: url.Values{"token": {token}}, again: true}, &in)
	if err != nil || !in.Active {
		return Introspection{}, err
	}
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
	return Introspection{Active: true, UserID: in.UserID, SessionID: in.SessionID, AccountID: in.AccountID, Role: in.Role, ClientID: in.ClientID,
		Issuer: in.Issuer, Audience: in.Audience, TokenID: in.TokenID, TokenType: in.TokenType, AMR: in.AMR,
		AuthTime: at(in.AuthTime), IssuedAt: at(in.IssuedAt), ExpiresAt: at(in.ExpiresAt)}, nil
}

// Revoke ends the session of a token (RFC 7009): of an access token in force, or
// of a refresh token of any generation. A token that proves no session ends none,
// and that is no error. Scope sessions:write.
func (c *Client) Revoke(ctx context.Context, token string) error {
	_, err := c.call(ctx, request{method: http.MethodPost, path: "/oauth2/revoke", form: url.Values{"token": {token}}, again: true}, nil)
	return err
}
