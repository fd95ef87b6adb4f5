package verify

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// keysEvery is how often the keys are fetched: new ones are published well
	// ahead of use, and one that was withdrawn in an emergency is forgotten
	// within this time.
	keysEvery = time.Minute
	// keysApart is how far apart fetches for unknown keys are, whatever
	// strangers put into headers.
	keysApart = 5 * time.Second
	// keysPatience bounds one fetch.
	keysPatience = 5 * time.Second

	maxKeySet = 256 << 10
)

// keyRing has the authority's keys, as last fetched.
type keyRing struct {
	set atomic.Pointer[keySet]

	mu      sync.Mutex
	pending chan struct{} // closed when the fetch that is asked for or under way has ended
	kick    chan struct{}
	began   instant // of the last fetch
	tried   bool
	err     error // of the last fetch
}

func (r *keyRing) load() *keySet {
	if set := r.set.Load(); set != nil {
		return set
	}
	return &keySet{}
}

// await is the key of a header that is not known yet: it has the keys fetched,
// or joins the fetch under way, unless that was done a moment ago.
func (v *Verifier) await(ctx context.Context, header string) (*key, error) {
	if _, ok := kidOf(header); !ok {
		return nil, invalid("not a header of the authority's")
	}
	if done := v.keys.ask(v.clock.read()); done != nil {
		select {
		case <-done:
		case <-ctx.Done():
			return nil, unavailable("its keys have not come in time")
		case <-v.closing.Done():
			return nil, unavailable("the verifier is closed")
		}
	}
	if key := v.keys.load().byHeader[header]; key != nil {
		return key, nil
	}
	if err := v.keys.failure(); err != nil {
		return nil, unavailable("its keys cannot be fetched")
	}
	return nil, invalid("its key is unknown or gone")
}

// ask has the keys fetched, and returns what is closed afterwards; nil if that
// is too soon.
func (r *keyRing) ask(now instant) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending == nil {
		if r.tried && now.since(r.began) < keysApart {
			return nil
		}
		r.pending = make(chan struct{})
		select {
		case r.kick <- struct{}{}:
		default:
		}
	}
	return r.pending
}

func (r *keyRing) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

func (r *keyRing) begin(now instant) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.began, r.tried = now, true
	if r.pending == nil {
		r.pending = make(chan struct{})
	}
}

func (r *keyRing) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
	close(r.pending)
	r.pending = nil
}

// followKeys fetches the keys now, regularly, and when asked to.
func (v *Verifier) followKeys(ctx context.Context) {
	retry := backoff{first: 250 * time.Millisecond, most: 10 * time.Second}
	for ctx.Err() == nil {
		began := v.clock.read()
		v.keys.begin(began)
		err := v.fetchKeys(ctx)
		v.keys.end(err)
		v.event(Event{Kind: KeysFetched, OK: err == nil, Took: v.clock.read().since(began)})
		v.health.note(troubleKeys, err)
		pause := jitter(keysEvery)
		if err != nil {
			pause = retry.next()
		} else {
			retry.reset()
			v.state.haveKeys()
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-v.keys.kick:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// fetchKeys fetches the keys from the one place that is configured: no header of
// a token leads anywhere else (ASVS 9.1.3).
func (v *Verifier) fetchKeys(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, keysPatience)
	defer cancel()
	if v.keys.set.Load() == nil {
		if err := v.checkIssuer(ctx); err != nil {
			return err
		}
	}
	text, err := v.document(ctx, "/.well-known/jwks.json")
	if err != nil {
		return err
	}
	set, err := parseKeys(text)
	if err != nil {
		return v.trouble(0, "has a key set that cannot be used: %s", err)
	}
	v.keys.set.Store(set)
	return nil
}

// checkIssuer asks the authority for its name, so that a wrong setting is found
// before every token is refused for it (RFC 8414, section 3.3).
func (v *Verifier) checkIssuer(ctx context.Context) error {
	text, err := v.document(ctx, "/.well-known/oauth-authorization-server")
	if err != nil {
		return err
	}
	var metadata struct {
		Issuer string `json:"issuer"`
	}
	if json.Unmarshal(text, &metadata) != nil || metadata.Issuer == "" {
		return v.trouble(misfit, "does not answer like Curfew: is its address right?")
	}
	if metadata.Issuer != v.cfg.Issuer {
		return v.trouble(misfit, "calls itself %.200q and not %q: set Issuer to its CURFEW_PUBLIC_URL", metadata.Issuer, v.cfg.Issuer)
	}
	return nil
}

func (v *Verifier) document(ctx context.Context, path string) ([]byte, error) {
	answer, err := v.get(ctx, path, nil, http.Header{"Accept": {"application/json"}})
	if err != nil {
		return nil, err
	}
	defer discard(answer.Body)
	if answer.StatusCode != http.StatusOK {
		return nil, v.trouble(answer.StatusCode, "answers %s with status %d", path, answer.StatusCode)
	}
	text, err := readBody(answer.Body, maxKeySet)
	if err != nil {
		return nil, v.trouble(0, "breaks off while answering %s: %s", path, reason(ctx, err))
	}
	return text, nil
}
