package verify

import (
	"context"
	"errors"
	"sync"
)

var errClosed = errors.New("verify: the verifier is closed")

// state is what a verifier has come to, for those who wait for it.
type state struct {
	gotKeys, gotSync, gotHead    chan struct{}
	onceKeys, onceSync, onceHead *sync.Once
	hopeless                     chan error
}

func newState() state {
	return state{
		gotKeys: make(chan struct{}), gotSync: make(chan struct{}), gotHead: make(chan struct{}),
		onceKeys: new(sync.Once), onceSync: new(sync.Once), onceHead: new(sync.Once),
		hopeless: make(chan error, 1),
	}
}

func (s *state) haveKeys() { s.onceKeys.Do(func() { close(s.gotKeys) }) }

// synced: a whole snapshot has been taken.
func (s *state) synced() { s.onceSync.Do(func() { close(s.gotSync) }) }

// headAsked: the first question for the head has had its answer, or none.
func (s *state) headAsked() { s.onceHead.Do(func() { close(s.gotHead) }) }

func (s *state) isSynced() bool {
	select {
	case <-s.gotSync:
		return true
	default:
		return false
	}
}

// fail tells whoever waits of what waiting does not mend.
func (s *state) fail(err error) {
	var of *authorityError
	if errors.As(err, &of) && of.hopeless() {
		select {
		case s.hopeless <- err:
		default:
		}
	}
}

func (s *state) waitSynced(ctx context.Context) bool {
	select {
	case <-s.gotSync:
		return true
	case <-ctx.Done():
		return false
	}
}

// wait waits for the keys, a snapshot, and the first try to learn how fresh it is.
func (s *state) wait(ctx, closing context.Context) error {
	for _, got := range []chan struct{}{s.gotKeys, s.gotSync, s.gotHead} {
		select {
		case <-got:
		case err := <-s.hopeless:
			return err
		case <-closing.Done():
			return errClosed
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// waitPatiently is wait without giving up early.
func (s *state) waitPatiently(ctx, closing context.Context) error {
	patient := *s
	patient.hopeless = nil
	return patient.wait(ctx, closing)
}
