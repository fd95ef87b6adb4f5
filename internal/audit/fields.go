package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// class says what the audit log does with a field.
type class byte

const (
	// track: the field's value may be told in an event's details.
	track class = iota + 1
	// ignore: the field's value is told elsewhere or is of no use.
	ignore
	// secret: the field's value must never be written anywhere.
	secret
)

// classes classifies every field of every type whose values may come near an
// event's details. A test fails when a field is missing.
var classes = map[reflect.Type]map[string]class{
	reflect.TypeFor[curfew.Account](): {
		"ID":                 ignore,
		"Name":               track,
		"CreatedAt":          ignore,
		"NameVersion":        ignore,
		"IdleMinutes":        track,
		"AbsoluteMinutes":    track,
		"MaxSessionsPerUser": track,
		"SessionLimitAction": track,
		"PolicyVersion":      ignore,
		"ClampVersion":       ignore,
		"PolicyUpdatedAt":    ignore,
		"PolicyUpdatedBy":    ignore,
		"Bounds":             ignore,
		"BoundsVersion":      ignore,
		"SessionEpoch":       ignore,
		"ExternalID":         track,
	},
	reflect.TypeFor[curfew.User](): {
		"AccountID":    ignore,
		"ID":           ignore,
		"Name":         track,
		"Email":        track,
		"Role":         track,
		"PasswordHash": secret,
		"CreatedAt":    ignore,
		"DisabledAt":   track,
		"LastLoginAt":  ignore,
		"Version":      ignore,
		"SessionEpoch": ignore,
		"ExternalID":   track,
	},
	reflect.TypeFor[curfew.Session](): {
		"AccountID":         ignore,
		"ID":                ignore,
		"UserID":            track,
		"SecretHash":        secret,
		"Generation":        ignore,
		"RotatedAt":         ignore,
		"RotationAttempt":   secret,
		"RotationNonce":     secret,
		"PolicyVersion":     ignore,
		"StartedAt":         ignore,
		"AuthTime":          ignore,
		"LastActiveAt":      ignore,
		"IdleMinutes":       track,
		"AbsoluteMinutes":   track,
		"IdleExpiresAt":     track,
		"AbsoluteExpiresAt": track,
		"AccountEpoch":      ignore,
		"UserEpoch":         ignore,
		"RevokedAt":         ignore,
		"RevokeReason":      track,
		"Device":            track,
		"IP":                ignore,
		"AMR":               track,
	},
	reflect.TypeFor[curfew.Device](): {
		"Browser": track,
		"OS":      track,
		"Kind":    track,
	},
	reflect.TypeFor[curfew.Invite](): {
		"AccountID":  ignore,
		"ID":         ignore,
		"Email":      track,
		"Role":       track,
		"SecretHash": secret,
		"CreatedAt":  ignore,
		"CreatedBy":  ignore,
		"ExpiresAt":  track,
		"AcceptedAt": ignore,
	},
	reflect.TypeFor[curfew.Reset](): {
		"AccountID":  ignore,
		"UserID":     track,
		"SecretHash": secret,
		"CreatedAt":  ignore,
		"CreatedBy":  track,
		"ExpiresAt":  track,
		"UsedAt":     ignore,
		"UserEpoch":  ignore,
	},
	reflect.TypeFor[curfew.PortalLink](): {
		"AccountID":    ignore,
		"ID":           ignore,
		"UserID":       track,
		"SecretHash":   secret,
		"CreatedAt":    ignore,
		"ExpiresAt":    track,
		"AccountEpoch": ignore,
		"UserEpoch":    ignore,
		"Page":         track,
		"ReturnURL":    track,
		"TiedTo":       track,
		"SessionID":    track,
	},
	reflect.TypeFor[curfew.Repeatable](): {
		"ID":        secret,
		"BodyHash":  secret,
		"AccountID": ignore,
		"SessionID": ignore,
		"MadeAt":    ignore,
	},
	reflect.TypeFor[curfew.ServiceKey](): {
		"ID":            ignore,
		"Name":          track,
		"Scopes":        track,
		"SecretHash":    secret,
		"PreviousHash":  secret,
		"PreviousUntil": track,
		"CreatedAt":     ignore,
		"RotatedAt":     ignore,
		"LastUsedAt":    ignore,
		"ExpiresAt":     track,
		"RevokedAt":     ignore,
	},
	reflect.TypeFor[curfew.ReceiptVerifier](): {
		"Name":         track,
		"State":        track,
		"Milliseconds": track,
		"LastHeardAt":  ignore,
		"AcceptsUntil": ignore,
	},
	reflect.TypeFor[policy.Policy](): {
		"IdleMinutes":     track,
		"AbsoluteMinutes": track,
	},
	reflect.TypeFor[policy.Effective](): {
		"IdleMinutes":     track,
		"AbsoluteMinutes": track,
	},
	reflect.TypeFor[policy.SessionLimit](): {
		"MaxSessionsPerUser": track,
		"SessionLimitAction": track,
	},
	reflect.TypeFor[policy.Settings](): {
		"Policy":       track,
		"SessionLimit": track,
	},
	reflect.TypeFor[policy.InForce](): {
		"Effective":    track,
		"SessionLimit": track,
	},
	reflect.TypeFor[policy.AccountBounds](): {
		"IdleMinutesMin":         track,
		"IdleMinutesMax":         track,
		"IdleMinutesDefault":     track,
		"AbsoluteMinutesMin":     track,
		"AbsoluteMinutesMax":     track,
		"AbsoluteMinutesDefault": track,
		"MaxSessionsPerUserMax":  track,
	},
}

