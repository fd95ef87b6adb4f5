package httpapi

import (
	"net/http"
	"sync"

	"github.com/curfew-auth/curfew/internal/wire"
	"github.com/go-json-experiment/json/jsontext"
)

// The operations that are called thousands of times a second go straight past
// huma: a general decoder, validator and encoder take as long as half a signature.
// Only requests in the form in which clients send them do, so that every rule is
// still written once, in the schema; huma judges all others. Tests hold both ways
// to the same answers.

// straight gives an operation its way past huma. read reports false for a body that
// huma must judge; write appends the answer's body and sets its headers.
func straight[In, Out any](a *API, op *operation, handle handler[In, Out], read func(body []byte) (In, bool), write func(header http.Header, b []byte, out *Out) []byte) {
	op.straight = func(c *call) bool {
		in, plain := read(c.body)
		if !plain {
			return false
		}
		x := c.exchange
		out, err := handle(x.request.Context(), x.actor, x.origin(), &in)
		if err != nil {
			a.refuse(x, err)
			return true
		}
		header := x.Header()
		header["Content-Type"] = contentJSON
		buffer := answers.Get().(*[]byte)
		*buffer = write(header, (*buffer)[:0], out)
		_, _ = x.Write(*buffer) // a caller who has gone is no error
		answers.Put(buffer)
		return true
	}
}

// contentJSON is shared between answers: nothing appends to it.
var contentJSON = []string{"application/json"}

// answers keeps the buffers that answers are written in.
var answers = sync.Pool{New: func() any { b := make([]byte, 0, 2048); return &b }}

func writeToken(header http.Header, b []byte, out *tokenOut) []byte {
	if len(out.SetCookie) > 0 {
		header["Set-Cookie"] = out.SetCookie
	}
	t := out.Body
	b = appendString(append(b, `{"access_token":`...), t.AccessToken)
	b = appendString(append(b, `,"token_type":`...), t.TokenType)
	b = appendInt(append(b, `,"expires_in":`...), int64(t.ExpiresIn))
	if t.RefreshToken != "" {
		b = appendString(append(b, `,"refresh_token":`...), t.RefreshToken)
	}
	b = append(b, ',')
	return append(appendStanding(b, &t.Session, &t.User, &t.Account, t.ServerTime), '}')
}

func writeState(_ http.Header, b []byte, out *sessionOut) []byte {
	s := out.Body
	return append(appendStanding(append(b, '{'), &s.Session, &s.User, &s.Account, s.ServerTime), '}')
}

// appendStanding appends the members that a TokenResponse and a SessionState share.
func appendStanding(b []byte, s *wire.Session, u *wire.SessionUser, a *wire.SessionAccount, now wire.Time) []byte {
	b = appendString(append(b, `"session":{"id":`...), s.ID)
	b = appendInt(append(b, `,"generation":`...), int64(s.Generation))
	b = appendTime(append(b, `,"started_at":`...), s.StartedAt)
	b = appendTime(append(b, `,"last_active_at":`...), s.LastActiveAt)
	b = appendInt(append(b, `,"idle_minutes":`...), int64(s.IdleMinutes))
	b = appendInt(append(b, `,"absolute_minutes":`...), int64(s.AbsoluteMinutes))
	b = appendTime(append(b, `,"idle_expires_at":`...), s.IdleExpiresAt)
	b = appendTime(append(b, `,"absolute_expires_at":`...), s.AbsoluteExpiresAt)
	b = appendString(append(b, `},"user":{"id":`...), u.ID)
	b = appendString(append(b, `,"name":`...), u.Name)
	b = appendString(append(b, `,"email":`...), u.Email)
	b = appendString(append(b, `,"role":`...), u.Role)
	b = appendString(append(b, `},"account":{"id":`...), a.ID)
	b = appendString(append(b, `,"name":`...), a.Name)
	return appendTime(append(b, `},"server_time":`...), now)
}

// appendString mends text that is not UTF-8, as writeJSON does.
func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}

func appendTime(b []byte, t wire.Time) []byte {
	b, _ = t.AppendText(append(b, '"'))
	return append(b, '"')
}

// nothing reads the body of an operation that takes none: readBody judged it.
func nothing([]byte) (empty, bool) { return empty{}, true }

// plainRefresh reads the body of a refresh.
func plainRefresh(body []byte) (in refreshIn, plain bool) {
	if body == nil {
		return in, true
	}
	r := new(wire.RefreshRequest)
	in.Body = r
	p := plainObject{rest: body}
	for name := range p.members {
		switch name {
		case "refresh_token":
			r.RefreshToken = p.text()
		case "attempt":
			r.Attempt = p.text()
			p.refuse(!isAttempt(r.Attempt))
		case "session_id":
			r.SessionID = p.text()
		case "generation":
			n := p.number(1, 1<<32-1)
			r.Generation.Set, r.Generation.Value = true, wire.Int(n)
		case "inactive_seconds":
			r.InactiveSeconds = wire.Int(p.number(0, 7776000))
		default:
			p.refuse(true)
		}
	}
	return in, p.ok()
}

// isAttempt is the pattern of RefreshRequest.Attempt.
func isAttempt(s string) bool {
	if len(s) < 16 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
