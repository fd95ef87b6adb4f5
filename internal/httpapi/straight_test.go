package httpapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/curfew-auth/curfew/internal/curfew"
)

var (
	refreshNames = rapid.SampledFrom([]string{"refresh_token", "attempt", "session_id", "generation", "inactive_seconds",
		"inactive_seconds", "Attempt", "other", ""})
	refreshValues = rapid.SampledFrom([]string{`"cfr_x"`, `""`, `"aaaaaaaaaaaaaaaa"`, `"aaaaaaaaaaaaaaa"`, `"aaaaaaaaaaaaaaa "`,
		`"` + strings.Repeat("a-_Z09", 11)[:64] + `"`, `"` + strings.Repeat("a", 65) + `"`, `"aaaaaaaaaaaaaaa\n"`, `"ä"`, "\"\xff\"", "\"\x01\"", `"`,
		`"01010000-0000-0000-0000-000000000100"`, `"03000000-0000-0000-0000-000000000100"`,
		"0", "1", "7", "12", "01", "-0", "-1", "1.0", "1e2", "7776000", "7776001", "4294967295", "4294967296", "99999999999999999999",
		"", "null", "true", "{}", "[]", "[1]"})
	refreshSpaces = rapid.SampledFrom([]string{"", "", "", " ", "\n\t\r ", "\v"})
	refreshTails  = rapid.SampledFrom([]string{"", "", "", "", "x", "{}", ",", "\x00"})
)

// refreshBody draws a body, most of the time one that is right, and the same with
// every name escaped, which is for huma to judge.
func refreshBody(t *rapid.T) (plain, escaped string) {
	plain, escaped = "{", "{"
	for i := range rapid.IntRange(0, 5).Draw(t, "members") {
		name, value, space := refreshNames.Draw(t, "name"), refreshValues.Draw(t, "value"), refreshSpaces.Draw(t, "space")
		var hidden strings.Builder
		for _, c := range name {
			fmt.Fprintf(&hidden, `\u%04x`, c)
		}
		comma := ""
		if i > 0 {
			comma = ","
		}
		member := func(name string) string {
			return comma + space + `"` + name + `"` + space + ":" + space + value + space
		}
		plain, escaped = plain+member(name), escaped+member(hidden.String())
	}
	end := "}" + refreshTails.Draw(t, "tail")
	return plain + end, escaped + end
}

// TestStraightOrByHuma: a refresh is judged and answered in the same way whether it
// goes straight to its handler or by huma.
func TestStraightOrByHuma(t *testing.T) {
	f := &fake{}
	api := newAPI(t, config(f))
	ask := func(body string, byCookie bool) (int, string, http.Header, any) {
		f.asked = nil
		r := httptest.NewRequest("POST", "/api/v1/auth/refresh", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Request-Id", "the-same")
		if byCookie {
			r.Header.Set("Cookie", "__Host-curfew_refresh=cfr_x")
		}
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w.Code, w.Body.String(), w.Header(), f.asked
	}
	failures := []error{nil, nil, curfew.NewError(curfew.KindRefreshTokenReused, "used"), curfew.Unavailable(nil), fmt.Errorf("a bug"),
		&curfew.Error{Kind: curfew.KindGenerationMoved, Generation: 3, SessionID: session}}
	rapid.Check(t, func(t *rapid.T) {
		plain, escaped := refreshBody(t)
		f.err = rapid.SampledFrom(failures).Draw(t, "failure")
		f.young = rapid.Bool().Draw(t, "young")
		byCookie := rapid.Bool().Draw(t, "by cookie")
		status, body, header, asked := ask(plain, byCookie)
		wantStatus, wantBody, wantHeader, wantAsked := ask(escaped, byCookie)
		if status != wantStatus || body != wantBody {
			t.Errorf("%s\ngot %d %s\nwant %d %s", plain, status, body, wantStatus, wantBody)
		}
		if !reflect.DeepEqual(header, wantHeader) {
			t.Errorf("%s\ngot %v\nwant %v", plain, header, wantHeader)
		}
		if !reflect.DeepEqual(asked, wantAsked) {
			t.Errorf("%s\nasked for %+v, want %+v", plain, asked, wantAsked)
		}
	})
}
