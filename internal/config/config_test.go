package config_test

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/curfew-auth/curfew/internal/config"
)

const (
	secretA = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	secretB = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
)

// commands is a command line as the real one embeds the settings.
type commands struct {
	Serve struct{ config.Settings } `cmd:""`
	User  struct {
		List struct {
			config.StoreSettings
			Audience string // a flag of the command, with the name of a setting
		} `cmd:""`
	} `cmd:""`
}

func parse(args, environ []string) (*commands, error) {
	var c commands
	parser, err := kong.New(&c, config.Environ(environ), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		return nil, err
	}
	_, err = parser.Parse(args)
	return &c, err
}

// serve loads the settings of `curfew serve`.
func serve(args, environ []string) (config.Config, error) {
	c, err := parse(append([]string{"serve"}, args...), environ)
	if err != nil {
		return config.Config{}, err
	}
	return c.Serve.Config()
}

func mustServe(t *testing.T, args, environ []string) config.Config {
	t.Helper()
	c, err := serve(args, environ)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// file writes a settings file and gives its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "curfew.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	got := mustServe(t, nil, []string{"HOME=/root", "CURFEW_TEST_X=1", "curfew_addr=x"})
	want := config.Config{
		Store: config.Store{DataDir: "./curfew-data", DatabasePath: "curfew-data/curfew.db",
			DatabaseMaxConns: 16, DatabaseStatementTimeout: 10 * time.Second,
			SecretFile: "curfew-data/secret", MakeSecret: true},
		Addr: "127.0.0.1:8080", AdminAddr: "127.0.0.1:9090",
		PublicURL: "http://127.0.0.1:8080", Audience: "http://127.0.0.1:8080",
		Signup:          config.SignupFirst,
		IdleMinutes:     config.Minutes{Min: 15, Max: 43200, Default: 10080},
		AbsoluteMinutes: config.Minutes{Min: 60, Max: 129600, Default: 20160},
		AccessTokenTTL:  5 * time.Minute, RefreshGrace: 30 * time.Second, SigningAlg: "EdDSA",
		SessionRetention: 30 * 24 * time.Hour, AuditRetention: 400 * 24 * time.Hour,
		PasswordMin: 15, Throttle: true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestPrecedence(t *testing.T) {
	path := file(t, `{"password_min": 9, "session_idle_minutes_min": "20", "throttle": false, "trusted_proxies": ["10.0.0.0/8"]}`)
	config1 := "CURFEW_CONFIG=" + path
	for _, tt := range []struct {
		name    string
		args    []string
		environ []string
		want    int // PasswordMin
	}{
		{"default", nil, nil, 15},
		{"file by flag", []string{"--config", path}, nil, 9},
		{"file by environment", nil, []string{config1}, 9},
		{"environment", nil, []string{"CURFEW_PASSWORD_MIN=10"}, 10},
		{"environment before file", nil, []string{config1, "CURFEW_PASSWORD_MIN=10"}, 10},
		{"first of two in the environment", nil, []string{"CURFEW_PASSWORD_MIN=10", "CURFEW_PASSWORD_MIN=12"}, 10},
		{"flag", []string{"--password-min=11"}, nil, 11},
		{"flag before environment", []string{"--password-min=11"}, []string{"CURFEW_PASSWORD_MIN=10"}, 11},
		{"flag before file", []string{"--password-min=11"}, []string{config1}, 11},
		{"flag before both", []string{"--password-min=11"}, []string{config1, "CURFEW_PASSWORD_MIN=10"}, 11},
		{"flag with the default's text before both", []string{"--password-min=15"}, []string{config1, "CURFEW_PASSWORD_MIN=10"}, 15},
		{"flag for the file before the environment's", []string{"--config", path}, []string{"CURFEW_CONFIG=/nowhere"}, 9},
		{"a wrong one that does not count", []string{"--password-min=11"}, []string{"CURFEW_PASSWORD_MIN=x"}, 11},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustServe(t, tt.args, tt.environ).PasswordMin; got != tt.want {
				t.Errorf("PasswordMin = %d, want %d", got, tt.want)
			}
		})
	}

	got := mustServe(t, nil, []string{config1, "CURFEW_TRUSTED_PROXIES="})
	if got.IdleMinutes.Min != 20 || got.Throttle || got.TrustedProxies != nil {
		t.Errorf("from the file: %d, %v; emptied by the environment: %v", got.IdleMinutes.Min, got.Throttle, got.TrustedProxies)
	}
}

