package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curfew-auth/curfew/verify/internal/probe"
)

// Verifier judges access tokens. It is safe for concurrent use; a service needs
// one.
type Verifier struct {
	cfg   Config
	id    string      // of this process, to the authority
	probe probe.Probe // for who measures

	clock       clock
	keys        keyRing
	tokens      *tokenCache
	revocations revocations
	online      online
	health      health
	state       state
	stream      streamState
	nudged      chan struct{}

	mu       sync.Mutex
	progress progress
	headTime int64
	fresh    atomic.Pointer[instant] // everything that was acknowledged before is known

	closing context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	closed  bool
	starts  sync.Mutex // orders what starts in the background and Close
}

// New makes a verifier and waits until it has the authority's keys and knows
// which sessions have ended, or ctx is done. It gives up at once on what waiting
// does not mend: a refused service key, an issuer of another name. With
// Config.NoWait it does not wait.
//
// Where ctx ends before the authority answers, the error says why it does not.
func New(ctx context.Context, cfg Config) (*Verifier, error) {
	clocks := readClocks()
	if other := probe.In(ctx).Clocks; other != nil {
		clocks = func() instant {
			elapsed, wall := other()
			return instant{mono: elapsed, wall: wall}
		}
	}
	return newVerifier(ctx, cfg, clocks)
}

func newVerifier(ctx context.Context, cfg Config, clocks func() instant) (*Verifier, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	v := &Verifier{
		cfg: cfg, id: newID().String(), probe: *probe.In(ctx), clock: clock{read: clocks},
		keys:   keyRing{kick: make(chan struct{}, 1)},
		tokens: newTokenCache(cfg.CacheBytes), nudged: make(chan struct{}, 1),
		online: online{slots: make(chan struct{}, maxAsking)},
		state:  newState(),
	}
	v.closing, v.cancel = context.WithCancel(context.Background())
	v.health.logger, v.health.failed = cfg.Logger, v.state.fail
	v.health.wall = func() time.Time { return time.Unix(0, clocks().wall) }
	v.health.ended = func() bool { return v.closing.Err() != nil }
	for _, work := range []func(context.Context){v.followKeys, v.follow, v.followHead, v.forget} {
		v.background(func() { work(v.closing) })
	}
	if cfg.NoWait {
		return v, nil
	}
	if err := v.state.wait(ctx, v.closing); err != nil {
		why := v.health.words()
		v.Close()
		switch why {
		case err.Error(): // what cannot mend itself is the whole reason
			return nil, err
		case "":
			return nil, fmt.Errorf("verify: not in step with the authority at %s in time: %w", cfg.AuthorityURL, err)
		}
		return nil, fmt.Errorf("verify: not started: %s: %w", strings.TrimPrefix(why, "verify: "), err)
	}
	return v, nil
}

// background runs work until Close, unless that was called.
func (v *Verifier) background(work func()) bool {
	v.starts.Lock()
	defer v.starts.Unlock()
	if v.closed {
		return false
	}
	v.running.Go(work)
	return true
}

// Close ends the connections to the authority. Afterwards nothing is accepted.
func (v *Verifier) Close() {
	v.starts.Lock()
	v.closed = true
	v.cancel()
	v.starts.Unlock()
	v.running.Wait()
}

// Ready waits until the verifier has the authority's keys and knows which
// sessions have ended; for those who set Config.NoWait.
func (v *Verifier) Ready(ctx context.Context) error {
	if err := v.state.waitPatiently(ctx, v.closing); err != nil {
		return err
	}
	if v.closing.Err() != nil {
		return errClosed
	}
	return nil
}

// Verify tells whose token this is, if it is genuine, in force, and of a session
// that has not ended as far as the authority has told. Any error is one of
// [ErrInvalid], [ErrExpired], [ErrRevoked] and [ErrUnavailable].
func (v *Verifier) Verify(ctx context.Context, token string) (Session, error) {
	t, outcome, err := v.judge(ctx, token)
	v.event(Event{Kind: Verified, Outcome: outcome})
	if err != nil {
		return Session{}, err
	}
	return t.view, nil
}

func (v *Verifier) judge(ctx context.Context, token string) (*opened, Outcome, error) {
	t, err := v.verdict(ctx, token)
	if err == nil && t.stale {
		return t.opened, AcceptedStale, nil
	}
	return t.opened, outcomeOf(err), err
}

// verdict is a token that is good, and whether it may be of an ended session
// without this verifier knowing.
type verdict struct {
	*opened
	stale bool
}

func (v *Verifier) verdict(ctx context.Context, token string) (verdict, error) {
	if v.closing.Err() != nil {
		return verdict{}, unavailable("the verifier is closed")
	}
	t, err := v.open(ctx, token)
	if err != nil {
		return verdict{}, err
	}
	// In this order: the time, then how much is known by then, then what is
	// known. So whatever was acknowledged MaxStaleness ago is looked at.
	now := v.clock.read()
	synced, fresh := v.state.isSynced(), v.isFresh(now)
	if v.keys.load().byKID[t.kid] == nil { // it may have left since
		return verdict{}, invalid("its key is unknown or gone")
	}
	if server, known := v.clock.server(now); known {
		if err := t.inForce(server, v.cfg.Leeway); err != nil {
			return verdict{}, err
		}
		if v.revocations.refuses(t, server) {
			return verdict{}, ErrRevoked
		}
	}
	switch {
	case fresh:
		return verdict{opened: t}, nil
	case synced && v.cfg.Mode == Lenient:
		v.health.acceptedStale.Add(1)
		return verdict{opened: t, stale: true}, nil
	}
	return verdict{opened: t}, v.askOnline(ctx, token, t, now)
}

// open finds a token among those opened before, or opens it.
func (v *Verifier) open(ctx context.Context, token string) (*opened, error) {
	if len(token) > maxToken {
		return nil, invalid("too long")
	}
	if t := v.tokens.get(token); t != nil {
		return t, nil
	}
	header, _, _ := strings.Cut(token, ".")
	key := v.keys.load().byHeader[header]
	if key == nil {
		var err error
		if key, err = v.await(ctx, header); err != nil {
			return nil, err
		}
	}
	t, err := open(token, key, v.cfg.Issuer, v.cfg.Audience)
	if err != nil {
		return nil, err
	}
	v.tokens.put(token, t)
	return t, nil
}

func outcomeOf(err error) Outcome {
	switch {
	case err == nil:
		return Accepted
	case errors.Is(err, ErrMissing):
		return Missing
	case errors.Is(err, ErrExpired):
		return Expired
	case errors.Is(err, ErrRevoked):
		return Revoked
	case errors.Is(err, ErrInvalid):
		return Invalid
	}
	return Unavailable
}

// forgetEvery is how often what is over is forgotten.
const forgetEvery = 15 * time.Second

// forget drops revocations whose last token has expired, and tokens that have.
func (v *Verifier) forget(ctx context.Context) {
	for pause(ctx, forgetEvery) {
		if server, known := v.clock.server(v.clock.read()); known {
			seconds := time.Duration(server)*time.Microsecond - v.cfg.Leeway
			v.revocations.sweep(int64(seconds / time.Second))
			v.tokens.drop(int64(seconds / time.Second))
		}
	}
}
