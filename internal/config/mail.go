package config

import (
	netmail "net/mail"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
)

// Mail says how mail leaves. The zero Mail sends none.
type Mail struct {
	From string // a mailbox, such as Curfew <no-reply@example.com>

	// Folder takes every mail as a file, in place of a server.
	Folder string

	Host string
	Port int
	// TLS is spoken from the first byte; otherwise STARTTLS is.
	TLS bool
	// Local says that Host is loopback: TLS is welcome there, not required.
	Local    bool
	User     string
	Password Secret
}

// Enabled reports whether mail is sent at all.
func (m Mail) Enabled() bool { return m.From != "" }

const mailURL = "smtp:// or smtps://, perhaps a user and a password, a host and perhaps a port, such as smtp://user:password@mail.example.com, or file:/// and the path of a folder"

// mail judges both settings of mail. The URL may hold a password, so no
// refusal shows it.
func (j *judge) mail(server, from Text) Mail {
	switch {
	case server.from == "" && from.from == "":
		return Mail{}
	case server.from == "":
		j.refuse("%s is set without CURFEW_SMTP_URL: set both, or neither", from)
		return Mail{}
	case from.from == "":
		j.refuse("%s is set without CURFEW_MAIL_FROM: set both, or neither", server)
		return Mail{}
	}
	m, ok := mailServer(server.text)
	if !ok {
		j.refuse("%s must be %s", server, mailURL)
	}
	mailbox, err := netmail.ParseAddress(from.text)
	if err != nil || strings.ContainsFunc(from.text, unicode.IsControl) {
		j.refuse("%s must be an address, such as no-reply@example.com, or a name with it, such as Curfew <no-reply@example.com>, not %q", from, from.text)
		return Mail{}
	}
	m.From = mailbox.String()
	return m
}

// mailServer reads the URL of a server or a folder.
func mailServer(text string) (m Mail, ok bool) {
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || strings.ContainsAny(text, "?#") || strings.ContainsFunc(text, unicode.IsControl) {
		return m, false
	}
	if u.Scheme == "file" {
		m.Folder = u.Path
		return m, u.Host == "" && u.User == nil && filepath.IsAbs(u.Path)
	}
	m.TLS = u.Scheme == "smtps"
	if !m.TLS && u.Scheme != "smtp" || u.Path != "" && u.Path != "/" {
		return m, false
	}
	// What is true of an origin's host and port is true of this one's.
	if _, ok := origin("http://" + u.Host); !ok {
		return m, false
	}
	m.Host, m.Port, m.Local = strings.ToLower(u.Hostname()), 587, loopback(u.Host)
	if m.TLS {
		m.Port = 465
	}
	if u.Port() != "" {
		m.Port, _ = strconv.Atoi(u.Port()) // it was read before
	}
	if u.User == nil {
		return m, true
	}
	password, both := u.User.Password()
	m.User, m.Password = u.User.Username(), Secret(password)
	return m, both && m.User != "" && password != ""
}
