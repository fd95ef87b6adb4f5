package feed

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/curfew-auth/curfew/internal/curfew"
)

func TestCursor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Custom(func(t *rapid.T) (id curfew.ID) {
			copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
			return id
		})
		c := curfew.Cursor(rapid.MapOfN(id, rapid.Int64Min(1), 0, 8).Draw(t, "cursor"))
		text := EncodeCursor(c)
		back, err := ParseCursor(text)
		if err != nil || !maps.Equal(back, c) {
			t.Fatalf("%v became %v: %v", c, back, err)
		}
		if !Covers(c, back) || len(c) > 0 && Covers(nil, c) {
			t.Fatal("it does not cover itself, or nothing covers it")
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if c, err := ParseCursor(text); err == nil && EncodeCursor(c) != text {
			t.Fatalf("%q is not how %v is written", text, c)
		}
	})
}

func TestCursorsThatAreNone(t *testing.T) {
	for _, text := range []string{"", "A", "AA", "Ag", "AQ==", "AQ\n", "AR", EncodeCursor(curfew.Cursor{{1}: 0}), EncodeCursor(curfew.Cursor{{1}: -1})} {
		if c, err := ParseCursor(text); err == nil {
			t.Errorf("%q is %v", text, c)
		}
	}
}
