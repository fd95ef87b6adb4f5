package mail

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"net/netip"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// Text is a letter in words.
type Text struct {
	To, Subject, Plain, HTML string
}

//go:embed letters
var letters embed.FS

// maxName is how many characters of a name a mail shows. Names come from
// people whom its receiver may not know, and are no place for a message.
const maxName = 64

var words = texttemplate.FuncMap{"line": line, "ip": ip, "address": tidy, "time": clock, "device": device, "role": role}

var (
	plain = texttemplate.Must(texttemplate.New("").Funcs(words).Option("missingkey=error").ParseFS(letters, "letters/*.txt"))
	html  = htmltemplate.Must(htmltemplate.New("").Funcs(htmltemplate.FuncMap(words)).Option("missingkey=error").ParseFS(letters, "letters/*.html"))
)

// Compose puts a letter into words.
func Compose(letter authority.Letter) (Text, error) {
	var name, subject string
	switch l := letter.(type) {
	case authority.ResetLetter:
		name, subject = "reset", "Set a new password"
	case authority.InvitationLetter:
		name, subject = "invitation", "You are invited to "+line(l.AccountName)
	case authority.SignInLetter:
		name, subject = "sign-in", "New sign-in to your account"
	case authority.PasswordLetter:
		name, subject = "password", "Your password was changed"
	default:
		return Text{}, fmt.Errorf("mail: there are no words for a %T", letter)
	}
	t := Text{To: letter.Recipient(), Subject: subject}
	var b bytes.Buffer
	if err := plain.ExecuteTemplate(&b, name+".txt", letter); err != nil {
		return Text{}, err
	}
	t.Plain = b.String()
	b.Reset()
	if err := html.ExecuteTemplate(&b, name+".html", letter); err != nil {
		return Text{}, err
	}
	t.HTML = b.String()
	return t, nil
}

// tidy is text of somebody's as a mail shows it: on one line, and in the order
// in which it is written.
func tidy(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == '\u200c' || r == '\u200d': // the joiners of some scripts
			return r
		case r == utf8.RuneError || !unicode.IsGraphic(r):
			return -1 // controls, and what turns the direction of text around
		default:
			return r
		}
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// line is a name, tidy, not endless, and nothing that a mail program makes a
// link of: people may give an account the address of a site for a name, and have it
// mailed to others in an invitation that comes from here.
func line(name string) string {
	name = tidy(name)
	if utf8.RuneCountInString(name) > maxName {
		name = strings.TrimSpace(string([]rune(name)[:maxName])) + "…"
	}
	chars := []rune(name)
	var b strings.Builder
	for i, r := range chars {
		b.WriteRune(r)
		if strings.ContainsRune(joints, r) && i+1 < len(chars) && chars[i+1] != ' ' {
			b.WriteRune(wordJoiner)
		}
	}
	return b.String()
}

const (
	// joints hold the parts of an address together; the last three are dots
	// to browsers, too (UTS 46).
	joints = ".:/@。．｡"
	// wordJoiner is not seen, and parts an address.
	wordJoiner = '\u2060'
)

// ip is an address of the network, "unknown" for anything else.
func ip(text string) string {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return "unknown"
	}
	return addr.String()
}

// clock is a time in words. A reader in whatever place can tell which it is.
func clock(t time.Time) string { return t.UTC().Format("15:04 UTC on 2 January 2006") }

func device(d curfew.Device) string {
	switch {
	case d.Browser != "" && d.OS != "":
		return line(d.Browser) + " on " + line(d.OS)
	case d.Browser != "" || d.OS != "":
		return line(d.Browser + d.OS)
	default:
		return "unknown"
	}
}

func role(r curfew.Role) string {
	if r == curfew.RoleOwner {
		return "an owner"
	}
	return "a member"
}
