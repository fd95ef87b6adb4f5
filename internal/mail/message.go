package mail

import (
	"crypto/rand"
	"errors"
	netmail "net/mail"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// message is a text as a mail to its recipient, and the domain that it goes to.
func (s *Sender) message(t Text) (*gomail.Msg, string, error) {
	to, err := netmail.ParseAddress(t.To)
	if err != nil || to.Address != t.To || strings.ContainsFunc(t.To, unicode.IsControl) {
		return nil, "", errors.New("the recipient's address is none")
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(s.from)
	m.ToMailAddress(&netmail.Address{Address: to.Address})
	m.Subject(t.Subject)
	m.SetDateWithValue(s.Now())
	m.SetMessageIDWithValue(rand.Text() + "@" + domainOf(s.from.Address))
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's machine answers
	m.SetGenHeader("X-Auto-Response-Suppress", "All")  // the same for Exchange
	m.SetBodyString(gomail.TypeTextPlain, t.Plain)
	m.AddAlternativeString(gomail.TypeTextHTML, t.HTML)
	return m, domainOf(to.Address), nil
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
