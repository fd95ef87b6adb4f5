package authority

import (
	"context"
	"crypto/sha256"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/throttle"
	"github.com/curfew-auth/curfew/internal/token"
)

// OperatorProof is what the operator's page keeps of the service key that
// opened it: enough to see whether the key still works, and nothing that works
// in its place.
type OperatorProof struct {
	keyID curfew.ID
	hash  [32]byte
}

// openOperatorPage is the operation's name in the audit log.
const openOperatorPage = "open-operator-page"

// OpenOperatorPage gives the operator of a service key with that scope. A key
// that does not work counts against the address it came from, in buckets of
// its own: what strangers do at the sign-in page keeps no operator out.
func (a *Authority) OpenOperatorPage(ctx context.Context, from curfew.Origin, key string) (proof OperatorProof, actor curfew.Actor, err error) {
	g, err := a.passOperatorGate(ctx, from)
	if err != nil {
		return proof, actor, err
	}
	id, hash, err := token.ParseServiceKey(key)
	if err != nil {
		err = invalidServiceKey()
	} else {
		proof = OperatorProof{id, hash}
		actor, err = a.Operator(ctx, proof)
	}
	now := a.now()
	switch kind := curfew.KindOf(err); {
	case err == nil:
	case kind == curfew.KindInvalidToken || kind == curfew.KindWrongScope:
		e := event{action: audit.AccessDenied, details: detail("operation", openOperatorPage).Set("cause", string(kind))}
		return OperatorProof{}, actor, alsoFailed(err, a.refused(ctx, from, now, e))
	default:
		a.passed(ctx, g) // it was no wrong key
		return OperatorProof{}, actor, err
	}
	a.passed(ctx, g)
	err = a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		return write(ctx, tx, from, now, event{account: curfew.ZeroID, action: audit.OperatorSignIn, actor: by(actor),
			resource: "service_key", id: proof.keyID, details: detail("name", actor.Name)})
	})
	return proof, actor, err
}

// passOperatorGate charges an attempt to open the operator's page.
func (a *Authority) passOperatorGate(ctx context.Context, from curfew.Origin) (g gate, err error) {
	if a.ThrottleOff {
		return g, nil
	}
	own := sha256.Sum256(append([]byte("operator's page\x00"), a.throttleKey[:]...))
	g.buckets = throttle.AddressBuckets(own[:], address(from))
	verdict, err := a.charge(ctx, g.buckets, a.now())
	if err != nil || verdict.OK {
		return g, err
	}
	e := event{action: audit.AccessDenied, details: detail("operation", openOperatorPage).Set("cause", "throttled")}
	return g, alsoFailed(rateLimited(verdict.RetryAfter), a.auditThrottled(ctx, from, openOperatorPage+" from "+network(from), e))
}

// Operator gives the operator of a proof, while its key works and has the scope:
// within a second of the key's end it fails.
func (a *Authority) Operator(ctx context.Context, proof OperatorProof) (curfew.Actor, error) {
	actor, err := a.service(ctx, proof.keyID, proof.hash, curfew.ScopeOperator)
	actor.Type = curfew.ActorOperator
	return actor, err
}
