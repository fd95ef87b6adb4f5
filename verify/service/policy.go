package service

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Change is a member of a change: left as it is (the zero Change), set to a value,
// or cleared so that the default is in force.
type Change[T any] struct {
	value *T
	given bool
}

// To sets a member to a value.
func To[T any](value T) Change[T] { return Change[T]{value: &value, given: true} }

// Default clears a member, so that the default is in force.
func Default[T any]() Change[T] { return Change[T]{given: true} }

// IsZero reports whether the member is left as it is.
func (c Change[T]) IsZero() bool { return !c.given }

// MarshalJSON writes the value, or null.
func (c Change[T]) MarshalJSON() ([]byte, error) { return json.Marshal(c.value) }

// What a sign-in does when the person has as many sessions as the policy allows.
const (
	EvictOldest = "evict_oldest"
	RefuseNew   = "refuse_new"
)

// Security is the session policy of an account, its bounds, and who is signed in.
// Pointers are nil where nothing is set.
type Security struct {
	IdleMinutes                 *int   `json:"idle_minutes"`
	AbsoluteMinutes             *int   `json:"absolute_minutes"`
	EffectiveIdleMinutes        int    `json:"effective_idle_minutes"`
	EffectiveAbsoluteMinutes    int    `json:"effective_absolute_minutes"`
	MaxSessionsPerUser          *int   `json:"max_sessions_per_user"`
	EffectiveMaxSessionsPerUser *int   `json:"effective_max_sessions_per_user"`
	SessionLimitAction          string `json:"session_limit_action"`
	Preset                      string `json:"preset"`

	IdleMinutesMin         int `json:"idle_minutes_min"`
	IdleMinutesMax         int `json:"idle_minutes_max"`
	IdleMinutesDefault     int `json:"idle_minutes_default"`
	AbsoluteMinutesMin     int `json:"absolute_minutes_min"`
	AbsoluteMinutesMax     int `json:"absolute_minutes_max"`
	AbsoluteMinutesDefault int `json:"absolute_minutes_default"`
	MaxSessionsPerUserMax  int `json:"max_sessions_per_user_max"`

	// ActiveUsers are at most 500, latest sign-in first.
	ActiveUsers        []ActiveUser `json:"active_users"`
	ActiveUserCount    int          `json:"active_user_count"`
	ActiveSessionCount int          `json:"active_session_count"`
	UpdatedAt          *time.Time   `json:"updated_at"`

	// ETag is the version of the policy, for UpdateSecurity.IfMatch.
	ETag string `json:"-"`
}

// ActiveUser is somebody with at least one active session.
type ActiveUser struct {
	UserID       string     `json:"user_id"` // Curfew's own
	Name         string     `json:"name"`
	Email        string     `json:"email"`
	LastLoginAt  *time.Time `json:"last_login_at"`
	SessionCount int        `json:"session_count"`
}

// Security reads the session policy of an account. Scope sessions:read.
func (c *Client) Security(ctx context.Context, account string) (Security, error) {
	return versioned[Security](ctx, c, account, "/security", nil, "")
}

// To whom a changed policy applies.
const (
	NewSessions = "new_sessions" // at the next sign-in; the default
	AllSessions = "all_sessions" // running sessions are shortened too, and never lengthened
)

// UpdateSecurity is a change of an account's session policy.
type UpdateSecurity struct {
	IdleMinutes        Change[int] `json:"idle_minutes,omitzero"`
	AbsoluteMinutes    Change[int] `json:"absolute_minutes,omitzero"`
	MaxSessionsPerUser Change[int] `json:"max_sessions_per_user,omitzero"`
	SessionLimitAction string      `json:"session_limit_action,omitempty"`
	ApplyTo            string      `json:"apply_to,omitempty"`
	// Reason is for the account's audit log, at most 500 characters.
	Reason string `json:"reason,omitempty"`

	// IfMatch is the ETag that the change is based on; with another one in force
	// the error is of [TypeStale]. "" changes whatever is in force.
	IfMatch string `json:"-"`
}

