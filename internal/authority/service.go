package authority

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

const (
	// serviceKeyAge is for how long a key that was read is taken for what the
	// store holds: a revoked key is refused at the latest this long afterwards.
	serviceKeyAge = 500 * time.Millisecond
	// serviceKeyPatience is how long the store may take to read one.
	serviceKeyPatience = time.Second
	// maxServiceKeys is how many are remembered.
	maxServiceKeys = 256
	// serviceKeyUseEvery is how far apart two recorded uses of a key are.
	serviceKeyUseEvery = time.Minute
)

// AuthenticateService gives the service of a service key that has a scope. It
// may be asked again with the same key while an answer goes on for long, and
// says then whether the key still works. Its errors are of kind unauthenticated
// for no key, invalid token for one that does not work, wrong scope, and
// unavailable where the store does not answer within a second.
func (a *Authority) AuthenticateService(ctx context.Context, bearer string, scope curfew.Scope) (curfew.Actor, error) {
	if bearer == "" {
		return curfew.Actor{}, curfew.NewError(curfew.KindUnauthenticated, "This needs a service key.")
	}
	id, hash, err := token.ParseServiceKey(bearer)
	if err != nil {
		return curfew.Actor{}, invalidServiceKey()
	}
	return a.service(ctx, id, hash, scope)
}

// service is the service of a key whose id and hash are known.
func (a *Authority) service(ctx context.Context, id curfew.ID, hash [32]byte, scope curfew.Scope) (curfew.Actor, error) {
	key, err := a.serviceKey(ctx, id)
	if errors.Is(err, curfew.ErrNotFound) {
		return curfew.Actor{}, invalidServiceKey()
	}
	if err != nil {
		return curfew.Actor{}, err
	}
	now := a.now()
	if !token.ServiceKeyMatches(key, hash, now) || key.Over(now) {
		return curfew.Actor{}, invalidServiceKey()
	}
	a.serviceKeyUses.note(key, now)
	if !key.May(scope) {
		return curfew.Actor{}, &curfew.Error{Kind: curfew.KindWrongScope, Scope: scope,
			Detail: "The service key does not have the scope " + string(scope) + "."}
	}
	return curfew.Actor{Type: curfew.ActorService, ServiceKeyID: key.ID, Name: key.Name}, nil
}

// invalidServiceKey is the one answer for a key that is unknown, altered,
// replaced, revoked or expired.
func invalidServiceKey() error {
	return curfew.NewError(curfew.KindInvalidToken, "The service key is not valid.")
}

// serviceKey reads a key, or takes what was read of it just before.
func (a *Authority) serviceKey(ctx context.Context, id curfew.ID) (curfew.ServiceKey, error) {
	if a.Elapsed == nil {
		return a.readServiceKey(ctx, id)
	}
	asked := a.Elapsed()
	if key, ok := a.serviceKeys.recall(id, asked); ok {
		return key, nil
	}
	var key curfew.ServiceKey
	var err error
	if a.serviceKeys.knows(id) {
		key, err = a.readServiceKey(ctx, id)
	} else { // it may be made up, as may any number of others
		key, asked, err = a.keyLooks.find(ctx, id)
	}
	if err == nil {
		a.serviceKeys.remember(id, key, asked)
	}
	return key, err
}

// readServiceKey reads a key, and waits for a store that hangs no longer than
// its callers do: they ask twice a second.
func (a *Authority) readServiceKey(ctx context.Context, id curfew.ID) (curfew.ServiceKey, error) {
	type answer struct {
		key curfew.ServiceKey
		err error
	}
	read := make(chan answer, 1)
	go func() {
		var found answer
		found.err = a.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			found.key, err = r.ServiceKey(ctx, id)
			return err
		})
		read <- found
	}()
	timer := time.NewTimer(serviceKeyPatience)
	defer timer.Stop()
	select {
	case found := <-read:
		return found.key, found.err
	case <-timer.C:
		return curfew.ServiceKey{}, curfew.Unavailable(errKeyNotRead)
	case <-ctx.Done():
		return curfew.ServiceKey{}, curfew.Unavailable(ctx.Err())
	}
}

var errKeyNotRead = errors.New("the store did not give a service key in time")

// RecordServiceKeyUse writes down which keys were used since it did last, each
// at most once a minute. Nothing waits for it.
func (a *Authority) RecordServiceKeyUse(ctx context.Context) error {
	for id, at := range a.serviceKeyUses.take() {
		// The key's own id: nothing else is touched, and nobody waits.
		err := a.Store.InTx(ctx, id, func(ctx context.Context, tx Tx) error {
			return tx.TouchServiceKey(ctx, id, at, at.Add(-serviceKeyUseEvery))
		})
		if err != nil {
			return err // the next use is recorded, or the one after it
		}
	}
	return nil
}

// serviceKeyUses are the uses of keys that are in the store, until they are
// written down.
type serviceKeyUses struct {
	mu       sync.Mutex
	unsaved  map[curfew.ID]time.Time
	recorded map[curfew.ID]time.Time
}

func newServiceKeyUses() *serviceKeyUses {
	return &serviceKeyUses{unsaved: map[curfew.ID]time.Time{}, recorded: map[curfew.ID]time.Time{}}
}

// note keeps a use that is to be written down.
func (b *serviceKeyUses) note(key curfew.ServiceKey, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, before := range []time.Time{key.LastUsedAt, b.recorded[key.ID]} {
		if now.Before(before.Add(serviceKeyUseEvery)) {
			return
		}
	}
	if len(b.unsaved) < maxServiceKeys {
		b.unsaved[key.ID] = now
	}
}

// take gives the uses that are to be written down, and takes them for written.
func (b *serviceKeyUses) take() map[curfew.ID]time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.unsaved) == 0 {
		return nil
	}
	taken := b.unsaved
	b.unsaved, b.recorded = map[curfew.ID]time.Time{}, taken
	return taken
}
