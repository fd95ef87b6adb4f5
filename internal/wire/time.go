package wire

import "time"

// Time is a time on the wire: RFC 3339, UTC with Z, at most microseconds. It
// does not embed time.Time, whose own encoding writes nanoseconds and offsets.
type Time struct{ t time.Time }

const timeLayout = "2006-01-02T15:04:05.999999Z"

// At puts a time on the wire.
func At(t time.Time) Time { return Time{t} }

// MaybeAt puts a time on the wire that may be unset: nil (null) for zero.
func MaybeAt(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	return &Time{t}
}

// Std is the time as Go has it.
func (t Time) Std() time.Time { return t.t }

// String is the time as it travels, rounded down to the microsecond.
func (t Time) String() string { return t.t.UTC().Format(timeLayout) }

// AppendText appends String.
func (t Time) AppendText(b []byte) ([]byte, error) {
	return t.t.UTC().AppendFormat(b, timeLayout), nil
}

// MarshalText is String.
func (t Time) MarshalText() ([]byte, error) { return t.AppendText(nil) }

// UnmarshalText reads any RFC 3339 time.
func (t *Time) UnmarshalText(b []byte) error {
	parsed, err := time.Parse(time.RFC3339, string(b))
	if err == nil {
		t.t = parsed.UTC()
	}
	return err
}
