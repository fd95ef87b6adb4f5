package token

import (
	"crypto/rand"
	"encoding/base64"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	webhookPrefix      = "whsec_"
	webhookSecretBytes = 32
)

// WebhookSecret is what signs what an endpoint is told (Standard Webhooks).
type WebhookSecret []byte

// NewWebhookSecret draws a secret.
func NewWebhookSecret() WebhookSecret {
	secret := make(WebhookSecret, webhookSecretBytes)
	rand.Read(secret)
	return secret
}

// Text is the secret as its endpoint is given it, once.
func (s WebhookSecret) Text() string { return webhookPrefix + base64.StdEncoding.EncodeToString(s) }

// String keeps the secret out of logs.
func (s WebhookSecret) String() string { return webhookPrefix + "..." }

// SealWebhookSecret makes the stored form of the secret of an endpoint.
func (s *Secrets) SealWebhookSecret(id curfew.ID, secret WebhookSecret) []byte {
	return s.Seal(secret, webhookContext(id))
}

// OpenWebhookSecret opens what SealWebhookSecret sealed, for that endpoint.
func (s *Secrets) OpenWebhookSecret(id curfew.ID, sealed []byte) (WebhookSecret, error) {
	return s.Open(sealed, webhookContext(id))
}

func webhookContext(id curfew.ID) []byte { return append([]byte("webhook secret "), id[:]...) }
