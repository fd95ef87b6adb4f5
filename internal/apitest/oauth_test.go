package apitest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	introspect  = "/oauth2/introspect"
	revokeToken = "/oauth2/revoke"
)

// oauthOperations are the operations for OAuth clients.
var oauthOperations = []struct {
	id, path string
	scope    curfew.Scope
}{
	{"introspectToken", introspect, curfew.ScopeTokensIntrospect},
	{"revokeToken", revokeToken, curfew.ScopeSessionsWrite},
}

const (
	accessClaims  = "active sub sid account_id role client_id iss aud exp iat jti auth_time amr token_type"
	refreshClaims = "active sub sid account_id role client_id iss aud exp iat auth_time amr token_type"
)

// worth asks what a token is worth.
func (c *client) worth(token string) *answer {
	c.w.t.Helper()
	return c.Post(introspect, form{"token": {token}}).Status(200).Is("Content-Type", "application/json")
}

// Worthless wants the one answer for whatever cannot be used.
func (a *answer) Worthless() *answer {
	a.t.Helper()
	if string(a.body) != `{"active":false}` {
		a.fail("want a token that is good for nothing")
	}
	return a
}

func (a *answer) Worth(shape string) *answer {
	a.t.Helper()
	return a.Shape(shape).Equal(map[string]any{"active": true})
}

// TestIntrospection: what both sorts of token say, and that nothing comes of
// asking.
func TestIntrospection(t *testing.T) {
	t.Parallel()
	w := start(t)
	s := w.service(curfew.ScopeTokensIntrospect)
	p := w.signInBody("bob@acme.example")
	signedIn := w.clock.Now()
	events := len(w.ada.actions())
	common := map[string]any{"sub": p.id, "sid": p.session, "account_id": p.account, "role": "member", "client_id": "curfew",
		"iss": w.url, "aud": w.url, "auth_time": signedIn.Unix(), "iat": signedIn.Unix(), "amr": []any{"pwd"}}
	for range 2 {
		access := s.worth(p.bearer).Worth(accessClaims).Equal(common).
			Equal(map[string]any{"token_type": "Bearer", "exp": signedIn.Add(5 * minute).Unix()})
		if jti := access.JSON().str("jti"); !uuid.MatchString(jti) {
			t.Errorf("jti is %q", jti)
		}
		s.worth(p.refreshToken).Worth(refreshClaims).Equal(common).
			Equal(map[string]any{"token_type": "refresh_token", "exp": signedIn.Add(10080 * minute).Unix()})
	}
	for _, hint := range []string{"access_token", "refresh_token", "nonsense", ""} {
		s.Post(introspect, form{"token": {p.bearer}, "token_type_hint": {hint}, "resource": {"x"}}).Status(200).Worth(accessClaims)
		s.Post(introspect, form{"token": {p.refreshToken}, "token_type_hint": {hint}}).Status(200).Worth(refreshClaims)
	}
	if len(w.ada.actions()) != events {
		t.Error("asking is audited")
	}
	p.refresh(obj{"refresh_token": p.refreshToken}).Status(200).Equal(map[string]any{"session.generation": 2})
}

// TestIntrospectionOfGenerations: of a session's refresh tokens only the current
// one can be used, and a look at another has no consequence.
func TestIntrospectionOfGenerations(t *testing.T) {
	t.Parallel()
	w := start(t)
	s := w.service(curfew.ScopeTokensIntrospect)
	p := w.signInBody("bob@acme.example")
	first := p.refreshToken
	w.clock.pass(minute)
	second := p.refresh(obj{"refresh_token": first}).Status(200).JSON().str("refresh_token")
	s.worth(first).Worthless() // within the grace period: it would be answered, and is spent all the same
	s.worth(second).Worth(refreshClaims).Equal(map[string]any{"iat": w.clock.Now().Unix()})
	w.clock.pass(minute)
	s.worth(first).Worthless() // used twice, if it were used
	p.refresh(obj{"refresh_token": second}).Status(200)
}

// TestIntrospectionOfWhatIsNothing: one answer, whatever is wrong.
func TestIntrospectionOfWhatIsNothing(t *testing.T) {
	t.Parallel()
	w := start(t)
	s := w.service(curfew.ScopeTokensIntrospect)
	p := w.signInBody("bob@acme.example")
	access, refresh := p.bearer, p.refreshToken
	for _, text := range []string{"x", " ", "cfr_", "a.b.c", "null", "\x00", "\xff", strings.Repeat("x", 60<<10), access + " ", " " + access, refresh + "\n",
		access[:len(access)-1], refresh[:len(refresh)-1], flip(access, len(access)-5), flip(refresh, 40), strings.ToUpper(access), s.bearer, w.bob.cookie("curfew_browser"),
		w.resetLink(w.ada, w.bob.id), w.signed(&person{id: w.oleg.id, account: p.account, role: "owner"}, p.session), // another person's session
		w.signed(&person{id: p.id, account: w.oleg.account, role: "member"}, p.session), // in another account
		w.signed(p, "0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d")} {
		s.worth(text).Worthless()
	}
	end := w.clock.Now().Truncate(time.Second).Add(5 * minute) // exp is rounded down
	w.clock.set(end.Add(-time.Microsecond))
	s.worth(access).Worth(accessClaims)
	w.clock.set(end)
	s.worth(access).Worthless()
	s.worth(refresh).Worth(refreshClaims)
}

