package config_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/curfew-auth/curfew/internal/config"
)

// derived has the defaults that follow from other settings, in the words of
// the documentation; TestDefaults and TestValues hold what they come to.
var derived = map[string]string{
	"config":          "none",
	"public-url":      "`http://` and the listening address",
	"audience":        "the public URL",
	"secret":          "none",
	"secret-file":     "`secret` in the data folder",
	"secret-previous": "none",
	"signup":          "`first` while the public URL's host is loopback, else `closed`",
	"allowed-origins": "none",
	"trusted-proxies": "none",
	"return-urls":     "none",
	"webhook-allow":   "none",
	"smtp-url":        "none",
	"mail-from":       "none",
}

// The documentation has one row for each setting, and no other.
func TestDocsNameEverySetting(t *testing.T) {
	text, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(CURFEW_[A-Z_]+)` (.*)\\|[^|]+\\|$").FindAllStringSubmatch(string(text), -1) {
		rows[row[1]] = strings.TrimSpace(row[2])
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[config.Settings]()) {
		name := field.Tag.Get("name")
		if name == "" {
			continue
		}
		key := strings.ReplaceAll(name, "-", "_")
		variable := "CURFEW_" + strings.ToUpper(key)
		flag, value := "`--"+name+"`", derived[name]
		if _, secret := field.Tag.Lookup("secret"); secret {
			flag = "none"
		}
		if fixed, ok := field.Tag.Lookup("default"); ok {
			value = "`" + fixed + "`"
		}
		key = "`" + key + "`"
		if name == "config" {
			key = "none"
		}
		if want := "| " + flag + " | " + key + " | " + value; rows[variable] != want {
			t.Errorf("row of %s is\n%s, want\n%s", variable, rows[variable], want)
		}
		delete(rows, variable)
	}
	for variable := range rows {
		t.Errorf("%s is no setting", variable)
	}
}

func TestDocsExampleIsAccepted(t *testing.T) {
	text, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	c := mustServe(t, []string{"--config", file(t, example)}, nil)
	if c.DataDir != "/var/lib/curfew" || len(c.TrustedProxies) != 2 {
		t.Errorf("got %+v", c)
	}
}

// Every flag has help, with its variable and its default; secrets are no flags.
func TestHelp(t *testing.T) {
	var out strings.Builder
	parser, err := kong.New(&commands{}, config.Environ{}, kong.Writers(&out, &out), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	// Help is there even if a setting is wrong.
	if _, err := parser.Parse([]string{"serve", "--help"}); err != nil {
		t.Fatal(err)
	}
	help := strings.Join(strings.Fields(out.String()), " ")
	for _, field := range reflect.VisibleFields(reflect.TypeFor[config.Settings]()) {
		name := field.Tag.Get("name")
		if name == "" {
			continue
		}
		flag, variable := "--"+name+"=", "($CURFEW_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+")."
		if _, secret := field.Tag.Lookup("secret"); secret {
			if strings.Contains(help, flag) {
				t.Errorf("help shows %s", flag)
			}
			continue
		}
		if !strings.Contains(help, flag+field.Tag.Get("default")) || !strings.Contains(help, variable) {
			t.Errorf("help lacks %s%s or %s", flag, field.Tag.Get("default"), variable)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}
