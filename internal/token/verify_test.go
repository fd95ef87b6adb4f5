package token

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"
)

type object = map[string]any

// forge signs any header and claims at all with a key.
func forge(t testing.TB, key SigningKey, header, claims object) string {
	t.Helper()
	text := segment(t, header) + "." + segment(t, claims)
	signature, err := methods[key.Alg].Sign(text, key.Private)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64url.EncodeToString(signature)
}

func segment(t testing.TB, members object) string {
	t.Helper()
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return base64url.EncodeToString(text)
}

// forgery is the header and claims of a good token, to be spoiled.
func forgery(t testing.TB, key SigningKey) (header, claims object) {
	t.Helper()
	parts := strings.Split(sign(t, newSigner(t, newRing(t, key)), testClaims()), ".")
	for part, into := range map[string]*object{parts[0]: &header, parts[1]: &claims} {
		raw, err := base64url.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

func with(members object, more object) object {
	members = maps.Clone(members)
	for name, value := range more {
		if value == nil {
			delete(members, name)
		} else {
			members[name] = value
		}
	}
	return members
}

func TestVerifyTime(t *testing.T) {
	ring := newRing(t, seededKey(t, 1))
	signer := newSigner(t, ring)
	iat := testNow.Truncate(time.Second)
	exp := iat.Add(5 * time.Minute)
	c := testClaims()
	c.IssuedAt, c.ExpiresAt = iat, exp
	text := sign(t, signer, c)
	tests := []struct {
		name string
		now  time.Time
		want error
	}{
		{"as issued", iat, nil},
		{"a minute ahead of us", iat.Add(-60 * time.Second), nil},
		{"more than a minute ahead of us", iat.Add(-60*time.Second - time.Microsecond), ErrInvalid},
		{"the last microsecond", exp.Add(-time.Microsecond), nil},
		{"the last nanosecond", exp.Add(-time.Nanosecond), nil},
		{"at exp", exp, ErrExpired},
		{"a microsecond late", exp.Add(time.Microsecond), ErrExpired},
		{"a year late", exp.AddDate(1, 0, 0), ErrExpired},
	}
	for _, tt := range tests {
		fresh, warm := newVerifier(t, ring), newVerifier(t, ring)
		if _, err := warm.Verify(text, iat); err != nil {
			t.Fatal(err)
		}
		for name, verifier := range map[string]*Verifier{"fresh": fresh, "remembered": warm} {
			_, err := verifier.Verify(text, tt.now)
			if !errors.Is(err, tt.want) || errors.Is(err, ErrExpired) && errors.Is(err, ErrInvalid) {
				t.Errorf("%s, %s: got %v, want %v", tt.name, name, err, tt.want)
			}
		}
	}
}

// TestVerifyNeverTrustsTheHeader: algorithm confusion and keys that a token
// brings itself (ASVS 9.1.2, 9.1.3; RFC 8725, sections 2.1 and 3.10).
func TestVerifyNeverTrustsTheHeader(t *testing.T) {
	key, rsaKey, stranger := seededKey(t, 1), newKey(t, AlgRS256, testNow.Add(-2*time.Hour)), seededKey(t, 9)
	verifier := newVerifier(t, newRing(t, key, rsaKey))
	header, claims := forgery(t, key)
	good := forge(t, key, header, claims)
	if _, err := verifier.Verify(good, testNow); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")

	symmetric := func(alg string, secret []byte) string {
		text := segment(t, with(header, object{"alg": alg})) + "." + parts[1]
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(text))
		return text + "." + base64url.EncodeToString(mac.Sum(nil))
	}
	public := key.Public.(ed25519.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	strangersJWK, err := newJWK(AlgEdDSA, stranger.Public)
	if err != nil {
		t.Fatal(err)
	}

	tests := map[string]string{
		"none, no signature":         segment(t, with(header, object{"alg": "none"})) + "." + parts[1] + ".",
		"None, no signature":         segment(t, with(header, object{"alg": "None"})) + "." + parts[1] + ".",
		"none, signature kept":       segment(t, with(header, object{"alg": "none"})) + "." + parts[1] + "." + parts[2],
		"no signature":               parts[0] + "." + parts[1] + ".",
		"HS256, raw public key":      symmetric("HS256", public),
		"HS256, public key as DER":   symmetric("HS256", der),
		"HS256, public key as PEM":   symmetric("HS256", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"HS256, empty secret":        symmetric("HS256", nil),
		"EdDSA header, HMAC":         symmetric("EdDSA", public),
		"RS256 header on EdDSA kid":  forge(t, key, with(header, object{"alg": "RS256"}), claims),
		"RS256 signed, EdDSA kid":    forge(t, rsaKey, with(header, object{"alg": "RS256"}), claims),
		"RS256 kid, EdDSA signed":    forge(t, key, with(header, object{"kid": rsaKey.KID, "alg": "RS256"}), claims),
		"RS256 kid, EdDSA header":    forge(t, key, with(header, object{"kid": rsaKey.KID}), claims),
		"PS256 header":               forge(t, rsaKey, with(header, object{"kid": rsaKey.KID, "alg": "PS256"}), claims),
		"Ed25519, the newer name":    forge(t, key, with(header, object{"alg": "Ed25519"}), claims),
		"no alg":                     forge(t, key, with(header, object{"alg": nil}), claims),
		"alg in lower case":          forge(t, key, with(header, object{"alg": "eddsa"}), claims),
		"stranger's key, our kid":    forge(t, stranger, header, claims),
		"stranger's key, its kid":    forge(t, stranger, with(header, object{"kid": stranger.KID}), claims),
		"no kid":                     forge(t, key, with(header, object{"kid": nil}), claims),
		"empty kid":                  forge(t, key, with(header, object{"kid": ""}), claims),
		"kid as a path":              forge(t, key, with(header, object{"kid": "../../dev/null"}), claims),
		"typ JWT":                    forge(t, key, with(header, object{"typ": "JWT"}), claims),
		"typ of an ID token, absent": forge(t, key, with(header, object{"typ": nil}), claims),
		"typ logout+jwt":             forge(t, key, with(header, object{"typ": "logout+jwt"}), claims),
		"typ secevent+jwt":           forge(t, key, with(header, object{"typ": "secevent+jwt"}), claims),
		"jku":                        forge(t, key, with(header, object{"jku": "https://evil.example/jwks.json"}), claims),
		"jwk":                        forge(t, key, with(header, object{"jwk": strangersJWK}), claims),
		"jwk of a stranger who signs": forge(t, stranger,
			with(header, object{"jwk": strangersJWK, "kid": stranger.KID}), claims),
		"x5u":            forge(t, key, with(header, object{"x5u": "https://evil.example/cert"}), claims),
		"x5c":            forge(t, key, with(header, object{"x5c": []string{"MIIB"}}), claims),
		"crit":           forge(t, key, with(header, object{"crit": []string{"exp"}}), claims),
		"b64 false":      forge(t, key, with(header, object{"b64": false, "crit": []string{"b64"}}), claims),
		"compressed":     forge(t, key, with(header, object{"zip": "DEF"}), claims),
		"header is null": base64url.EncodeToString([]byte("null")) + "." + parts[1] + "." + parts[2],
	}
	for name, text := range tests {
		if _, err := verifier.Verify(text, testNow); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerifyClaims(t *testing.T) {
	key := seededKey(t, 1)
	ring := newRing(t, key)
	header, claims := forgery(t, key)
	exp := claims["exp"].(float64)
	many := []string{"https://api.example.com.evil.example", "https://api.example.co", "", "HTTPS://API.EXAMPLE.COM", testAud + "/"}
	tests := []struct {
		name   string
		change object
		want   error
	}{
		{"nothing changed", object{}, nil},
		{"issuer", object{"iss": testIssuer + "/"}, ErrInvalid},
		{"no issuer", object{"iss": nil}, ErrInvalid},
		{"another issuer and expired", object{"iss": "x", "exp": 1000}, ErrInvalid},
		{"audience", object{"aud": "https://other.example.com"}, ErrInvalid},
		{"many audiences, ours not", object{"aud": many}, ErrInvalid},
		{"many audiences, ours too", object{"aud": append(many, testAud)}, nil},
		{"no audience", object{"aud": nil}, ErrInvalid},
		{"empty audience", object{"aud": ""}, ErrInvalid},
		{"no audiences", object{"aud": []string{}}, ErrInvalid},
		{"audience is an object", object{"aud": object{testAud: true}}, ErrInvalid},
		{"expired", object{"exp": exp - 600}, ErrExpired},
		{"no exp", object{"exp": nil}, ErrInvalid},
		{"exp is a string", object{"exp": "9999999999"}, ErrInvalid},
		{"exp is a fraction", object{"exp": exp + 0.5}, ErrInvalid},
		{"exp is beyond numbers", object{"exp": 1e300}, ErrInvalid},
		{"exp is null", object{"exp": json.RawMessage("null")}, ErrInvalid},
		{"negative exp", object{"exp": -1}, ErrInvalid},
		{"no iat", object{"iat": nil}, ErrInvalid},
		{"iat in the future", object{"iat": exp}, ErrInvalid},
		{"nbf in the future", object{"nbf": exp - 1}, ErrInvalid},
		{"nbf in the past", object{"nbf": 1000}, nil},
		{"no sub", object{"sub": nil}, ErrInvalid},
		{"sub is no id", object{"sub": "admin"}, ErrInvalid},
		{"zero sub", object{"sub": id(0).String()}, ErrInvalid},
		{"no sid", object{"sid": nil}, ErrInvalid},
		{"no account", object{"account_id": nil}, ErrInvalid},
		{"no jti", object{"jti": nil}, ErrInvalid},
		{"no client_id", object{"client_id": nil}, ErrInvalid},
		{"no role", object{"role": nil}, ErrInvalid},
		{"unknown role", object{"role": "root"}, ErrInvalid},
		{"no auth_time", object{"auth_time": nil}, ErrInvalid},
		{"no idle_exp", object{"idle_exp": nil}, ErrInvalid},
		{"no abs_exp", object{"abs_exp": nil}, ErrInvalid},
		{"a claim to come", object{"scope": "read"}, nil},
	}
	for _, tt := range tests {
		_, err := newVerifier(t, ring).Verify(forge(t, key, header, with(claims, tt.change)), testNow)
		if !errors.Is(err, tt.want) || tt.want == ErrInvalid && errors.Is(err, ErrExpired) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "example") {
			t.Errorf("%s: the error quotes the token: %v", tt.name, err)
		}
	}
}

// TestVerifyOneForm: a token has one text, fresh or remembered.
func TestVerifyOneForm(t *testing.T) {
	key := seededKey(t, 1)
	ring := newRing(t, key)
	good := sign(t, newSigner(t, ring), testClaims())
	verifier := newVerifier(t, ring)
	if _, err := verifier.Verify(good, testNow); err != nil {
		t.Fatal(err)
	}
	header, claims := forgery(t, key)
	altered := map[string]string{
		"empty": "", "dots": "..", "one dot": ".", "many dots": strings.Repeat(".", 8000),
		"two parts":         good[:strings.LastIndexByte(good, '.')],
		"four parts":        good + ".",
		"five parts":        good + ".e30.e30",
		"newline at end":    good + "\n",
		"newline within":    good[:len(good)-10] + "\n" + good[len(good)-10:],
		"newline in claims": good[:200] + "\r\n" + good[200:],
		"space":             " " + good,
		"Bearer":            "Bearer " + good,
		"padding":           good + "==",
		"trailing bits":     good[:len(good)-1] + string(good[len(good)-1]+1), // A, Q, g or w before
		"too long":          forge(t, key, header, with(claims, object{"padding": strings.Repeat("x", maxAccessToken)})),
		"refresh token":     NewRefreshCodec(newSecrets(t, 1)).Encode(NewRefresh(id(1), id(2))),
	}
	for i := range good {
		altered["character "+good[:i]] = good[:i] + string(good[i]^1) + good[i+1:]
		altered["cut "+good[:i]] = good[:i]
	}
	for name, text := range altered {
		if _, err := verifier.Verify(text, testNow); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerifyAcrossRotation(t *testing.T) {
	first, second := seededKey(t, 1), seededKey(t, 2)
	second.ActiveAt = testNow.Add(time.Minute)
	first.ExpiresAt = second.ActiveAt.Add(15 * time.Minute)
	ring := newRing(t, first, second)
	signer, verifier := newSigner(t, ring), newVerifier(t, ring)

	before := testClaims()
	before.IssuedAt = second.ActiveAt.Add(-time.Microsecond)
	before.ExpiresAt = before.IssuedAt.Add(15 * time.Minute)
	old := sign(t, signer, before)
	after := testClaims()
	after.IssuedAt = second.ActiveAt
	after.ExpiresAt = after.IssuedAt.Add(15 * time.Minute)
	fresh := sign(t, signer, after)
	if !strings.HasPrefix(old, tokenHeader(AlgEdDSA, first.KID)+".") || !strings.HasPrefix(fresh, tokenHeader(AlgEdDSA, second.KID)+".") {
		t.Fatal("the new key does not take over at its moment")
	}
	end := before.ExpiresAt.Truncate(time.Second)
	for _, now := range []time.Time{before.IssuedAt, after.IssuedAt, end.Add(-time.Microsecond)} {
		if _, err := verifier.Verify(old, now); err != nil {
			t.Errorf("a token from before the rotation at %v: %v", now, err)
		}
	}
	if _, err := verifier.Verify(old, end); !errors.Is(err, ErrExpired) {
		t.Errorf("at its exp: %v", err)
	}
	if _, err := verifier.Verify(old, first.ExpiresAt); !errors.Is(err, ErrInvalid) {
		t.Errorf("when its key has expired: %v", err)
	}

	// A remembered token dies with its key.
	if _, err := verifier.Verify(fresh, after.IssuedAt); err != nil {
		t.Fatal(err)
	}
	if err := ring.Replace([]SigningKey{first}); err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(fresh, after.IssuedAt); !errors.Is(err, ErrInvalid) {
		t.Errorf("a remembered token of a key that is gone: %v", err)
	}
	// And an emptied ring believes nothing.
	if err := ring.Replace(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(old, before.IssuedAt); !errors.Is(err, ErrInvalid) {
		t.Errorf("an empty ring: %v", err)
	}
}

// TestVerifiersShareNothing: a verdict for one audience is none for another.
func TestVerifiersShareNothing(t *testing.T) {
	ring := newRing(t, seededKey(t, 1))
	text := sign(t, newSigner(t, ring), testClaims())
	if _, err := newVerifier(t, ring).Verify(text, testNow); err != nil {
		t.Fatal(err)
	}
	other, err := NewVerifier(ring, testIssuer, "https://other.example.com", DefaultCacheSize)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Verify(text, testNow); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

func TestVerifyConcurrently(t *testing.T) {
	keys := []SigningKey{seededKey(t, 1), seededKey(t, 2)}
	ring := newRing(t, keys...)
	signer := newSigner(t, ring)
	verifier, err := NewVerifier(ring, testIssuer, testAud, 8)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 50 {
				c := testClaims()
				c.SessionID = id(byte(1 + i*8 + j%8))
				got, err := verifier.Verify(sign(t, signer, c), testNow)
				if err != nil || got.SessionID != c.SessionID {
					t.Errorf("%v, %v", got.SessionID, err)
				}
				if err := ring.Replace(keys); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzAccessVerify(f *testing.F) {
	key := seededKey(f, 1)
	ring := newRing(f, key)
	header, claims := forgery(f, key)
	genuine := sign(f, newSigner(f, ring), testClaims())
	for _, seed := range []string{
		"", "..", genuine, genuine + "\n", genuine[:len(genuine)-1],
		forge(f, key, with(header, object{"alg": "none"}), claims),
		forge(f, key, header, with(claims, object{"exp": nil})),
		forge(f, seededKey(f, 9), header, claims),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := newVerifier(t, ring).Verify(text, testNow)
		if err == nil && text != genuine {
			t.Errorf("forged: %q", text)
		}
		if err != nil && !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrExpired) {
			t.Errorf("another error: %v", err)
		}
	})
}
