package config

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"
)

// Config is every setting of the server, judged and complete. [Settings.Config]
// makes it; a test may write it as a literal.
type Config struct {
	Store

	// Addr is where the product listens, AdminAddr where metrics and profiles
	// are served; an empty AdminAddr turns those off.
	Addr      string
	AdminAddr string

	// PublicURL is the origin that people and services use, without a slash at
	// its end. Audience is the aud of access tokens. Where they follow from a
	// port that is not known yet, they are empty until [Config.WithListenAddr].
	PublicURL string
	Audience  string

	Signup               string // SignupFirst, SignupOpen or SignupClosed
	PolicyReasonRequired bool   // a policy beyond the AAL2 figures needs a reason

	IdleMinutes     Minutes
	AbsoluteMinutes Minutes

	AccessTokenTTL time.Duration // whole seconds
	RefreshGrace   time.Duration
	SigningAlg     string // EdDSA, ES256 or RS256

	// SessionRetention is how long a session is kept after its end, and
	// AuditRetention how long an event of the audit log; 0 is for ever.
	SessionRetention time.Duration
	AuditRetention   time.Duration

	PasswordMin int
	Throttle    bool

	// ForwardAuth sets and takes the access cookie, for proxies that ask whose
	// request one is.
	ForwardAuth bool

	AllowedOrigins []string // as browsers send them
	ReturnURLs     []string // each matched exactly
	TrustedProxies []netip.Prefix
	// WebhookAllow are addresses that webhooks may reach though they are private.
	WebhookAllow []netip.Prefix

	Mail Mail
}

// Who may sign up: whoever comes first, anyone, or no one.
const (
	SignupFirst  = "first"
	SignupOpen   = "open"
	SignupClosed = "closed"
)

// Minutes bounds a limit that an account may set, and is the limit of those
// that set none. Min <= Default <= Max.
type Minutes struct{ Min, Max, Default int }

// Store is what opens the data of Curfew.
type Store struct {
	DataDir string
	// Where the data is: a SQLite file or, when DatabaseURL is set, PostgreSQL.
	DatabasePath string
	DatabaseURL  Secret // may hold a password
	// DatabaseMaxConns and those below it are for PostgreSQL.
	DatabaseMaxConns         int
	DatabaseStatementTimeout time.Duration
	// DatabaseNoBatch is set where no statement may span accounts.
	DatabaseNoBatch bool

	// The secret is SecretText or, when that is empty, what SecretFile holds.
	// MakeSecret is set when SecretFile is the default one in DataDir, which
	// is made at the first start; a file that was named must be there.
	SecretText Secret
	SecretFile string
	MakeSecret bool
	// SecretPrevious is still verified while a new secret is phased in; where
	// there are several, each is on a line of its own.
	SecretPrevious Secret
}

// Database says where the data is, for people: a path, or a URL without its
// password and parameters.
func (s Store) Database() string {
	if s.DatabaseURL == "" {
		return s.DatabasePath
	}
	scheme, user, _, place, _ := s.urlParts()
	if user != "" {
		user += "@"
	}
	// A password with @ or / in it is not read as it was meant. What is left of
	// it in the place is nothing to show.
	if _, after, odd := cutLast(place, "@"); odd {
		place = after
	}
	return scheme + "://" + user + place
}

// DatabaseFlag is the URL of PostgreSQL as another command may be given it, whole
// but for a password: with one, "", for it does not belong on a command line.
func (s Store) DatabaseFlag() string {
	if s.hasPassword() {
		return ""
	}
	return string(s.DatabaseURL)
}

// hasPassword reports whether the database's URL has a password in it.
func (s Store) hasPassword() bool {
	_, _, given, place, parameters := s.urlParts()
	return given || strings.Contains(place, "@") || strings.Contains(parameters, "&password=") || strings.Contains(parameters, "&sslpassword=")
}

// urlParts are those of the database's URL. Like PostgreSQL's own tools it
// takes all before an @ for user and password, whatever that holds but a /.
// Each parameter begins with &.
func (s Store) urlParts() (scheme, user string, hasPassword bool, place, parameters string) {
	scheme, place, _ = strings.Cut(string(s.DatabaseURL), "://")
	if at := strings.IndexAny(place, "@/"); at >= 0 && place[at] == '@' {
		user, _, hasPassword = strings.Cut(place[:at], ":")
		place = place[at+1:]
	}
	if end := strings.IndexAny(place, "?#"); end >= 0 {
		place, parameters = place[:end], "&"+place[end+1:]
	}
	return scheme, user, hasPassword, place, parameters
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// SecureCookies reports whether cookies carry Secure and the __Host- prefix.
func (c Config) SecureCookies() bool { return strings.HasPrefix(c.PublicURL, "https://") }

// WithListenAddr is c for a server that listens at addr: it takes the port
// that the system chose for port 0, and completes what follows from it.
func (c Config) WithListenAddr(addr string) Config {
	host, _, _ := net.SplitHostPort(c.Addr)
	_, port, _ := net.SplitHostPort(addr)
	c.Addr = net.JoinHostPort(host, port)
	if c.PublicURL == "" {
		c.PublicURL = "http://" + strings.TrimSuffix(c.Addr, ":80")
	}
	if c.Audience == "" {
		c.Audience = c.PublicURL
	}
	return c
}

// Secret is a text that no log, no error and no JSON ever shows; string(s) is
// the text.
type Secret string

const redacted = "[secret]"

// Format writes a placeholder, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// MarshalText gives the placeholder, for JSON and structured logs.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