// UpdateSecurity changes the session policy of an account, by the rules that hold
// for its owners. Scope accounts:write.
func (c *Client) UpdateSecurity(ctx context.Context, account string, in UpdateSecurity) (Security, error) {
	return versioned[Security](ctx, c, account, "/security", in, in.IfMatch)
}

// Bounds are what an account's owners may choose within. Pointers are nil where
// the operator's own hold.
type Bounds struct {
	IdleMinutesMin         *int `json:"idle_minutes_min"`
	IdleMinutesMax         *int `json:"idle_minutes_max"`
	IdleMinutesDefault     *int `json:"idle_minutes_default"`
	AbsoluteMinutesMin     *int `json:"absolute_minutes_min"`
	AbsoluteMinutesMax     *int `json:"absolute_minutes_max"`
	AbsoluteMinutesDefault *int `json:"absolute_minutes_default"`
	MaxSessionsPerUserMax  *int `json:"max_sessions_per_user_max"`

	EffectiveIdleMinutesMin         int `json:"effective_idle_minutes_min"`
	EffectiveIdleMinutesMax         int `json:"effective_idle_minutes_max"`
	EffectiveIdleMinutesDefault     int `json:"effective_idle_minutes_default"`
	EffectiveAbsoluteMinutesMin     int `json:"effective_absolute_minutes_min"`
	EffectiveAbsoluteMinutesMax     int `json:"effective_absolute_minutes_max"`
	EffectiveAbsoluteMinutesDefault int `json:"effective_absolute_minutes_default"`
	EffectiveMaxSessionsPerUserMax  int `json:"effective_max_sessions_per_user_max"`

	// ETag is the version of the bounds, for UpdateBounds.IfMatch.
	ETag string `json:"-"`
}

// Bounds reads the bounds of an account. Scope accounts:write.
func (c *Client) Bounds(ctx context.Context, account string) (Bounds, error) {
	return versioned[Bounds](ctx, c, account, "/bounds", nil, "")
}

// UpdateBounds is a change of an account's bounds.
type UpdateBounds struct {
	IdleMinutesMin         Change[int] `json:"idle_minutes_min,omitzero"`
	IdleMinutesMax         Change[int] `json:"idle_minutes_max,omitzero"`
	IdleMinutesDefault     Change[int] `json:"idle_minutes_default,omitzero"`
	AbsoluteMinutesMin     Change[int] `json:"absolute_minutes_min,omitzero"`
	AbsoluteMinutesMax     Change[int] `json:"absolute_minutes_max,omitzero"`
	AbsoluteMinutesDefault Change[int] `json:"absolute_minutes_default,omitzero"`
	MaxSessionsPerUserMax  Change[int] `json:"max_sessions_per_user_max,omitzero"`

	// IfMatch is the ETag that the change is based on; with another one in force
	// the error is of [TypeStale]. "" changes whatever is in force.
	IfMatch string `json:"-"`
}

// UpdateBounds changes what an account's owners may choose within: by the plan
// that the account has, say. Scope accounts:write.
func (c *Client) UpdateBounds(ctx context.Context, account string, in UpdateBounds) (Bounds, error) {
	return versioned[Bounds](ctx, c, account, "/bounds", in, in.IfMatch)
}

// tagged is what has a version.
type tagged interface {
	Security | Bounds
}

// versioned reads what has a version, or changes it where change is not nil. A
// change is never sent again by itself: somebody else's may have come between.
func versioned[T tagged](ctx context.Context, c *Client, account, what string, change any, ifMatch string) (T, error) {
	var out T
	path, err := accountPath(account)
	if err != nil {
		return out, err
	}
	r := request{method: http.MethodGet, path: path + what, again: true}
	if change != nil {
		r = request{method: http.MethodPatch, path: path + what, body: change}
		if ifMatch != "" {
			r.header = http.Header{"If-Match": {ifMatch}}
		}
	}
	header, err := c.call(ctx, r, &out)
	if err != nil {
		return out, err
	}
	switch of := any(&out).(type) {
	case *Security:
		of.ETag = header.Get("ETag")
	case *Bounds:
		of.ETag = header.Get("ETag")
	}
	return out, nil
}
