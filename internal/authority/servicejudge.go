package authority

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
)

const (
	maxMethods = 10 // of a sign-in
	// clockSlack is by how much a product's clock may be ahead: a time in that is
	// now.
	clockSlack = 5 * time.Second
	maxKey     = 255 // characters of an Idempotency-Key
)

// method is the name of a way to sign in (RFC 8176, or the product's own).
var method = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,32}$`)

// judge reads what a product says of a sign-in, member by member.
func (s *starting) judge() error {
	var f fields
	if s.Key != "" {
		f.key(s.Key)
	}
	f.externalID("account.external_id", s.Account)
	if s.AccountName != "" {
		s.AccountName = f.name("account.name", s.AccountName)
	}
	f.externalID("user.external_id", s.User)
	if s.UserName != "" {
		s.UserName = f.name("user.name", s.UserName)
	}
	if s.Email != "" {
		s.Email = f.email("user.email", s.Email)
	}
	if s.Role != "" {
		f.role("user.role", s.Role)
	}
	f.methods(s.AMR)
	s.authTime = f.authTime(s.AuthTime, s.now)
	s.UserAgent = audit.CleanUserAgent(s.UserAgent)
	if s.IP != "" {
		s.IP = f.address("ip", s.IP)
	}
	if err := f.err(); err != nil {
		return err
	}
	return s.digests()
}

// key judges the name of a start.
func (f *fields) key(key string) {
	if len(key) > maxKey || strings.ContainsFunc(key, func(c rune) bool { return c < ' ' || c > '~' }) {
		f.add("Idempotency-Key", fmt.Sprintf("Idempotency-Key must be 1 to %d printable ASCII characters", maxKey))
	}
}

// methods judges how a person is said to have signed in.
func (f *fields) methods(amr []string) {
	if len(amr) > maxMethods {
		f.add("amr", fmt.Sprintf("amr must name at most %d methods", maxMethods))
	}
	for _, name := range amr {
		if !method.MatchString(name) {
			f.add("amr", "amr must hold names of 1 to 32 letters, digits, _ . : or -")
			return
		}
	}
}

// authTime is when the person signed in, now where it is not said.
func (f *fields) authTime(said *time.Time, now time.Time) time.Time {
	if said == nil {
		return now
	}
	at := said.UTC().Truncate(time.Microsecond)
	switch {
	case at.After(now.Add(clockSlack)):
		f.add("auth_time", "auth_time must not be in the future")
	case at.After(now):
		at = now
	}
	return at
}

// address reads an IP address, and gives it in its shortest form.
func (f *fields) address(field, value string) string {
	addr, err := netip.ParseAddr(value)
	if err != nil || addr.Zone() != "" {
		f.add(field, field+" must be an IP address")
		return value
	}
	return addr.Unmap().String()
}
