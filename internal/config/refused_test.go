package config_test

import (
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/config"
)

// What is wrong stops the start with exactly these sentences.
func TestRefused(t *testing.T) {
	const addr = "CURFEW_ADDR must be a host and a port, such as 127.0.0.1:8080, not "
	const url = "CURFEW_PUBLIC_URL must be http:// or https://, a host and perhaps a port, and nothing more, such as https://sessions.example.com"
	const https = "CURFEW_PUBLIC_URL must begin with https:// unless its host and the listening address are both loopback: let TLS end at a proxy, or keep all on this machine"
	const db = "CURFEW_DATABASE_URL must be sqlite:// alone, or with the path of a file such as sqlite:///var/lib/curfew/curfew.db, or postgres://USER@HOST/DATABASE"
	const urls = "CURFEW_RETURN_URLS must hold whole https:// addresses, such as https://app.example.com/settings, without wildcards and fragments, not "
	const origins = "CURFEW_ALLOWED_ORIGINS must hold exact origins, such as https://app.example.com, without paths and wildcards, not "
	const ranges = "CURFEW_TRUSTED_PROXIES must hold addresses and ranges, such as 10.0.0.0/8 or ::1, not "
	for _, tt := range []struct{ environ, want string }{
		{"ADDR=8080", addr + `"8080"`},
		{"ADDR=127.0.0.1", addr + `"127.0.0.1"`},
		{"ADDR=127.0.0.1:http", addr + `"127.0.0.1:http"`},
		{"ADDR=127.0.0.1:65536", addr + `"127.0.0.1:65536"`},
		{"ADDR=127.0.0.1:", addr + `"127.0.0.1:"`},
		{"ADDR=127.1:80", addr + `"127.1:80"`},
		{"ADDR=a b:80", addr + `"a b:80"`},
		{"ADDR=::1:80", addr + `"::1:80"`},
		{"ADDR=", addr + `""`},
		{"ADDR=:8080", "CURFEW_ADDR is not a loopback address, so CURFEW_PUBLIC_URL is needed: set it to the https:// address that people will use"},
		{"ADDR=0.0.0.0:0", "CURFEW_ADDR is not a loopback address, so CURFEW_PUBLIC_URL is needed: set it to the https:// address that people will use"},
		{"ADMIN_ADDR=x", "CURFEW_ADMIN_ADDR must be a host and a port, such as 127.0.0.1:8080, not \"x\""},
		{"ADMIN_ADDR=127.0.0.1:8080", "CURFEW_ADDR and CURFEW_ADMIN_ADDR are the same address: give one of them another port"},
		{"PUBLIC_URL=", url},
		{"PUBLIC_URL=sessions.example.com", url},
		{"PUBLIC_URL=ftp://x.example", url},
		{"PUBLIC_URL=https://", url},
		{"PUBLIC_URL=https:///", url},
		{"PUBLIC_URL=https:x.example", url},
		{"PUBLIC_URL=https://x.example/curfew", url},
		{"PUBLIC_URL=https://x.example//", url},
		{"PUBLIC_URL=https://x.example?", url},
		{"PUBLIC_URL=https://x.example#", url},
		{"PUBLIC_URL=https://user:hunter2@x.example", url},
		{"PUBLIC_URL=https://@x.example", url},
		{"PUBLIC_URL=https://x.example:", url},
		{"PUBLIC_URL=https://x.example:0", url},
		{"PUBLIC_URL=https://x.example:70000", url},
		{"PUBLIC_URL=https://127.1", url},
		{"PUBLIC_URL=https://1.2.3.0x4", url},
		{"PUBLIC_URL=https://bücher.example", url},
		{"PUBLIC_URL=https://*.example", url},
		{"PUBLIC_URL=https://::1", url},
		{"PUBLIC_URL=https://[::1%25lo]", url},
		{"PUBLIC_URL=https://[::ffff:127.0.0.1]", url},
		{"PUBLIC_URL=http://x.example", https},
		{"ADDR=:8080 & PUBLIC_URL=http://localhost:8080", https},
		{"PUBLIC_URL=http://localhost.example", https},
		{"DATA_DIR=", "CURFEW_DATA_DIR is empty: give it a value, or leave it out"},
		{"DATABASE_URL=postgres:/db", db},
		{"DATABASE_BATCH=no", `CURFEW_DATABASE_BATCH must be on or off, not "no"`},
		{"DATABASE_MAX_CONNS=6", `CURFEW_DATABASE_MAX_CONNS must be a whole number from 7 to 1000, not "6"`},
		{"DATABASE_STATEMENT_TIMEOUT=0", `CURFEW_DATABASE_STATEMENT_TIMEOUT must be whole seconds from 1s to 10m, such as 10s, not "0"`},
		{"DATABASE_URL=mysql://user:hunter2@db", db},
		{"DATABASE_URL=sqlite", db},
		{"DATABASE_URL=sqlite://:memory:", db},
		{"DATABASE_URL=sqlite://x.db?mode=ro", db},
		{"DATABASE_URL=", "CURFEW_DATABASE_URL is empty: give it a value, or leave it out"},
		{"SECRET=hunter2", "CURFEW_SECRET must be at least 32 bytes long: make one with `openssl rand -base64 32`"},
		{"SECRET=", "CURFEW_SECRET must be at least 32 bytes long: make one with `openssl rand -base64 32`"},
		{"SECRET_PREVIOUS=hunter2", "CURFEW_SECRET_PREVIOUS must be at least 32 bytes long: make one with `openssl rand -base64 32`"},
		{"SECRET=" + secretA + "\n", "CURFEW_SECRET begins or ends with white space: remove it there"},
		{"SECRET_FILE=", "CURFEW_SECRET_FILE is empty: give it a value, or leave it out"},
		{"SECRET=" + secretA + " & SECRET_FILE=/s", "CURFEW_SECRET and CURFEW_SECRET_FILE are both set: keep one of them"},
		{"SIGNUP=maybe", `CURFEW_SIGNUP must be first, open or closed, not "maybe"`},
		{"SIGNUP=first & PUBLIC_URL=https://x.example", "CURFEW_SIGNUP must be open or closed while the host of CURFEW_PUBLIC_URL is not loopback: otherwise a stranger could be first"},
		{"AUDIENCE=", "CURFEW_AUDIENCE is empty: give it a value, or leave it out"},
		{"AUDIENCE=my\tapi", `CURFEW_AUDIENCE must be a name or a URL without blanks, not "my\tapi"`},
		{"AUDIENCE=\xff", `CURFEW_AUDIENCE must be a name or a URL without blanks, not "\xff"`},
		{"POLICY_REASON=true", `CURFEW_POLICY_REASON must be optional or required, not "true"`},
		{"SESSION_IDLE_MINUTES_MIN=0", `CURFEW_SESSION_IDLE_MINUTES_MIN must be a whole number from 1 to 52560000, not "0"`},
		{"SESSION_ABSOLUTE_MINUTES_MIN=-1", `CURFEW_SESSION_ABSOLUTE_MINUTES_MIN must be a whole number from 1 to 52560000, not "-1"`},
		{"SESSION_ABSOLUTE_MINUTES_MAX=99999999999999999999", `CURFEW_SESSION_ABSOLUTE_MINUTES_MAX must be a whole number from 1 to 52560000, not "99999999999999999999"`},
		{"SESSION_IDLE_MINUTES_MIN=50000", "CURFEW_SESSION_IDLE_MINUTES_MIN (50000) must not be above CURFEW_SESSION_IDLE_MINUTES_MAX (43200): lower the first or raise the second"},
		{"SESSION_IDLE_MINUTES_MIN=20000", "CURFEW_SESSION_IDLE_MINUTES_MIN (20000) must not be above CURFEW_SESSION_IDLE_MINUTES_DEFAULT (10080): lower the first or raise the second"},
		{"SESSION_IDLE_MINUTES_MAX=60", "CURFEW_SESSION_IDLE_MINUTES_DEFAULT (10080) must not be above CURFEW_SESSION_IDLE_MINUTES_MAX (60): lower the first or raise the second"},
		{"SESSION_IDLE_MINUTES_DEFAULT=20161", "CURFEW_SESSION_IDLE_MINUTES_DEFAULT (20161) must not be above CURFEW_SESSION_ABSOLUTE_MINUTES_DEFAULT (20160): lower the first or raise the second"},
		{"SESSION_ABSOLUTE_MINUTES_DEFAULT=59", "CURFEW_SESSION_ABSOLUTE_MINUTES_MIN (60) must not be above CURFEW_SESSION_ABSOLUTE_MINUTES_DEFAULT (59): lower the first or raise the second"},
		{"ACCESS_TOKEN_TTL=59s", `CURFEW_ACCESS_TOKEN_TTL must be whole seconds from 1m to 15m, such as 5m, not "59s"`},
		{"ACCESS_TOKEN_TTL=15m1s", `CURFEW_ACCESS_TOKEN_TTL must be whole seconds from 1m to 15m, such as 5m, not "15m1s"`},
		{"ACCESS_TOKEN_TTL=90.5s", `CURFEW_ACCESS_TOKEN_TTL must be whole seconds from 1m to 15m, such as 5m, not "90.5s"`},
		{"ACCESS_TOKEN_TTL=300", `CURFEW_ACCESS_TOKEN_TTL must be whole seconds from 1m to 15m, such as 5m, not "300"`},
		{"REFRESH_GRACE=30", `CURFEW_REFRESH_GRACE must be a time from 0s to 60s, such as 30s, not "30"`},
		{"REFRESH_GRACE=-1s", `CURFEW_REFRESH_GRACE must be a time from 0s to 60s, such as 30s, not "-1s"`},
		{"REFRESH_GRACE=61s", `CURFEW_REFRESH_GRACE must be a time from 0s to 60s, such as 30s, not "61s"`},
		{"PASSWORD_MIN=7", `CURFEW_PASSWORD_MIN must be a whole number from 8 to 128, not "7"`},
		{"PASSWORD_MIN=129", `CURFEW_PASSWORD_MIN must be a whole number from 8 to 128, not "129"`},
		{"PASSWORD_MIN=12.5", `CURFEW_PASSWORD_MIN must be a whole number from 8 to 128, not "12.5"`},
		{"THROTTLE=no", `CURFEW_THROTTLE must be on or off, not "no"`},
		{"THROTTLE=off & PUBLIC_URL=https://x.example", "CURFEW_THROTTLE may be off only while CURFEW_ADDR and the host of CURFEW_PUBLIC_URL are both loopback: turn it on"},
		{"THROTTLE=off & ADDR=:80 & PUBLIC_URL=https://localhost", "CURFEW_THROTTLE may be off only while CURFEW_ADDR and the host of CURFEW_PUBLIC_URL are both loopback: turn it on"},
		{"RETURN_URLS=app.example.com/settings", urls + `"app.example.com/settings"`},
		{"RETURN_URLS=http://app.example.com/", urls + `"http://app.example.com/"`},
		{"RETURN_URLS=javascript:alert(1)", urls + `"javascript:alert(1)"`},
		{"RETURN_URLS=https://app.example.com/*", urls + `"https://app.example.com/*"`},
		{"RETURN_URLS=https://app.example.com/#x", urls + `"https://app.example.com/#x"`},
		{"RETURN_URLS=https://a@app.example.com/", urls + `"https://a@app.example.com/"`},
		{"ALLOWED_ORIGINS=*", origins + `"*"`},
		{"ALLOWED_ORIGINS=null", origins + `"null"`},
		{"ALLOWED_ORIGINS=https://*.example.com", origins + `"https://*.example.com"`},
		{"ALLOWED_ORIGINS=https://a.example,https://b.example/", origins + `"https://b.example/"`},
		{"ALLOWED_ORIGINS=https://A.example:443", `CURFEW_ALLOWED_ORIGINS must hold origins as browsers send them: "https://a.example", not "https://A.example:443"`},
		{"ALLOWED_ORIGINS=https://a.example,", "CURFEW_ALLOWED_ORIGINS has an empty item: remove the comma too much"},
		{"TRUSTED_PROXIES=proxy", ranges + `"proxy"`},
		{"TRUSTED_PROXIES=10.0.0.0/33", ranges + `"10.0.0.0/33"`},
		{"TRUSTED_PROXIES=fe80::1%eth0", ranges + `"fe80::1%eth0"`},
		{"TRUSTED_PROXIES=::ffff:10.0.0.0/104", ranges + `"::ffff:10.0.0.0/104"`},
		{"TRUSTED_PROXIES=10.0.0.5/8", "CURFEW_TRUSTED_PROXIES has 10.0.0.5/8, which is no range: write 10.0.0.0/8, or 10.0.0.5 for that one address"},
		{"SIGNING_ALG=HS256", `CURFEW_SIGNING_ALG must be EdDSA, ES256 or RS256, not "HS256"`},
		{"SIGNING_ALG=none", `CURFEW_SIGNING_ALG must be EdDSA, ES256 or RS256, not "none"`},
		{"CONFIG=/nowhere/curfew.json", `CURFEW_CONFIG names the file "/nowhere/curfew.json", which cannot be read (no such file or directory): correct the path or the file's permissions`},
	} {
		t.Run(tt.environ, func(t *testing.T) {
			var environ []string
			for entry := range strings.SplitSeq(tt.environ, " & ") {
				environ = append(environ, "CURFEW_"+entry)
			}
			refused(t, nil, environ, tt.want)
		})
	}
}