func TestValues(t *testing.T) {
	remote := []string{"--addr=:8080", "--public-url=https://Sessions.Example.com:443/"}
	for _, tt := range []struct {
		args []string
		get  func(config.Config) any
		want any
	}{
		{remote, func(c config.Config) any { return []any{c.Addr, c.PublicURL, c.Audience, c.Signup, c.SecureCookies()} },
			[]any{":8080", "https://sessions.example.com", "https://sessions.example.com", "closed", true}},
		{append(remote, "--signup=open", "--audience=api"), func(c config.Config) any { return []any{c.Signup, c.Audience} }, []any{"open", "api"}},
		{[]string{"--session-retention-days=0", "--audit-retention-days=36500"}, func(c config.Config) any { return []any{c.SessionRetention, c.AuditRetention} },
			[]any{time.Duration(0), 36500 * 24 * time.Hour}},
		{[]string{"--addr=LOCALHOST:80"}, func(c config.Config) any { return []any{c.Addr, c.PublicURL, c.SecureCookies()} },
			[]any{"localhost:80", "http://localhost", false}},
		{[]string{"--addr=[0:0::1]:08080"}, func(c config.Config) any { return []any{c.Addr, c.PublicURL} }, []any{"[::1]:8080", "http://[::1]:8080"}},
		{[]string{"--public-url=https://sessions.example.com:8443"}, func(c config.Config) any { return c.PublicURL }, "https://sessions.example.com:8443"},
		{[]string{"--public-url=http://[::1]:3000/"}, func(c config.Config) any { return c.PublicURL }, "http://[::1]:3000"},
		{[]string{"--public-url=https://localhost"}, func(c config.Config) any { return []any{c.Signup, c.SecureCookies()} }, []any{"first", true}},
		{[]string{"--admin-addr="}, func(c config.Config) any { return c.AdminAddr }, ""},
		{[]string{"--addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0"}, func(c config.Config) any { return []any{c.Addr, c.PublicURL, c.Audience} },
			[]any{"127.0.0.1:0", "", ""}},
		{[]string{"--database-url=sqlite://"}, func(c config.Config) any { return c.DatabasePath }, "curfew-data/curfew.db"},
		{[]string{"--database-url=sqlite:///a/b.db", "--data-dir=/d"}, func(c config.Config) any { return []any{c.DatabasePath, c.SecretFile, c.MakeSecret} },
			[]any{"/a/b.db", "/d/secret", true}},
		{[]string{"--database-url=sqlite://b.db"}, func(c config.Config) any { return c.DatabasePath }, "b.db"},
		{[]string{"--secret-file=/s"}, func(c config.Config) any { return []any{c.SecretFile, c.MakeSecret} }, []any{"/s", false}},
		{[]string{"--policy-reason=required"}, func(c config.Config) any { return c.PolicyReasonRequired }, true},
		{[]string{"--refresh-grace=0"}, func(c config.Config) any { return c.RefreshGrace }, time.Duration(0)},
		{[]string{"--refresh-grace=60s", "--access-token-ttl=15m"}, func(c config.Config) any { return c.RefreshGrace + c.AccessTokenTTL }, 16 * time.Minute},
		{[]string{"--database-batch=off"}, func(c config.Config) any { return c.DatabaseNoBatch }, true},
		{[]string{"--throttle=off", "--signing-alg=ES256"}, func(c config.Config) any { return []any{c.Throttle, c.SigningAlg} }, []any{false, "ES256"}},
		{[]string{"--allowed-origins=https://a.example, http://b:81", "--allowed-origins=https://[::1]"}, func(c config.Config) any { return c.AllowedOrigins },
			[]string{"https://a.example", "http://b:81", "https://[::1]"}},
		{[]string{"--return-urls=https://app.example.com/settings?a=b, http://127.0.0.1:3000/"}, func(c config.Config) any { return c.ReturnURLs },
			[]string{"https://app.example.com/settings?a=b", "http://127.0.0.1:3000/"}},
		{[]string{"--webhook-allow=10.0.0.0/8,127.0.0.1"}, func(c config.Config) any { return c.WebhookAllow },
			[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32")}},
		{[]string{"--trusted-proxies=10.0.0.0/8,192.0.2.1,::1"}, func(c config.Config) any { return c.TrustedProxies },
			[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("::1/128")}},
		{[]string{"--session-idle-minutes-min=1", "--session-idle-minutes-max=1", "--session-idle-minutes-default=1",
			"--session-absolute-minutes-min=1", "--session-absolute-minutes-max=1", "--session-absolute-minutes-default=1"},
			func(c config.Config) any { return []config.Minutes{c.IdleMinutes, c.AbsoluteMinutes} }, []config.Minutes{{1, 1, 1}, {1, 1, 1}}},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			if got := tt.get(mustServe(t, tt.args, nil)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestWithListenAddr(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--addr=127.0.0.1:0", "127.0.0.1:4567 http://127.0.0.1:4567 http://127.0.0.1:4567"},
		{"--addr=localhost:0", "localhost:4567 http://localhost:4567 http://localhost:4567"},
		{"--addr=localhost:0 --audience=api", "localhost:4567 http://localhost:4567 api"},
		{"--addr=:0 --public-url=https://x.example", ":4567 https://x.example https://x.example"},
	} {
		c := mustServe(t, strings.Fields(tt.args), nil).WithListenAddr("127.0.0.1:4567")
		if got := c.Addr + " " + c.PublicURL + " " + c.Audience; got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.args, got, tt.want)
		}
	}
}

func TestSettingsFile(t *testing.T) {
	for _, tt := range []struct{ text, want string }{ // %s is the path
		{"", "the settings file %s is not valid JSON: correct line 1"},
		{"{\n\"addr\": \"x\",\n}", "the settings file %s is not valid JSON: correct line 2"},
		{"{} {}", "the settings file %s is not valid JSON: correct line 1"},
		{"{}\n\nx", "the settings file %s is not valid JSON: correct line 3"},
		{"{\"audience\": \"\xff\"}", "the settings file %s is not valid JSON: correct line 1"},
		{"\ufeff{}", "the settings file %s is not valid JSON: correct line 1"},
		{`[]`, `the settings file %s must be one JSON object, such as {"addr": "127.0.0.1:8080"}`},
		{`null`, `the settings file %s must be one JSON object, such as {"addr": "127.0.0.1:8080"}`},
		{`"addr"`, `the settings file %s must be one JSON object, such as {"addr": "127.0.0.1:8080"}`},
		{`{"addr": "a", "addr": "b"}`, `the settings file %s has "addr" twice: keep one of them`},
		{`{"addr": "a", "\u0061ddr": "b"}`, `the settings file %s has "addr" twice: keep one of them`},
		{`{"adr": "a"}`, `the settings file %s has the unknown key "adr": did you mean "addr"?`},
		{`{"Addr": "a"}`, `the settings file %s has the unknown key "Addr": did you mean "addr"?`},
		{`{"CURFEW_DATA_DIR": "a"}`, `the settings file %s has the unknown key "CURFEW_DATA_DIR": did you mean "data_dir"?`},
		{`{"password-min": 9}`, `the settings file %s has the unknown key "password-min": did you mean "password_min"?`},
		{`{"--password-min": 9}`, `the settings file %s has the unknown key "--password-min": did you mean "password_min"?`},
		{`{"confg": ""}`, `the settings file %s has the unknown key "confg": remove it, or look for its name in curfew serve --help`},
		{`{"relay_url": "smtp://user:hunter2@x"}`, `the settings file %s has the unknown key "relay_url": remove it, or look for its name in curfew serve --help`},
		{`{"config": "/x"}`, `the settings file %s has the key "config", but one file cannot name another: remove it`},
		{`{"addr": 8080}`, `addr in %s must be a string`},
		{`{"addr": true}`, `addr in %s must be a string`},
		{`{"addr": null}`, `addr in %s must be a string`},
		{`{"secret": {"x": "hunter2"}}`, `secret in %s must be a string`},
		{`{"secret": "hunter2"}`, "secret in %s must be at least 32 bytes long: make one with `openssl rand -base64 32`"},
		{`{"password_min": true}`, `password_min in %s must be a number or a string`},
		{`{"password_min": [15]}`, `password_min in %s must be a number or a string`},
		{`{"password_min": 1e1}`, `password_min in %s must be a whole number from 8 to 128, not "1e1"`},
		{`{"throttle": 1}`, `throttle in %s must be true, false, or a string`},
		{`{"allowed_origins": 1}`, `allowed_origins in %s must be an array of strings, or a string with commas`},
		{`{"allowed_origins": ["https://a.example", null]}`, `allowed_origins in %s must be an array of strings, or a string with commas`},
		{`{"allowed_origins": [["https://a.example"]]}`, `allowed_origins in %s must be an array of strings, or a string with commas`},
		{`{"data_dir": ""}`, `data_dir in %s is empty: give it a value, or leave it out`},
	} {
		t.Run(tt.text, func(t *testing.T) {
			path := file(t, tt.text)
			refused(t, []string{"--config", path}, nil, fmt.Sprintf(tt.want, path))
		})
	}

	path := file(t, `{"password_min": "8", "refresh_grace": 0, "throttle": false, "admin_addr": "", "secret": "`+secretA+`",
		"allowed_origins": "https://a.example,https://b.example", "trusted_proxies": []}`)
	c := mustServe(t, nil, []string{"CURFEW_CONFIG=" + path})
	if c.PasswordMin != 8 || c.RefreshGrace != 0 || c.Throttle || c.AdminAddr != "" || string(c.SecretText) != secretA ||
		c.SecretFile != "" || c.MakeSecret || len(c.AllowedOrigins) != 2 || c.TrustedProxies != nil {
		t.Errorf("got %+v", c)
	}
}

// Commands with data read the same settings, and only those of the store.
func TestStoreSettings(t *testing.T) {
	path := file(t, `{"data_dir": "/from/file", "audience": "from-file", "password_min": 7}`)
	c, err := parse([]string{"user", "list"}, []string{"CURFEW_CONFIG=" + path, "CURFEW_SECRET=" + secretA, "CURFEW_AUDIENCE=x"})
	if err != nil {
		t.Fatal(err)
	}
	list := &c.User.List
	got, err := list.Store()
	want := config.Store{DataDir: "/from/file", DatabasePath: "/from/file/curfew.db", SecretText: secretA,
		DatabaseMaxConns: 16, DatabaseStatementTimeout: 10 * time.Second}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if list.Audience != "" {
		t.Errorf("a flag that is no setting was set to %q", list.Audience)
	}
	if _, err := parse([]string{"user", "list", "--addr=x"}, nil); err == nil {
		t.Error("user list took --addr")
	}
	// The server's part of the same settings is judged by the server alone.
	if _, err := serve(nil, []string{"CURFEW_CONFIG=" + path}); err == nil {
		t.Error("serve took password_min 7")
	}
}
