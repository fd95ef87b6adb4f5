package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
)

// Optional is a member of a request that may be absent, null, or a value:
// absent leaves a thing as it is, null clears it (RFC 7396).
type Optional[T any] struct {
	// Set says that the member was there.
	Set bool
	// Null says that it was there and null.
	Null  bool
	Value T
}

// Some is a member with a value.
func Some[T any](v T) Optional[T] { return Optional[T]{Set: true, Value: v} }

// Null is a member that is null.
func Null[T any]() Optional[T] { return Optional[T]{Set: true, Null: true} }

// IsZero says that the member is absent, so that `omitzero` leaves it out.
func (o Optional[T]) IsZero() bool { return !o.Set }

// UnmarshalJSON is called only for a member that is there.
func (o *Optional[T]) UnmarshalJSON(b []byte) error {
	*o = Optional[T]{Set: true}
	if bytes.Equal(b, []byte("null")) {
		o.Null = true
		return nil
	}
	return json.Unmarshal(b, &o.Value)
}

// MarshalJSON writes null or the value; an absent member needs `omitzero`.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if !o.Set || o.Null {
		return []byte("null"), nil
	}
	return json.Marshal(o.Value)
}

// Int is a whole number in a request, however JSON writes it: 15, 15.0 and
// 1.5e1 are the same number (RFC 8259, section 6). One that is out of reach
// counts as the nearest that is not, so that its bounds are what refuses it.
type Int int64

var errInt = errors.New("not a whole number")

// UnmarshalJSON reads a JSON number without a fraction.
func (n *Int) UnmarshalJSON(b []byte) error {
	if v, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		*n = Int(v)
		return nil
	}
	f, err := strconv.ParseFloat(string(b), 64)
	switch {
	case errors.Is(err, strconv.ErrRange) || err == nil && math.Abs(f) >= 1<<53:
		*n = math.MaxInt32
		if f < 0 {
			*n = math.MinInt32
		}
	case err != nil || f != math.Trunc(f):
		return errInt
	default:
		*n = Int(f)
	}
	return nil
}
