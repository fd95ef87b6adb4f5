package verify

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	testIssuer      = "https://login.example.com"
	testAudience    = "https://api.example.com"
	testKey         = "cfk_test"
	keyWithoutScope = "cfk_elsewhere" // a good key that the feed is not for
)

// fakeAuthority speaks the authority's side of the wire, with real signatures,
// and fails in the ways that networks, proxies and authorities do.
type fakeAuthority struct {
	now func() time.Time // the authority's clock

	mu      sync.Mutex
	issuer  string
	keys    []*signing
	log     []fakeEntry
	writers map[id]int64
	writer  id
	changed chan struct{} // closed and renewed when anything changes
	ended   map[id]bool   // what /auth/session answers for a session
	online  int           // how often it was asked
	heads   []string      // the queries it was asked for a head with
	resumed []string      // the Last-Event-IDs that streams began with
	fetched int           // how often the keys were

	// Faults.
	refuse   int           // status of every answer
	noHead   int           // status of every head
	noOnline int           // status of every answer about a session
	says     string        // and its body
	slow     time.Duration // before every answer
	silent   bool          // streams send nothing, and stay open
	holding  bool          // streams are held back by a proxy
	tooOld   bool          // the next stream has gone on too far
	cached   []byte        // the answer to every head
	garbage  string        // what streams send next
	cuts     int           // raised to cut every stream
}

type fakeEntry struct {
	text  string
	until time.Time
	upTo  map[id]int64
}

type signing struct {
	kid, alg string
	private  crypto.Signer
	hidden   bool // not published
}

var algorithms = map[string]jwt.SigningMethod{
	"EdDSA": jwt.SigningMethodEdDSA, "ES256": jwt.SigningMethodES256, "RS256": jwt.SigningMethodRS256,
}

// rsaKey is the one RSA key of all tests: it takes long to make.
var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, minRSABits) })

func newSigning(t testing.TB, kid, alg string) *signing {
	t.Helper()
	s := &signing{kid: kid, alg: alg}
	var err error
	switch alg {
	case "EdDSA":
		_, s.private, err = ed25519.GenerateKey(rand.Reader)
	case "ES256":
		s.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "RS256":
		s.private, err = rsaKey()
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *signing) jwk() map[string]string {
	j := map[string]string{"kid": s.kid, "alg": s.alg, "use": "sig"}
	encode := base64.RawURLEncoding.EncodeToString
	switch public := s.private.Public().(type) {
	case ed25519.PublicKey:
		j["kty"], j["crv"], j["x"] = "OKP", "Ed25519", encode(public)
	case *ecdsa.PublicKey:
		point, _ := public.Bytes()
		j["kty"], j["crv"], j["x"], j["y"] = "EC", "P-256", encode(point[1:33]), encode(point[33:])
	case *rsa.PublicKey:
		j["kty"], j["n"], j["e"] = "RSA", encode(public.N.Bytes()), "AQAB"
	}
	return j
}

// sign makes a token of claims, with a header as the authority writes it.
func (s *signing) sign(t testing.TB, claims map[string]any) string {
	t.Helper()
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	text := headerOf(s.alg, s.kid) + "." + base64.RawURLEncoding.EncodeToString(body)
	signature, err := algorithms[s.alg].Sign(text, s.private)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func newFake(t testing.TB, now func() time.Time) *fakeAuthority {
	return &fakeAuthority{
		now: now, issuer: testIssuer, keys: []*signing{newSigning(t, "first", "EdDSA")},
		writers: map[id]int64{}, writer: newID(), changed: make(chan struct{}), ended: map[id]bool{},
	}
}

// person is a session of somebody.
type person struct {
	session, account, user id
	accountEpoch, epoch    int64
}

func somebody() person { return person{session: newID(), account: newID(), user: newID()} }

func (a *fakeAuthority) claims(p person) map[string]any {
	now := a.now().Unix()
	c := map[string]any{
		"iss": testIssuer, "aud": testAudience, "sub": p.user, "exp": now + 300, "iat": now, "jti": newID(), "client_id": "curfew",
		"sid": p.session, "account_id": p.account, "role": "owner", "auth_time": now, "amr": []string{"pwd"},
		"idle_exp": now + 3600, "abs_exp": now + 7200,
	}
	if p.accountEpoch > 0 {
		c["ae"] = p.accountEpoch
	}
	if p.epoch > 0 {
		c["ue"] = p.epoch
	}
	return c
}

func (a *fakeAuthority) token(t testing.TB, p person) string {
	t.Helper()
	a.mu.Lock()
	key := a.keys[len(a.keys)-1]
	a.mu.Unlock()
	return key.sign(t, a.claims(p))
}

// change changes the authority and wakes its streams.
func (a *fakeAuthority) change(how func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	how()
	close(a.changed)
	a.changed = make(chan struct{})
}

func (a *fakeAuthority) set(how func(*fakeAuthority)) { a.change(func() { how(a) }) }

// seen is what the authority was asked so far.
type seen struct {
	online, fetched int
	heads, resumed  []string
}

func (a *fakeAuthority) seen() seen {
	a.mu.Lock()
	defer a.mu.Unlock()
	return seen{a.online, a.fetched, slices.Clone(a.heads), slices.Clone(a.resumed)}
}

func (a *fakeAuthority) cursor() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return encodeCursor(a.writers)
}

// revoke logs an entry, given as its members without until.
func (a *fakeAuthority) revoke(members map[string]any) {
	a.change(func() {
		until := a.now().Add(15*time.Minute + 70*time.Second)
		members["until"] = until.UTC().Format(time.RFC3339Nano)
		text, _ := json.Marshal(members)
		a.writers[a.writer]++
		a.log = append(a.log, fakeEntry{text: string(text), until: until, upTo: maps.Clone(a.writers)})
	})
}

func (a *fakeAuthority) end(p person) {
	a.set(func(a *fakeAuthority) { a.ended[p.session] = true })
	a.revoke(map[string]any{"account_id": p.account, "session_id": p.session})
}

func encodeCursor(at map[id]int64) string {
	raw := []byte{cursorVersion}
	for _, writer := range slices.SortedFunc(maps.Keys(at), func(a, b id) int { return bytes.Compare(a[:], b[:]) }) {
		raw = binary.BigEndian.AppendUint64(append(raw, writer[:]...), uint64(at[writer]))
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// config is of a verifier that reaches the authority in the clear, since its
// network is the process.
func (a *fakeAuthority) config(t testing.TB) Config {
	return Config{
		Issuer: testIssuer, AuthorityURL: "http://authority.test", Audience: testAudience, ServiceKey: testKey, Name: "orders",
		HTTPClient: a.serve(t), Logger: slog.New(slog.DiscardHandler),
	}
}
