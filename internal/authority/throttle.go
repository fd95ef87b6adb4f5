package authority

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/throttle"
)

// gate is a passed throttle: what was charged in advance, to be given back
// when the attempt turns out to be good. Charging first means that a hundred
// guesses at once count as a hundred (ASVS 6.3.1).
type gate struct{ buckets []throttle.Bucket }

// What of refusals that somebody can cause without end goes into the audit log:
// of throttled attempts one a minute and name, but of one network's no more than
// a few, because it can make up names without number; of a member's at owners'
// operations all that a person could make by hand.
var (
	throttledLimit        = throttle.Limit{Burst: 1, Every: time.Minute}
	throttledNetworkLimit = throttle.Limit{Burst: 10, Every: 6 * time.Second}
	denialLimit           = throttle.Limit{Burst: 30, Every: 10 * time.Second}
)

// passGate charges an attempt to sign in under a name and waits the delay that
// the name asks for, or refuses. The user is whom the name stands for, zero for
// nobody.
func (a *Authority) passGate(ctx context.Context, from curfew.Origin, name string, user curfew.User, browser string) (gate, error) {
	if a.ThrottleOff {
		return gate{}, nil
	}
	g := gate{throttle.Buckets(a.throttleKey[:], address(from), name, a.knownBrowser(browser, user))}
	verdict, err := a.charge(ctx, g.buckets, a.now())
	if err != nil {
		return gate{}, err
	}
	if !verdict.OK {
		a.Observer.SignedIn("throttled")
		return gate{}, alsoFailed(rateLimited(verdict.RetryAfter),
			a.auditThrottled(ctx, from, "sign-in of "+a.nameDigest(name), a.startRefusal(user, name, "throttled")))
	}
	if verdict.Delay > 0 {
		if err := a.Sleep(ctx, verdict.Delay); err != nil {
			return gate{}, err
		}
	}
	return g, nil
}

// passAddress charges an attempt at a secret that nobody's name belongs to,
// such as a link, to the address alone. The operation is for the audit log.
func (a *Authority) passAddress(ctx context.Context, from curfew.Origin, operation string) (gate, error) {
	if a.ThrottleOff {
		return gate{}, nil
	}
	g := gate{throttle.AddressBuckets(a.throttleKey[:], address(from))}
	verdict, err := a.charge(ctx, g.buckets, a.now())
	if err != nil || verdict.OK {
		return g, err
	}
	e := event{action: audit.AccessDenied, details: detail("operation", operation).Set("cause", "throttled")}
	return g, alsoFailed(rateLimited(verdict.RetryAfter), a.auditThrottled(ctx, from, operation+" from "+network(from), e))
}

func rateLimited(after time.Duration) error {
	return &curfew.Error{Kind: curfew.KindRateLimited, Detail: "Too many attempts. Wait a moment, then try again.", RetryAfter: after}
}

// charge counts an attempt in all buckets at once, or in none. Who is to be
// turned away is turned away after a look, so that a flood of attempts writes
// nothing and holds nobody up.
func (a *Authority) charge(ctx context.Context, buckets []throttle.Bucket, now time.Time) (verdict throttle.Verdict, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		tats := make([]int64, len(buckets))
		for i, b := range buckets {
			if tats[i], err = r.ThrottleNow(ctx, b.Key); err != nil {
				return err
			}
		}
		verdict = throttle.Judge(buckets, tats, now)
		return nil
	})
	if err != nil || !verdict.OK {
		return verdict, err
	}
	err = a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		tats, err := arrivals(ctx, tx, buckets)
		if err != nil {
			return err
		}
		verdict = throttle.Judge(buckets, tats, now)
		return store(ctx, tx, buckets, tats, verdict.TATs)
	})
	return verdict, err
}

// refund gives back what the gate charged. It has a transaction of its own: the
// buckets are those of everybody who signs in, and in an account's transaction
// they would stay locked for as long as that takes.
func (a *Authority) refund(ctx context.Context, g gate) error {
	if len(g.buckets) == 0 {
		return nil
	}
	ctx, release := staying(ctx) // who went away keeps what is theirs
	defer release()
	return a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		tats, err := arrivals(ctx, tx, g.buckets)
		if err != nil {
			return err
		}
		return store(ctx, tx, g.buckets, tats, throttle.Refund(g.buckets, tats, a.now()))
	})
}

// passed is refund after an attempt that was good, which it still is where
// that fails: one more attempt counts until its bucket has drained.
func (a *Authority) passed(ctx context.Context, g gate) {
	if err := a.refund(ctx, g); err != nil {
		a.Log.WarnContext(ctx, "what a good attempt counted in the throttle was not given back", "error", err.Error())
	}
}

func arrivals(ctx context.Context, tx Tx, buckets []throttle.Bucket) ([]int64, error) {
	tats := make([]int64, len(buckets))
	for i, b := range buckets {
		tat, err := tx.Throttle(ctx, b.Key)
		if err != nil {
			return nil, err
		}
		tats[i] = tat
	}
	return tats, nil
}

func store(ctx context.Context, tx Tx, buckets []throttle.Bucket, before, after []int64) error {
	for i, b := range buckets {
		if before[i] == after[i] {
			continue
		}
		if err := tx.SetThrottle(ctx, b.Key, after[i]); err != nil {
			return err
		}
	}
	return nil
}

// auditThrottled writes the event of an attempt that was turned away, unless one
// about the same was written within a minute, or the network has had its share.
// Whether somebody has the name must make no difference to what is done here:
// whoever is throttled can go on for ever, and would learn it from the time.
func (a *Authority) auditThrottled(ctx context.Context, from curfew.Origin, about string, e event) error {
	write, err := a.mayWrite(ctx, quota(throttledLimit, "throttled attempt", about),
		quota(throttledNetworkLimit, "throttled attempts", network(from)))
	if err != nil || !write {
		return err
	}
	return a.refused(ctx, from, a.now(), e)
}

// quota is a bucket that counts what is written about something.
func quota(limit throttle.Limit, what, about string) throttle.Bucket {
	return throttle.Bucket{Key: sha256.Sum256([]byte(what + "\x00" + about)), Limit: limit}
}

// mayWrite reports whether something is to be written to an audit log now, or
// was so too often.
func (a *Authority) mayWrite(ctx context.Context, quotas ...throttle.Bucket) (bool, error) {
	verdict, err := a.charge(ctx, quotas, a.now())
	return verdict.OK, err
}

// nameDigest stands for a login name where the name itself is not to be kept.
func (a *Authority) nameDigest(name string) string {
	h := hmac.New(sha256.New, a.throttleKey[:])
	h.Write([]byte(name))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// address is where a request came from; one without an address counts with
// all others without one.
func address(from curfew.Origin) netip.Addr {
	ip, _ := netip.ParseAddr(from.IP)
	return ip
}

// network is the neighbourhood of where a request came from.
func network(from curfew.Origin) string { return throttle.Network(address(from)).String() }
