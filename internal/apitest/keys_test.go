package apitest

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/authority"
)

// claims are the members of an access token, by hand.
type claims map[string]any

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unb64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	must(t, err)
	return b
}

// verify checks an access token with the key set and the standard library.
func (w *world) verify(text string) claims {
	w.t.Helper()
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		w.t.Fatalf("%d parts", len(parts))
	}
	var header map[string]string
	must(w.t, json.Unmarshal(unb64(w.t, parts[0]), &header))
	if header["alg"] != "EdDSA" || header["typ"] != "at+jwt" || header["kid"] == "" || len(header) != 3 {
		w.t.Errorf("the header is %v", header)
	}
	for _, key := range w.program().Get("/.well-known/jwks.json").Status(200).JSON().at("keys").list() {
		if key.str("kid") != header["kid"] {
			continue
		}
		if key.str("kty") != "OKP" || key.str("crv") != "Ed25519" || key.str("alg") != "EdDSA" || key.str("use") != "sig" {
			w.t.Errorf("the key is %v", key.v)
		}
		// The key's name is its thumbprint (RFC 7638).
		sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + key.str("x") + `"}`))
		if b64(sum[:]) != header["kid"] {
			w.t.Error("the kid is not the thumbprint")
		}
		if !ed25519.Verify(unb64(w.t, key.str("x")), []byte(parts[0]+"."+parts[1]), unb64(w.t, parts[2])) {
			w.t.Fatal("the signature is wrong")
		}
		d := json.NewDecoder(strings.NewReader(string(unb64(w.t, parts[1]))))
		d.UseNumber()
		var c claims
		must(w.t, d.Decode(&c))
		return c
	}
	w.t.Fatalf("the key %s is not in the set", header["kid"])
	return nil
}

func TestAccessToken(t *testing.T) {
	t.Parallel()
	w := start(t)
	check := func(p *person, extra claims) {
		t.Helper()
		want := claims{"iss": w.url, "aud": w.url, "sub": p.id, "client_id": "curfew", "sid": p.session, "account_id": p.account, "role": p.role}
		for name, v := range extra {
			want[name] = v
		}
		got := w.verify(p.bearer)
		for name, v := range want {
			if n, ok := v.(int64); ok {
				v = json.Number(itoa(n))
			}
			if got[name] != v {
				t.Errorf("%s is %v, want %v", name, got[name], v)
			}
		}
		if jti, _ := got["jti"].(string); !uuid.MatchString(jti) {
			t.Errorf("jti is %v", got["jti"])
		}
		if amr, ok := got["amr"].([]any); !ok || len(amr) != 1 || amr[0] != "pwd" {
			t.Errorf("amr is %v", got["amr"])
		}
		for name := range got {
			if _, known := want[name]; !known && name != "jti" && name != "amr" {
				t.Errorf("the claim %s is not in the contract", name)
			}
		}
	}
	now := w.clock.Now().Unix()
	times := claims{"iat": now, "exp": now + 300, "auth_time": now, "idle_exp": now + 604800, "abs_exp": now + 1209600}
	check(w.ada, times)
	check(w.bob, times)

	w.clock.pass(minute)
	w.bob.renew()
	times["iat"], times["exp"], times["idle_exp"] = now+60, now+360, now+604860
	check(w.bob, times)

	// The epochs under which a session was born, left out when 0.
	w.ada.Post(bulk, obj{"scope": "others"}).Status(200)
	bob := w.signIn("bob@acme.example")
	now += 60
	check(bob, claims{"iat": now, "exp": now + 300, "auth_time": now, "idle_exp": now + 604800, "abs_exp": now + 1209600, "ae": int64(1)})
	w.signIn("bob@acme.example") // somebody to end, or no epoch is raised
	bob.Post(me+"/sessions/revoke-others", nil).Status(200).Equal(map[string]any{"revoked_count": 1})
	bob.renew()
	check(bob, claims{"iat": now, "exp": now + 300, "auth_time": now, "idle_exp": now + 604800, "abs_exp": now + 1209600, "ae": int64(1), "ue": int64(1)})
}

