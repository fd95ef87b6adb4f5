package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// client is the caller's own or a default one, without what must not happen to
// requests that carry a key: following redirects, keeping cookies, and a timeout
// that would cut the feed. Every request has limits of its own.
func client(given *http.Client) *http.Client {
	c := http.Client{}
	if given != nil {
		c.Transport = given.Transport
	} else {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = maxAsking
		// A connection that is half open is noticed also where all requests
		// share one.
		transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 3 * time.Second}
		c.Transport = transport
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// authorityError is what went wrong with a request to the authority, in words
// that say what to do.
type authorityError struct {
	words  string
	status int // 0 if there was no answer
}

func (e *authorityError) Error() string { return e.words }

// hopeless reports whether trying again cannot help before somebody changes
// something.
func (e *authorityError) hopeless() bool {
	return e.status == http.StatusUnauthorized || e.status == http.StatusForbidden || e.status == http.StatusNotFound || e.status == misfit
}

// misfit is the status of an answer that is not an authority's, or another's.
const misfit = -1

func (v *Verifier) trouble(status int, format string, args ...any) *authorityError {
	return &authorityError{words: "verify: the authority at " + v.cfg.AuthorityURL + " " + fmt.Sprintf(format, args...), status: status}
}

// get asks the authority. The caller closes the body of an answer without error.
func (v *Verifier) get(ctx context.Context, path string, query url.Values, header http.Header) (*http.Response, error) {
	address := v.cfg.AuthorityURL + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	request.Header.Set("User-Agent", "curfew-verify")
	answer, err := v.cfg.HTTPClient.Do(request)
	if err != nil {
		return nil, v.trouble(0, "cannot be reached: %s", reason(ctx, err))
	}
	return answer, nil
}

// reason is why a request failed, without its address, whose query may be long.
func reason(ctx context.Context, err error) string {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	return err.Error()
}

// feedHeader carries the service key.
func (v *Verifier) feedHeader() http.Header {
	return http.Header{"Authorization": {"Bearer " + v.cfg.ServiceKey}, "Cache-Control": {"no-cache"}}
}

// feed asks an operation of the feed, and puts a refusal into words.
func (v *Verifier) feed(ctx context.Context, path string, query url.Values, header http.Header) (*http.Response, error) {
	if query == nil {
		query = url.Values{}
	}
	query.Set("nonce", newID().String()) // whatever a cache on the way thinks of no-store
	answer, err := v.get(ctx, "/api/v1/revocations/"+path, query, header)
	if err != nil || answer.StatusCode == http.StatusOK {
		return answer, err
	}
	discard(answer.Body)
	switch status := answer.StatusCode; status {
	case http.StatusUnauthorized:
		return nil, v.trouble(status, "refuses the service key (401): %s", makeKey)
	case http.StatusForbidden:
		return nil, v.trouble(status, "does not let the service key read the feed (403): its scope must be revocations:read; %s", makeKey)
	case http.StatusNotFound:
		return nil, v.trouble(status, "has no revocation feed (404): is Issuer right, and is that Curfew's newest version?")
	case http.StatusServiceUnavailable:
		return nil, v.trouble(status, "cannot vouch for its revocations at the moment (503): its log says why")
	default:
		return nil, v.trouble(status, "answers %s with status %d", path, status)
	}
}

// discard reads the rest of a short body, so that the connection can be used
// again, and closes it.
func discard(body io.ReadCloser) {
	io.CopyN(io.Discard, body, 16<<10)
	body.Close()
}

// readBody reads a body of at most limit bytes.
func readBody(body io.Reader, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = errors.New("the answer is too long")
	}
	return text, err
}
