package curfew

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestErrorText(t *testing.T) {
	cause := errors.New("disk")
	for _, tt := range []struct {
		err  *Error
		want string
	}{
		{&Error{Kind: KindStale}, "stale"},
		{NewError(KindStale, "Look again."), "stale: Look again."},
		{&Error{Kind: KindInternal, Cause: cause}, "internal: disk"},
		{&Error{Kind: KindInternal, Detail: "D.", Cause: cause}, "internal: D.: disk"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestKindOf(t *testing.T) {
	stale := NewError(KindStale, "")
	for _, tt := range []struct {
		err  error
		want Kind
	}{
		{stale, KindStale},
		{fmt.Errorf("more: %w", stale), KindStale},
		{errors.Join(errors.New("x"), stale), KindStale},
		{errors.New("stale"), KindInternal},
		{ErrNotFound, KindInternal},
		{nil, KindInternal},
	} {
		if got := KindOf(tt.err); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.err, got, tt.want)
		}
	}
}

func TestUnavailableHidesItsCause(t *testing.T) {
	cause := errors.New("dial tcp 10.0.0.1")
	err := Unavailable(cause)
	if !errors.Is(err, cause) || err.Kind != KindUnavailable || err.RetryAfter != time.Second {
		t.Errorf("got %+v", err)
	}
	if strings.Contains(err.Detail, "10.0.0.1") || err.Detail == "" {
		t.Errorf("the caller is told %q", err.Detail)
	}
}

func TestInvalid(t *testing.T) {
	one := Invalid("name", "Say a name.")
	if one.Kind != KindInvalidRequest || one.Detail != "Say a name." || len(one.Fields) != 1 || one.Fields[0] != (FieldError{"name", "Say a name."}) {
		t.Errorf("got %+v", one)
	}
	if InvalidFields(nil) != nil {
		t.Error("no fields are an error")
	}
	two := InvalidFields([]FieldError{{"a", "A."}, {"b", "B."}})
	if two.Kind != KindInvalidRequest || two.Detail != "A." || len(two.Fields) != 2 {
		t.Errorf("got %+v", two)
	}
}

func TestRole(t *testing.T) {
	for r, want := range map[Role]bool{RoleOwner: true, RoleMember: true, "": false, "Owner": false, "admin": false} {
		if r.Valid() != want {
			t.Errorf("%q: %v", r, r.Valid())
		}
	}
}

func TestDisabled(t *testing.T) {
	if (User{}).Disabled() || !(User{DisabledAt: time.UnixMicro(1)}).Disabled() {
		t.Error("Disabled")
	}
}
