package token

import (
	"testing"
	"time"
)

func BenchmarkRefreshEncode(b *testing.B) {
	codec := NewRefreshCodec(newSecrets(b, 1))
	r := NewRefresh(id(1), id(2))
	b.ReportAllocs()
	for b.Loop() {
		codec.Encode(r)
	}
}

func BenchmarkRefreshDecode(b *testing.B) {
	codec := NewRefreshCodec(newSecrets(b, 1))
	text := codec.Encode(NewRefresh(id(1), id(2)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := codec.Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAccessSign(b *testing.B) {
	for _, alg := range []string{AlgEdDSA, AlgES256, AlgRS256} {
		b.Run(alg, func(b *testing.B) {
			signer := newSigner(b, newRing(b, newKey(b, alg, testNow.Add(-time.Hour))))
			c := testClaims()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := signer.Sign(c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEd25519 is the floor under signing with EdDSA.
func BenchmarkEd25519(b *testing.B) {
	key := newKey(b, AlgEdDSA, testNow)
	text := string(make([]byte, 800))
	for b.Loop() {
		if _, err := methods[AlgEdDSA].Sign(text, key.Private); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAccessVerify(b *testing.B) {
	ring := newRing(b, seededKey(b, 1))
	text := sign(b, newSigner(b, ring), testClaims())
	for name, size := range map[string]int{"new": 0, "repeated": DefaultCacheSize} {
		b.Run(name, func(b *testing.B) {
			verifier, err := NewVerifier(ring, testIssuer, testAud, size)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := verifier.Verify(text, testNow); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestAllocations: at most the string, and nothing.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	codec := NewRefreshCodec(newSecrets(t, 1))
	r := NewRefresh(id(1), id(2))
	text := codec.Encode(r)
	if n := testing.AllocsPerRun(1000, func() { codec.Encode(r) }); n > 1 {
		t.Errorf("Encode allocates %v times", n)
	}
	if n := testing.AllocsPerRun(1000, func() { _, _ = codec.Decode(text) }); n > 0 {
		t.Errorf("Decode allocates %v times", n)
	}
}