func itoa(n int64) string {
	b, _ := json.Marshal(n)
	return string(b)
}

// TestAccessTokenEndsWithItsSession: exp is the soonest of the lifetime and
// both deadlines, rounded down.
func TestAccessTokenEndsWithItsSession(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.ada.Patch(security, obj{"idle_minutes": 15, "absolute_minutes": 60}).Status(200)
	p := w.signIn("bob@acme.example")
	began := w.clock.Now().Unix()
	w.clock.pass(14 * minute)
	v := p.refresh(obj{"inactive_seconds": 13 * 60}).Status(200).JSON() // idle from minute 1
	if c := w.verify(v.str("access_token")); c["exp"] != json.Number(itoa(began+16*60)) || v.num("expires_in") != 119 {
		t.Errorf("exp is %v, expires_in %d", c["exp"], v.num("expires_in"))
	}
	for range 3 {
		p.renew()
		w.clock.pass(14 * minute)
	}
	v = p.refresh(nil).Status(200).JSON() // minute 56
	if c := w.verify(v.str("access_token")); c["exp"] != json.Number(itoa(began+60*60)) || c["idle_exp"] != c["abs_exp"] {
		t.Errorf("exp is %v", c["exp"])
	}
}

// TestForgedTokens: nothing but what the server signs itself is let in.
func TestForgedTokens(t *testing.T) {
	t.Parallel()
	w := start(t)
	signing, err := w.ring.Current(w.clock.Now())
	must(t, err)
	key := signing.Private.(ed25519.PrivateKey)
	now := w.clock.Now().Unix()
	head := claims{"alg": "EdDSA", "kid": signing.KID, "typ": "at+jwt"}
	body := claims{"iss": w.url, "aud": w.url, "sub": w.ada.id, "exp": now + 300, "iat": now, "jti": w.ada.id, "client_id": "curfew", "sid": w.ada.session,
		"account_id": w.ada.account, "role": "owner", "auth_time": now, "amr": []string{"pwd"}, "idle_exp": now + 3600, "abs_exp": now + 3600}
	but := func(c claims, name string, v any) claims { return claims(obj(c).but(name, v)) }
	encode := func(c claims) string {
		b, err := json.Marshal(c)
		must(t, err)
		return b64(b)
	}
	sign := func(h, b claims) string {
		input := encode(h) + "." + encode(b)
		return input + "." + b64(ed25519.Sign(key, []byte(input)))
	}
	w.program().as(sign(head, body)).Get(me).Status(200) // the forger's tools are right
	_, another, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	mac := func(h claims, secret []byte) string {
		input := encode(h) + "." + encode(body)
		m := hmac.New(sha256.New, secret)
		m.Write([]byte(input))
		return input + "." + b64(m.Sum(nil))
	}
	input := encode(head) + "." + encode(body)
	good := sign(head, body)
	for name, text := range map[string]string{
		"alg none":              encode(but(head, "alg", "none")) + "." + encode(body) + ".",
		"alg none, signed":      sign(but(head, "alg", "none"), body),
		"no signature":          input + ".",
		"HMAC with the key":     mac(but(head, "alg", "HS256"), key.Public().(ed25519.PublicKey)),
		"another key":           input + "." + b64(ed25519.Sign(another, []byte(input))),
		"an embedded key":       encode(but(head, "jwk", claims{"kty": "OKP", "crv": "Ed25519", "x": b64(another.Public().(ed25519.PublicKey))})) + "." + encode(body) + "." + b64(ed25519.Sign(another, []byte(input))),
		"a header too many":     sign(but(head, "jku", "https://evil.example/jwks"), body),
		"crit":                  sign(but(head, "crit", []string{"exp"}), body),
		"unknown kid":           sign(but(head, "kid", "x"), body),
		"no kid":                sign(but(head, "kid", nil), body),
		"kid with a path":       sign(but(head, "kid", "../../etc/passwd"), body),
		"typ JWT":               sign(but(head, "typ", "JWT"), body),
		"no typ":                sign(but(head, "typ", nil), body),
		"another issuer":        sign(head, but(body, "iss", "https://evil.example")),
		"another audience":      sign(head, but(body, "aud", "https://evil.example")),
		"no audience":           sign(head, but(body, "aud", nil)),
		"no exp":                sign(head, but(body, "exp", nil)),
		"no iat":                sign(head, but(body, "iat", nil)),
		"no sid":                sign(head, but(body, "sid", nil)),
		"exp as text":           sign(head, but(body, "exp", itoa(now+300))),
		"expired":               sign(head, but(body, "exp", now)),
		"from the future":       sign(head, but(body, "iat", now+3600)),
		"not yet":               sign(head, but(body, "nbf", now+3600)),
		"another role":          sign(head, but(body, "role", "root")),
		"another client":        sign(head, but(body, "client_id", "other")),
		"nobody's session":      sign(head, but(body, "sid", w.ada.id)),
		"another's session":     sign(head, but(body, "sid", w.bob.session)),
		"another account's":     sign(head, but(body, "account_id", w.oleg.account)),
		"cut":                   good[:len(good)-4],
		"altered":               flip(good, len(good)-20),
		"padded":                good + "=",
		"a part more":           good + ".x",
		"in another encoding":   strings.NewReplacer("-", "+", "_", "/").Replace(good) + "=",
		"the refresh token":     w.ada.token(),
		"dots (CVE-2025-30204)": strings.Repeat(".", 8000),
	} {
		if text == good { // nothing to replace in this one
			continue
		}
		a := w.program().as(text).Get(me)
		if a.StatusCode != 401 {
			t.Errorf("%s: answered %d", name, a.StatusCode)
			continue
		}
		a.Problem(401, "invalid-token").Is("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	// A member's session with a role that somebody wrote into it.
	raised := but(but(body, "sub", w.bob.id), "sid", w.bob.session)
	w.program().as(sign(head, raised)).Get(security).Problem(403, "forbidden")
}

// TestKeysRotate: a new key is published before it signs, an old one as long
// as a token of it lives.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	w := start(t)
	kids := func() int {
		return len(w.program().Get("/.well-known/jwks.json").Is("Cache-Control", "public, max-age=300").JSON().at("keys").list())
	}
	old := w.bob.bearer
	next, err := w.keys.Rotate(context.Background(), w.clock.Now(), authority.SigningKeyLead)
	must(t, err)
	w.loadKeys()
	if kids() != 2 {
		t.Errorf("%d keys are published", kids())
	}
	kid := func(text string) string {
		head, _, _ := strings.Cut(text, ".")
		var h map[string]string
		must(t, json.Unmarshal(unb64(t, head), &h))
		return h["kid"]
	}
	if kid(w.bob.renew().bearer) == next.KID {
		t.Error("a key signed before its time")
	}
	w.clock.pass(authority.SigningKeyLead)
	if kid(w.bob.renew().bearer) != next.KID {
		t.Error("the new key does not sign")
	}
	w.verify(w.bob.bearer)
	w.program().as(old).Get(me).Problem(401, "invalid-token")
	w.clock.pass(20 * minute)
	if kids() != 1 {
		t.Errorf("%d keys are published at the end", kids())
	}
	w.bob.renew().Get(me).Status(200)
}

// TestMetadata: the metadata names what exists, and nothing else.
func TestMetadata(t *testing.T) {
	t.Parallel()
	w := start(t)
	v := w.program().Get("/.well-known/oauth-authorization-server").Status(200).Is("Content-Type", "application/json").
		Equal(map[string]any{"issuer": w.url, "jwks_uri": w.url + "/.well-known/jwks.json"}).JSON()
	for name, member := range v.members() {
		if address, ok := member.(string); ok && name != "issuer" {
			path, ours := strings.CutPrefix(address, w.url)
			if !ours {
				t.Errorf("%s is %s, elsewhere", name, address)
				continue
			}
			if strings.HasSuffix(name, "_endpoint") {
				w.program().Post(path, form{}).Problem(401, "unauthenticated")
				continue
			}
			w.program().Get(path).Status(200)
		}
	}
	jwks := w.program().Get("/.well-known/jwks.json").Status(200).Lacks(`"d"`, "private")
	jwks.Is("Content-Type", "application/json")
}
