package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
)

const (
	// sendTimeout is how long an attempt takes at most, from the look-up of the
	// name to the end of the answer.
	sendTimeout = 10 * time.Second
	// maxAnswer is how much of an answer is read. Nothing of it is kept: it is read
	// so that the connection can be used again.
	maxAnswer = 16 << 10
	// connections is how many idle connections to an endpoint are kept.
	connections = 8
)

// Sender makes attempts at deliveries. It is safe for concurrent use.
type Sender struct {
	now    func() time.Time
	agent  string
	secure *http.Client
	clear  *http.Client
}

// NewSender makes a Sender that reaches what a guard lets it.
func NewSender(guard Guard, version string, now func() time.Time) *Sender {
	return &Sender{now: now, agent: "Curfew/" + version, secure: newClient(guard, false), clear: newClient(guard, true)}
}

// newClient makes a client that dials for itself what it was told to, and
// nothing else: no proxy of the environment, which would resolve names anew, and
// no redirect, which the URL's judge has not seen.
func newClient(guard Guard, plainText bool) *http.Client {
	dialer := &net.Dialer{Timeout: sendTimeout, Control: guard.control(plainText)}
	return &http.Client{
		Timeout: sendTimeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: sendTimeout,
			MaxIdleConnsPerHost: connections, IdleConnTimeout: 90 * time.Second,
			MaxResponseHeaderBytes: 16 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close closes idle connections.
func (s *Sender) Close() {
	s.secure.CloseIdleConnections()
	s.clear.CloseIdleConnections()
}

// Send makes one attempt, and tells what came of it. Its words never hold the
// URL, whose path may be a secret, nor anything of the answer but its status.
func (s *Sender) Send(ctx context.Context, d authority.ClaimedDelivery) (sent authority.Sent) {
	began := time.Now()
	sent.At = s.now()
	defer func() { sent.Took = time.Since(began) }()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, strings.NewReader(d.Body))
	if err != nil {
		sent.Error = "the URL cannot be used"
		return sent
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", s.agent)
	sign(request.Header, d.EventID.String(), sent.At, d.Body, d.Secrets)
	client := s.secure
	if request.URL.Scheme == "http" {
		client = s.clear
	}
	answer, err := client.Do(request)
	if err != nil {
		sent.Error = why(err)
		return sent
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer)
	sent.Status = answer.StatusCode
	switch {
	case answer.StatusCode >= 200 && answer.StatusCode < 300:
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		sent.Error = fmt.Sprintf("answered %d: redirects are not followed", answer.StatusCode)
	default:
		sent.Error = fmt.Sprintf("answered %d", answer.StatusCode)
	}
	sent.Gone = answer.StatusCode == http.StatusGone
	if answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusServiceUnavailable {
		sent.RetryAfter = retryAfter(answer.Header.Get("Retry-After"), s.now())
	}
	return sent
}

// retryAfter reads a Retry-After header (RFC 9110, section 10.2.3).
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// why says why there was no answer.
func why(err error) string {
	var network net.Error
	var name *net.DNSError
	var wrapped *url.Error
	switch {
	case errors.Is(err, errRefused):
		return errRefused.Error()
	case errors.Is(err, errNotSecret):
		return errNotSecret.Error()
	case errors.As(err, &name):
		return "the name cannot be resolved"
	case errors.As(err, &network) && network.Timeout():
		return "no answer within 10 seconds"
	case errors.Is(err, context.Canceled):
		return "the server stopped"
	case errors.As(err, &wrapped):
		return "no connection: " + reason(wrapped.Err)
	}
	return "no connection"
}

// reason is the end of an error: what the system or the other side said, without
// addresses.
func reason(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	text := err.Error()
	if strings.Contains(text, "malformed HTTP") { // which goes on with what was said
		return "what answered does not speak HTTP"
	}
	return text[:min(len(text), 200)]
}
