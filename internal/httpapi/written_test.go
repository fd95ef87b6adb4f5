package httpapi

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/curfew-auth/curfew/internal/wire"
)

// TestWrittenByHand: answers that are written by hand are, byte for byte, what the
// encoder makes of them.
func TestWrittenByHand(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	when := rapid.Map(rapid.Int64Range(0, 1<<52), func(n int64) wire.Time { return wire.At(time.UnixMicro(n)) })
	rapid.Check(t, func(t *rapid.T) {
		token := wire.TokenResponse{
			AccessToken: text.Draw(t, "access token"), TokenType: text.Draw(t, "type"), ExpiresIn: rapid.Int().Draw(t, "expires"),
			RefreshToken: text.Draw(t, "refresh token"),
			Session: wire.Session{ID: text.Draw(t, "session"), Generation: rapid.Uint32().Draw(t, "generation"),
				StartedAt: when.Draw(t, "started"), LastActiveAt: when.Draw(t, "active"),
				IdleMinutes: rapid.Int().Draw(t, "idle"), AbsoluteMinutes: rapid.Int().Draw(t, "absolute"),
				IdleExpiresAt: when.Draw(t, "idle end"), AbsoluteExpiresAt: when.Draw(t, "absolute end")},
			User:    wire.SessionUser{ID: text.Draw(t, "user"), Name: text.Draw(t, "name"), Email: text.Draw(t, "email"), Role: text.Draw(t, "role")},
			Account: wire.SessionAccount{ID: text.Draw(t, "account"), Name: text.Draw(t, "account name")}, ServerTime: when.Draw(t, "now"),
		}
		state := wire.SessionState{Session: token.Session, User: token.User, Account: token.Account, ServerTime: token.ServerTime}
		number := rapid.Int64()
		worth := wire.Introspection{Active: rapid.Bool().Draw(t, "active"), Subject: text.Draw(t, "sub"), SessionID: text.Draw(t, "sid"),
			AccountID: text.Draw(t, "account_id"), Role: text.Draw(t, "role"), ClientID: text.Draw(t, "client_id"), Issuer: text.Draw(t, "iss"),
			Audience: text.Draw(t, "aud"), ExpiresAt: number.Draw(t, "exp"), IssuedAt: number.Draw(t, "iat"), TokenID: text.Draw(t, "jti"),
			AuthTime: number.Draw(t, "auth_time"), AMR: rapid.OneOf(rapid.Just([]string(nil)), rapid.SliceOf(text)).Draw(t, "amr"),
			TokenType: text.Draw(t, "token_type")}
		header := http.Header{}
		for _, same := range []struct {
			byHand []byte
			of     any
		}{
			{writeToken(header, nil, &tokenOut{Body: &token}), token},
			{writeState(header, nil, &sessionOut{Body: &state}), state},
			{writeIntrospection(header, nil, &introspectOut{Body: &worth}), worth},
		} {
			var want bytes.Buffer
			if err := writeJSON(&want, same.of); err != nil {
				t.Fatal(err)
			}
			if string(same.byHand) != want.String() {
				t.Errorf("got\n%s, want\n%s", same.byHand, want.Bytes())
			}
		}
	})
}
