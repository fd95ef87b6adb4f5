package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// longest is a hundred years in minutes: the greatest limit that can be set.
const longest = 100 * 365 * 24 * 60

// Config judges what was written. Its error is one sentence.
func (s Settings) Config() (Config, error) {
	store, err := s.Store()
	if err != nil {
		return Config{}, err
	}
	var j judge
	c := Config{
		Store:                store,
		Addr:                 j.address(s.Addr),
		Audience:             j.name(s.Audience),
		PolicyReasonRequired: j.oneOf(s.PolicyReason, "optional", "required") == "required",
		IdleMinutes:          j.minutes(s.SessionIdleMinutesMin, s.SessionIdleMinutesMax, s.SessionIdleMinutesDefault),
		AbsoluteMinutes:      j.minutes(s.SessionAbsoluteMinutesMin, s.SessionAbsoluteMinutesMax, s.SessionAbsoluteMinutesDefault),
		AccessTokenTTL:       j.duration(s.AccessTokenTTL, time.Minute, 15*time.Minute, "whole seconds from 1m to 15m, such as 5m"),
		RefreshGrace:         j.duration(s.RefreshGrace, 0, time.Minute, "a time from 0s to 60s, such as 30s"),
		SigningAlg:           j.oneOf(s.SigningAlg, "EdDSA", "ES256", "RS256"),
		SessionRetention:     j.days(s.SessionRetentionDays),
		AuditRetention:       j.days(s.AuditRetentionDays),
		PasswordMin:          j.number(s.PasswordMin, 8, 128),
		Throttle:             j.oneOf(s.Throttle, "on", "off") == "on",
		ForwardAuth:          j.oneOf(s.ForwardAuth, "on", "off") == "on",
		AllowedOrigins:       j.origins(s.AllowedOrigins),
		TrustedProxies:       j.ranges(s.TrustedProxies),
		ReturnURLs:           j.returnURLs(s.ReturnURLs),
		WebhookAllow:         j.ranges(s.WebhookAllow),
	}
	c.Mail = j.mail(s.SMTPURL, s.MailFrom)
	if s.AdminAddr.text != "" {
		c.AdminAddr = j.address(s.AdminAddr)
	}
	_, port, _ := net.SplitHostPort(c.Addr)
	if c.AdminAddr == c.Addr && port != "0" {
		j.refuse("%s and %s are the same address: give one of them another port", s.Addr, s.AdminAddr)
	}
	j.order(s.SessionIdleMinutesDefault, c.IdleMinutes.Default, s.SessionAbsoluteMinutesDefault, c.AbsoluteMinutes.Default)
	j.order(s.SessionIdleMinutesMin, c.IdleMinutes.Min, s.SessionAbsoluteMinutesMax, c.AbsoluteMinutes.Max)

	local := loopback(c.Addr)
	publicLocal := local
	if s.PublicURL.from != "" {
		c.PublicURL = j.publicURL(s.PublicURL)
		scheme, host, _ := strings.Cut(c.PublicURL, "://")
		publicLocal = loopback(host)
		if scheme == "http" && !(local && publicLocal) {
			j.refuse("%s must begin with https:// unless its host and the listening address are both loopback: let TLS end at a proxy, or keep all on this machine", s.PublicURL)
		}
	} else if !local {
		j.refuse("%s is not a loopback address, so CURFEW_PUBLIC_URL is needed: set it to the https:// address that people will use", s.Addr)
	}

	c.Signup = SignupClosed
	if publicLocal {
		c.Signup = SignupFirst
	}
	if s.Signup.from != "" {
		c.Signup = j.oneOf(s.Signup, SignupFirst, SignupOpen, SignupClosed)
	}
	if c.Signup == SignupFirst && !publicLocal {
		j.refuse("%s must be open or closed while the host of CURFEW_PUBLIC_URL is not loopback: otherwise a stranger could be first", s.Signup)
	}
	if !c.Throttle && !(local && publicLocal) {
		j.refuse("%s may be off only while CURFEW_ADDR and the host of CURFEW_PUBLIC_URL are both loopback: turn it on", s.Throttle)
	}
	if port != "0" {
		c = c.WithListenAddr(c.Addr)
	}
	if j.err != nil {
		return Config{}, j.err
	}
	return c, nil
}

// At is s for another database, as if its URL stood behind a flag; for that of s
// itself when url is empty.
func (s StoreSettings) At(flag, url string) StoreSettings {
	if url != "" {
		s.DatabaseURL = Text{text: url, from: "--" + flag}
	}
	return s
}

