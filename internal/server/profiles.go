package server

import (
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"runtime"
	"sync"
)

// profiles answers with the runtime's profiles. The command line is not among
// them: it may name the database with a password.
func profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index) // heap, allocs, goroutine and so on
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.Handle("GET /debug/pprof/mutex", mutexProfile)
	mux.Handle("GET /debug/pprof/block", blockProfile)
	return mux
}

// ownMachine answers to whoever is on this machine, wherever the listener is:
// to take a profile costs work, and tells what the program is busy with.
func ownMachine(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !fromHere(r) {
			http.Error(w, "profiles are for this machine only: come through a tunnel", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// fromHere reports whether a request comes from this machine: from a loopback
// address, or from the very address that it came to.
func fromHere(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	if peer.Addr().Unmap().IsLoopback() {
		return true
	}
	own, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && own.AddrPort().Addr().Unmap() == peer.Addr().Unmap()
}

const (
	// mutexFraction notes one of so many events in which a lock was waited for.
	mutexFraction = 5
	// blockRate notes, of all waiting, one event for so many nanoseconds of it.
	blockRate = 10_000
	// contentionSeconds is how long waiting is looked at unless the request
	// says.
	contentionSeconds = "10"
)

// The runtime's settings are of the whole process, and so are these.
var (
	mutexProfile = &contention{name: "mutex", set: func(on bool) {
		rate := 0
		if on {
			rate = mutexFraction
		}
		runtime.SetMutexProfileFraction(rate)
	}}
	blockProfile = &contention{name: "block", set: func(on bool) {
		rate := 0
		if on {
			rate = blockRate
		}
		runtime.SetBlockProfileRate(rate)
	}}
)

// contention is a profile of waiting. Noting it costs something each time, so
// the runtime does while somebody asks, and at no other time: a request looks
// at the seconds that it names.
type contention struct {
	name string
	set  func(on bool)

	mu     sync.Mutex
	asking int
}

// ServeHTTP answers with what was waited for from now on, for some seconds.
func (c *contention) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if query.Get("seconds") == "" && query.Get("debug") == "" {
		r = r.Clone(r.Context())
		query.Set("seconds", contentionSeconds)
		r.URL.RawQuery = query.Encode()
	}
	c.add(1)
	defer c.add(-1)
	pprof.Handler(c.name).ServeHTTP(w, r)
}

// add counts those who ask; the first switches the notes on, the last off.
func (c *contention) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.asking
	c.asking += n
	if on := c.asking > 0; on != (before > 0) {
		c.set(on)
	}
}
