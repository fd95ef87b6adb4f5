package cli

import (
	"strings"
	"testing"
)

func TestConfirm(t *testing.T) {
	for in, ok := range map[string]bool{"yes\n": true, " yes \r\n": true, "y\n": false, "\n": false, "": false, "no\nyes\n": false, "YES\n": false} {
		var out strings.Builder
		if err := confirm(strings.NewReader(in), &out, "This does something."); (err == nil) != ok {
			t.Errorf("%q: %v", in, err)
		}
		if out.String() != "This does something. Type yes to go on: " {
			t.Errorf("it asks %q", out.String())
		}
	}
}
