package audit

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

func TestEveryFieldIsClassified(t *testing.T) {
	for _, known := range []reflect.Type{
		reflect.TypeFor[curfew.Account](), reflect.TypeFor[curfew.User](), reflect.TypeFor[curfew.Session](),
		reflect.TypeFor[curfew.Invite](), reflect.TypeFor[curfew.Reset](), reflect.TypeFor[curfew.ServiceKey](), reflect.TypeFor[policy.Policy](),
	} {
		if classes[known] == nil {
			t.Errorf("%v is not classified", known)
		}
	}
	for of, fields := range classes {
		for i := range of.NumField() {
			if name := of.Field(i).Name; fields[name] == 0 {
				t.Errorf("%v.%s is not classified: may the audit log tell it (track), does it not matter (ignore), or must nobody see it (secret)?", of, name)
			}
		}
		for name := range fields {
			if _, ok := of.FieldByName(name); !ok {
				t.Errorf("%v has no field %s", of, name)
			}
		}
	}
}

// TestByteFieldsAreSecret: hashes, nonces and the like are the only bytes in
// these types.
func TestByteFieldsAreSecret(t *testing.T) {
	for of, fields := range classes {
		for i := range of.NumField() {
			f := of.Field(i)
			isBytes := (f.Type.Kind() == reflect.Slice || f.Type.Kind() == reflect.Array) && f.Type.Elem().Kind() == reflect.Uint8
			if isBytes && f.Type != reflect.TypeFor[curfew.ID]() && fields[f.Name] != secret {
				t.Errorf("%v.%s holds bytes and is not secret", of, f.Name)
			}
		}
	}
}

func ptr[T any](v T) *T { return &v }

func detailsJSON(t *testing.T, d *Details) string {
	t.Helper()
	b, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(b) {
		t.Fatalf("not JSON: %s", b)
	}
	return string(b)
}

