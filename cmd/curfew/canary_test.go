package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// No secret that passes through Curfew stays anywhere in a usable form: not in
// the log, not in the database, not in the audit log, a list or a metric
// (invariant I8; ASVS 16.2.5).
func TestCanaries(t *testing.T) {
	dir := t.TempDir()
	log, err := os.CreateTemp(dir, "log")
	check(t, err)
	defer log.Close()
	admin := freeAddr()
	server, err := startProcess(dir, log, nil, "serve", "--throttle=off", "--addr=127.0.0.1:0", "--admin-addr="+admin)
	check(t, err)
	t.Cleanup(server.kill)
	a := newAPI(server.url)

	secrets := map[string][]byte{}
	canary := func(name, text string) string { secrets[name] = []byte(text); return text }
	keep := func(name string, got tokens) tokens {
		canary("access token of "+name, got.AccessToken)
		canary("signature of "+name, got.AccessToken[strings.LastIndexByte(got.AccessToken, '.')+1:])
		canary("refresh token of "+name, got.RefreshToken)
		raw, err := base64.RawURLEncoding.DecodeString(got.RefreshToken[len("cfr_"):][:92]) // 69 of its 70 bytes
		check(t, err)
		secrets["raw secret of "+name] = raw[38:54]
		canary("secret of "+name+" in hexadecimal", hex.EncodeToString(raw[38:54]))
		return got
	}

	// What people do.
	password := canary("password", "canary-password-of-the-owner")
	check(t, a.signUp("Acme", "ada@acme.example", password))
	first, err := a.signIn("ada@acme.example", password)
	check(t, err)
	keep("sign-in", first)
	var refreshed tokens
	check(t, a.must(200, "POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": first.RefreshToken,
		"attempt": canary("attempt", "canary-attempt-0123456789")}, &refreshed))
	keep("refresh", refreshed)
	owner := refreshed.AccessToken
	var invite struct {
		URL string `json:"invite_url"`
	}
	check(t, a.must(201, "POST", "/api/v1/accounts/me/invites", owner, map[string]string{"email": "bob@acme.example", "role": "member"}, &invite))
	_, link, _ := strings.Cut(invite.URL, "token=")
	check(t, a.must(201, "POST", "/api/v1/auth/accept-invite", "", map[string]string{"token": canary("invitation", link), "name": "Bob",
		"password": canary("password of the invited", "canary-password-of-bob")}, nil))
	next := canary("new password", "canary-password-number-two")
	check(t, a.must(204, "POST", "/api/v1/users/me/password", owner, map[string]string{"current_password": password, "new_password": next}, nil))

	// What goes wrong, with secrets in places where they do not belong.
	for _, wrong := range []struct {
		method, path, bearer, body string
	}{
		{"POST", "/api/v1/auth/login", "", `{"email":"ada@acme.example","password":"` + canary("wrong password", "canary-wrong-password") + `"}`},
		{"POST", "/api/v1/auth/login", "", `{"email":"` + canary("password as email", "canary-typed-as-email") + `","password":"x"}`},
		{"POST", "/api/v1/auth/login", "", `{"email":"ada@acme.example","passwort":"` + password + `"}`},
		{"POST", "/api/v1/auth/login", "", `{"email":"ada@acme.example","password":"` + password + `"`},
		{"POST", "/api/v1/auth/login", "", `["` + password + `"]`},
		{"POST", "/api/v1/auth/refresh", "", `{"refreshToken":"` + refreshed.RefreshToken + `"}`},
		{"POST", "/api/v1/auth/refresh", "", `{"refresh_token":"` + refreshed.RefreshToken[1:] + `"}`},
		{"POST", "/api/v1/auth/refresh", "", `{"refresh_token":"` + first.RefreshToken + `","attempt":"canary-attempt-other-one"}`}, // reuse
		{"GET", "/api/v1/auth/session?access_token=" + owner, "", ""},
		{"GET", "/api/v1/" + refreshed.RefreshToken, "", ""},
		{"GET", "/" + refreshed.RefreshToken, "", ""},
		{"DELETE", "/api/v1/accounts/me/sessions/" + refreshed.RefreshToken, owner, ""},
		{"GET", "/api/v1/users/me", owner + " " + refreshed.RefreshToken, ""},
		{"GET", "/api/v1/users/me", refreshed.RefreshToken, ""},
	} {
		request, err := http.NewRequest(wrong.method, server.url+wrong.path, strings.NewReader(wrong.body))
		check(t, err)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-Request-Id", canary("request id that is none", "canary request id"))
		if wrong.bearer != "" {
			request.Header.Set("Authorization", "Bearer "+wrong.bearer)
		}
		response, err := a.http.Do(request)
		check(t, err)
		check(t, response.Body.Close())
		if response.StatusCode < 400 || response.StatusCode >= 500 {
			t.Errorf("%s %s: status %d", wrong.method, wrong.path, response.StatusCode)
		}
	}

	// What the operator does, beside the server.
	run := func(stdin string, args ...string) []byte {
		t.Helper()
		cmd := exec.Command("curfew", append(args, "--data-dir", dir+"/curfew-data")...)
		cmd.Env = append(os.Environ(), gorace)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return out
	}
	run(canary("password by the operator", "canary-password-by-operator")+"\n", "user", "set-password", "--email=ada@acme.example", "--password-stdin")
	drawn := run("", "user", "set-password", "--email=bob@acme.example", "--generate-password")
	_, password, _ = strings.Cut(strings.TrimSpace(string(drawn)), "Password: ")
	canary("password that was drawn", password)
	for _, args := range [][]string{{"create", "--name=orders", "--scope=operator"}, {"rotate"}} {
		if args[0] == "rotate" {
			id := regexp.MustCompile(`"id":"([^"]+)"`).FindSubmatch(run("", "service-keys", "list", "--json"))
			args = append(args, string(id[1]))
		}
		made := run("", append([]string{"service-keys"}, args...)...)
		_, key, _ := strings.Cut(strings.TrimSpace(string(made)), "Key: ")
		canary("service key of "+args[0], key)
		raw, err := base64.RawURLEncoding.DecodeString(key[len("cfk_"):][:64])
		check(t, err)
		secrets["raw secret of the service key of "+args[0]] = raw[16:]
		_, _, err = a.call("GET", "/api/v1/users/me", key, nil, nil)
		check(t, err)
	}
	secret, err := os.ReadFile(dir + "/curfew-data/secret")
	check(t, err)
	canary("secret", strings.TrimSpace(string(secret)))

	places := map[string][]byte{
		"sessions":           run("", "session", "list", "--account=Acme", "--status=all", "--json"),
		"people":             run("", "user", "list", "--json"),
		"service keys":       run("", "service-keys", "list", "--json"),
		"signing keys":       run("", "signing-keys", "list", "--json"),
		"audit log":          run("", "audit", "export"),
		"audit log as CSV":   run("", "audit", "export", "--format=csv"),
		"audit verification": run("", "audit", "verify", "--json"),
	}
	run("", "backup", "--to="+dir+"/backup.db")
	operator := newAPI("http://" + admin)
	for _, path := range []string{"/metrics", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=2"} {
		_, body, err := operator.call("GET", path, "", nil, nil)
		check(t, err)
		places[path] = []byte(body)
	}
	check(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "secret" {
			return err
		}
		places[entry.Name()], err = os.ReadFile(path) // the log, the database and what SQLite keeps beside it
		return err
	}))
	for name, secret := range secrets {
		for place, content := range places {
			if bytes.Contains(content, secret) {
				t.Errorf("%s is in: %s", name, place)
			}
		}
	}

	// A search that finds nothing at all would prove nothing.
	for _, place := range []string{"curfew.db-wal", "backup.db", "audit log", "audit log as CSV", "people"} {
		if !bytes.Contains(places[place], []byte("ada@acme.example")) {
			t.Errorf("even the email address is not in: %s", place)
		}
	}
	if len(places["curfew.db"]) == 0 || !strings.Contains(logOf(t, log), "/api/v1/auth/login") {
		t.Error("the database or the log is empty")
	}
}
