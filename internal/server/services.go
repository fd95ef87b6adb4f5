package server

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/routine"
	"github.com/curfew-auth/curfew/internal/token"
)

const (
	reloadEvery = time.Second
	beatEvery   = 10 * time.Second
	// keyUseEvery is how often it is written down which service keys were used.
	keyUseEvery = 5 * time.Second

	// clockTolerance is how far this machine's clock may be from the store's.
	clockTolerance = 2 * time.Second
)

// keyReloader keeps the key ring equal to the keys in the store, which the
// command line may change at any time. While the store does not answer, the
// ring stays as it is.
type keyReloader struct {
	keys    authority.Keys
	now     func() time.Time
	ring    *token.KeyRing
	loaded  []token.SigningKey
	trouble routine.Trouble
}

func (k *keyReloader) pass(ctx context.Context) { k.trouble.Report(ctx, k.load(ctx)) }

func (k *keyReloader) load(ctx context.Context) error {
	keys, err := k.keys.Load(ctx, k.now())
	if err != nil {
		return err
	}
	if slices.EqualFunc(keys, k.loaded, sameKey) {
		return nil
	}
	if err := k.ring.Replace(keys); err != nil {
		return err
	}
	k.loaded = keys
	return nil
}

// sameKey compares what may change; a kid names exactly one key.
func sameKey(a, b token.SigningKey) bool {
	return a.KID == b.KID && a.ActiveAt.Equal(b.ActiveAt) && a.ExpiresAt.Equal(b.ExpiresAt)
}

// clockKeeper compares the clocks and, while they agree, leaves this node's
// heartbeat in the store, below which no node's time ever falls.
type clockKeeper struct {
	clock     *authority.Clock
	store     func(context.Context) (time.Time, error)
	authority *authority.Authority
	node      curfew.ID
	gate      *gate
	log       *slog.Logger
	apart     bool
	trouble   routine.Trouble
}

func (k *clockKeeper) pass(ctx context.Context) { k.trouble.Report(ctx, k.compareAndBeat(ctx)) }

func (k *clockKeeper) compareAndBeat(ctx context.Context) error {
	store, err := k.store(ctx)
	if err != nil {
		return err
	}
	if apart := k.clock.Apart(store); apart > clockTolerance {
		reason := fmt.Errorf("this machine's clock is %s off", apart.Round(time.Millisecond))
		k.gate.shut(reason)
		if !k.apart {
			k.log.ErrorContext(ctx, "nothing is written until this machine's clock is right: set it", "off_by", apart.String())
		}
		k.apart = true
		return nil
	}
	if k.apart {
		k.log.InfoContext(ctx, "this machine's clock is right again")
	}
	k.apart = false
	k.gate.open()
	return k.authority.Heartbeat(ctx, k.node)
}

// farewell says in the store that this node has stopped, if it can.
func (k *clockKeeper) farewell() {
	if k.gate.err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	k.trouble.Report(ctx, k.authority.Farewell(ctx, k.node))
}

// keyUses writes down which service keys were used.
type keyUses struct {
	authority *authority.Authority
	gate      *gate
	trouble   routine.Trouble
}

func (k *keyUses) pass(ctx context.Context) {
	if k.gate.err() == nil {
		k.trouble.Report(ctx, k.authority.RecordServiceKeyUse(ctx))
	}
}

// last writes the uses since the last pass, if it can.
func (k *keyUses) last() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	k.pass(ctx)
}
