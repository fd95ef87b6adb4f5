package verify

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Mode says what a verifier does while its knowledge is too old.
type Mode string

const (
	// Strict asks the authority about each session, and refuses when it gets no
	// answer. It is the default.
	Strict Mode = "strict"
	// Lenient accepts tokens that it knows nothing against until they expire, 15
	// minutes at most, and counts them ([Health.AcceptedStale]).
	Lenient Mode = "lenient"
)

// Config says whose tokens a service accepts. Issuer, Audience and ServiceKey
// are needed; the rest may be left out.
type Config struct {
	// Issuer is the authority's public address, CURFEW_PUBLIC_URL: every token
	// must name it. With https, or http on a loopback address.
	Issuer string

	// Audience is what tokens must be meant for, CURFEW_AUDIENCE; by default
	// that is the issuer. It has no default here: a service that does not say
	// which tokens are for it accepts those for others (ASVS 9.2.3).
	Audience string

	// ServiceKey is a key with the scope revocations:read, as
	// "curfew service-keys create --scope revocations:read --name NAME" prints it.
	ServiceKey string

	// MaxStaleness is how old the knowledge of ended sessions may be before Mode
	// decides; 5 seconds by default, between 1 second and a minute: owners are told how
	// long a verifier that is cut off may go on, which cannot be more than that.
	MaxStaleness time.Duration

	// Mode is Strict by default.
	Mode Mode

	// Name is what owners and operators see of this verifier, 1 to 64
	// characters; by default the host's name.
	Name string

	// Leeway is added to the end of every token. There is none by default, and
	// none is needed for clocks that differ: times are judged by the authority's.
	// At most a minute.
	Leeway time.Duration

	// AuthorityURL is where this service reaches the authority, if that is not
	// the Issuer: an address inside the same network, say. People's tokens and
	// the service key go there, so plain http is for networks that you trust.
	AuthorityURL string

	// HTTPClient carries the requests to the authority. Its timeout, its cookies
	// and its handling of redirects are not used.
	HTTPClient *http.Client

	// Logger is told when the state changes; slog.Default() by default. No
	// token, key or person is ever logged.
	Logger *slog.Logger

	// Metrics, if set, is called with every verdict and every exchange with the
	// authority. It must be quick, and safe for concurrent use.
	Metrics func(Event)

	// CacheBytes bounds the memory of verified tokens; 16 MiB by default, none
	// when negative.
	CacheBytes int

	// NoWait makes New return at once. Until the verifier is in step with the
	// authority it asks about each token, and refuses when it gets no answer.
	NoWait bool

	// ErrorHandler, if set, writes the body of refusals in place of a problem
	// document (RFC 9457). The headers and status that Middleware gives them
	// are passed along; WWW-Authenticate and Retry-After are set already.
	ErrorHandler func(w http.ResponseWriter, r *http.Request, status int, err error)
}

const (
	defaultStaleness  = 5 * time.Second
	maxStaleness      = time.Minute
	defaultCacheBytes = 16 << 20
	maxLeeway         = time.Minute
)

// complete checks what was given and fills in the rest.
func (c Config) complete() (Config, error) {
	issuer, err := address("Issuer", c.Issuer)
	if err != nil {
		return c, err
	}
	if issuer.Scheme != "https" && !loopback(issuer.Hostname()) {
		return c, fmt.Errorf("verify: Issuer %s is neither https nor on a loopback address: tokens and keys would travel in the clear", c.Issuer)
	}
	if c.AuthorityURL == "" {
		c.AuthorityURL = c.Issuer
	}
	if _, err := address("AuthorityURL", c.AuthorityURL); err != nil {
		return c, err
	}
	c.AuthorityURL = strings.TrimSuffix(c.AuthorityURL, "/")
	if c.Audience == "" {
		return c, errors.New("verify: Audience is missing: set it to the authority's CURFEW_AUDIENCE, by default its CURFEW_PUBLIC_URL")
	}
	if !strings.HasPrefix(c.ServiceKey, "cfk_") || strings.ContainsAny(c.ServiceKey, " \t\r\n") {
		return c, errors.New("verify: ServiceKey is not a service key (cfk_...): " + makeKey)
	}
	switch {
	case c.MaxStaleness == 0:
		c.MaxStaleness = defaultStaleness
	case c.MaxStaleness < time.Second:
		return c, fmt.Errorf("verify: MaxStaleness %s is below a second: the authority is asked every half second", c.MaxStaleness)
	}
	if c.MaxStaleness > maxStaleness {
		return c, fmt.Errorf("verify: MaxStaleness %s is above a minute: what owners are told of this verifier would not hold", c.MaxStaleness)
	}
	switch c.Mode {
	case "":
		c.Mode = Strict
	case Strict, Lenient:
	default:
		return c, fmt.Errorf("verify: Mode %q is neither verify.Strict nor verify.Lenient", c.Mode)
	}
	if c.Leeway < 0 || c.Leeway > maxLeeway {
		return c, fmt.Errorf("verify: Leeway %s is not between 0 and %s", c.Leeway, maxLeeway)
	}
	if c.Name == "" {
		c.Name = hostName()
	}
	if n := utf8.RuneCountInString(c.Name); n > 64 || !utf8.ValidString(c.Name) || strings.ContainsFunc(c.Name, unicode.IsControl) {
		return c, fmt.Errorf("verify: Name has %d characters; 1 to 64 printable ones are taken", n)
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.CacheBytes == 0 {
		c.CacheBytes = defaultCacheBytes
	}
	c.HTTPClient = client(c.HTTPClient)
	return c, nil
}

func address(name, text string) (*url.URL, error) {
	if text == "" {
		return nil, fmt.Errorf("verify: %s is missing: set it to the authority's address, such as https://login.example.com", name)
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("verify: %s is not an address such as https://login.example.com", name)
	}
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func hostName() string {
	name, err := os.Hostname()
	if err != nil || name == "" || !utf8.ValidString(name) {
		return "verifier"
	}
	if runes := []rune(name); len(runes) > 64 {
		name = string(runes[:64])
	}
	return name
}