func refused(t *testing.T, args, environ []string, want string) {
	t.Helper()
	_, err := serve(args, environ)
	if err == nil {
		t.Fatalf("accepted, want %q", want)
	}
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

// A sentence names the place where the setting was written.
func TestRefusedNamesThePlace(t *testing.T) {
	path := file(t, `{"password_min": 7, "session_idle_minutes_max": 60}`)
	const rest = ` must be a whole number from 8 to 128, not "7"`
	refused(t, []string{"--password-min=7"}, nil, "--password-min"+rest)
	refused(t, nil, []string{"CURFEW_PASSWORD_MIN=7"}, "CURFEW_PASSWORD_MIN"+rest)
	refused(t, []string{"--config", path, "--session-idle-minutes-max=20000"}, nil, "password_min in "+path+rest)
	refused(t, []string{"--config", path}, []string{"CURFEW_SESSION_IDLE_MINUTES_DEFAULT=90", "CURFEW_PASSWORD_MIN=8"},
		"CURFEW_SESSION_IDLE_MINUTES_DEFAULT (90) must not be above session_idle_minutes_max in "+path+" (60): lower the first or raise the second")
	refused(t, []string{"--addr"}, nil, "--addr: a value must follow")
	refused(t, []string{"--addr", "--throttle=on"}, nil, "--addr: a value must follow")
	refused(t, []string{"--config="}, nil, `--config names the file "", which cannot be read (no such file or directory): correct the path or the file's permissions`)
}

func TestUnknownVariable(t *testing.T) {
	const links = " is not a setting but what Kubernetes makes for a service named curfew: set enableServiceLinks to false in the pod's spec"
	for _, tt := range []struct{ entry, want string }{
		{"CURFEW_ADRR=x", "CURFEW_ADRR is not a setting: did you mean CURFEW_ADDR?"},
		{"CURFEW_addr=x", "CURFEW_addr is not a setting: did you mean CURFEW_ADDR?"},
		{"CURFEW_PASWORD_MN=8", "CURFEW_PASWORD_MN is not a setting: did you mean CURFEW_PASSWORD_MIN?"},
		{"CURFEW_SESSION_IDLE_MINUTE_MAX=8", "CURFEW_SESSION_IDLE_MINUTE_MAX is not a setting: did you mean CURFEW_SESSION_IDLE_MINUTES_MAX?"},
		{"CURFEW_RELAY_URL=smtp://user:hunter2@x", "CURFEW_RELAY_URL is not a setting: unset it, or look for its name in curfew serve --help"},
		{"CURFEW_=", "CURFEW_ is not a setting: unset it, or look for its name in curfew serve --help"},
		{"CURFEW_LOG_LEVEL=debug", "CURFEW_LOG_LEVEL is not a setting: unset it, or look for its name in curfew serve --help"},
		{"CURFEW_SERVICE_HOST=10.0.0.1", "CURFEW_SERVICE_HOST" + links},
		{"CURFEW_PORT=tcp://10.0.0.1:80", "CURFEW_PORT" + links},
		{"CURFEW_PORT_80_TCP_ADDR=10.0.0.1", "CURFEW_PORT_80_TCP_ADDR" + links},
		{"CURFEW_PORT=8080", "CURFEW_PORT is not a setting: unset it, or look for its name in curfew serve --help"},
	} {
		environ := []string{"PATH=/bin", tt.entry, "CURFEW_ZZZ=1"}
		if err := config.CheckEnviron(environ); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.entry, err, tt.want)
		}
		refused(t, nil, environ, tt.want)
		if _, err := parse([]string{"user", "list"}, environ); err == nil || err.Error() != tt.want {
			t.Errorf("user list, %s: got %v, want %s", tt.entry, err, tt.want)
		}
	}
	if err := config.CheckEnviron([]string{"CURFEW_ADDR=x", "CURFEW_TEST_PORT=1", "CURFEWISH=1", "=C:=x", ""}); err != nil {
		t.Error(err)
	}
}
