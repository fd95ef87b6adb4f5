package httpapi_test

import (
	"testing"

	"github.com/curfew-auth/curfew/internal/httpapi"
)

// A page elsewhere that points a name of its own at this machine is turned
// away by that name, and reaches nothing.
func TestALoopbackServerAnswersToItsOwnNamesOnly(t *testing.T) {
	for host, own := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:8080": true, "LOCALHOST": true, "[::1]:8080": true, "127.1.2.3": true, "[::ffff:127.0.0.1]:80": true, "": true,
		"evil.example": false, "evil.example:8080": false, "localhost.evil.example": false, "192.0.2.1:8080": false, "0x7f000001": false, "127.0.0.1.evil.example:8080": false,
	} {
		c := config(&fake{})
		c.PublicURL, c.SecureCookies = "http://127.0.0.1:8080", false
		r := newRequest("GET", "/api/v1/auth/config", "")
		r.Host = host
		w := serve(newAPI(t, c), r)
		if got := w.Code == 200; got != own {
			t.Errorf("%q: status %d", host, w.Code)
		}
		if !own {
			wantProblem(t, w, 403, "cross-origin")
		}
		if r.Host != "" && httpapi.IsLoopback(host) != own {
			t.Errorf("IsLoopback(%q) is %v", host, !own)
		}

		public := config(&fake{})
		public.PublicURL = "https://login.example.com"
		if w := serve(newAPI(t, public), r); w.Code != 200 {
			t.Errorf("behind a proxy, %q: status %d", host, w.Code)
		}
	}
}
