package httpapi

import (
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	formMedia      = "application/x-www-form-urlencoded"
	basicChallenge = `Basic realm="curfew"`
)

// readForm reads a form. A parameter without a value counts as left out (RFC
// 6749, section 3.2).
func readForm(x *exchange) (url.Values, error) {
	body, err := readAll(x, checkForm)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, curfew.NewError(curfew.KindMalformed, "The form cannot be read.")
	}
	for _, values := range form {
		if len(values) > 1 {
			return nil, curfew.NewError(curfew.KindMalformed, "The form has a parameter twice.")
		}
	}
	// One way to prove oneself at a time (RFC 6749, section 2.3).
	if form.Get("client_secret") != "" || form.Get("client_assertion") != "" {
		return nil, curfew.NewError(curfew.KindMalformed, "A client proves itself in the Authorization header, and not in the form.")
	}
	return form, nil
}

// checkForm refuses a body that is not declared as a form.
func checkForm(r *http.Request) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if encoding := r.Header.Get("Content-Encoding"); err == nil && media == formMedia && (encoding == "" || encoding == "identity") {
		return nil
	}
	return curfew.NewError(curfew.KindUnsupportedMedia, "A body needs Content-Type: "+formMedia+" and no Content-Encoding.")
}

// formToken is the one parameter that operations on a token need.
func (x *exchange) formToken() (string, error) {
	if text := x.form.Get("token"); text != "" {
		return text, nil
	}
	return "", curfew.NewError(curfew.KindMalformed, "The form has no parameter token.")
}

// hasBasic reports whether a request names the Basic scheme.
func hasBasic(r *http.Request) bool {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Basic")
}

// authenticateClient finds the service of a key that comes as the secret of an
// OAuth client (RFC 6749, section 2.3.1). The client's id is that of the key, or
// its name.
func (a *API) authenticateClient(x *exchange, scope curfew.Scope) error {
	x.basic = true
	id, key, ok := clientOf(x.request)
	if !ok {
		return errNoClient
	}
	if err := a.authenticateService(x, key, scope); err != nil {
		if curfew.KindOf(err) == curfew.KindInvalidToken {
			return errNoClient
		}
		return err
	}
	if id != x.actor.ServiceKeyID.String() && id != x.actor.Name {
		x.actor = curfew.Actor{}
		return errNoClient
	}
	return nil
}

// errNoClient is the one answer for a client that is not known, and for one with
// another secret.
var errNoClient = curfew.NewError(curfew.KindInvalidToken, "The client is not known, or its secret is not valid.")

// clientOf is the id and the secret of an OAuth client. Both are encoded as in a
// form before they are joined.
func clientOf(r *http.Request) (id, secret string, ok bool) {
	lines := r.Header["Authorization"]
	_, encoded, _ := strings.Cut(lines[0], " ")
	text, err := base64.StdEncoding.DecodeString(encoded)
	if len(lines) != 1 || err != nil {
		return "", "", false
	}
	id, secret, ok = strings.Cut(string(text), ":")
	for _, part := range []*string{&id, &secret} {
		if *part, err = url.QueryUnescape(*part); err != nil {
			return "", "", false
		}
	}
	return id, secret, ok && id != "" && secret != ""
}
