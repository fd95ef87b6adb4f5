package httpapi

import "strconv"

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// plainObject reads an object of JSON whose names and texts are printable ASCII
// without escapes, whose numbers are whole and not negative, and which holds nothing
// else and no member twice. It refuses everything else, valid or not.
type plainObject struct {
	rest    []byte
	seen    [8]string
	n       int
	refused bool
}

func (p *plainObject) refuse(when bool) { p.refused = p.refused || when }

// ok reports whether the whole was read and nothing was refused.
func (p *plainObject) ok() bool { return !p.refused && len(p.rest) == 0 }

// members gives the names of the members one after the other; whoever gets one reads
// its value.
func (p *plainObject) members(yield func(name string) bool) {
	p.want('{')
	if p.space(); len(p.rest) > 0 && p.rest[0] == '}' {
		p.end()
		return
	}
	for !p.refused {
		name := p.text()
		if p.twice(name); p.refused {
			return
		}
		p.want(':')
		if !yield(name) || p.refused {
			return
		}
		if p.space(); len(p.rest) > 0 && p.rest[0] == '}' {
			p.end()
			return
		}
		p.want(',')
	}
}

func (p *plainObject) end() {
	p.want('}')
	p.space()
}

func (p *plainObject) twice(name string) {
	for _, before := range p.seen[:p.n] {
		p.refuse(before == name)
	}
	if p.n == len(p.seen) {
		p.refuse(true)
		return
	}
	p.seen[p.n] = name
	p.n++
}

func (p *plainObject) space() {
	for len(p.rest) > 0 && (p.rest[0] == ' ' || p.rest[0] == '\t' || p.rest[0] == '\n' || p.rest[0] == '\r') {
		p.rest = p.rest[1:]
	}
}

// want reads one character, with space before it.
func (p *plainObject) want(c byte) {
	p.space()
	if len(p.rest) == 0 || p.rest[0] != c {
		p.refuse(true)
		return
	}
	p.rest = p.rest[1:]
}

func (p *plainObject) text() string {
	if p.want('"'); p.refused {
		return ""
	}
	for i, c := range p.rest {
		switch {
		case c == '"':
			text := string(p.rest[:i])
			p.rest = p.rest[i+1:]
			return text
		case c < ' ' || c > '~' || c == '\\':
			p.refuse(true)
			return ""
		}
	}
	p.refuse(true)
	return ""
}

// number reads a number from least to most.
func (p *plainObject) number(least, most int64) int64 {
	p.space()
	n := 0
	for n < len(p.rest) && '0' <= p.rest[n] && p.rest[n] <= '9' {
		n++
	}
	digits := p.rest[:n]
	p.rest = p.rest[n:]
	v, err := strconv.ParseInt(string(digits), 10, 64)
	p.refuse(err != nil || n > 1 && digits[0] == '0' || v < least || v > most)
	return v
}
