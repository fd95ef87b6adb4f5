package authority

import (
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/curfew"
)

func TestLoginName(t *testing.T) {
	for in, want := range map[string]string{
		"ada@acme.example":                 "ada@acme.example",
		"  Ada@ACME.example\t":             "ada@acme.example",
		"zoe\u0308@acme.example":           "zoë@acme.example", // composed
		"ZOE\u0308@acme.example":           "zoë@acme.example",
		"\u212bngstr\u00f6m@acme.example":  "ångström@acme.example", // the Ångström sign
		"İ@acme.example":                   strings.ToLower("İ") + "@acme.example",
		"a.d.a+tag@acme.example":           "a.d.a+tag@acme.example", // mailboxes differ by these
		"":                                 "",
		"ada\x00@acme.example":             "ada\x01@acme.example", // nobody's, and fit for every store
		"not an address, a secret, rather": "not an address, a secret, rather",
	} {
		got := loginName(in)
		if got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
		if again := loginName(got); again != got {
			t.Errorf("%q is not settled: %q", got, again)
		}
	}
}

func TestFields(t *testing.T) {
	long := strings.Repeat("é", 200)
	for _, c := range []struct {
		name string
		read func(f *fields) string
		want string // "" for a refusal
	}{
		{"a name", func(f *fields) string { return f.name("name", "  Ada Lovelace ") }, "Ada Lovelace"},
		{"the longest name", func(f *fields) string { return f.name("name", long) }, long},
		{"a longer one", func(f *fields) string { return f.name("name", long+"e") }, ""},
		{"an empty name", func(f *fields) string { return f.name("name", " \t ") }, ""},
		{"a name that nobody sees", func(f *fields) string { return f.name("name", "\u2069\u202e \u200b") }, ""},
		{"a name that turns", func(f *fields) string { return f.name("name", "Eve\u202e") }, "Eve\u202e"},
		{"a name of two paragraphs", func(f *fields) string { return f.name("name", "A\u2029B") }, ""},
		{"a name of two lines", func(f *fields) string { return f.name("name", "A\nB") }, ""},
		{"a name that is not text", func(f *fields) string { return f.name("name", "A\xff") }, ""},
		{"an address", func(f *fields) string { return f.email("email", " Ada@acme.example ") }, "Ada@acme.example"},
		{"no address", func(f *fields) string { return f.email("email", "ada") }, ""},
		{"an address with a name", func(f *fields) string { return f.email("email", "Ada <ada@acme.example>") }, ""},
		{"two addresses", func(f *fields) string { return f.email("email", "a@acme.example, b@acme.example") }, ""},
		{"an address in brackets", func(f *fields) string { return f.email("email", "<ada@acme.example>") }, ""},
		{"an address that looks like another", func(f *fields) string { return f.email("email", "boss\u2069@acme.example") }, ""},
		{"an address that is written from right to left", func(f *fields) string { return f.email("email", "אבי@acme.example") }, "אבי@acme.example"},
		{"an empty address", func(f *fields) string { return f.email("email", "") }, ""},
		{"too long an address", func(f *fields) string { return f.email("email", strings.Repeat("a", 250)+"@b.example") }, ""},
		{"a text", func(f *fields) string { return f.text("reason", " why\nnot ", 7) }, "why\nnot"},
		{"too long a text", func(f *fields) string { return f.text("reason", "why not?", 7) }, ""},
		{"a text with a zero byte", func(f *fields) string { return f.text("reason", "a\x00b", 7) }, ""},
		{"a text that is not", func(f *fields) string { return f.text("reason", "\xff", 7) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var f fields
			got := c.read(&f)
			if c.want == "" {
				if err := f.err(); curfew.KindOf(err) != curfew.KindInvalidRequest || len(f) != 1 || f[0].Detail == "" {
					t.Errorf("%q was taken: %v", got, err)
				}
				return
			}
			if err := f.err(); err != nil || got != c.want {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestFieldsAreToldInOrder(t *testing.T) {
	var f fields
	f.name("account_name", "")
	f.email("email", "x")
	f.role("role", "admin")
	f.check(curfew.Invalid("password", "password is weak"))
	f.check(nil)
	err := f.err().(*curfew.Error)
	var names []string
	for _, field := range err.Fields {
		names = append(names, field.Field)
	}
	if got := strings.Join(names, " "); got != "account_name email role password" || err.Detail != err.Fields[0].Detail {
		t.Errorf("%s, %q", got, err.Detail)
	}
	for _, role := range []curfew.Role{curfew.RoleOwner, curfew.RoleMember} {
		var f fields
		if f.role("role", role); f.err() != nil {
			t.Errorf("%s is refused", role)
		}
	}
}
