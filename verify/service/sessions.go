package service

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// StartSession is a sign-in that the product has done in its own way.
type StartSession struct {
	Account StartAccount `json:"account"`
	User    StartUser    `json:"user"`
	// AMR is how the person has signed in (RFC 8176), such as pwd and otp.
	AMR []string `json:"amr,omitempty"`
	// AuthTime is when they have; zero is now. The session's absolute deadline
	// counts from there.
	AuthTime time.Time `json:"auth_time,omitzero"`
	// UserAgent and IP are those of the person's request, for lists of sessions.
	UserAgent string `json:"user_agent,omitempty"`
	IP        string `json:"ip,omitempty"`

	// IdempotencyKey names this start, so that a repetition answers with the same
	// session; "" draws one for this call.
	IdempotencyKey string `json:"-"`
}

// StartAccount names an account, and says what to make it of where it is not
// known yet.
type StartAccount struct {
	ExternalID string `json:"external_id"`
	Name       string `json:"name,omitempty"`
}

// StartUser names a person, and says what to make them of where they are not
// known yet.
type StartUser struct {
	ExternalID string `json:"external_id"`
	Name       string `json:"name,omitempty"`
	Email      string `json:"email,omitempty"`
	Role       Role   `json:"role,omitempty"`
}

// Started is a session with its tokens. The refresh token belongs to the person's
// browser or program alone, and is to be kept nowhere else.
type Started struct {
	AccessToken  string       `json:"access_token"`
	TokenType    string       `json:"token_type"`
	ExpiresIn    int          `json:"expires_in"` // seconds, of the access token
	RefreshToken string       `json:"refresh_token"`
	Session      SessionState `json:"session"`
	User         struct {
		ID    string `json:"id"`
		Name  string `json:"name"`
		Email string `json:"email"`
		Role  Role   `json:"role"`
	} `json:"user"`
	Account struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"account"`
	ServerTime time.Time `json:"server_time"`
}

// SessionState is a session's limits and deadlines.
type SessionState struct {
	ID                string    `json:"id"`
	Generation        uint32    `json:"generation"`
	StartedAt         time.Time `json:"started_at"`
	LastActiveAt      time.Time `json:"last_active_at"`
	IdleMinutes       int       `json:"idle_minutes"`
	AbsoluteMinutes   int       `json:"absolute_minutes"`
	IdleExpiresAt     time.Time `json:"idle_expires_at"`
	AbsoluteExpiresAt time.Time `json:"absolute_expires_at"`
}

// StartSession starts a session for somebody whom the product has signed in.
// Account and person are made where they are not known and enough is given to
// make them; otherwise the error is of [TypeNotFound]. Scope sessions:write.
func (c *Client) StartSession(ctx context.Context, in StartSession) (Started, error) {
	key := in.IdempotencyKey
	if key == "" {
		key = rand.Text()
	}
	var out Started
	_, err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/service/sessions", body: in,
		header: http.Header{"Idempotency-Key": {key}}, again: true}, &out)
	return out, err
}

// The states by which sessions are listed.
const (
	Active = "active"
	Ended  = "ended"
	All    = "all"
)

// ListSessions chooses sessions of an account.
type ListSessions struct {
	User   string // only this person's, by the product's own id
	Status string // Active by default
	Limit  int    // 1 to 200; 50 by default
	Cursor string // Sessions.NextCursor of the page before
}

// Sessions is a page of sessions, latest activity first.
type Sessions struct {
	Items []Session `json:"items"`
	// NextCursor is where the next page begins, "" on the last.
	NextCursor string `json:"next_cursor"`
}

// Session is one session in a list.
type Session struct {
	ID   string `json:"id"`
	User struct {
		ID         string `json:"id"`          // Curfew's own
		ExternalID string `json:"external_id"` // the product's, "" for people whom it did not name
		Name       string `json:"name"`
		Email      string `json:"email"`
	} `json:"user"`
	StartedAt         time.Time  `json:"started_at"`
	LastActiveAt      time.Time  `json:"last_active_at"`
	IdleExpiresAt     time.Time  `json:"idle_expires_at"`
	AbsoluteExpiresAt time.Time  `json:"absolute_expires_at"`
	Status            string     `json:"status"`   // active, expired or revoked
	EndedAt           *time.Time `json:"ended_at"` // nil while active
	Reason            string     `json:"reason"`   // "" while active
	Device            struct {
		Browser string `json:"browser"`
		OS      string `json:"os"`
		Kind    string `json:"kind"`
	} `json:"device"`
	IP string `json:"ip"`
}

// ListSessions lists sessions of an account, a page at a time. The error is of
// [TypeNotFound] for an account or a person who is not known. Scope
// sessions:read.
func (c *Client) ListSessions(ctx context.Context, account string, in ListSessions) (Sessions, error) {
	var out Sessions
	path, err := accountPath(account)
	if err != nil {
		return out, err
	}
	query := url.Values{}
	for name, value := range map[string]string{"user": in.User, "status": in.Status, "cursor": in.Cursor} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if in.Limit != 0 {
		query.Set("limit", strconv.Itoa(in.Limit))
	}
	_, err = c.call(ctx, request{method: http.MethodGet, path: path + "/sessions", query: query, again: true}, &out)
	return out, err
}

// EndSession ends one session of an account, by Curfew's id. One that is over
// keeps its end, and that is no error. Scope sessions:write.
func (c *Client) EndSession(ctx context.Context, account, session string) error {
	path, err := accountPath(account, "sessions", session)
	if err != nil {
		return err
	}
	_, err = c.call(ctx, request{method: http.MethodDelete, path: path, again: true}, nil)
	return err
}

// RevokeSessions says which sessions of an account end.
type RevokeSessions struct {
	// KeepUser is the person whose sessions go on, by the product's own id; ""
	// ends everybody's.
	KeepUser string
	// Reason is for the account's audit log, at most 500 characters.
	Reason string
}

// RevokeSessions ends every active session of an account, or every one but those
// of one person, and returns how many that were. Scope sessions:write.
func (c *Client) RevokeSessions(ctx context.Context, account string, in RevokeSessions) (int, error) {
	path, err := accountPath(account)
	if err != nil {
		return 0, err
	}
	body := struct {
		Scope    string `json:"scope"`
		KeepUser string `json:"keep_user,omitempty"`
		Reason   string `json:"reason,omitempty"`
	}{"all", in.KeepUser, in.Reason}
	if in.KeepUser != "" {
		body.Scope = "others"
	}
	return c.revoke(ctx, path+"/revoke-sessions", body)
}

// RevokeUserSessions ends every active session of one person, and returns how
// many that were. The reason is for the account's audit log. Scope
// sessions:write.
func (c *Client) RevokeUserSessions(ctx context.Context, account, user, reason string) (int, error) {
	path, err := accountPath(account, "users", user)
	if err != nil {
		return 0, err
	}
	body := struct {
		Reason string `json:"reason,omitempty"`
	}{reason}
	return c.revoke(ctx, path+"/revoke-sessions", body)
}

// revoke ends many sessions. It is never sent again by itself: sessions that were
// started in the meantime would end too.
func (c *Client) revoke(ctx context.Context, path string, body any) (int, error) {
	var out struct {
		Count int `json:"revoked_count"`
	}
	_, err := c.call(ctx, request{method: http.MethodPost, path: path, body: body}, &out)
	return out.Count, err
}
