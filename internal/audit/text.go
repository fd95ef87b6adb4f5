package audit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxUserAgent is how many bytes of a user agent are kept.
const MaxUserAgent = 512

// CleanUserAgent makes a User-Agent header fit to be kept and shown.
func CleanUserAgent(s string) string { return Clean(s, MaxUserAgent) }

// Clean makes text from outside fit to be kept and shown (ASVS 16.4.1): valid
// UTF-8 of at most limit bytes, cut between characters, without control
// characters, line separators and marks that turn the direction of writing.
func Clean(s string, limit int) string {
	var b strings.Builder
	for _, r := range s { // a byte that is not UTF-8 comes as U+FFFD
		if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			continue
		}
		if b.Len()+utf8.RuneLen(r) > limit {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}