// Store judges what was written. Its error is one sentence.
func (s StoreSettings) Store() (Store, error) {
	var j judge
	st := Store{
		DataDir:        j.given(s.DataDir),
		SecretText:     j.secret(s.Secret),
		SecretFile:     j.given(s.SecretFile),
		SecretPrevious: j.secret(s.SecretPrevious),
	}
	if s.Secret.from != "" && s.SecretFile.from != "" {
		j.refuse("%s and %s are both set: keep one of them", s.Secret, s.SecretFile)
	}
	if s.Secret.from == "" && s.SecretFile.from == "" {
		st.SecretFile, st.MakeSecret = filepath.Join(st.DataDir, "secret"), true
	}
	st.DatabaseMaxConns = j.number(s.DatabaseMaxConns, 7, 1000)
	st.DatabaseStatementTimeout = j.duration(s.DatabaseStatementTimeout, time.Second, 10*time.Minute, "whole seconds from 1s to 10m, such as 10s")
	st.DatabaseNoBatch = j.oneOf(s.DatabaseBatch, "on", "off") == "off"
	url := j.given(s.DatabaseURL)
	scheme, path, found := strings.Cut(url, "://")
	switch {
	case found && (scheme == "postgres" || scheme == "postgresql"):
		if st.DatabaseURL = Secret(url); st.hasPassword() && strings.HasPrefix(s.DatabaseURL.from, "--") {
			j.refuse("a password does not go on the command line, where other users of the machine can read it: put the URL in CURFEW_DATABASE_URL, or the password in a file that PGPASSFILE names")
		}
	case scheme != "sqlite" || !found || strings.ContainsAny(path, "?#\x00") || path == ":memory:":
		j.refuse("%s must be sqlite:// alone, or with the path of a file such as sqlite:///var/lib/curfew/curfew.db, or postgres://USER@HOST/DATABASE", s.DatabaseURL)
	case path == "":
		st.DatabasePath = filepath.Join(st.DataDir, "curfew.db")
	default:
		st.DatabasePath = path
	}
	if j.err != nil {
		return Store{}, j.err
	}
	return st, nil
}

// judge keeps the first sentence of refusal. Its methods give the zero value
// for what they refuse.
type judge struct{ err error }

func (j *judge) refuse(format string, args ...any) {
	if j.err == nil {
		j.err = fmt.Errorf(format, args...)
	}
}

// given takes any text, but not an empty one that somebody wrote.
func (j *judge) given(t Text) string {
	if t.text == "" && t.from != "" {
		j.refuse("%s is empty: give it a value, or leave it out", t)
	}
	return t.text
}

func (j *judge) name(t Text) string {
	blank := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) || r == unicode.ReplacementChar }
	if strings.ContainsFunc(t.text, blank) {
		j.refuse("%s must be a name or a URL without blanks, not %q", t, t.text)
	}
	return j.given(t)
}

func (j *judge) secret(t Text) Secret {
	switch {
	case t.from == "":
	case len(t.text) < 32:
		j.refuse("%s must be at least 32 bytes long: make one with `openssl rand -base64 32`", t)
	case strings.TrimSpace(t.text) != t.text:
		j.refuse("%s begins or ends with white space: remove it there", t)
	}
	return Secret(t.text)
}

func (j *judge) oneOf(t Text, words ...string) string {
	if !slices.Contains(words, t.text) {
		last := len(words) - 1
		j.refuse("%s must be %s or %s, not %q", t, strings.Join(words[:last], ", "), words[last], t.text)
	}
	return t.text
}

func (j *judge) number(t Text, least, most int) int {
	n, err := strconv.Atoi(t.text)
	if err != nil || n < least || n > most {
		j.refuse("%s must be a whole number from %d to %d, not %q", t, least, most, t.text)
		return 0
	}
	return n
}

// days is a time of whole days, 0 for none.
func (j *judge) days(t Text) time.Duration {
	return time.Duration(j.number(t, 0, 36500)) * 24 * time.Hour
}

func (j *judge) minutes(least, most, usual Text) Minutes {
	m := Minutes{Min: j.number(least, 1, longest), Max: j.number(most, 1, longest), Default: j.number(usual, 1, longest)}
	j.order(least, m.Min, most, m.Max)
	j.order(least, m.Min, usual, m.Default)
	j.order(usual, m.Default, most, m.Max)
	return m
}

// order refuses a lower number above the upper one.
func (j *judge) order(lower Text, l int, upper Text, u int) {
	if l > u {
		j.refuse("%s (%d) must not be above %s (%d): lower the first or raise the second", lower, l, upper, u)
	}
}

