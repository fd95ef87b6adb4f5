package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

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
	fields := trackedFields[v.Type()]
	o := make(object, 0, len(fields))
	for _, field := range fields {
		if field.embedded { // its fields are told as the type's own
			embedded, err := tracked(v.Field(field.index))
			if err != nil {
				return nil, err
			}
			o = append(o, embedded...)
			continue
		}
		value, err := plain(v.Field(field.index))
		if err != nil {
			return nil, fmt.Errorf("audit: %v.%s: %w", v.Type(), v.Type().Field(field.index).Name, err)
		}
		o = append(o, member{field.name, value})
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
		return withoutCredentials(strings.ToValidUTF8(v.String(), "\uFFFD")), nil
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
