package password

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// ada is the context of the tests.
var ada = []string{"ada.lovelace@analytical.example", "Ada Lovelace", "Engine Works Ltd"}

func TestList(t *testing.T) {
	if !strings.HasSuffix(common, "\n") || strings.ContainsRune(common, '\r') {
		t.Fatal("common.txt must have Unix line ends, the last line too")
	}
	lines := strings.Split(strings.TrimSuffix(common, "\n"), "\n")
	if !slices.IsSorted(lines) || len(slices.Compact(slices.Clone(lines))) != len(lines) {
		t.Error("not sorted, or with doubles")
	}
	eight, shortest, longest := 0, 100, 0
	for _, line := range lines {
		if line != strings.ToLower(line) || !isCommon(line) {
			t.Errorf("%q is on the list and not found", line)
		}
		if len(line) >= 8 {
			eight++
		}
		shortest, longest = min(shortest, len(line)), max(longest, len(line))
	}
	// ASVS 6.2.4 asks for 3,000.
	if len(lines) != 42_692 || eight != 17_950 || shortest != shortestCommon || longest != longestCommon {
		t.Errorf("%d passwords, %d of eight characters; from %d to %d", len(lines), eight, shortest, longest)
	}
	for _, absent := range []string{"", "\n", "a", "!", "~~~~~~~~", "passworx", "passwordz~", "password\n", "\npassword", "password\npassword1"} {
		if isCommon(absent) {
			t.Errorf("%q is found", absent)
		}
	}
}

// strangers are characters that follow from nothing.
const strangers = "kÄ7x☂mQ2wé9fZ語3uLp"

// first returns the first n characters of s.
func first(s string, n int) string { return string([]rune(s)[:n]) }

func TestLength(t *testing.T) {
	for _, test := range []struct {
		policy   Policy
		password string
		detail   string
	}{
		{Policy{}, first(strangers, 14), "password must be at least 15 characters"},
		{Policy{}, first(strangers, 15), ""},
		{Policy{MinLength: 15}, first(strangers, 14), "password must be at least 15 characters"},
		{Policy{MinLength: 15}, first(strangers, 15), ""},
		{Policy{MinLength: 8}, first(strangers, 7), "password must be at least 8 characters"},
		{Policy{MinLength: 8}, first(strangers, 8), ""},
		{Policy{}, "", "password must be at least 15 characters"},
		// Characters and not bytes: fourteen umbrellas of three bytes each.
		{Policy{}, strings.Repeat("☂", 14), "password must be at least 15 characters"},
		// Code points and not what is seen: e and its accent are two.
		{Policy{}, first(strangers, 13) + "e\u0301", ""},
		{Policy{}, long(MaxBytes), ""},
		{Policy{}, long(MaxBytes + 1), "password must be at most 1024 bytes"},
		{Policy{}, strings.Repeat("語", 341) + "x", "password must not be a few characters over and over"},
		{Policy{}, strings.Repeat("語", 342), "password must be at most 1024 bytes"},
	} {
		err := test.policy.Check("password", test.password)
		if got := detail(err); got != test.detail {
			t.Errorf("%d characters, %d bytes: %q, want %q", utf8.RuneCountInString(test.password), len(test.password), got, test.detail)
		}
	}
}

// long is a good password of n bytes.
func long(n int) string {
	var b strings.Builder
	for x := uint32(1); b.Len() < n; x = x*1664525 + 1013904223 {
		b.WriteByte(byte('!' + x>>16%90))
	}
	return b.String()
}

func detail(err error) string {
	var e *curfew.Error
	if errors.As(err, &e) {
		return e.Detail
	}
	return ""
}

