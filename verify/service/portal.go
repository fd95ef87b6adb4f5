package service

import (
	"context"
	"net/http"
	"time"
)

// PortalLink asks for a link that opens Curfew's own pages for somebody.
type PortalLink struct {
	Account string `json:"account"` // the product's own ids
	User    string `json:"user"`
	// ReturnURL is where the pages lead back to; it must be registered with
	// Curfew (CURFEW_RETURN_URLS).
	ReturnURL string `json:"return_url,omitempty"`
	// Page is the page to open: security, account, sessions, people or audit; ""
	// for the one that suits the person.
	Page string `json:"page,omitempty"`
	// Session is the product's session, by Curfew's id, with which that of the
	// pages ends.
	Session string `json:"session,omitempty"`
}

// NewPortalLink is a link that works once, and not for long.
type NewPortalLink struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// PortalLink makes a link. Send the person there at once; keep and log it
// nowhere. Scope sessions:write.
func (c *Client) PortalLink(ctx context.Context, in PortalLink) (NewPortalLink, error) {
	var out NewPortalLink
	_, err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/service/portal-links", body: in}, &out)
	return out, err
}
