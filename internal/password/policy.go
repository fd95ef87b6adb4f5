package password

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// DefaultMinLength is what NIST SP 800-63B-4, section 3.1.1.2, asks of a
// password that is the only factor.
const DefaultMinLength = 15

// Policy decides which new passwords are good enough. It is never asked about
// a password that someone signs in with.
type Policy struct {
	// MinLength is in characters, that is, Unicode code points.
	// DefaultMinLength when zero.
	MinLength int
}

// Check refuses a password with a curfew.Invalid error on the field: too short,
// too long, impossible to type, common, or much easier to guess than it is
// long. The context is what an attacker would try first for this person: email
// address, name, name of the account.
func (p Policy) Check(field, password string, context ...string) error {
	if detail := p.refuse(password, context); detail != "" {
		return curfew.Invalid(field, field+" "+detail)
	}
	return nil
}

// refuse returns what is wrong with the password, "" for nothing.
func (p Policy) refuse(password string, context []string) string {
	least := p.MinLength
	if least <= 0 {
		least = DefaultMinLength
	}
	// Bytes first, so that nothing below looks at a megabyte.
	switch {
	case len(password) > MaxBytes:
		return fmt.Sprintf("must be at most %d bytes", MaxBytes)
	case !utf8.ValidString(password):
		return "must be valid UTF-8"
	case strings.ContainsFunc(password, unicode.IsControl):
		// No browser's field takes all of them, so the person could be unable
		// to type the password again. Usually it is a script's line end.
		return "must not contain control characters such as tabs or line ends"
	case utf8.RuneCountInString(password) < least:
		return fmt.Sprintf("must be at least %d characters", least)
	}

	password = strings.ToLower(password)
	words := contextWords(context)
	if isCommon(password) {
		return "must not be one of the most common passwords"
	}
	if slices.Contains(words, password) {
		return pieceContext.detail()
	}
	// A known word with digits and punctuation around it, at least half of it
	// the word: what people make of a word when asked for more characters.
	core := strings.TrimFunc(password, func(r rune) bool { return !unicode.IsLetter(r) })
	if 2*len(core) >= len(password) {
		if slices.Contains(words, core) {
			return pieceContext.detail()
		}
		if isCommon(core) {
			return pieceCommon.detail()
		}
	}
	// Eight characters are the least that any standard lets a password have
	// (NIST SP 800-63B-4, section 3.1.1.2; ASVS 6.2.1), so what takes the
	// place of fifteen must be worth eight; of a shorter minimum, the half.
	if main := weigh(password, words, min(8, (least+1)/2)); main != pieceNone {
		return main.detail()
	}
	return ""
}

// maxContext is the longest text that is looked at as context, in bytes: an
// email address has at most 254 (RFC 5321), and nobody types more of a name.
const maxContext = 256

// contextWords takes the context apart into words of three and more
// characters, in lower case, and keeps each text as a whole too.
func contextWords(context []string) []string {
	words := []string{"curfew"}
	add := func(word string) {
		if utf8.RuneCountInString(word) >= 3 && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	for _, text := range context {
		text = strings.ToLower(strings.TrimSpace(text))
		if len(text) > maxContext {
			continue
		}
		add(text)
		local, _, _ := strings.Cut(text, "@")
		add(local)
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
			add(word)
		}
	}
	return words
}