func TestErrorNamesTheField(t *testing.T) {
	err := Policy{}.Check("new_password", "swordfish")
	var e *curfew.Error
	if !errors.As(err, &e) || e.Kind != curfew.KindInvalidRequest || len(e.Fields) != 1 ||
		e.Fields[0] != (curfew.FieldError{Field: "new_password", Detail: "new_password must be at least 15 characters"}) {
		t.Errorf("err = %#v", err)
	}
	if strings.Contains(err.Error(), "swordfish") {
		t.Error("the error tells the password")
	}
}

const (
	isOnList  = "must not be one of the most common passwords"
	isContext = "must not be made of the person's name, the email address, the account's name or the product's"
	isPadded  = "must be more than a common password with something added"
	isRun     = "must not be a run of neighbouring keys, letters or digits"
	isRepeat  = "must not be a few characters over and over"
	isControl = "must not contain control characters such as tabs or line ends"
	isNotText = "must be valid UTF-8"
)

func TestRefused(t *testing.T) {
	for _, test := range []struct{ password, detail string }{
		{"passwordpassword", isOnList},
		{"QWERTYuiop12345", isOnList},
		{"1qaz2wsx3edc4rfv", isOnList},

		{"password1234567", isPadded},
		{"Password2026!!!", isPadded},
		{"P@ssw0rd1234567", isPadded},
		{"password4820193", isPadded},
		{"2026-sunshine-!", isPadded},
		{"trustno1trustno2", isPadded},
		{"letmeinletmein!", isPadded},
		{"superman+batman", isPadded},
		{"administrator!!", isPadded},

		{"aaaaaaaaaaaaaaa", isRepeat},
		{"               ", isRepeat},
		{"☂☂☂☂☂☂☂☂☂☂☂☂☂☂☂", isRepeat},
		{"xyxyxyxyxyxyxyx", isRepeat},
		{"k7Qk7Qk7Qk7Qk7Q", isRepeat},
		{"k7Q!wzk7Q!wzk7Q!wz", isRepeat},
		{"ZimtZimtZimtZimt", isRepeat},
		{strings.Repeat("k7Q!wz1", 100), isRepeat},

		{"123456789012345", isRun},
		{"987654321098765", isRun},
		{"qwertyuiopasdfg", isRun},
		{"poiuytrewqlkjhg", isRun},
		{"qwertzuiopasdfgh", isRun},
		{"azertyuiopqsdfgh", isRun},
		{"abcdefghijklmno", isRun},
		{"zyxwvutsrqponml", isRun},
		{"абвгдежзийклмно", isRun},
		{"йцукенгшщзфывап", isRun},
		{"αβγδεζηθικλμνξο", isRun},
		{"!@#$%^&*()_+!@#$%^", isRun},
		{"qwe765asd345zxc", isRun},
		{"6yhn7ujm8ik,9ol.", isRun},

		{"ada.lovelace@analytical.example", isContext},
		{"ADA.LOVELACE@ANALYTICAL.EXAMPLE", isContext},
		{"Ada Lovelace Ada", isContext},
		{"lovelace-ada-lovelace", isContext},
		{"adalovelace1815", isContext},
		{"Engine Works Ltd", isContext},
		{"engineworksltd1", isContext},
		{"analytical.example", isContext},
		{"curfewcurfewcurfew", isRepeat},
		{"Curfew-2026-Curfew", isContext},
		{"lovelace4820193", isContext},

		{"a line end at last\n", isControl},
		{"a NUL \x00 in the middle", isControl},
		{"with\ta tabulator", isControl},
		{"next line \u0085 of C1", isControl},
		{"bytes \xff\xfe that are none", isNotText},
	} {
		if got, want := detail(Policy{}.Check("password", test.password, ada...)), "password "+test.detail; got != want {
			t.Errorf("%.40q: %q, want %q", test.password, got, want)
		}
	}
}

