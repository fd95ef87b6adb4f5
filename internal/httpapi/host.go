package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// IsLoopback reports whether a host, with or without a port, names this very
// machine.
func IsLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// ownHost lets a server that people reach at a loopback address answer to
// loopback names only. A web page elsewhere can point a name of its own at
// 127.0.0.1 (DNS rebinding) and would then be of one origin with the server;
// its name gives it away. Behind a public address the proxy decides which
// names lead here.
func (a *API) ownHost(public *url.URL, next http.Handler) http.Handler {
	if !IsLoopback(public.Host) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "" && !IsLoopback(r.Host) {
			a.refuse(exchangeOf(r.Context()), curfew.NewError(curfew.KindCrossOrigin,
				"This server answers to the names of its own machine only. Set CURFEW_PUBLIC_URL to reach it by another."))
			return
		}
		next.ServeHTTP(w, r)
	})
}
