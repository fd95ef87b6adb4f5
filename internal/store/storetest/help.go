package storetest

import (
	"errors"
	"strings"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// ReasonOf is why a session ended, as an error tells it.
func ReasonOf(err error) curfew.Reason {
	var e *curfew.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// cutLink takes the token out of a link.
func cutLink(url string) (before, token string, found bool) { return strings.Cut(url, "#token=") }