// With a shorter minimum the list itself matters most.
func TestRefusedAtEight(t *testing.T) {
	for _, test := range []struct{ password, detail string }{
		{"password", isOnList},
		{"PASSWORD", isOnList},
		{"iloveyou", isOnList},
		{"Trustno1", isOnList},
		{"p@ssw0rd", isOnList},
		{"sunshine1!", isPadded},
		{"dragon77?", isPadded},
		{"aaaaaaaaa", isRepeat},
		{"analytical", isContext},
		{"Curfew26", isContext},
		{"Curfew!!", isContext},
	} {
		if got, want := detail(Policy{MinLength: 8}.Check("password", test.password, ada...)), "password "+test.detail; got != want {
			t.Errorf("%q: %q, want %q", test.password, got, want)
		}
	}
	for _, password := range []string{"mhJ3abc9", "x9#1234k", "zephyrous", "2mq7w4pd"} {
		if err := (Policy{MinLength: 8}).Check("password", password, ada...); err != nil {
			t.Errorf("%q: %v", password, err)
		}
	}
}

// NIST and ASVS want long passwords of any composition to be let through.
func TestAccepted(t *testing.T) {
	for _, password := range []string{
		"correct horse battery staple",
		"correcthorsebatterystaple",
		"football sunshine computer",
		"footballsunshinecomputer",
		"mountain-purple-kettle",
		"i like my curfew at ten",
		"ada writes the first program",
		"Der Mond ist aufgegangen",
		"夜空に浮かぶ月はとてもきれいですね",
		"в лесу родилась ёлочка",
		"gqxvbtzkwmrhpyn",
		"481516234239071",
		"739182650418273",
		"%?=)(/&§;:_,.-#+*",
		"a1b2c9k3v8w7q4z0",
		"  leading and trailing  ",
		"password" + "48201937465019283746",
		"hunter2 is what I see",
		"kettle kettle kettle purple mountain",
		"k7Q!wz1pk7Q!wz1p", // worth eight, as its half
		"👩‍🚀 over the 🌙 and 🏔 back",
	} {
		if err := (Policy{}).Check("password", password, ada...); err != nil {
			t.Errorf("%q: %v", password, err)
		}
	}
}

// A longer minimum asks for more characters, not for better ones.
func TestWorthOfLongMinimum(t *testing.T) {
	if err := (Policy{MinLength: 24}).Check("password", strings.Repeat("k7Q!wz1p", 3)); err != nil {
		t.Error(err)
	}
}

// Empty and absurd context changes nothing.
func TestContextIsHarmless(t *testing.T) {
	for _, context := range [][]string{nil, {""}, {" ", "@", "a@b.c", "Li Q", "\xff\xff\xff"}, {strings.Repeat("k", 1<<20)}} {
		if err := (Policy{}).Check("password", first(strangers, 15), context...); err != nil {
			t.Errorf("%.20q: %v", context, err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("correct horse battery staple", "Ada Lovelace", 15)
	f.Add("İİİİİİİİİİİİİİİİ", "ada@example.org", 8)
	f.Add("\ufffd\xff", "\xff", -1)
	f.Fuzz(func(t *testing.T, password, context string, least int) {
		err := Policy{MinLength: least}.Check("password", password, context)
		if err != nil {
			if got := detail(err); !strings.HasPrefix(got, "password must ") {
				t.Fatalf("%q: %v", password, err)
			}
			return
		}
		if !utf8.ValidString(password) || len(password) > MaxBytes {
			t.Fatalf("%q was let through", password)
		}
	})
}

// A request can buy no more than a few milliseconds.
func BenchmarkCheck(b *testing.B) {
	var context []string
	for _, sign := range "kvx" {
		var words strings.Builder
		for i := range 64 {
			fmt.Fprintf(&words, "%c%02d ", sign, i)
		}
		context = append(context, words.String())
	}
	for name, password := range map[string]string{
		"passphrase": "correct horse battery staple",
		"longest":    long(MaxBytes),
		"zeros":      strings.Repeat("0", MaxBytes-1) + "x",
		"context":    strings.Repeat("k00v01x02k03", MaxBytes/12),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Policy{}.refuse(password, context)
			}
		})
	}
}
