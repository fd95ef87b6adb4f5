package token

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// TestPayloadIsThatOfTheEncoder: what is written by hand is, byte for byte, what
// encoding/json makes of the same payload.
func TestPayloadIsThatOfTheEncoder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		issuer, aud := rapid.String().Draw(t, "issuer"), rapid.String().Draw(t, "audience")
		p := payload{
			Issuer: issuer, Audience: audience{aud}, ClientID: rapid.String().Draw(t, "client"),
			UserID: anyID.Draw(t, "user"), TokenID: anyID.Draw(t, "token"), SessionID: anyID.Draw(t, "session"), AccountID: anyID.Draw(t, "account"),
			ExpiresAt: rapid.Int64().Draw(t, "exp"), NotBefore: rapid.Int64Range(0, 1).Draw(t, "nbf"), IssuedAt: rapid.Int64().Draw(t, "iat"),
			Role: curfew.Role(rapid.String().Draw(t, "role")), AuthTime: rapid.Int64().Draw(t, "auth_time"),
			AMR:           rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "amr"),
			IdleExpiresAt: rapid.Int64().Draw(t, "idle"), AbsoluteExpiresAt: rapid.Int64().Draw(t, "absolute"),
			AccountEpoch: rapid.Int64Range(0, 1).Draw(t, "ae"), UserEpoch: rapid.Int64Range(-1, 0).Draw(t, "ue"),
		}
		begun, err := beginPayload(issuer, aud)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.appendRest(begun); string(got) != string(want) {
			t.Errorf("got\n%s, want\n%s", got, want)
		}
		p.AMR = nil // said as none, never as null
		var back payload
		if err := json.Unmarshal(p.appendRest(begun[:len(begun):len(begun)]), &back); err != nil || back.AMR == nil {
			t.Errorf("without amr: %v, %v", back.AMR, err)
		}
	})
}
