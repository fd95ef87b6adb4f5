package verify

import (
	"encoding/base64"
	"reflect"
	"strings"
	"testing"
)

// sameAsJSON makes sure that claims which are plain are read as by encoding/json.
func sameAsJSON(t *testing.T, text []byte) (wasPlain bool) {
	t.Helper()
	var quick, general payload
	if !quick.plain(text) {
		return false
	}
	if err := general.read(text); err != nil {
		t.Errorf("only plain takes %q: %v", text, err)
	} else if !reflect.DeepEqual(quick, general) {
		t.Errorf("%q is %+v, and not %+v", text, quick, general)
	}
	return true
}

func vectorClaims(t testing.TB) (all [][]byte) {
	var file accessVectors
	readVectors(t, "testdata/access-tokens.json", &file)
	for _, vector := range file.Vectors {
		_, claims, _, _ := split(vector.Token)
		if text, err := base64.RawURLEncoding.DecodeString(claims); err == nil && len(text) > 0 {
			all = append(all, text)
		}
	}
	return all
}

func TestPlainClaims(t *testing.T) {
	good := vectorClaims(t)[0]
	if !sameAsJSON(t, good) {
		t.Error("what the authority writes is not plain")
	}
	for _, change := range []string{
		`"exp":1772600300`, `"exp":01`, `"exp":1.5`, `"exp":1e3`, `"exp":-1`, `"exp":9999999999999999999`, `"exp":null`, `"exp":"1"`, `"exp":`,
		`"exp": 5`, `"EXP":5`, `"exp":5,"exp":6`, `"amr":[]`, `"amr":["a","b"]`, `"amr":["a",]`, `"amr":null`, `"aud":["a"]`, `"aud":"\u0061"`,
		`"role":"ö"`, `"later":{}`, `"sub":"x"`, `"iss":"` + "\x01" + `"`, `,`, ``,
	} {
		for _, text := range []string{`{` + change + `}`, `{` + change + `,"ae":1}`, `{"ae":1,` + change + `}`, `{` + change + `}x`, `[` + change + `]`} {
			sameAsJSON(t, []byte(text))
		}
		var p payload
		text := strings.Replace(string(good), `"exp":1772600300`, change, 1)
		if (p.plain([]byte(text)) || p.read([]byte(text)) == nil) != (new(payload).read([]byte(text)) == nil) {
			t.Errorf("%q is taken in one way only", text)
		}
	}
}

func FuzzClaims(f *testing.F) {
	for _, text := range vectorClaims(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) { sameAsJSON(t, text) })
}
