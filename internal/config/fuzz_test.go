package config_test

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/config"
)

// Whatever a settings file holds, it is refused with one line, or gives a
// configuration that a server can run on.
func FuzzSettingsFile(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `[]`, `{"addr": "127.0.0.1:0"}`, `{"addr": ":80", "public_url": "https://x.example/"}`,
		`{"addr": "[::1]:80", "admin_addr": ""}`, `{"addr": 1, "addr": 2}`, `{"public_url": "http://localhost:80"}`,
		`{"session_idle_minutes_min": 1, "session_idle_minutes_default": "60", "session_idle_minutes_max": 90}`,
		`{"session_absolute_minutes_min": 1, "session_absolute_minutes_max": 99999, "session_absolute_minutes_default": 20000}`,
		`{"throttle": false, "refresh_grace": 0, "access_token_ttl": "90s", "password_min": 8, "signing_alg": "RS256"}`,
		`{"allowed_origins": ["https://a.example", "http://[::1]:81"], "trusted_proxies": ["10.0.0.0/8", "::1"]}`,
		`{"secret": "` + secretA + `", "secret_previous": "` + secretB + `", "database_url": "sqlite:///x", "signup": "open"}`,
		`{"smtp_url": "smtp://u:p@mail.example.com", "mail_from": "Curfew <no-reply@example.com>"}`,
		`{"smtp_url": "file:///tmp", "mail_from": "a@b"}`,
		`{"data_dir": "d", "secret_file": "s", "audience": "api", "policy_reason": "required", "config": "x"}`,
	} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "curfew.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := serve([]string{"--config", path}, nil)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		sound(t, c.WithListenAddr("127.0.0.1:4567"))
	})
}

// sound holds what the rest of the program relies on.
func sound(t *testing.T, c config.Config) {
	must := func(ok bool, what string) {
		if !ok {
			t.Errorf("%s: %+v", what, c)
		}
	}
	u, err := url.Parse(c.PublicURL)
	must(err == nil && u.Host != "" && u.User == nil && u.Path == "" && u.Scheme+"://"+u.Host == c.PublicURL, "public URL")
	must(c.SecureCookies() == (u.Scheme == "https"), "secure cookies")
	local := u.Hostname() == "localhost" || u.Hostname() == "::1" || strings.HasPrefix(u.Hostname(), "127.")
	must(local || u.Scheme == "https", "https")
	must(local || c.Throttle && c.Signup != config.SignupFirst, "strict when reachable")
	must(c.Addr != "" && c.Audience != "" && c.DataDir != "" && c.DatabasePath != "", "filled in")
	must((c.SecretText == "") != (c.SecretFile == ""), "one secret")
	must(c.SecretText == "" || len(c.SecretText) >= 32, "long secret")
	for _, m := range []config.Minutes{c.IdleMinutes, c.AbsoluteMinutes} {
		must(1 <= m.Min && m.Min <= m.Default && m.Default <= m.Max, "bounds")
		must(time.Duration(m.Max)*time.Minute > 0, "no overflow")
	}
	must(c.IdleMinutes.Default <= c.AbsoluteMinutes.Default && c.IdleMinutes.Min <= c.AbsoluteMinutes.Max, "idle within absolute")
	must(time.Minute <= c.AccessTokenTTL && c.AccessTokenTTL <= 15*time.Minute && c.AccessTokenTTL%time.Second == 0, "access token")
	must(0 <= c.RefreshGrace && c.RefreshGrace <= time.Minute, "grace")
	must(8 <= c.PasswordMin && c.PasswordMin <= 128, "password")
	m := c.Mail
	must(m.Enabled() == (m.Folder != "" || m.Host != ""), "mail goes somewhere or nowhere")
	must(!m.Enabled() || strings.Contains(m.From, "@") && !strings.ContainsAny(m.From, "\r\n"), "a sender")
	must((m.Host == "") == (m.Port == 0) && (m.User == "") == (m.Password == ""), "a whole mail server")
	for _, o := range c.AllowedOrigins {
		u, err := url.Parse(o)
		must(err == nil && u.Scheme+"://"+u.Host == o && u.Host != "" && !strings.Contains(o, "*"), "origin "+o)
	}
	for _, p := range append(slices.Clip(c.TrustedProxies), c.WebhookAllow...) {
		must(p.IsValid() && p == p.Masked(), "range")
	}
}
