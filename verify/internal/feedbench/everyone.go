package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/curfew-auth/curfew/verify"
	"github.com/curfew-auth/curfew/verify/internal/probe"
)

// everyone signs everybody of a large account out, and takes the time until the
// last verifier refuses them all.
func everyone(ctx context.Context, s settings, st *stage, t *table) error {
	raised := make([][]atomic.Int64, s.verifiers) // by verifier and account
	var entries, others atomic.Int64
	index := map[[16]byte]int{}
	owners := st.accounts["large"]
	if err := st.renew(ctx, owners); err != nil {
		return err
	}
	for i, owner := range owners {
		index[binary(owner.Account)] = i
	}
	began := time.Now()
	followers, done, err := st.follow(ctx, s.verifiers, func(i int) *probe.Probe {
		raised[i] = make([]atomic.Int64, len(owners))
		return &probe.Probe{
			Raised: func(account [16]byte) {
				entries.Add(1)
				if a, ok := index[account]; ok {
					raised[i][a].CompareAndSwap(0, int64(time.Since(began)))
				}
			},
			Ended: func([16]byte) { others.Add(1) },
		}
	})
	if err != nil {
		return err
	}
	defer done()
	var fromAnswer, fromQuestion, answers []time.Duration
	counted := 0
	each := len(st.filled["large"]) / len(owners)
	for a, owner := range owners {
		// Some of the sessions, of which verifiers have seen tokens.
		some := st.filled["large"][a*each : (a+1)*each]
		some = some[:min(len(some), 10)]
		if err := st.renew(ctx, some); err != nil {
			return err
		}
		for i, f := range followers {
			if _, err := f.Verify(ctx, some[i%len(some)].Access); err != nil {
				return fmt.Errorf("a session that lives: %w", err)
			}
		}
		asked := time.Since(began)
		n, err := st.at(a).EndAll(ctx, owner)
		if err != nil {
			return err
		}
		answered := time.Since(began)
		counted += n
		var last time.Duration
		for i, f := range followers {
			err := waitFor(ctx, 10*time.Second, "a verifier to refuse everybody", func() bool { return raised[i][a].Load() != 0 })
			if err != nil {
				return err
			}
			last = max(last, time.Duration(raised[i][a].Load()))
			for _, one := range some {
				if _, err := f.Verify(ctx, one.Access); !errors.Is(err, verify.ErrRevoked) {
					return fmt.Errorf("a session that was ended with all others: %w", errors.Join(errors.New("accepted"), err))
				}
			}
		}
		answers = append(answers, answered-asked)
		fromAnswer = append(fromAnswer, max(last-answered, 0))
		fromQuestion = append(fromQuestion, last-asked)
		pause(ctx, time.Second)
	}
	name := fmt.Sprintf("everybody of %d sessions signed out, %d verifiers: ", counted/len(owners), len(followers))
	t.add(name+"answer to the owner", st.database, text(median(answers)), "", true)
	t.below(name+"acknowledged to refused by the last", st.database, median(fromAnswer), 500*time.Millisecond)
	t.add(name+"asked to refused by the last", st.database, text(median(fromQuestion)), "", true)
	perOne := float64(entries.Load()+others.Load()) / float64(len(owners)*len(followers))
	t.add(name+"entries that each verifier got", st.database, fmt.Sprintf("%.3g", perOne), "1", perOne == 1)
	return nil
}
