package verify

import (
	"testing"
	"time"
)

// A database that was put back to an earlier state has lost epochs that were
// raised since. People whose epoch was among them sign in again under a lower
// one, and are not refused for what a verifier remembers of the lost history;
// every token of that history is.
func TestEpochsOfALostHistory(t *testing.T) {
	fence := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	person, account, kept := newID(), newID(), newID()
	raised := func(late time.Duration, epoch int64, user *id, except ...id) entry {
		until := fence.Add(late + 15*time.Minute + 70*time.Second)
		return entry{Account: &account, User: user, Epoch: epoch, Except: except, Until: &until}
	}
	voided := func() entry {
		until := fence.Add(15*time.Minute + 70*time.Second)
		return entry{MintedBefore: &fence, Until: &until}
	}
	of := func(late time.Duration, userEpoch, accountEpoch int64) *opened {
		return &opened{session: newID(), account: account, user: person, userEpoch: userEpoch, accountEpoch: accountEpoch, issuedAt: fence.Add(late).Unix()}
	}
	lost := []entry{raised(-time.Minute, 7, &person), raised(-time.Minute, 8, &person, kept), raised(-11*time.Second, 3, nil, kept), raised(-10*time.Minute, 2, nil)}
	for name, order := range map[string][]entry{"in order": append(append([]entry{}, lost...), voided()), "the other way round": append([]entry{voided()}, lost...)} {
		var r revocations
		for _, e := range order {
			r.add(&e)
		}
		if r.entries() != 1 || r.refuses(of(0, 5, 0), fence.UnixMicro()) || !r.refuses(of(-time.Second, 9, 9), fence.UnixMicro()) {
			t.Errorf("%s: %d entries are left", name, r.entries())
		}
		// What is raised from then on counts, and what may be of another clock.
		for _, e := range []entry{raised(time.Second, 6, &person), raised(-9*time.Second, 4, nil)} {
			r.add(&e)
		}
		for _, tt := range []struct {
			user, account int64
			refused       bool
		}{{5, 4, true}, {6, 4, false}, {6, 3, true}} {
			if got := r.refuses(of(time.Minute, tt.user, tt.account), fence.UnixMicro()); got != tt.refused {
				t.Errorf("%s: of epochs %d and %d: %v", name, tt.user, tt.account, got)
			}
		}
	}
}
