package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
)

func TestSecretsStaySecret(t *testing.T) {
	for _, name := range []string{"secret", "secret-previous"} {
		_, err := parse([]string{"serve", "--" + name + "=" + secretA}, nil)
		want := "--" + name + ": a secret does not go on the command line, where other users of the machine can read it: put it in CURFEW_" +
			strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}

	cmd, err := parse([]string{"serve"}, []string{"CURFEW_SECRET=" + secretA, "CURFEW_SECRET_PREVIOUS=" + secretB})
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := cmd.Serve.Config()
	if err != nil {
		t.Fatal(err)
	}
	if string(cfg.SecretText) != secretA || string(cfg.SecretPrevious) != secretB {
		t.Fatal("the secrets did not arrive")
	}
	var shown strings.Builder
	for _, v := range []any{cfg, &cfg, cfg.Store, cfg.SecretText, cmd.Serve, cmd.Serve.Secret, cmd} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			fmt.Fprintf(&shown, verb, v)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		shown.Write(text)
		slog.New(slog.NewTextHandler(&shown, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "v", v)
	}
	for _, leak := range []string{secretA, secretB, fmt.Sprintf("%x", secretA), fmt.Sprintf("%x", secretB)} {
		if strings.Contains(shown.String(), leak) {
			t.Errorf("%q is shown in %s", leak, shown.String())
		}
	}
	if !strings.Contains(shown.String(), "[secret]") {
		t.Error("nothing stands in the secret's place")
	}
}

// No sentence of refusal holds what may be secret in a setting.
func TestRefusalsHoldNoSecret(t *testing.T) {
	for _, entry := range []string{
		"CURFEW_SECRET=hunter2", "CURFEW_SECRET_PREVIOUS=hunter2", "CURFEW_DATABASE_URL=x://a:hunter2@b",
		"CURFEW_PUBLIC_URL=https://a:hunter2@b", "CURFEW_SMTP_URL=smtp://a:hunter2@b",
	} {
		if _, err := serve(nil, []string{entry}); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", entry, err)
		}
	}
}

// Where the data is, is said without the password, in whatever form it came.
func TestDatabaseURL(t *testing.T) {
	for url, shown := range map[string]string{
		"postgres://db":                                              "postgres://db",
		"postgresql://ada@db/curfew":                                 "postgresql://ada@db/curfew",
		"postgres://ada:hunter2@db:5432/curfew":                      "postgres://ada@db:5432/curfew",
		"postgres://ada:hun@ter2@a:1,b:2/curfew?sslmode=verify-full": "postgres://ada@a:1,b:2/curfew",
		"postgres://ada:hun?ter2@db/curfew":                          "postgres://ada@db/curfew",
		"postgres://ada:hun#ter2@db/curfew?user=b@c":                 "postgres://ada@db/curfew",
		"postgres://ada:hun/ter2@db/curfew":                          "postgres://db/curfew",
		"postgres://db/curfew?password=h@hunter2":                    "postgres://db/curfew",
		"postgres:///curfew?sslpassword=hunter2":                     "postgres:///curfew",
		"postgres:///curfew?password=hunter2&host=/run/postgresql":   "postgres:///curfew",
		"postgres://db/curfew?user=ada&password=hunter2#x":           "postgres://db/curfew",
	} {
		c := mustServe(t, nil, []string{"CURFEW_DATABASE_URL=" + url})
		if flag := c.DatabaseFlag(); strings.Contains(flag, "ter2") || flag != "" && flag != url {
			t.Errorf("%s goes on a command line as %s", url, flag)
		}
		if string(c.DatabaseURL) != url || c.DatabasePath != "" || c.Database() != shown {
			t.Errorf("%s is shown as %s, want %s", url, c.Database(), shown)
		}
		if !strings.Contains(url, "ter2") {
			mustServe(t, []string{"--database-url", url}, nil)
			continue
		}
		refused(t, []string{"--database-url", url}, nil, "a password does not go on the command line, where other users of the machine can read it: put the URL in CURFEW_DATABASE_URL, or the password in a file that PGPASSFILE names")
		path := file(t, fmt.Sprintf(`{"database_url": %q}`, url))
		mustServe(t, []string{"--config", path}, nil)
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
		refused(t, []string{"--config", path}, nil, "the settings file "+path+" holds a secret and may be read by others: chmod 600 it")
	}
}

// A settings file that holds a secret is kept as the secret's own file is.
func TestSecretInAFileThatOthersRead(t *testing.T) {
	path := file(t, `{"secret": "0123456789abcdef0123456789abcdef"}`)
	mustServe(t, []string{"--config", path}, nil)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := serve([]string{"--config", path}, nil)
	if want := "the settings file " + path + " holds a secret and may be read by others: chmod 600 it"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	open := file(t, `{"password_min": 20}`)
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	mustServe(t, []string{"--config", open}, nil)
}