// TestIntrospectionOfEnds: whatever ends a session is known at once, whatever
// its tokens say.
func TestIntrospectionOfEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, p *person){
		"sign-out": func(w *world, p *person) { p.as("").Post(logout, obj{"refresh_token": p.refreshToken}).Status(204) },
		"all":      func(w *world, p *person) { w.ada.Post(bulk, obj{"scope": "all"}).Status(200) },
		"others":   func(w *world, p *person) { w.ada.Post(bulk, obj{"scope": "others"}).Status(200) },
		"one":      func(w *world, p *person) { w.ada.Delete(sessions + "/" + p.session).Status(204) },
		"a person": func(w *world, p *person) { w.ada.Post(users+"/"+p.id+"/revoke-sessions", nil).Status(200) },
		"disabled": func(w *world, p *person) { w.ada.Patch(users+"/"+p.id, obj{"disabled": true}).Status(200) },
		"disabled and enabled": func(w *world, p *person) {
			w.ada.Patch(users+"/"+p.id, obj{"disabled": true}).Status(200)
			w.ada.Patch(users+"/"+p.id, obj{"disabled": false}).Status(200)
		},
		"idle":    func(w *world, p *person) { w.clock.pass(10080 * minute) },
		"a reuse": func(w *world, p *person) { w.reuse(p) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			s := w.service(curfew.ScopeTokensIntrospect)
			p := w.signInBody("bob@acme.example")
			s.worth(p.refreshToken).Worth(refreshClaims)
			s.worth(p.bearer).Worth(accessClaims)
			end(w, p)
			s.worth(p.bearer).Worthless()
			s.worth(p.refreshToken).Worthless()
			s.worth(w.signed(p, p.session)).Worthless()
		})
	}
}

// reuse uses a refresh token twice.
func (w *world) reuse(p *person) {
	w.t.Helper()
	p.refresh(obj{"refresh_token": p.refreshToken}).Status(200)
	w.clock.pass(minute)
	p.refresh(obj{"refresh_token": p.refreshToken}).Problem(401, "refresh-token-reused")
}

// TestIntrospectionAtDeadlines: at the very microsecond of a deadline nothing of
// the session can be used, and the role is the one in force.
func TestIntrospectionAtDeadlines(t *testing.T) {
	t.Parallel()
	w := start(t)
	s := w.service(curfew.ScopeTokensIntrospect)
	w.ada.Patch(security, obj{"idle_minutes": 15, "absolute_minutes": 60}).Status(200)
	p := w.signInBody("bob@acme.example")
	began := w.clock.Now()
	w.clock.set(began.Add(15*minute - time.Microsecond))
	s.worth(p.refreshToken).Worth(refreshClaims)
	s.worth(w.signed(p, p.session)).Worth(accessClaims)
	w.clock.set(began.Add(15 * minute))
	s.worth(p.refreshToken).Worthless()
	s.worth(w.signed(p, p.session)).Worthless()

	ada := w.signIn("ada@acme.example")
	p = w.signInBody("bob@acme.example")
	ada.Patch(users+"/"+p.id, obj{"role": "owner"}).Status(200)
	again := w.signed(p, p.session) // says member
	if role := s.worth(again).JSON().members()["role"]; role != nil && role != "owner" {
		t.Errorf("the role is %v", role)
	}
}

