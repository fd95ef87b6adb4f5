package webhook

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
)

// Guard says which addresses may be reached. Whoever can make a webhook would
// else have this server send requests into the network that it stands in (server
// side request forgery). It judges the very address that is dialed, after the
// name was resolved, so a name that resolves to something else the next time
// gains nothing.
type Guard struct {
	// Allow are addresses that may be reached though they are private.
	Allow []netip.Prefix
}

// special are the addresses that belong to no host of the public internet, or
// that lead to others: RFC 6890 and what came after it.
var special = prefixes(
	"0.0.0.0/8",       // this network
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // shared by a carrier's customers, and clouds' metadata
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local, and clouds' metadata
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // assignments of the IETF
	"192.0.2.0/24",    // documentation
	"192.31.196.0/24", // AS112
	"192.52.193.0/24", // AMT
	"192.88.99.0/24",  // 6to4 relays
	"192.168.0.0/16",  // private
	"192.175.48.0/24", // AS112
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, and broadcast
	// Of IPv6 only what is given to hosts of the internet, and of that not:
	"2001::/23",     // assignments of the IETF, Teredo among them
	"2001:db8::/32", // documentation
	"2002::/16",     // 6to4, which holds an IPv4 address
	"3fff::/20",     // documentation
)

// global6 is all of IPv6 that hosts of the internet have.
var global6 = netip.MustParsePrefix("2000::/3")

// nat64 is where an IPv4 address stands in the last 32 bits (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// plain is an address without a zone, and the IPv4 address that it stands for.
func plain(a netip.Addr) netip.Addr {
	a = a.WithZone("").Unmap()
	if nat64.Contains(a) {
		b := a.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return a
}

// Allowed reports whether an address is one of those that are allowed though
// they are private.
func (g Guard) Allowed(a netip.Addr) bool { return within(g.Allow, plain(a)) }

// Public reports whether an address is that of a host of the internet.
func Public(a netip.Addr) bool {
	a = plain(a)
	return a.IsValid() && !within(special, a) && (a.Is4() || global6.Contains(a))
}

func within(all []netip.Prefix, a netip.Addr) bool {
	for _, p := range all {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// errRefused is an address that webhooks must not reach.
var errRefused = errors.New("the address is private, or otherwise not of the internet, and CURFEW_WEBHOOK_ALLOW does not name it")

// errNotSecret is an address of the internet that would be reached in the clear.
var errNotSecret = errors.New("http is for addresses that CURFEW_WEBHOOK_ALLOW names: use https")

// control judges an address that is about to be dialed; plainText says that the
// endpoint is http.
func (g Guard) control(plainText bool) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		switch {
		case err != nil || network != "tcp4" && network != "tcp6":
			return errRefused
		case g.Allowed(at.Addr()):
			return nil
		case !Public(at.Addr()):
			return errRefused
		case plainText:
			return errNotSecret
		}
		return nil
	}
}

// JudgeURL says what is wrong with the URL of an endpoint, as far as its text
// tells: as the end of a sentence that its name begins.
func (g Guard) JudgeURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Opaque != "" || strings.ContainsAny(text, " \t\r\n") {
		return errors.New("must be a URL with a host")
	}
	host := u.Hostname()
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("must begin with https://")
	case u.User != nil:
		return errors.New("must not have a user or password in it")
	case u.Fragment != "" || strings.Contains(text, "#"):
		return errors.New("must not have a fragment")
	case host == "" || strings.Contains(host, "%"):
		return errors.New("must be a URL with a host")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return errors.New("must have a port between 1 and 65535")
		}
	}
	if u.Scheme == "http" && len(g.Allow) == 0 {
		return errors.New("must begin with https:// (http is for addresses that CURFEW_WEBHOOK_ALLOW names)")
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if err := g.control(u.Scheme == "http")(network(addr), net.JoinHostPort(addr.String(), "1"), nil); err != nil {
			return fmt.Errorf("cannot be reached: %w", err)
		}
		return nil
	}
	return g.judgeName(host)
}

func network(a netip.Addr) string {
	if a.Is4() {
		return "tcp4"
	}
	return "tcp6"
}

// judgeName refuses names that lead to this machine, and numbers that some
// resolvers read as addresses.
func (g Guard) judgeName(host string) error {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" || strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return errors.New("must be a URL with a host")
	}
	if (host == "localhost" || last == "localhost") && !within(g.Allow, netip.AddrFrom4([4]byte{127, 0, 0, 1})) && !within(g.Allow, netip.IPv6Loopback()) {
		return fmt.Errorf("cannot be reached: %w", errRefused)
	}
	return nil
}
