package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// answer holds the members of a TokenResponse, or of the answer of GET
// /auth/session, that the generator looks at. The slices point into the body
// that was scanned. Members that are absent stay empty.
type answer struct {
	accessToken  []byte
	refreshToken []byte
	expiresIn    int64
	sessionID    []byte
	generation   int64 // -1 when absent
}

// scan reads body, one JSON object. Only what lies on the way to the members
// of answer is held to JSON's grammar; a value that is skipped only has to end
// where a well-formed one would.
func (a *answer) scan(body []byte) error {
	*a = answer{generation: -1}
	s := scanner{b: body}
	for s.open(); s.member(); {
		switch string(s.key) {
		case "access_token":
			a.accessToken = s.token()
		case "refresh_token":
			a.refreshToken = s.token()
		case "expires_in":
			a.expiresIn = s.integer()
		case "session":
			for s.open(); s.member(); {
				switch string(s.key) {
				case "id":
					a.sessionID = s.token()
				case "generation":
					a.generation = s.integer()
				default:
					s.skip()
				}
			}
		default:
			s.skip()
		}
	}
	if s.peek(); s.i < len(body) {
		s.fail("the end")
	}
	switch {
	case s.err != nil:
		return fmt.Errorf("the answer is not the JSON that was expected: %w", s.err)
	case len(a.sessionID) == 0 || a.generation < 0:
		return errors.New("the answer has no session with id and generation")
	}
	return nil
}

// scanner walks through JSON. After a failure it stays where it is, and err
// says where; it never says what was there, since that may be a secret.
type scanner struct {
	b     []byte
	i     int
	key   []byte // of the member last read
	first bool   // the next member is the first of its object
	err   error
}

func (s *scanner) fail(want string) {
	if s.err == nil {
		s.err = fmt.Errorf("at byte %d, want %s", s.i, want)
		s.i = len(s.b)
	}
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// open reads the opening brace of an object.
func (s *scanner) open() {
	if s.peek() != '{' {
		s.fail("an object")
		return
	}
	s.i++
	s.first = true
}

// member reads up to the value of the object's next member. It returns false
// after the object's end and on failure.
func (s *scanner) member() bool {
	switch c := s.peek(); {
	case c == '}':
		s.i++
		s.first = false
		return false
	case s.first:
		s.first = false
	case c == ',':
		s.i++
	default:
		s.fail("a comma or the end of the object")
		return false
	}
	s.key = s.text()
	if s.peek() != ':' {
		s.fail("a colon")
		return false
	}
	s.i++
	return s.err == nil
}

// text reads a string and returns what stands between its quotes, as it is.
func (s *scanner) text() []byte {
	if s.peek() != '"' {
		s.fail("a string")
		return nil
	}
	start := s.i + 1
	for end := start; ; end++ {
		n := bytes.IndexByte(s.b[end:], '"')
		if n < 0 {
			s.fail("the end of the string")
			return nil
		}
		end += n
		backslashes := 0
		for s.b[end-1-backslashes] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			s.i = end + 1
			return s.b[start:end]
		}
	}
}

// token reads a string that may be written into a JSON string and a header as
// it is: no quote, backslash or control character is in it.
func (s *scanner) token() []byte {
	t := s.text()
	if bytes.IndexByte(t, '\\') >= 0 {
		var decoded string
		if json.Unmarshal(s.b[s.i-len(t)-2:s.i], &decoded) != nil {
			s.fail("a string before here")
			return nil
		}
		t = []byte(decoded)
	}
	for _, c := range t {
		if c < ' ' || c == '"' || c == '\\' || c == 0x7f {
			s.fail("a token without control characters, quotes and backslashes before here")
			return nil
		}
	}
	return t
}

// integer reads an integer from 0 to 2^53, beyond which JSON is not exact.
func (s *scanner) integer() int64 {
	s.peek()
	start := s.i
	var n int64
	for ; s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' && n < 1<<53; s.i++ {
		n = 10*n + int64(s.b[s.i]-'0')
	}
	leadingZero := s.i > start+1 && s.b[start] == '0'
	end := s.i == len(s.b) || bytes.IndexByte([]byte(",}] \t\r\n"), s.b[s.i]) >= 0
	if s.i == start || leadingZero || !end || n > 1<<53 {
		s.fail("a whole number")
		return 0
	}
	return n
}

// skip passes over a value of any kind.
func (s *scanner) skip() {
	switch s.peek() {
	case '"':
		s.text()
	case '{', '[':
		for depth := 0; ; {
			switch s.peek() {
			case 0:
				s.fail("the end of the value")
				return
			case '"':
				s.text()
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			s.i++
			if depth == 0 {
				return
			}
		}
	default:
		start := s.i
		n := bytes.IndexAny(s.b[start:], ",}] \t\r\n")
		if n <= 0 {
			s.fail("a value")
			return
		}
		s.i += n
	}
}