// TestTokenRevocation: a genuine token ends its session, for everybody and at
// once; anything else ends nothing, and is answered alike.
func TestTokenRevocation(t *testing.T) {
	t.Parallel()
	w := start(t, withFeed)
	s := w.service(curfew.ScopeSessionsWrite, curfew.ScopeRevocationsRead)
	revoke := func(token string) {
		t.Helper()
		if a := s.Post(revokeToken, form{"token": {token}, "token_type_hint": {"refresh_token"}}).Status(200); len(a.body) > 0 {
			a.fail("want no body")
		}
	}
	for name, credential := range map[string]func(p *person) string{
		"an access token": func(p *person) string { return p.bearer },
		"a refresh token": func(p *person) string { return p.refreshToken },
		"an older refresh token": func(p *person) string {
			old := p.refreshToken
			p.refreshToken = p.refresh(obj{"refresh_token": old}).Status(200).JSON().str("refresh_token")
			w.clock.pass(time.Minute)
			p.bearer = w.signed(p, p.session)
			return old
		},
	} {
		p := w.signInBody("bob@acme.example")
		token := credential(p)
		revoke(token)
		p.refresh(obj{"refresh_token": p.refreshToken}).Problem(401, "session-revoked").Because("service")
		p.Get(me).Problem(401, "session-revoked").Because("service")
		found := false
		for _, e := range s.entries() {
			found = found || e.members()["session_id"] == p.session
		}
		if !found {
			t.Errorf("%s: verifiers are not told", name)
		}
		e := w.ada.event("session.revoke")
		if e.str("actor", "type") != "service" || e.str("actor", "name") != "a service" || e.str("resource_id") != p.session {
			t.Errorf("%s: audited %v", name, e.v)
		}
		wantDetails(t, e, `{"reason":"service","user_id":"`+p.id+`"}`)
		n := len(w.ada.actions())
		revoke(token) // once more, of a session that is over
		if len(w.ada.actions()) != n {
			t.Errorf("%s: what was over is audited again", name)
		}
		w.bob.Get(me).Status(200)
	}
	p := w.signInBody("bob@acme.example")
	for _, text := range []string{"x", "cfr_x", p.bearer + "x", flip(p.refreshToken, 40), s.bearer, w.signed(&person{id: w.oleg.id, account: p.account, role: "owner"}, p.session),
		w.signed(&person{id: p.id, account: w.oleg.account, role: "member"}, p.session)} {
		revoke(text)
	}
	w.clock.pass(5 * minute)
	revoke(p.bearer) // expired
	p.refresh(obj{"refresh_token": p.refreshToken}).Status(200)
	w.oleg.refresh(nil).Status(200)
}

