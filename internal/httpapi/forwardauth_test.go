package httpapi_test

import (
	"net/url"
	"testing"
)

// TestContinueTakesAddressesAsProxiesWriteThem: what nginx cannot encode comes
// whole to the page, and leads nowhere but there.
func TestContinueTakesAddressesAsProxiesWriteThem(t *testing.T) {
	api := newAPI(t, config(&fake{}))
	for _, asked := range []string{"/", "/orders", "/orders?page=2&sort=name&return_to=/x", "/a%20b?c=%26d%3De+f", "//evil.example/", "/\\evil", "/%0d%0aSet-Cookie:x"} {
		r := newRequest("GET", "/continue", "")
		r.Host, r.URL.RawQuery = "auth.example.com", "return_to="+asked
		w := serve(api, r)
		to, err := url.Parse(w.Header().Get("Location"))
		if err != nil || w.Code != 303 || to.Host != "" || to.Path != "/continue" || len(to.Query()) != 1 || to.Query().Get("return_to") != asked {
			t.Errorf("%s: %d to %q (%v)", asked, w.Code, w.Header().Get("Location"), err)
		}
		// And from there to the page, in no circle.
		if w := call(t, api, "GET", w.Header().Get("Location"), ""); w.Code != 200 || w.Header().Get("Location") != "" {
			t.Errorf("%s: then %d to %q", asked, w.Code, w.Header().Get("Location"))
		}
	}
	for _, at := range []string{"/continue", "/continue?return_to=", "/continue?return_to=https://evil.example/", "/continue?x=/y"} {
		if w := call(t, api, "GET", at, ""); w.Code != 200 || w.Header().Get("Location") != "" {
			t.Errorf("%s: %d to %q", at, w.Code, w.Header().Get("Location"))
		}
	}
}