func TestDetails(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 1500, time.FixedZone("", 3600))
	id := curfew.ID{15: 1}
	for _, tt := range []struct {
		name string
		d    *Details
		want string
	}{
		{"nothing", new(Details), `{}`},
		{"plain values in order", new(Details).Set("scope", "all").Set("revoked_count", 5).Set("by_hand", true).Set("a", nil).Set("n", uint32(7)),
			`{"scope":"all","revoked_count":5,"by_hand":true,"a":null,"n":7}`},
		{"named types", new(Details).Set("role", curfew.RoleOwner).Set("reason", curfew.ReasonOwnerAll), `{"role":"owner","reason":"owner_all"}`},
		{"times and ids", new(Details).Set("at", at).Set("no_time", time.Time{}).Set("user_id", id).Set("no_id", curfew.ID{}),
			`{"at":"2026-03-01T11:00:00.000001Z","no_time":null,"user_id":"00000000-0000-0000-0000-000000000001","no_id":null}`},
		{"pointers and lists", new(Details).Set("p", ptr(3)).Set("q", (*int)(nil)).Set("l", []string{"a"}).Set("e", []curfew.ID(nil)),
			`{"p":3,"q":null,"l":["a"],"e":[]}`},
		{"a policy", new(Details).Set("old", policy.Policy{}).Set("new", policy.Policy{IdleMinutes: ptr(15)}).Set("effective_new", policy.Effective{IdleMinutes: 15, AbsoluteMinutes: 60}),
			`{"old":{"idle_minutes":null,"absolute_minutes":null},"new":{"idle_minutes":15,"absolute_minutes":null},"effective_new":{"idle_minutes":15,"absolute_minutes":60}}`},
		{"a change", new(Details).Change(curfew.User{Name: "A", Role: curfew.RoleOwner, Version: 1}, curfew.User{Name: "A", Role: curfew.RoleMember, Version: 2}),
			`{"old":{"role":"owner"},"new":{"role":"member"}}`},
		{"a change of a pointed-to value", new(Details).Change(curfew.Account{IdleMinutes: ptr(1), AbsoluteMinutes: ptr(2)}, curfew.Account{IdleMinutes: ptr(1)}),
			`{"old":{"absolute_minutes":2},"new":{"absolute_minutes":null}}`},
		{"no change", new(Details).Change(policy.Policy{}, policy.Policy{}), `{"old":{},"new":{}}`},
		{"text is JSON's", new(Details).Set("reason", "a\n\"b\"\x00\xff"), `{"reason":"a\n\"b\"\u0000` + "\uFFFD" + `"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := detailsJSON(t, tt.d); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// fill sets every field of a struct to something recognisable.
func fill(v reflect.Value, mark string) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(start))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), v.Type().Field(i).Name)
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), mark)
	case v.Kind() == reflect.String:
		v.SetString("canary-" + mark)
	case v.CanInt():
		v.SetInt(12345)
	case v.CanUint():
		v.SetUint(77)
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), mark)
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range v.Len() {
			fill(v.Index(i), mark)
		}
	}
}

// TestSecretFieldsStayOut puts whole values of every classified type in, in
// every way there is.
func TestSecretFieldsStayOut(t *testing.T) {
	for of, fields := range classes {
		v := reflect.New(of)
		fill(v.Elem(), "")
		list := reflect.Append(reflect.MakeSlice(reflect.SliceOf(of), 0, 1), v.Elem())
		d := new(Details).Set("value", v.Elem().Interface()).Set("pointer", v.Interface()).Set("list", list.Interface()).
			Change(reflect.Zero(of).Interface(), v.Elem().Interface())
		got := detailsJSON(t, d)
		for name, c := range fields {
			if f, _ := of.FieldByName(name); f.Anonymous {
				continue // its own fields stand in its place, and its type is judged by itself
			}
			there := strings.Contains(got, `"`+snake(name)+`":`)
			if there != (c == track) {
				t.Errorf("%v.%s: class %d, and in the details: %v\n%s", of, name, c, there, got)
			}
			if c != track && strings.Contains(got, "canary-"+name+`"`) {
				t.Errorf("%v.%s: its value is in the details", of, name)
			}
		}
	}
}

func TestDetailsRefuse(t *testing.T) {
	session := curfew.Session{RotationNonce: []byte{1}}
	for name, d := range map[string]*Details{
		"an array of bytes":         new(Details).Set("x", session.SecretHash),
		"bytes":                     new(Details).Set("x", session.RotationNonce),
		"no bytes":                  new(Details).Set("x", []byte{}),
		"raw JSON":                  new(Details).Set("x", json.RawMessage(`{}`)),
		"a map":                     new(Details).Set("x", map[string]any{"secret": 1}),
		"any struct":                new(Details).Set("x", struct{ A string }{"a"}),
		"a list of structs":         new(Details).Set("x", []struct{ A string }{}),
		"a list of anything":        new(Details).Set("x", []any{"a"}),
		"a function":                new(Details).Set("x", func() {}),
		"an error":                  new(Details).Set("x", &curfew.Error{Detail: "a"}),
		"a float":                   new(Details).Set("x", 1.5),
		"a secret field's name":     new(Details).Set("rotation_nonce", "a"),
		"a secret field's name too": new(Details).Set("password_hash", "a"),
		"a password":                new(Details).Set("new_password", "a"),
		"a token":                   new(Details).Set("Refresh_Token", "a"),
		"a name twice":              new(Details).Set("x", 1).Set("x", 2),
		"a change beside old":       new(Details).Set("old", 1).Change(policy.Policy{}, policy.Policy{}),
		"a change beside new":       new(Details).Set("new", 1).Change(policy.Policy{}, policy.Policy{}),
		"a change of type":          new(Details).Change(curfew.User{}, curfew.Account{}),
		"a change of anything":      new(Details).Change(struct{}{}, struct{}{}),
		"a change to anything":      new(Details).Change(curfew.User{}, nil),
		"the first refusal stays":   new(Details).Set("x", 1.5).Set("y", 1).Change(policy.Policy{}, policy.Policy{}),
	} {
		if got, err := d.JSON(); err == nil {
			t.Errorf("%s: no error, but %s", name, got)
		} else if got != nil {
			t.Errorf("%s: an error and %s", name, got)
		}
	}
}

