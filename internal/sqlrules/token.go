package sqlrules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind byte

const (
	word   kind = iota + 1 // a keyword or a name, in lower case
	quoted                 // a quoted name
	number
	text  // a string
	param // $1
	op
	group // ( ... )
)

// node is a token, or a pair of parentheses with what is between them.
type node struct {
	kind kind
	text string
	kids []node
	// glued says that nothing separates the token from the one before it.
	glued bool
	// id is the token's place in the text, to tell apart equal ones.
	id int
}

func (n node) is(words ...string) bool {
	if n.kind != word && n.kind != op {
		return false
	}
	for _, w := range words {
		if n.text == w {
			return true
		}
	}
	return false
}

// lexer reads SQL as both engines do, and complains where they differ.
type lexer struct {
	in     string
	at     int
	tokens []node
	report func(rule Rule, format string, args ...any)
}

// operators of more than one character, longest first.
var operators = []string{"->>", "#>>", "!~*", "::", "||", "<=", ">=", "<>", "!=", "==", "->", "=>", "@>", "<@", "#>", "~*", "!~", "&&", "<<", ">>"}

func isNameStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func isName(r rune) bool { return isNameStart(r) || unicode.IsDigit(r) || r == '$' }

// run splits the text into tokens without parentheses being paired.
func (l *lexer) run() {
	spaced := true
	add := func(k kind, s string) {
		l.tokens = append(l.tokens, node{kind: k, text: s, glued: !spaced, id: l.at})
		spaced = false
	}
	for l.at < len(l.in) {
		rest := l.in[l.at:]
		r, size := utf8.DecodeRuneInString(rest)
		switch {
		case unicode.IsSpace(r):
			l.at += size
			spaced = true
		case strings.HasPrefix(rest, "--"):
			l.at += lengthUntil(rest, "\n")
			spaced = true
		case strings.HasPrefix(rest, "/*"):
			n := lengthUntil(rest[2:], "*/") + 2
			if !strings.HasSuffix(rest[:n], "*/") || n < 4 {
				l.report(Syntax, "a comment does not end")
			}
			if strings.Contains(rest[2:n], "/*") {
				l.report(Portable, "a comment inside a comment ends at another place on each engine")
			}
			l.at += n
			spaced = true
		case r == '\'':
			n := l.quoted(rest, '\'')
			add(text, rest[:n])
			l.at += n
		case r == '"' || r == '`':
			n := l.quoted(rest, byte(r))
			add(quoted, strings.ToLower(strings.Trim(rest[:n], string(r))))
			l.report(Portable, "%s: names are not quoted", rest[:n])
			l.at += n
		case r == '[' || r == ']' || r == '{' || r == '}':
			add(op, rest[:1])
			l.report(Portable, "%q: neither arrays nor names in brackets", r)
			l.at++
		case r == '$':
			n := 1
			for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
				n++
			}
			if n == 1 || n < len(rest) && isName(rune(rest[n])) {
				l.report(Syntax, "a placeholder is $ and a number, and strings are not quoted with $")
			}
			add(param, rest[:n])
			l.at += n
		case isNameStart(r):
			n := nameLength(rest)
			add(word, strings.ToLower(rest[:n]))
			l.at += n
		case r >= '0' && r <= '9':
			n := nameLength(rest)
			if n < len(rest) && rest[n] == '.' {
				n += 1 + nameLength(rest[n+1:])
			}
			add(number, rest[:n])
			l.at += n
		default:
			n := size
			for _, o := range operators {
				if strings.HasPrefix(rest, o) {
					n = len(o)
					break
				}
			}
			add(op, rest[:n])
			l.at += n
		}
	}
}

func lengthUntil(s, end string) int {
	if i := strings.Index(s, end); i >= 0 {
		return i + len(end)
	}
	return len(s)
}

func nameLength(s string) int {
	for i, r := range s {
		if !isName(r) {
			return i
		}
	}
	return len(s)
}

// quoted is the length of a quoted text, in which a doubled quote is a quote.
func (l *lexer) quoted(s string, quote byte) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != quote:
		case i+1 < len(s) && s[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	l.report(Syntax, "a quoted text does not end")
	return len(s)
}

// tree pairs parentheses.
func (l *lexer) tree() []node {
	stack := []node{{}}
	for _, t := range l.tokens {
		top := &stack[len(stack)-1]
		switch {
		case t.is("("):
			stack = append(stack, node{kind: group, id: t.id})
		case t.is(")") && len(stack) == 1:
			l.report(Syntax, "a ) without its (")
		case t.is(")"):
			done := *top
			stack = stack[:len(stack)-1]
			top = &stack[len(stack)-1]
			top.kids = append(top.kids, done)
		default:
			top.kids = append(top.kids, t)
		}
	}
	for len(stack) > 1 {
		l.report(Syntax, "a ( without its )")
		done := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		stack[len(stack)-1].kids = append(stack[len(stack)-1].kids, done)
	}
	return stack[0].kids
}

// split cuts a list at every separator that is not inside parentheses.
func split(list []node, separator string) [][]node {
	var parts [][]node
	from := 0
	for i, n := range list {
		if n.is(separator) {
			parts = append(parts, list[from:i])
			from = i + 1
		}
	}
	return append(parts, list[from:])
}
