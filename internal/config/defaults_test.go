package config_test

import (
	"reflect"
	"testing"

	"github.com/curfew-auth/curfew/internal/config"
)

// What a program sets is judged as if it stood on a command line.
func TestSetAsFlagsDo(t *testing.T) {
	s := config.Defaults()
	plain, err := s.Config()
	if want := mustServe(t, nil, nil); err != nil || !reflect.DeepEqual(plain, want) {
		t.Errorf("the defaults are %+v (%v), want %+v", plain, err, want)
	}
	s.Set("addr", "127.0.0.1:0")
	s.Set("admin-addr", "")
	s.Set("data-dir", "elsewhere")
	s.Set("trusted-proxies", "127.0.0.1,10.0.0.0/8")
	got, err := s.Config()
	want := mustServe(t, []string{"--addr=127.0.0.1:0", "--admin-addr=", "--data-dir=elsewhere", "--trusted-proxies=127.0.0.1,10.0.0.0/8"}, nil)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("set are %+v (%v), want %+v", got, err, want)
	}
	s.Set("password-min", "4")
	if _, err := s.Config(); err == nil || err.Error() != "--password-min must be a whole number from 8 to 128, not \"4\"" {
		t.Errorf("a wrong one: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("there is a setting without a name")
		}
	}()
	s.Set("nothing", "")
}
