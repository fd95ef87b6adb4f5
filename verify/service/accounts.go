package service

import (
	"context"
	"net/http"
	"time"
)

// Role is what somebody may do in an account.
type Role string

// The roles. Owners see the account's sessions and set its session policy.
const (
	Owner  Role = "owner"
	Member Role = "member"
)

// Account is an account that the product has named.
type Account struct {
	ID         string    `json:"id"` // Curfew's own, as in tokens
	ExternalID string    `json:"external_id"`
	Name       string    `json:"name"`
	CreatedAt  time.Time `json:"created_at"`
	// LocalSignIn is whether people sign in with passwords that Curfew keeps, and
	// owners invite such people.
	LocalSignIn bool `json:"local_sign_in"`
}

// PutAccount is an account as the product describes it.
type PutAccount struct {
	Name string `json:"name"`
	// LocalSignIn is as in [Account]; nil leaves it as it is, true in a new account.
	LocalSignIn *bool `json:"local_sign_in,omitempty"`
}

// PutAccount makes the account of the product's own id, or changes it. Scope
// accounts:write.
func (c *Client) PutAccount(ctx context.Context, account string, in PutAccount) (Account, error) {
	var out Account
	path, err := accountPath(account)
	if err != nil {
		return out, err
	}
	_, err = c.call(ctx, request{method: http.MethodPut, path: path, body: in, again: true}, &out)
	return out, err
}

// PutUser is a person as the product describes them.
type PutUser struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	Role  Role   `json:"role"`
	// Disabled says whether the person may not sign in; nil leaves it as it is.
	Disabled *bool `json:"disabled,omitempty"`
}

// User is a person whom the product has named.
type User struct {
	ID         string    `json:"id"` // Curfew's own, as in tokens
	ExternalID string    `json:"external_id"`
	Name       string    `json:"name"`
	Email      string    `json:"email"`
	Role       Role      `json:"role"`
	Disabled   bool      `json:"disabled"`
	CreatedAt  time.Time `json:"created_at"`
}

// PutUser makes the person of the product's own id, or changes them. Demoting or
// disabling somebody ends their sessions. Scope accounts:write.
func (c *Client) PutUser(ctx context.Context, account, user string, in PutUser) (User, error) {
	var out User
	path, err := accountPath(account, "users", user)
	if err != nil {
		return out, err
	}
	_, err = c.call(ctx, request{method: http.MethodPut, path: path, body: in, again: true}, &out)
	return out, err
}
