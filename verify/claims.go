package verify

import "encoding/json"

// Reading claims costs as much as a quarter of a signature check with a general
// reader of JSON. What the authority writes is plain: one line, known members,
// nothing escaped. That is read here, and everything else by encoding/json.

// read reads claims in any form.
func (p *payload) read(text []byte) error {
	*p = payload{}
	return json.Unmarshal(text, p)
}

// plain reads claims in the plain form, and reports whether they were in it. It
// takes nothing that read would not take, or take otherwise.
func (p *payload) plain(text []byte) bool {
	s := plainReader{text}
	if !s.take('{') {
		return false
	}
	for first := true; !s.take('}'); first = false {
		if !first && !s.take(',') {
			return false
		}
		name, ok := s.word()
		if !ok || !s.take(':') || !p.member(string(name), &s) {
			return false
		}
	}
	return len(s.rest) == 0
}

func (p *payload) member(name string, s *plainReader) bool {
	switch name {
	case "iss":
		return s.text(&p.Issuer)
	case "aud":
		p.Audience = make(audience, 1)
		return s.text(&p.Audience[0])
	case "sub":
		return s.id(&p.User)
	case "exp":
		return s.number(&p.ExpiresAt)
	case "nbf":
		return s.number(&p.NotBefore)
	case "iat":
		return s.number(&p.IssuedAt)
	case "jti":
		return s.id(&p.TokenID)
	case "client_id":
		return s.text(&p.ClientID)
	case "sid":
		return s.id(&p.Session)
	case "account_id":
		return s.id(&p.Account)
	case "role":
		return s.text(&p.Role)
	case "auth_time":
		return s.number(&p.AuthTime)
	case "amr":
		return s.texts(&p.Methods)
	case "idle_exp":
		return s.number(&p.IdleExpires)
	case "abs_exp":
		return s.number(&p.AbsExpires)
	case "ae":
		return s.number(&p.AccountEpoch)
	case "ue":
		return s.number(&p.UserEpoch)
	}
	return false
}

// plainReader reads JSON without spaces, escapes, and numbers that are not
// whole.
type plainReader struct{ rest []byte }

func (s *plainReader) take(c byte) bool {
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *plainReader) word() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	for i, c := range s.rest {
		switch {
		case c == '"':
			word := s.rest[:i]
			s.rest = s.rest[i+1:]
			return word, true
		case c < ' ' || c > '~' || c == '\\':
			return nil, false
		}
	}
	return nil, false
}

func (s *plainReader) text(into *string) bool {
	word, ok := s.word()
	*into = string(word)
	return ok
}

func (s *plainReader) texts(into *[]string) bool {
	*into = []string{}
	if !s.take('[') {
		return false
	}
	for first := true; !s.take(']'); first = false {
		var one string
		if !first && !s.take(',') || !s.text(&one) {
			return false
		}
		*into = append(*into, one)
	}
	return true
}

func (s *plainReader) id(into *id) bool {
	word, ok := s.word()
	if !ok {
		return false
	}
	parsed, err := parseID(word)
	*into = parsed
	return err == nil
}

// number reads up to 18 digits, which an int64 holds.
func (s *plainReader) number(into *int64) bool {
	n := 0
	*into = 0
	for n < len(s.rest) && s.rest[n] >= '0' && s.rest[n] <= '9' {
		*into = *into*10 + int64(s.rest[n]-'0')
		n++
	}
	if n == 0 || n > 18 || n > 1 && s.rest[0] == '0' {
		return false
	}
	s.rest = s.rest[n:]
	return true
}
