package token

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// ClientID is the client_id of every access token (RFC 9068, section 2.2).
const ClientID = "curfew"

// Claims is what an access token says (RFC 9068). In the token, times are
// whole Unix seconds, rounded down.
type Claims struct {
	TokenID   curfew.ID // jti
	UserID    curfew.ID // sub
	AccountID curfew.ID
	SessionID curfew.ID // sid
	Role      curfew.Role

	IssuedAt          time.Time
	ExpiresAt         time.Time
	AuthTime          time.Time
	IdleExpiresAt     time.Time
	AbsoluteExpiresAt time.Time

	AMR []string // RFC 8176

	// AccountEpoch and UserEpoch are the counters the session was born under.
	AccountEpoch int64
	UserEpoch    int64
}

// ExpiresAt is the exp of an access token made at now: the soonest of ttl from
// now and both deadlines of the session, rounded down to the second. Rounding
// down keeps a verifier from ever accepting a token past a deadline.
func ExpiresAt(now time.Time, ttl time.Duration, idle, absolute time.Time) time.Time {
	soonest := now.Add(ttl)
	for _, deadline := range []time.Time{idle, absolute} {
		if deadline.Before(soonest) {
			soonest = deadline
		}
	}
	return unix(soonest.Unix())
}

func unix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

// tokenHeader is the first part of every token that a key signs: always these
// members in this order, so that it can be compared byte for byte.
func tokenHeader(alg, kid string) string {
	return base64url.EncodeToString(fmt.Appendf(nil, `{"alg":%q,"kid":%q,"typ":"at+jwt"}`, alg, kid))
}

// payload is the second part of a token.
type payload struct {
	Issuer    string      `json:"iss"`
	Audience  audience    `json:"aud"`
	UserID    curfew.ID   `json:"sub"`
	ExpiresAt int64       `json:"exp"`
	NotBefore int64       `json:"nbf,omitempty"`
	IssuedAt  int64       `json:"iat"`
	TokenID   curfew.ID   `json:"jti"`
	ClientID  string      `json:"client_id"`
	SessionID curfew.ID   `json:"sid"`
	AccountID curfew.ID   `json:"account_id"`
	Role      curfew.Role `json:"role"`
	AuthTime  int64       `json:"auth_time"`
	AMR       []string    `json:"amr"`

	IdleExpiresAt     int64 `json:"idle_exp"`
	AbsoluteExpiresAt int64 `json:"abs_exp"`
	AccountEpoch      int64 `json:"ae,omitempty"`
	UserEpoch         int64 `json:"ue,omitempty"`
}

// audience is one string or several (RFC 7519, section 4.1.3). We write one.
type audience []string

func (a audience) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

func (a *audience) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*a = make(audience, 1)
		return json.Unmarshal(b, &(*a)[0])
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// complete names the first required claim that is missing, or nothing.
func (p *payload) complete() (missing string) {
	switch {
	case p.UserID.IsZero():
		return "sub"
	case p.ExpiresAt <= 0:
		return "exp"
	case p.IssuedAt <= 0:
		return "iat"
	case p.TokenID.IsZero():
		return "jti"
	case p.ClientID != ClientID:
		return "client_id"
	case p.SessionID.IsZero():
		return "sid"
	case p.AccountID.IsZero():
		return "account_id"
	case !p.Role.Valid():
		return "role"
	case p.AuthTime <= 0:
		return "auth_time"
	case p.IdleExpiresAt <= 0:
		return "idle_exp"
	case p.AbsoluteExpiresAt <= 0:
		return "abs_exp"
	}
	return ""
}

func (p *payload) claims() Claims {
	return Claims{
		TokenID: p.TokenID, UserID: p.UserID, AccountID: p.AccountID, SessionID: p.SessionID, Role: p.Role,
		IssuedAt: unix(p.IssuedAt), ExpiresAt: unix(p.ExpiresAt), AuthTime: unix(p.AuthTime),
		IdleExpiresAt: unix(p.IdleExpiresAt), AbsoluteExpiresAt: unix(p.AbsoluteExpiresAt),
		AMR: p.AMR, AccountEpoch: p.AccountEpoch, UserEpoch: p.UserEpoch,
	}
}

// Signer makes access tokens.
type Signer struct {
	ring *KeyRing
	// beginning is how every payload begins: the issuer and the audience.
	beginning []byte
}

// NewSigner makes the signer of an installation; issuer and audience are the
// same for all its tokens and never come from a request (ASVS 9.2.4).
func NewSigner(ring *KeyRing, issuer, audience string) (*Signer, error) {
	if err := checkParties(issuer, audience); err != nil {
		return nil, err
	}
	beginning, err := beginPayload(issuer, audience)
	if err != nil {
		return nil, err
	}
	return &Signer{ring: ring, beginning: beginning}, nil
}

func checkParties(issuer, audience string) error {
	if issuer == "" || audience == "" {
		return errors.New("access tokens need an issuer and an audience (ASVS 9.2.3)")
	}
	return nil
}

// Sign makes a token with the key that is current when it is issued. A zero
// TokenID is drawn. It refuses claims that Verify would refuse as incomplete,
// and without a current key it is ErrNoSigningKey.
func (s *Signer) Sign(c Claims) (string, error) {
	key, err := s.ring.load().current(c.IssuedAt)
	if err != nil {
		return "", err
	}
	if c.TokenID.IsZero() {
		c.TokenID = curfew.NewID(c.IssuedAt)
	}
	p := payload{
		ClientID: ClientID,
		TokenID:  c.TokenID, UserID: c.UserID, AccountID: c.AccountID, SessionID: c.SessionID, Role: c.Role,
		IssuedAt: c.IssuedAt.Unix(), ExpiresAt: c.ExpiresAt.Unix(), AuthTime: c.AuthTime.Unix(),
		IdleExpiresAt: c.IdleExpiresAt.Unix(), AbsoluteExpiresAt: c.AbsoluteExpiresAt.Unix(),
		AMR: c.AMR, AccountEpoch: c.AccountEpoch, UserEpoch: c.UserEpoch,
	}
	if missing := p.complete(); missing != "" {
		return "", fmt.Errorf("cannot sign an access token without a proper %s", missing)
	}
	body := append(make([]byte, 0, payloadSize), s.beginning...)
	return key.sign(p.appendRest(body))
}

// sign makes the JWS in its compact form (RFC 7515, section 7.1).
func (k *ringKey) sign(body []byte) (string, error) {
	text := make([]byte, 0, len(k.header)+len("..")+base64url.EncodedLen(len(body))+base64url.EncodedLen(ed25519.SignatureSize))
	text = base64url.AppendEncode(append(append(text, k.header...), '.'), body)
	signature, err := k.signature(text)
	if err != nil {
		return "", err
	}
	return string(base64url.AppendEncode(append(text, '.'), signature)), nil
}

// signature signs without a copy of the text where the key is here.
func (k *ringKey) signature(text []byte) ([]byte, error) {
	if own, here := k.Private.(ed25519.PrivateKey); here {
		return ed25519.Sign(own, text), nil
	}
	return k.method.Sign(string(text), k.Private)
}
