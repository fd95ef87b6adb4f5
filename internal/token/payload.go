package token

import (
	"encoding/json"
	"strconv"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// A payload is written by hand: one is made for every refresh, and what a general
// encoder does for it costs a tenth of the signature. A test holds it against that
// encoder.

// payloadSize is more than a payload with parties of usual length takes.
const payloadSize = 768

// beginPayload is how the payloads for an issuer and an audience begin.
func beginPayload(issuer, audience string) ([]byte, error) {
	begun, err := json.Marshal(struct {
		Issuer   string `json:"iss"`
		Audience string `json:"aud"`
	}{issuer, audience})
	if err != nil {
		return nil, err
	}
	return begun[:len(begun)-1], nil
}

// appendRest appends what comes after issuer and audience.
func (p *payload) appendRest(b []byte) []byte {
	b = appendID(b, `,"sub":"`, p.UserID)
	b = appendNumber(b, `","exp":`, p.ExpiresAt)
	if p.NotBefore != 0 {
		b = appendNumber(b, `,"nbf":`, p.NotBefore)
	}
	b = appendNumber(b, `,"iat":`, p.IssuedAt)
	b = appendID(b, `,"jti":"`, p.TokenID)
	b = appendText(append(b, `","client_id":`...), p.ClientID)
	b = appendID(b, `,"sid":"`, p.SessionID)
	b = appendID(b, `","account_id":"`, p.AccountID)
	b = appendText(append(b, `","role":`...), string(p.Role))
	b = appendNumber(b, `,"auth_time":`, p.AuthTime)
	b = append(b, `,"amr":[`...)
	for i, method := range p.AMR {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, method)
	}
	b = appendNumber(b, `],"idle_exp":`, p.IdleExpiresAt)
	b = appendNumber(b, `,"abs_exp":`, p.AbsoluteExpiresAt)
	if p.AccountEpoch != 0 {
		b = appendNumber(b, `,"ae":`, p.AccountEpoch)
	}
	if p.UserEpoch != 0 {
		b = appendNumber(b, `,"ue":`, p.UserEpoch)
	}
	return append(b, '}')
}

func appendID(b []byte, before string, id curfew.ID) []byte { return id.Append(append(b, before...)) }

func appendNumber(b []byte, before string, n int64) []byte {
	return strconv.AppendInt(append(b, before...), n, 10)
}

// appendText appends a string of JSON. Only what needs no escaping is written here.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(text) // a string always can be
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}
