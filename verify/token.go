package verify

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// maxToken bounds what a stranger can make us look at; tokens have about 900
	// bytes with Ed25519, 1,200 with RS256.
	maxToken = 8 << 10

	// maxSkew is how far in the future another node of the authority may have
	// made a token.
	maxSkew = time.Minute
)

// base64url refuses spare bits that are not zero: a token has one form.
var base64url = base64.RawURLEncoding.Strict()

// opened is a token whose signature and claims were found to be right. What
// remains changes with time: its key, its expiry, its session.
type opened struct {
	view Session
	kid  string

	session, account, user       id
	accountEpoch, userEpoch      int64
	issuedAt, notBefore, expires int64 // Unix seconds

	online   atomic.Pointer[onlineAnswer] // what the authority last said of it
	question onlineQuestion
}

// payload is the second part of a token.
type payload struct {
	Issuer       string   `json:"iss"`
	Audience     audience `json:"aud"`
	User         id       `json:"sub"`
	ExpiresAt    int64    `json:"exp"`
	NotBefore    int64    `json:"nbf"`
	IssuedAt     int64    `json:"iat"`
	TokenID      id       `json:"jti"`
	ClientID     string   `json:"client_id"`
	Session      id       `json:"sid"`
	Account      id       `json:"account_id"`
	Role         string   `json:"role"`
	AuthTime     int64    `json:"auth_time"`
	Methods      []string `json:"amr"`
	IdleExpires  int64    `json:"idle_exp"`
	AbsExpires   int64    `json:"abs_exp"`
	AccountEpoch int64    `json:"ae"`
	UserEpoch    int64    `json:"ue"`
}

// audience is one string or several (RFC 7519, section 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		*a = make(audience, 1)
		return json.Unmarshal(text, &(*a)[0])
	}
	return json.Unmarshal(text, (*[]string)(a))
}

// missing names the first claim that a token of the authority has and this one
// has not (RFC 9068, section 2.2).
func (p *payload) missing() string {
	switch {
	case p.User == id{}:
		return "sub"
	case p.ExpiresAt <= 0:
		return "exp"
	case p.IssuedAt <= 0:
		return "iat"
	case p.TokenID == id{}:
		return "jti"
	case p.ClientID == "":
		return "client_id"
	case p.Session == id{}:
		return "sid"
	case p.Account == id{}:
		return "account_id"
	case p.Role == "":
		return "role"
	case p.AuthTime <= 0:
		return "auth_time"
	case p.IdleExpires <= 0:
		return "idle_exp"
	case p.AbsExpires <= 0:
		return "abs_exp"
	case p.AccountEpoch < 0:
		return "ae"
	case p.UserEpoch < 0:
		return "ue"
	}
	return ""
}

// split cuts a token into what was signed, its claims and its signature, the
// latter two still encoded.
func split(token string) (signed, claims, signature string, ok bool) {
	dot := strings.IndexByte(token, '.')
	last := strings.LastIndexByte(token, '.')
	// The decoder would skip line breaks, and the token have many forms.
	if dot < 0 || last <= dot || strings.ContainsAny(token, "\r\n") {
		return "", "", "", false
	}
	return token[:last], token[dot+1 : last], token[last+1:], true
}

// open checks signature and claims, in this order: nothing of a token is parsed
// before its signature is found to be right (ASVS 9.1.1).
//
// The header is not parsed at all. The authority writes each key's header in one
// way, and the key was found by it, byte for byte. That pins kid, alg and typ
// together (ASVS 9.1.2, 9.2.2; RFC 8725, sections 3.1 and 3.11): the algorithm is
// the key's and never the token's, and jku, jwk, x5u, crit or any other member
// cannot be there (ASVS 9.1.3).
func open(token string, key *key, issuer, forAudience string) (*opened, error) {
	signed, claims, encoded, ok := split(token)
	if !ok {
		return nil, invalid("not a token")
	}
	signature, err := base64url.DecodeString(encoded)
	if err != nil {
		return nil, invalid("not a token")
	}
	if key.method.Verify(signed, signature, key.public) != nil {
		return nil, invalid("wrong signature")
	}
	text, err := base64url.DecodeString(claims)
	if err != nil {
		return nil, invalid("unreadable claims")
	}
	var p payload
	if !p.plain(text) && p.read(text) != nil {
		return nil, invalid("unreadable claims")
	}
	if p.Issuer != issuer {
		return nil, invalid("another issuer's")
	}
	if !slices.Contains(p.Audience, forAudience) {
		return nil, invalid("for another audience")
	}
	if missing := p.missing(); missing != "" {
		return nil, invalid("no proper " + missing)
	}
	return p.opened(key.kid), nil
}

func (p *payload) opened(kid string) *opened {
	return &opened{
		kid: kid, session: p.Session, account: p.Account, user: p.User,
		accountEpoch: p.AccountEpoch, userEpoch: p.UserEpoch,
		issuedAt: p.IssuedAt, notBefore: p.NotBefore, expires: p.ExpiresAt,
		view: Session{
			ID: p.Session.String(), UserID: p.User.String(), AccountID: p.Account.String(), Role: p.Role, TokenID: p.TokenID.String(),
			IssuedAt: unix(p.IssuedAt), ExpiresAt: unix(p.ExpiresAt), AuthTime: unix(p.AuthTime),
			IdleExpiresAt: unix(p.IdleExpires), AbsoluteExpiresAt: unix(p.AbsExpires), methods: p.Methods,
		},
	}
}

func unix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

// inForce is the part of the verdict that depends on the time alone, in Unix
// microseconds of the authority's clock. At the very microsecond of its end a
// token is over.
func (t *opened) inForce(now int64, leeway time.Duration) error {
	switch {
	case t.issuedAt*1e6 > now+maxSkew.Microseconds():
		return invalid("issued in the future")
	case t.notBefore*1e6 > now:
		return invalid("not valid yet")
	case now >= t.expires*1e6+leeway.Microseconds():
		return ErrExpired
	}
	return nil
}
