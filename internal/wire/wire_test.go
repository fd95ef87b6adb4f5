package wire_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	v2 "github.com/go-json-experiment/json"

	"github.com/curfew-auth/curfew/internal/wire"
)

// The server writes with version 2 of the JSON package and the commands read
// and write with the standard one; both must mean the same.
var marshal = map[string]func(any) ([]byte, error){
	"v1": json.Marshal,
	"v2": func(v any) ([]byte, error) { return v2.Marshal(v) },
}

var unmarshal = map[string]func([]byte, any) error{
	"v1": json.Unmarshal,
	"v2": func(b []byte, v any) error { return v2.Unmarshal(b, v) },
}

func TestTime(t *testing.T) {
	for _, c := range []struct {
		in   time.Time
		want string
	}{
		{time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), "2026-11-23T12:00:00Z"},
		{time.Date(2026, 11, 23, 12, 0, 0, 123456999, time.UTC), "2026-11-23T12:00:00.123456Z"},
		{time.Date(2026, 11, 23, 12, 0, 0, 120000000, time.FixedZone("", 3600)), "2026-11-23T11:00:00.12Z"},
	} {
		for version, encode := range marshal {
			got, err := encode(struct{ T wire.Time }{wire.At(c.in)})
			if err != nil || string(got) != `{"T":"`+c.want+`"}` {
				t.Errorf("%s: %v is %s, %v", version, c.in, got, err)
			}
			var back struct{ T wire.Time }
			if err := unmarshal[version](got, &back); err != nil || !back.T.Std().Equal(c.in.Truncate(time.Microsecond)) {
				t.Errorf("%s: %s is read as %v, %v", version, got, back.T, err)
			}
		}
	}
	for version, encode := range marshal {
		got, err := encode(struct{ T *wire.Time }{wire.MaybeAt(time.Time{})})
		if err != nil || string(got) != `{"T":null}` {
			t.Errorf("%s: no time is %s, %v", version, got, err)
		}
	}
}

func TestOptional(t *testing.T) {
	for text, want := range map[string]wire.SecurityPatch{
		`{}`:                          {},
		`{"idle_minutes":null}`:       {IdleMinutes: wire.Null[wire.Int]()},
		`{"idle_minutes":15}`:         {IdleMinutes: wire.Some[wire.Int](15)},
		`{"apply_to":"new_sessions"}`: {ApplyTo: "new_sessions"},
	} {
		for version, decode := range unmarshal {
			var got wire.SecurityPatch
			if err := decode([]byte(text), &got); err != nil || got != want {
				t.Errorf("%s: %s is %+v, %v", version, text, got, err)
			}
			again, err := marshal[version](got)
			if err != nil || string(again) != text {
				t.Errorf("%s: %s comes back as %s, %v", version, text, again, err)
			}
		}
	}
}

func TestInt(t *testing.T) {
	for text, want := range map[string]wire.Int{"0": 0, "-0": 0, "15": 15, "15.0": 15, "1.5e1": 15, "-7": -7, "9007199254740993": 9007199254740993,
		"9223372036854775808": math.MaxInt32, "-1e40": math.MinInt32, "1e999": math.MaxInt32} {
		var got wire.Int
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s is %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"15.5", `"15"`, "true", "[15]", "1e-1"} {
		var got wire.Int
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s is %d", text, got)
		}
	}
}

func TestObject(t *testing.T) {
	for version, encode := range marshal {
		got, err := encode(wire.AuditEvent{Details: wire.Object(`{"a":[1]}`)})
		if err != nil || !strings.Contains(string(got), `"details":{"a":[1]}`) {
			t.Errorf("%s: %s %v", version, got, err)
		}
		if got, err = encode(wire.AuditEvent{}); err != nil || !strings.Contains(string(got), `"details":{}`) {
			t.Errorf("%s: %s %v", version, got, err)
		}
	}
}

func TestImportsTheStandardLibraryOnly(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			if strings.Contains(i.Path.Value, ".") {
				t.Errorf("%s imports %s", file.Name(), i.Path.Value)
			}
		}
	}
}
