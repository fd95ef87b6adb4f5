package httpapi

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxBody is the most that a request's body may hold.
const maxBody = 64 << 10

// jsonFormat reads and writes bodies. Version 2 of the JSON package refuses
// what version 1 lets pass: members named twice, names in another case, and
// text that is not UTF-8 (RFC 8259, sections 4 and 8.1).
var jsonFormat = huma.Format{
	Marshal:   writeJSON,
	Unmarshal: func(data []byte, v any) error { return json.Unmarshal(data, v) },
}

// writeJSON writes v. Text from elsewhere that is not UTF-8 is mended rather
// than failing an answer that has begun.
func writeJSON(w io.Writer, v any) error {
	return json.MarshalWrite(w, v, jsontext.AllowInvalidUTF8(true))
}

// readBody reads the request's body for operations that take one, by the
// rules of the contract. Bodies of GET and DELETE mean nothing and are ignored
// (RFC 9110, section 9.3.1).
func readBody(x *exchange, takesBody bool) ([]byte, error) {
	body, err := readAll(x, checkMediaType)
	if err == nil && len(body) > 0 && !takesBody {
		return nil, checkEmpty(body)
	}
	return body, err
}

// readAll reads the request's body, none for a method where it means nothing.
// What is not empty must be of the right media type.
func readAll(x *exchange, checkMediaType func(*http.Request) error) ([]byte, error) {
	r := x.request
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodDelete || r.ContentLength == 0 {
		return nil, nil
	}
	if r.ContentLength > maxBody {
		return nil, errTooLarge
	}
	body := bytes.NewBuffer(make([]byte, 0, max(512, r.ContentLength+1)))
	// MaxBytesReader is given the server's own writer, which it tells to close
	// the connection rather than read on.
	if _, err := body.ReadFrom(http.MaxBytesReader(x.ResponseWriter, r.Body, maxBody)); err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return nil, errTooLarge
		}
		return nil, &curfew.Error{Kind: curfew.KindMalformed, Detail: "The body could not be read to its end.", Cause: err}
	}
	if body.Len() == 0 {
		return nil, nil
	}
	if err := checkMediaType(r); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}

var (
	errTooLarge  = curfew.NewError(curfew.KindTooLarge, "The body may hold at most 64 KiB.")
	errMalformed = curfew.NewError(curfew.KindMalformed, "The body is not valid JSON, has something after its end, or names a member twice.")
)

// checkMediaType refuses a body that is not declared as JSON. A page of
// another origin cannot declare it so without a preflight (OWASP ASVS 5.0,
// 3.5.2).
func checkMediaType(r *http.Request) error {
	declared := r.Header.Get("Content-Type")
	if declared == "application/json" && r.Header.Get("Content-Encoding") == "" {
		return nil
	}
	media, _, err := mime.ParseMediaType(declared)
	ok := err == nil && (media == "application/json" || media == "application/merge-patch+json" && r.Method == http.MethodPatch)
	if encoding := r.Header.Get("Content-Encoding"); ok && (encoding == "" || encoding == "identity") {
		return nil
	}
	return curfew.NewError(curfew.KindUnsupportedMedia, "A body needs Content-Type: application/json and no Content-Encoding.")
}

// checkEmpty judges the body of an operation that takes none: an object
// without members is as good as no body.
func checkEmpty(body []byte) error {
	if !jsontext.Value(body).IsValid() {
		return errMalformed
	}
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil || len(members) > 0 {
		return curfew.InvalidFields([]curfew.FieldError{{Detail: "This operation takes no body."}})
	}
	return nil
}