// Details builds the details of an event: a JSON object whose members keep the
// order in which they were set. The zero value is ready.
//
// What may go in is decided here and not by the caller: plain values, and of
// the product's own types their tracked fields and nothing else. Bytes are
// refused, names that speak of secrets are refused, and text that looks like a
// credential is blotted out, so no caller can write a secret by oversight. The
// first refusal makes JSON fail, and with it the transaction.
type Details struct {
	members []member
	err     error
}

type member struct {
	name  string
	value any
}

// Set adds a member. The value is a string, a bool, an integer, a time, an id,
// a pointer to or a slice of these, nil, or a value of a classified type.
func (d *Details) Set(name string, value any) *Details {
	if d.err == nil {
		d.err = d.set(name, value)
	}
	return d
}

// Change adds the tracked fields in which two values of one classified type
// differ, as the members "old" and "new".
func (d *Details) Change(old, new any) *Details {
	if d.err == nil {
		d.err = d.change(old, new)
	}
	return d
}

// JSON is the object, or the first refusal.
func (d *Details) JSON() (json.RawMessage, error) {
	if d.err != nil {
		return nil, d.err
	}
	return encode(d.members)
}

func (d *Details) set(name string, value any) error {
	if word := secretWord(name); word != "" {
		return fmt.Errorf("audit: a detail must not be named %q: %s is a secret", name, word)
	}
	plain, err := plain(reflect.ValueOf(value))
	if err != nil {
		return fmt.Errorf("audit: detail %q: %w", name, err)
	}
	return d.add(name, plain)
}

func (d *Details) add(name string, plain any) error {
	if slices.ContainsFunc(d.members, func(m member) bool { return m.name == name }) {
		return fmt.Errorf("audit: detail %q is set twice", name)
	}
	d.members = append(d.members, member{name, plain})
	return nil
}

func (d *Details) change(old, new any) error {
	from, err := tracked(reflect.ValueOf(old))
	if err != nil {
		return err
	}
	to, err := tracked(reflect.ValueOf(new))
	if err != nil {
		return err
	}
	if reflect.TypeOf(old) != reflect.TypeOf(new) {
		return fmt.Errorf("audit: a change from %T to %T", old, new)
	}
	was, is := object{}, object{}
	for i := range from {
		if !reflect.DeepEqual(from[i], to[i]) {
			was, is = append(was, from[i]), append(is, to[i])
		}
	}
	if err := d.add("old", was); err != nil {
		return err
	}
	return d.add("new", is)
}

// object is a JSON object whose members have an order.
type object []member

func (o object) MarshalJSON() ([]byte, error) { return encode(o) }

func encode(members []member) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// tracked are the tracked fields of a value of a classified type.
func tracked(v reflect.Value) (object, error) {
	if !v.IsValid() || classes[v.Type()] == nil {
		return nil, fmt.Errorf("audit: the fields of this type are not classified: %v", kindOf(v))
	}
	var o object
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if classes[v.Type()][field.Name] != track {
			continue
		}
		if field.Anonymous { // its fields are told as the type's own
			embedded, err := tracked(v.Field(i))
			if err != nil {
				return nil, err
			}
			o = append(o, embedded...)
			continue
		}
		value, err := plain(v.Field(i))
		if err != nil {
			return nil, fmt.Errorf("audit: %v.%s: %w", v.Type(), field.Name, err)
		}
		o = append(o, member{snake(field.Name), value})
	}
	return o, nil
}

// plain is a value as JSON may show it.
func plain(v reflect.Value) (any, error) {
	if !v.IsValid() {
		return nil, nil
	}
	switch x := v.Interface().(type) {
	case time.Time:
		if x.IsZero() {
			return nil, nil
		}
		return x.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano), nil
	case curfew.ID:
		if x.IsZero() {
			return nil, nil
		}
		return x.String(), nil
	}
	if classes[v.Type()] != nil {
		return tracked(v)
	}
	switch v.Kind() {
	case reflect.String:
		return credential.ReplaceAllString(strings.ToValidUTF8(v.String(), "\uFFFD"), "[removed]"), nil
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Uint(), nil
	case reflect.Pointer:
		if v.IsNil() {
			return nil, nil
		}
		return plain(v.Elem())
	case reflect.Slice:
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			item, err := plain(v.Index(i))
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		// An empty slice shows no item to refuse, so its type is judged too.
		if _, err := plain(reflect.Zero(v.Type().Elem())); err != nil {
			return nil, err
		}
		return list, nil
	}
	return nil, fmt.Errorf("a value of type %v does not belong in the audit log", v.Type())
}

func kindOf(v reflect.Value) any {
	if !v.IsValid() {
		return nil
	}
	return v.Type()
}

// credential is text with the shape of a password hash, of one of our tokens
// and keys, or of a JWT.
var credential = regexp.MustCompile(`\$argon2[A-Za-z0-9$=,+/.-]*` +
	`|\bcf[a-z]_[A-Za-z0-9_-]{8,}` +
	`|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`)

// secretWords are the words that no detail may be named with, besides the
// names of fields that are classified as secret.
var secretWords = []string{"password", "secret", "token", "hash", "cookie"}

// secretWord is the part of a name that speaks of a secret, "" for none.
func secretWord(name string) string {
	for _, fields := range classes {
		for field, c := range fields {
			if c == secret && name == snake(field) {
				return name
			}
		}
	}
	for word := range strings.SplitSeq(strings.ToLower(name), "_") {
		if slices.Contains(secretWords, word) {
			return word
		}
	}
	return ""
}

// snake turns a Go name into the API's way of writing: IdleMinutes is
// idle_minutes, UserID is user_id.
func snake(name string) string {
	runes := []rune(name)
	var b strings.Builder
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
