package verify

import (
	"crypto/ed25519"
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"time"
)

// ready is a verifier that is in step, with as many revocations in memory, and
// tokens for it.
func ready(b testing.TB, revoked, tokens int) (*Verifier, *fakeAuthority, []string) {
	b.Helper()
	a := newFake(b, time.Now)
	jwks, err := json.Marshal(map[string]any{"keys": []any{a.keys[0].jwk()}})
	if err != nil {
		b.Fatal(err)
	}
	v := offline(b, jwks, testIssuer, testAudience, time.Now())
	until := time.Now().Add(16 * time.Minute)
	for range revoked {
		account, session := newID(), newID()
		v.revocations.add(&entry{Account: &account, Session: &session, Until: &until})
	}
	all := make([]string, tokens)
	for i := range all {
		all[i] = a.token(b, somebody())
	}
	return v, a, all
}

// BenchmarkRepeated is a token that was seen before.
func BenchmarkRepeated(b *testing.B) {
	v, _, tokens := ready(b, 550_000, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(b.Context(), tokens[0]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRepeatedParallel is many tokens that were seen before, on all
// processors.
func BenchmarkRepeatedParallel(b *testing.B) {
	v, _, tokens := ready(b, 550_000, 128)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, err := v.Verify(b.Context(), tokens[i%len(tokens)]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkNew is a token that was never seen; compare BenchmarkBare.
func BenchmarkNew(b *testing.B) {
	v, _, tokens := ready(b, 550_000, 1)
	v.tokens = newTokenCache(-1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(b.Context(), tokens[0]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBare is the signature check that a new token cannot do without.
func BenchmarkBare(b *testing.B) {
	_, a, tokens := ready(b, 0, 1)
	public := a.keys[0].private.Public().(ed25519.PublicKey)
	dot := strings.LastIndexByte(tokens[0], '.')
	signature, _ := base64url.DecodeString(tokens[0][dot+1:])
	signed := []byte(tokens[0][:dot])
	b.ReportAllocs()
	for b.Loop() {
		if !ed25519.Verify(public, signed, signature) {
			b.Fatal("wrong")
		}
	}
}

// What things cost is measured without the race detector, which has costs of its
// own: make test-go runs the tests TestCost... once more for that.
func measured(t *testing.T) {
	if raceEnabled {
		t.Skip("measured without the race detector")
	}
}

func TestCostOfARepeatedToken(t *testing.T) {
	measured(t)
	v, _, tokens := ready(t, 1000, 1)
	want(t, v, tokens[0], nil)
	ctx := t.Context()
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := v.Verify(ctx, tokens[0]); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestCostOfRevocations measures a mix of what ends sessions:
// half a million single ones, and epochs of people and accounts, some of which
// spare a session.
func TestCostOfRevocations(t *testing.T) {
	measured(t)
	const limit = 40 << 20
	var r revocations
	until := time.Now().Add(16 * time.Minute)
	before := heap()
	add := func(n int, of func() entry) {
		for range n {
			e := of()
			e.Until = &until
			r.add(&e)
		}
	}
	fresh := func() *id { i := newID(); return &i }
	add(500_000, func() entry { return entry{Account: fresh(), Session: fresh()} })
	add(25_000, func() entry { return entry{Account: fresh(), User: fresh(), Epoch: 3} })
	add(15_000, func() entry { return entry{Account: fresh(), User: fresh(), Epoch: 3, Except: []id{newID()}} })
	add(10_000, func() entry { return entry{Account: fresh(), Epoch: 3} })
	took := heap() - before
	if n := r.entries(); n != 550_000 {
		t.Fatalf("%d entries", n)
	}
	t.Logf("%.1f MiB", float64(took)/(1<<20))
	if took > limit {
		t.Errorf("550,000 revocations take %.1f MiB", float64(took)/(1<<20))
	}
	r.sweep(until.Unix() + 2)
	if n := r.entries(); n != 0 {
		t.Errorf("%d entries are left after their time", n)
	}
	if left := heap() - before; left > 4<<20 {
		t.Errorf("%.1f MiB are left after all were forgotten", float64(left)/(1<<20))
	}
	runtime.KeepAlive(&r)
}

// TestCostOfTheCache fills the cache with more than fits.
func TestCostOfTheCache(t *testing.T) {
	measured(t)
	const limit = 4 << 20
	a := newFake(t, time.Now)
	c := newTokenCache(limit)
	jwks, _ := json.Marshal(map[string]any{"keys": []any{a.keys[0].jwk()}})
	keys, err := parseKeys(jwks)
	if err != nil {
		t.Fatal(err)
	}
	key := keys.byKID["first"]
	before := heap()
	for range 6_000 {
		token := a.token(t, somebody())
		is, err := open(token, key, testIssuer, testAudience)
		if err != nil {
			t.Fatal(err)
		}
		c.put(token, is)
	}
	took := heap() - before
	t.Logf("%d tokens in %.1f MiB", c.tokens(), float64(took)/(1<<20))
	if took > limit {
		t.Errorf("the cache takes %.1f MiB of %d", float64(took)/(1<<20), limit>>20)
	}
	if n := c.tokens(); n < 1000 {
		t.Errorf("it holds %d tokens", n)
	}
	runtime.KeepAlive(c)
}