func TestCredentialsAreBlottedOut(t *testing.T) {
	for _, in := range []string{
		"$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
		"cfr_AQIDBAUGBwgJCgsMDQ4PEA",
		"cfk_AQIDBAUGBwgJCgsMDQ4PEA",
		"eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
	} {
		got := detailsJSON(t, new(Details).Set("reason", "see "+in+" there"))
		if got != `{"reason":"see [removed] there"}` {
			t.Errorf("%s: %s", in, got)
		}
	}
	for _, in := range []string{"cfr_short", "PCI audit, eyJ.", "argon2 is used", "xcfr_AQIDBAUGBwgJCgsMDQ4PEA"} {
		if got := detailsJSON(t, new(Details).Set("reason", in)); got != `{"reason":"`+in+`"}` {
			t.Errorf("%q became %s", in, got)
		}
	}
}

func TestSnake(t *testing.T) {
	for in, want := range map[string]string{"ID": "id", "UserID": "user_id", "IdleMinutes": "idle_minutes", "AMR": "amr", "OS": "os", "IP": "ip", "HTTPServer": "http_server", "A": "a"} {
		if got := snake(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// TestActionsAreAllListedAndDescribed reads the constants from the source, so
// that an action left out of the list shows.
func TestActionsAreAllListedAndDescribed(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []Action
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Action" {
				declared = append(declared, Action(strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`)))
			}
		}
		return true
	})
	all := slices.Concat(Actions, InstallationActions)
	if len(declared) < 20 || !slices.Equal(declared, all) {
		t.Errorf("listed are %v,\nbut declared are %v", all, declared)
	}
	if len(descriptions) != len(all) {
		t.Errorf("%d descriptions of %d actions", len(descriptions), len(all))
	}
	documented, err := os.ReadFile("../../docs/audit-log.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		d := Describe(a)
		if !strings.HasSuffix(d, ".") || strings.ContainsAny(d, "\n|") {
			t.Errorf("%s is described as %q", a, d)
		}
		if line := "| `" + string(a) + "` | " + d + " |\n"; !strings.Contains(string(documented), line) {
			t.Errorf("docs/audit-log.md lacks the line %s", line)
		}
	}
	if Describe("no.such") != "" {
		t.Error("an action that does not exist is described")
	}
}

func TestClean(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"Mozilla/5.0 (X11) Ünïcode 日本", "Mozilla/5.0 (X11) Ünïcode 日本"},
		{"a\r\nb\tc\x00d\x1b[31me\x7ff\u0085g", "abcd[31mefg"},
		{"a\u2028b\u2029c\u202ed\u2066e\u200ff", "abcdef"},
		{"a\xffb\xc3", "a\uFFFDb\uFFFD"},
		{strings.Repeat("a", 600), strings.Repeat("a", 512)},
		{strings.Repeat("a", 511) + "é" + "b", strings.Repeat("a", 511)},
		{strings.Repeat("\n", 600) + "a", "a"},
		{"", ""},
	} {
		if got := CleanUserAgent(tt.in); got != tt.want {
			t.Errorf("%q became %q, want %q", tt.in, got, tt.want)
		}
	}
	if got := Clean("abc", 2); got != "ab" {
		t.Errorf("got %q", got)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("Mozilla/5.0", 512)
	f.Add("\xff\xfe\u202e\n", 3)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		got := Clean(s, limit)
		if len(got) > max(limit, 0) || !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\n\r\x1b\u202e") {
			t.Errorf("%q became %q", s, got)
		}
		if again := Clean(got, limit); again != got {
			t.Errorf("%q became %q, then %q", s, got, again)
		}
	})
}