// duration takes least to most; a limit in minutes is one in whole seconds.
func (j *judge) duration(t Text, least, most time.Duration, words string) time.Duration {
	d, err := time.ParseDuration(t.text)
	if err != nil || d < least || d > most || least > 0 && d%time.Second != 0 {
		j.refuse("%s must be %s, not %q", t, words, t.text)
		return 0
	}
	return d
}

// address takes a host, or none for all, and a port; 0 lets the system choose.
func (j *judge) address(t Text) string {
	host, port, err := net.SplitHostPort(t.text)
	host = strings.ToLower(host)
	addr, notIP := netip.ParseAddr(host)
	if notIP == nil {
		host = addr.Unmap().String()
	}
	n, badPort := strconv.ParseUint(port, 10, 16)
	if err != nil || badPort != nil || notIP != nil && host != "" && !isName(host) {
		j.refuse("%s must be a host and a port, such as 127.0.0.1:8080, not %q", t, t.text)
		return ""
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10))
}

func (j *judge) publicURL(t Text) string {
	o, ok := origin(strings.TrimSuffix(t.text, "/"))
	if !ok {
		j.refuse("%s must be http:// or https://, a host and perhaps a port, and nothing more, such as https://sessions.example.com", t)
	}
	return o
}

func (j *judge) origins(t Text) []string {
	items := j.list(t)
	for _, item := range items {
		switch o, ok := origin(item); {
		case !ok:
			j.refuse("%s must hold exact origins, such as https://app.example.com, without paths and wildcards, not %q", t, item)
		case o != item:
			j.refuse("%s must hold origins as browsers send them: %q, not %q", t, o, item)
		}
	}
	return items
}

// returnURLs are exact addresses that pages lead to, by https unless they are on
// this machine: no other scheme, user, or fragment.
func (j *judge) returnURLs(t Text) []string {
	items := j.list(t)
	for _, item := range items {
		u, err := url.Parse(item)
		if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || strings.Contains(item, "*") ||
			u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Host)) {
			j.refuse("%s must hold whole https:// addresses, such as https://app.example.com/settings, without wildcards and fragments, not %q", t, item)
		}
	}
	return items
}

func (j *judge) ranges(t Text) []netip.Prefix {
	var all []netip.Prefix
	for _, item := range j.list(t) {
		p, err := netip.ParsePrefix(item)
		if err != nil {
			var a netip.Addr
			a, err = netip.ParseAddr(item)
			p = netip.PrefixFrom(a, a.BitLen())
		}
		switch {
		case err != nil || strings.Contains(item, "%") || p.Addr().Is4In6():
			j.refuse("%s must hold addresses and ranges, such as 10.0.0.0/8 or ::1, not %q", t, item)
		case p != p.Masked():
			j.refuse("%s has %s, which is no range: write %s, or %s for that one address", t, item, p.Masked(), p.Addr())
		}
		all = append(all, p)
	}
	return all
}

// list splits at commas. An empty text is an empty list.
func (j *judge) list(t Text) []string {
	if t.text == "" {
		return nil
	}
	items := strings.Split(t.text, ",")
	for i, item := range items {
		items[i] = strings.TrimSpace(item)
		if items[i] == "" {
			j.refuse("%s has an empty item: remove the comma too much", t)
		}
	}
	return items
}

// origin is the form that browsers give to scheme, host and port (RFC 6454,
// section 6.2), if text is that and nothing more.
func origin(text string) (string, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" || strings.ContainsAny(text, "?#@") {
		return "", false
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	addr, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		if !isName(host) {
			return "", false
		}
	case addr.Zone() != "" || addr.Is4In6() || addr.Is6() != strings.HasPrefix(u.Host, "["):
		return "", false
	case addr.Is6():
		host = "[" + addr.String() + "]"
	}
	if port == "" {
		return u.Scheme + "://" + host, !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", false
	}
	if u.Scheme == "http" && n == 80 || u.Scheme == "https" && n == 443 {
		return u.Scheme + "://" + host, true
	}
	return u.Scheme + "://" + host + ":" + strconv.FormatUint(n, 10), true
}

var names = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`)

// isName tells a host's name in lower case from anything else. A last label of
// digits is none: browsers take such a host for an IPv4 address.
func isName(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	return names.MatchString(host) && strings.Trim(last, "0123456789") != "" && !strings.HasPrefix(last, "0x")
}

// loopback reports whether hostport, whose port may be missing, never leaves
// the machine.
func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	addr, _ := netip.ParseAddr(host)
	return host == "localhost" || addr.IsLoopback()
}
