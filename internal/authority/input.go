package authority

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

const (
	maxNameLength   = 200 // characters
	maxReasonLength = 500 // characters
	maxEmailLength  = 254 // bytes; RFC 5321, section 4.5.3.1.3 with its brackets
)

// fields collects what is wrong with the members of a request, in order.
type fields []curfew.FieldError

func (f *fields) add(field, detail string) {
	*f = append(*f, curfew.FieldError{Field: field, Detail: detail})
}

// broken takes over the rules of a policy that a change breaks.
func (f *fields) broken(rules []policy.Violation) {
	for _, v := range rules {
		f.add(v.Field, v.Detail)
	}
}

// name reads the name of a person or an account: one line of 1 to 200
// characters, of which one can be seen, without spaces around it.
func (f *fields) name(field, value string) string {
	value = strings.TrimSpace(value)
	switch {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) || strings.ContainsAny(value, "\u2028\u2029"):
		f.add(field, field+" must be text on one line")
	case !strings.ContainsFunc(value, visible):
		f.add(field, field+" must not be empty")
	case utf8.RuneCountInString(value) > maxNameLength:
		f.add(field, fmt.Sprintf("%s must be at most %d characters", field, maxNameLength))
	}
	return value
}

func visible(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }

// maxExternalID is how many characters a product's own id has at most.
const maxExternalID = 128

// validExternalID reports whether a text can be a product's own id of an account
// or a person: it stands in paths as it is, whatever proxies are on the way.
func validExternalID(id string) bool {
	if id == "" || len(id) > maxExternalID || id == "." || id == ".." {
		return false
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' || strings.IndexByte(`/\%?#`, c) >= 0 {
			return false
		}
	}
	return true
}

// externalID judges a product's own id.
func (f *fields) externalID(field, id string) {
	if !validExternalID(id) {
		f.add(field, fmt.Sprintf("%s must be 1 to %d visible ASCII characters without / \\ %% ? #", field, maxExternalID))
	}
}

// turning are the characters that turn the direction of text, and those that end a
// line: invisible, so that two addresses that differ by them would look the same.
const turning = "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

// email reads an address, as typed but for spaces around it.
func (f *fields) email(field, value string) string {
	value = strings.TrimSpace(value)
	parsed, err := mail.ParseAddress(value)
	if err != nil || parsed.Address != value || parsed.Name != "" || len(value) > maxEmailLength || strings.ContainsFunc(value, unicode.IsControl) || strings.ContainsAny(value, turning) {
		f.add(field, field+" must be an email address")
	}
	return value
}

// text reads free text of at most max characters, without zero bytes: not every
// store can keep them.
func (f *fields) text(field, value string, max int) string {
	value = strings.TrimSpace(value)
	if !utf8.ValidString(value) || strings.Contains(value, zero) || utf8.RuneCountInString(value) > max {
		f.add(field, fmt.Sprintf("%s must be text of at most %d characters", field, max))
	}
	return value
}

func (f *fields) role(field string, value curfew.Role) {
	if !value.Valid() {
		f.add(field, field+" must be owner or member")
	}
}

// err is what was collected, or nil.
func (f fields) err() error {
	if len(f) == 0 {
		return nil
	}
	return curfew.InvalidFields(f)
}

// zero is a zero byte, and unheard stands for it where it is looked for: no
// address holds control characters, and not every store can look for zeroes.
const zero, unheard = "\x00", "\x01"

// loginName is the form of an address under which it is unique: trimmed, NFC,
// lower case.
func loginName(email string) string {
	return strings.ToLower(norm.NFC.String(strings.ReplaceAll(strings.TrimSpace(email), zero, unheard)))
}
