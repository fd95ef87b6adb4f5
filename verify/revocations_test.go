package verify

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestRevocationsAgreeWithAModel adds entries at random and compares with the
// plain reading of each: a token is refused if any entry refuses it.
func TestRevocationsAgreeWithAModel(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		pick := func(kind byte) id { return id{kind, 15: byte(random.IntN(3))} }
		var r revocations
		var all []entry
		start := time.Unix(1_800_000_000, 0)
		for range random.IntN(30) {
			e := entry{}
			until := start.Add(time.Duration(random.IntN(4)) * time.Hour)
			account, session, user := pick(1), pick(2), pick(3)
			e.Until, e.Account = &until, &account
			switch random.IntN(6) {
			case 0:
				e.Session = &session
			case 1:
				at := start.Add(time.Duration(random.IntN(5)) * time.Second)
				e.Session, e.At = &session, &at
			case 2:
				before := start.Add(time.Duration(random.IntN(3)-2) * time.Second)
				e.Account, e.MintedBefore = nil, &before
			case 3:
				e.User = &user
				fallthrough
			default:
				e.Epoch = 1 + random.Int64N(4)
				for range random.IntN(3) {
					e.Except = append(e.Except, pick(2))
				}
			}
			r.add(&e)
			all = append(all, e)
			if random.IntN(8) == 0 { // it is told more than once
				r.add(&all[random.IntN(len(all))])
			}
		}
		swept := start
		if random.IntN(2) == 0 {
			swept = start.Add(time.Duration(random.IntN(4))*time.Hour + time.Minute)
			r.sweep(swept.Unix())
		}
		for range 60 {
			token := &opened{
				session: pick(2), account: pick(1), user: pick(3), accountEpoch: random.Int64N(4), userEpoch: random.Int64N(4),
				issuedAt: start.Unix() + random.Int64N(3) - 2,
			}
			now := start.Add(time.Duration(random.IntN(5)) * time.Second)
			must, may := modelRefuses(all, token, now, swept)
			if got := r.refuses(token, now.UnixMicro()); got && !may || !got && must {
				t.Fatalf("seed %d: refuses is %v for %+v at %s after %+v", seed, got, token, now, all)
			}
		}
	}
}

// modelRefuses is whether an entry that is still in force refuses a token, and
// whether any does at all: one that is over may be kept, and nobody is hurt.
func modelRefuses(all []entry, t *opened, now, swept time.Time) (must, may bool) {
	for _, e := range all {
		var refused bool
		switch spared := slices.Contains(e.Except, t.session); {
		case e.MintedBefore != nil:
			refused = time.Unix(t.issuedAt, 0).Before(*e.MintedBefore)
		case e.Session != nil:
			refused = *e.Session == t.session && (e.At == nil || !now.Before(*e.At))
		case e.User != nil:
			refused = *e.User == t.user && t.userEpoch < e.Epoch && !spared
		default:
			refused = *e.Account == t.account && t.accountEpoch < e.Epoch && !spared
		}
		may = may || refused
		must = must || refused && !e.Until.Before(swept) && !lostEpoch(all, e)
	}
	return must, may
}

// lostEpoch is whether an entry raised an epoch well before a time before which
// every token is void.
func lostEpoch(all []entry, e entry) bool {
	return e.Epoch > 0 && slices.ContainsFunc(all, func(m entry) bool {
		return m.MintedBefore != nil && !m.MintedBefore.Add(16*time.Minute-time.Second).Before(*e.Until)
	})
}
