package httpapi

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// unmapped rewrites IPv4-mapped ranges (::ffff:10.0.0.0/104) as IPv4 ones, the
// form in which addresses are compared.
func unmapped(ranges []netip.Prefix) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(ranges))
	for _, p := range ranges {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		out = append(out, p.Masked())
	}
	return out
}

// clientIP is the address that the request came from. X-Forwarded-For counts
// only when the peer is a trusted proxy, and only from its right end: each
// proxy appends whom it saw, so what stands left of the first address that is
// not ours is the client's own claim. An entry that is no address ends the
// walk, because nobody trusted can have written what is left of it.
func clientIP(r *http.Request, trusted []netip.Prefix) string {
	peer, ok := address(r.RemoteAddr)
	if !ok {
		return ""
	}
	if !isTrusted(peer, trusted) {
		return peer.String()
	}
	client := peer
	for _, line := range slices.Backward(r.Header.Values("X-Forwarded-For")) {
		for line != "" {
			rest, entry := "", line
			if i := strings.LastIndexByte(line, ','); i >= 0 {
				rest, entry = line[:i], line[i+1:]
			}
			seen, ok := address(strings.TrimSpace(entry))
			if !ok {
				return client.String()
			}
			client, line = seen, rest
			if !isTrusted(client, trusted) {
				return client.String()
			}
		}
	}
	return client.String()
}

// address reads an address with or without a port, and forgets zone and
// IPv4-in-IPv6 mapping.
func address(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		pair, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = pair.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}
