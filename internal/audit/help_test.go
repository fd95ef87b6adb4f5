package audit

import (
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

func keys(keyID byte) (key [32]byte, ok bool) {
	switch keyID {
	case 7, 8:
		return [32]byte{0: keyID, 31: 1}, true
	}
	return key, false
}

func newChain(t testing.TB, current byte) *Chain {
	t.Helper()
	c, err := NewChain(keys, current)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// full is an event without an empty field.
func full(n byte) Event {
	return Event{
		AccountID: curfew.ID{1}, ID: curfew.ID{2, n}, OccurredAt: start.Add(time.Duration(n) * time.Microsecond),
		Action:       SessionRevoke,
		Actor:        &Actor{Type: curfew.ActorUser, ID: curfew.ID{3}, Name: "Ada", Email: "ada@example.com"},
		ResourceType: "session", ResourceID: curfew.ID{4}, RequestID: "req", IP: "192.0.2.1", UserAgent: "Firefox",
		Details: json.RawMessage(`{"n":` + fmt.Sprint(n) + `}`),
	}
}

// build links n full events.
func build(t testing.TB, c *Chain, n int) ([]Sealed, Head) {
	t.Helper()
	var rows []Sealed
	var head Head
	for i := range n {
		rows, head = link(c, rows, head, full(byte(i)))
	}
	return rows, head
}

func link(c *Chain, rows []Sealed, head Head, e Event) ([]Sealed, Head) {
	mac, keyID, next := c.Link(head, &e)
	return append(rows, Sealed{Event: e, MAC: mac, KeyID: keyID}), next
}

func stream(rows []Sealed) iter.Seq2[Sealed, error] {
	return func(yield func(Sealed, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func verify(t testing.TB, c *Chain, rows []Sealed, anchor, head Head) Report {
	t.Helper()
	report, err := c.Verify(stream(rows), anchor, head)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func wantBad(t *testing.T, r Report, seq int64, words string) {
	t.Helper()
	if r.OK() || r.BadSeq != seq || !strings.Contains(r.Problem, words) {
		t.Errorf("got %+v, want row %d and %q", r, seq, words)
	}
}

// leaves calls fn with a way to each leaf of a struct value, and its name.
func leaves(v reflect.Value, name string, fn func(name string, leaf reflect.Value)) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		fn(name, v)
	case v.Kind() == reflect.Pointer:
		fn(name, v)
		if !v.IsNil() {
			leaves(v.Elem(), name, fn)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			leaves(v.Field(i), name+"."+v.Type().Field(i).Name, fn)
		}
	default:
		fn(name, v)
	}
}

// alter changes a leaf to another value.
func alter(t *testing.T, name string, v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(v.Interface().(time.Time).Add(time.Microsecond)))
	case v.Kind() == reflect.Pointer:
		v.SetZero()
	case v.Kind() == reflect.String:
		v.SetString(v.String() + "x")
	case v.Kind() == reflect.Int64:
		v.SetInt(v.Int() + 1)
	case v.Kind() == reflect.Uint8:
		v.SetUint(v.Uint() ^ 15) // 7 becomes 8, which is a key as well
	case v.Kind() == reflect.Array:
		v.Index(v.Len() - 1).SetUint(uint64(v.Index(v.Len()-1).Uint() ^ 1))
	case v.Kind() == reflect.Slice:
		v.SetBytes(append(slices.Clone(v.Bytes()), ' '))
	default:
		t.Fatalf("%s: the test cannot alter a %v", name, v.Type())
	}
}

func clone(row Sealed) Sealed {
	actor := *row.Actor
	row.Actor = &actor
	return row
}
