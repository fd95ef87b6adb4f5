package bench

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestScan(t *testing.T) {
	type found struct {
		access, refresh, id   string
		expiresIn, generation int64
	}
	for _, test := range []struct {
		name, body string
		want       found
	}{
		{"compact", `{"access_token":"a","expires_in":300,"refresh_token":"r","session":{"id":"s","generation":7}}`, found{"a", "r", "s", 300, 7}},
		{"with spaces", " {\n\t\"session\" : { \"generation\" : 0 , \"id\" : \"s\" } ,\r\n \"refresh_token\" : \"r\" } \n", found{refresh: "r", id: "s"}},
		{"after other values", `{"a":null,"b":[1,{"refresh_token":"x"},"]"],"c":{},"d":-1.5e3,"session":{"x":{"id":"no"},"id":"s","generation":1,"y":[]},"e":true}`, found{id: "s", generation: 1}},
		{"decoys", `{"user":{"refresh_token":"x","generation":9,"name":"\"refresh_token\":\"y\""},"refresh_token":"r","session":{"id":"s","generation":1},"account":{"id":"z","name":"\\"}}`, found{refresh: "r", id: "s", generation: 1}},
		{"escapes in a token", `{"refresh_token":"cfr\u005f\/","session":{"id":"s","generation":1}}`, found{refresh: "cfr_/", id: "s", generation: 1}},
		{"the last of two", `{"refresh_token":"x","refresh_token":"r","session":{"id":"s","generation":1}}`, found{refresh: "r", id: "s", generation: 1}},
		{"large number", `{"session":{"id":"s","generation":9007199254740992}}`, found{id: "s", generation: 1 << 53}},
	} {
		var a answer
		if err := a.scan([]byte(test.body)); err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		got := found{string(a.accessToken), string(a.refreshToken), string(a.sessionID), a.expiresIn, a.generation}
		if got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestScanRefuses(t *testing.T) {
	const session = `"session":{"id":"s","generation":1}`
	for _, test := range []struct{ name, body, want string }{
		{"nothing", "", "at byte 0, want an object"},
		{"an array", "[]", "at byte 0, want an object"},
		{"an empty object", "{}", "no session with id and generation"},
		{"no generation", `{"session":{"id":"s"}}`, "no session with id and generation"},
		{"null session", `{"session":null}`, "at byte 11, want an object"},
		{"null token", `{"refresh_token":null,` + session + `}`, "at byte 17, want a string"},
		{"cut in a token", `{` + session + `,"refresh_token":"cfr_`, "want the end of the string"},
		{"cut in a skipped value", `{` + session + `,"x":[{"y":1}`, "want the end of the value"},
		{"cut before the end", `{` + session, "want a comma or the end of the object"},
		{"comma before the end", `{` + session + `,}`, "want a string"},
		{"no comma", `{` + session + ` "x":1}`, "want a comma or the end of the object"},
		{"no colon", `{"x" 1}`, "at byte 5, want a colon"},
		{"no value", `{"x":}`, "at byte 5, want a value"},
		{"more after the end", `{` + session + `}{}`, "want the end"},
		{"a fraction", `{"session":{"id":"s","generation":1.5}}`, "want a whole number"},
		{"a sign", `{"expires_in":-1}`, "want a whole number"},
		{"a leading zero", `{"expires_in":01}`, "want a whole number"},
		{"a number as text", `{"expires_in":"1"}`, "want a whole number"},
		{"too large a number", `{"expires_in":90071992547409930000000}`, "want a whole number"},
		{"a bad escape", `{"refresh_token":"\x"}`, "want a string before here"},
		{"a quote in a token", `{"refresh_token":"\""}`, "want a token without"},
		{"a line end in a token", `{"access_token":"a\r\nX: y"}`, "want a token without"},
		{"a raw line end in a token", "{\"access_token\":\"a\r\nX: y\"}", "want a token without"},
	} {
		var a answer
		err := a.scan([]byte(test.body))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "cfr_") {
			t.Errorf("%s: the error shows a token: %v", test.name, err)
		}
	}
}

// FuzzScan: what is read from an object that is JSON is what encoding/json
// reads from it.
func FuzzScan(f *testing.F) {
	f.Add([]byte(`{"access_token":"a","expires_in":300,"refresh_token":"r","session":{"id":"s","generation":7}}`))
	f.Add([]byte(`{"x":[1,{"y":"\\\""}],"session":{"id":"\u0073","generation":0},"z":-1e9}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var a answer
		if a.scan(body) != nil || !json.Valid(body) {
			return
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(body, &all); err != nil {
			t.Fatal(err)
		}
		text := func(raw json.RawMessage) (s string) {
			if raw != nil && json.Unmarshal(raw, &s) != nil {
				t.Fatalf("%q is no string", raw)
			}
			return s
		}
		// Invalid UTF-8 is passed on by the scanner and replaced by
		// encoding/json.
		same := func(got []byte, raw json.RawMessage) {
			if want := text(raw); strings.ToValidUTF8(string(got), "") != strings.ReplaceAll(want, "\ufffd", "") && !strings.Contains(string(got), "\ufffd") {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		same(a.accessToken, all["access_token"])
		same(a.refreshToken, all["refresh_token"])
		// Of a session that is given twice the scanner keeps members of both,
		// so only the single one is compared.
		if strings.Count(string(body), `session"`) != 1 || strings.Contains(string(body), `\u`) {
			return
		}
		var session map[string]json.RawMessage
		if err := json.Unmarshal(all["session"], &session); err != nil {
			t.Fatal(err)
		}
		same(a.sessionID, session["id"])
		var generation int64
		if err := json.Unmarshal(session["generation"], &generation); err != nil || generation != a.generation {
			t.Errorf("generation %d, want %d (%v)", a.generation, generation, err)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	body := []byte(`{"access_token":"` + strings.Repeat("x", 640) + `","token_type":"Bearer","expires_in":300,"refresh_token":"cfr_` +
		strings.Repeat("x", 100) + `","session":` + fakeSessionJSON("0197", 7) + `,"user":` + fakeUserJSON + `,"account":` + fakeAccountJSON + `}`)
	b.ReportAllocs()
	var a answer
	for b.Loop() {
		if err := a.scan(body); err != nil {
			b.Fatal(err)
		}
	}
}