// TestOAuthClients: who may ask, and what the others are told.
func TestOAuthClients(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, op := range oauthOperations {
		s, other := w.service(op.scope), w.service(curfew.ScopeRevocationsRead, curfew.ScopeOperator)
		ask := func(c *client) *answer { return c.Post(op.path, form{"token": {w.bob.bearer + "x"}}) }
		basic := func(id, secret string) *client {
			text := url.QueryEscape(id) + ":" + url.QueryEscape(secret)
			return w.program().with("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(text)))
		}
		ask(s).Status(200)
		ask(basic("a service", s.bearer)).Status(200)
		ask(basic(w.keyID(s.bearer), s.bearer)).Status(200)
		ask(s.as("").with("Authorization", "bearer "+s.bearer)).Status(200)

		ask(w.program()).Problem(401, "unauthenticated").Has(`"error":"invalid_client"`).Is("WWW-Authenticate", "Bearer | "+basicChallenge)
		for _, credential := range []string{"Bearer", "Bearer x", "Bearer a b", "Digest x", s.bearer, "Bearer " + flip(s.bearer, 20), "Bearer " + w.ada.bearer} {
			ask(w.program().with("Authorization", credential)).Problem(401, "invalid-token").Has(`"error":"invalid_token"`).
				Is("WWW-Authenticate", `Bearer error="invalid_token"`)
		}
		for _, c := range []*client{
			basic("another", s.bearer), basic("a service", other.bearer[:20]), basic("a service", flip(s.bearer, 20)), basic("", s.bearer), basic("a service", ""),
			basic(w.keyID(other.bearer), s.bearer), basic(s.bearer, ""), basic("A service", s.bearer), basic("a service", w.ada.bearer),
			w.program().with("Authorization", "Basic"), w.program().with("Authorization", "Basic !!"), w.program().with("Authorization", "Basic YQ=="),
			w.program().with("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("a%zz:"+s.bearer))),
		} {
			ask(c).Problem(401, "invalid-token").Has(`"error":"invalid_client"`).Is("WWW-Authenticate", basicChallenge)
		}
		ask(other).Problem(403, "wrong-scope").Equal(map[string]any{"error": "insufficient_scope", "scope": string(op.scope)}).
			Is("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+string(op.scope)+`"`)
		ask(basic("a service", other.bearer)).Problem(403, "wrong-scope").Equal(map[string]any{"error": "insufficient_scope", "scope": string(op.scope)}).
			Is("WWW-Authenticate", "")

		r, err := http.NewRequest("POST", w.url+op.path, nil)
		must(t, err)
		r.Header["Authorization"] = []string{"Basic " + base64.StdEncoding.EncodeToString([]byte("a service:"+s.bearer)), "Bearer " + s.bearer}
		w.program().do(r, form{"token": {"x"}}).Problem(401, "invalid-token")
		s.with("Origin", "https://evil.example").with("Sec-Fetch-Site", "cross-site").Post(op.path, form{"token": {"x"}}).
			Problem(403, "cross-origin").Has(`"error":"access_denied"`)
	}
}

// keyID is the id of a service key.
func (w *world) keyID(text string) string {
	w.t.Helper()
	keys, err := w.auth.ServiceKeys(w.t.Context())
	must(w.t, err)
	for _, key := range keys {
		body, err := base64.RawURLEncoding.DecodeString(text[4 : len(text)-6])
		must(w.t, err)
		if key.ID == curfew.ID(body[:16]) {
			return key.ID.String()
		}
	}
	w.t.Fatal("no such key")
	return ""
}

// TestOAuthForms: what is no proper form is refused, by whom it may come from.
func TestOAuthForms(t *testing.T) {
	t.Parallel()
	w := start(t)
	p := w.signInBody("bob@acme.example")
	for _, op := range oauthOperations {
		s := w.service(op.scope)
		for _, tt := range []struct {
			name, media, body string
			status            int
			problem           string
		}{
			{"nothing", "application/x-www-form-urlencoded", "", 400, "invalid-request"},
			{"no token", "application/x-www-form-urlencoded", "token_type_hint=access_token", 400, "invalid-request"},
			{"an empty token", "application/x-www-form-urlencoded", "token=", 400, "invalid-request"},
			{"another case", "application/x-www-form-urlencoded", "Token=x", 400, "invalid-request"},
			{"the token twice", "application/x-www-form-urlencoded", "token=x&token=x", 400, "invalid-request"},
			{"a hint twice", "application/x-www-form-urlencoded", "token=x&token_type_hint=a&token_type_hint=b", 400, "invalid-request"},
			{"an unknown one twice", "application/x-www-form-urlencoded", "token=x&a=&a=", 400, "invalid-request"},
			{"a broken escape", "application/x-www-form-urlencoded", "token=%zz", 400, "invalid-request"},
			{"a semicolon", "application/x-www-form-urlencoded", "token=x;a=b", 400, "invalid-request"},
			{"a secret beside the header", "application/x-www-form-urlencoded", "token=x&client_id=a&client_secret=b", 400, "invalid-request"},
			{"an assertion", "application/x-www-form-urlencoded", "token=x&client_assertion=b", 400, "invalid-request"},
			{"JSON", "application/json", `{"token":"x"}`, 415, "unsupported-media-type"},
			{"a form in JSON's name", "application/json", `token=x`, 415, "unsupported-media-type"},
			{"multipart", "multipart/form-data; boundary=x", "--x--", 415, "unsupported-media-type"},
			{"text", "text/plain", "token=x", 415, "unsupported-media-type"},
			{"no type", "-", "token=x", 415, "unsupported-media-type"},
			{"too large", "application/x-www-form-urlencoded", "token=" + strings.Repeat("x", 64<<10), 413, "too-large"},
		} {
			a := s.with("Content-Type", tt.media).Post(op.path, raw(tt.body)).Problem(tt.status, tt.problem).Has(`"error":"invalid_request"`)
			if tt.status == 415 {
				a.Is("Accept", "application/x-www-form-urlencoded")
			}
		}
		s.with("Content-Encoding", "gzip").Post(op.path, form{"token": {"x"}}).Problem(415, "unsupported-media-type")
		s.with("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8").Post(op.path, form{"token": {"x"}}).Status(200)
		s.Post(op.path, form{"token": {"x"}, "client_id": {"me"}, "callback": {"f"}}).Status(200).Lacks("f(")
		for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE"} {
			a := s.send(method, op.path+"?token="+p.bearer, nil).Status(405).Is("Allow", "POST")
			if method != "HEAD" {
				a.Problem(405, "method-not-allowed")
			}
		}
		s.Post(op.path+"?token="+p.bearer, form{"token_type_hint": {"x"}}).Problem(400, "invalid-request") // never from the address
		w.program().with("Content-Type", "text/plain").Post(op.path, raw("x")).Problem(401, "unauthenticated")
		s.Post(op.path+"/", form{"token": {"x"}}).Problem(404, "not-found")
	}
	p.Get(me).Status(200)
}

// TestOAuthStoreDown: what the store cannot confirm is not answered.
func TestOAuthStoreDown(t *testing.T) {
	t.Parallel()
	w := start(t)
	s := w.service(curfew.ScopeTokensIntrospect, curfew.ScopeSessionsWrite)
	p := w.signInBody("bob@acme.example")
	w.breaks(everything)
	for _, token := range []string{p.bearer, p.refreshToken} {
		for _, op := range oauthOperations {
			s.Post(op.path, form{"token": {token}}).Problem(503, "unavailable").Has(`"error":"temporarily_unavailable"`).Lacks("canary", "disk")
		}
	}
	w.breaks(nil)
	s.worth(p.bearer).Worth(accessClaims)
	p.refresh(obj{"refresh_token": p.refreshToken}).Status(200)
}
