package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Config says where Curfew is, and who asks.
type Config struct {
	// URL is Curfew's public address, CURFEW_PUBLIC_URL, or another one at which
	// this service reaches it. With https, or http on a loopback address.
	URL string

	// Key is a service key, as "curfew service-keys create" prints it, with the
	// scopes of what is called.
	Key string

	// PlainHTTP allows http to other machines, on which people's tokens and the
	// key then travel in the clear: for networks that you trust.
	PlainHTTP bool

	// HTTPClient carries the requests. Its cookies and its handling of redirects
	// are not used, and no request may take longer than Timeout.
	HTTPClient *http.Client

	// Timeout is for each attempt; 10 seconds by default.
	Timeout time.Duration
}

// Client calls Curfew. It is safe for concurrent use.
type Client struct {
	url, key string
	http     *http.Client
	timeout  time.Duration
	// sleep waits between attempts; tests replace it.
	sleep func(ctx context.Context, d time.Duration) error
}

const (
	// attempts is how often a request is sent at most.
	attempts = 3
	// maxAnswer bounds an answer; the longest, the security page of a large
	// account, has a tenth of it.
	maxAnswer = 4 << 20
	// maxWait is the longest wait before another attempt, whatever the server asks.
	maxWait = 5 * time.Second

	defaultTimeout = 10 * time.Second
)

// New makes a Client. It asks nothing of the network.
func New(c Config) (*Client, error) {
	u, err := url.Parse(c.URL)
	switch {
	case c.URL == "":
		return nil, errors.New("service: URL is missing: set it to Curfew's CURFEW_PUBLIC_URL")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, errors.New("service: URL is not an http or https address")
	case u.Scheme == "http" && !c.PlainHTTP && !loopback(u.Hostname()):
		return nil, fmt.Errorf("service: URL %s is neither https nor on a loopback address: tokens and the key would travel in the clear", c.URL)
	case !strings.HasPrefix(c.Key, "cfk_") || strings.ContainsAny(c.Key, " \t\r\n"):
		return nil, errors.New(`service: Key is not a service key (cfk_...): create one with "curfew service-keys create --scope SCOPE,... --name NAME"`)
	case c.Timeout < 0:
		return nil, errors.New("service: Timeout is negative")
	}
	client := &Client{url: strings.TrimSuffix(c.URL, "/"), key: c.Key, timeout: c.Timeout, sleep: sleep, http: &http.Client{}}
	if client.timeout == 0 {
		client.timeout = defaultTimeout
	}
	if c.HTTPClient != nil {
		client.http.Transport = c.HTTPClient.Transport
	}
	// What carries a key follows nobody elsewhere.
	client.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// request is what to ask.
type request struct {
	method, path string
	query        url.Values
	header       http.Header
	// body is sent as JSON, form as a form; neither where both are nil.
	body any
	form url.Values
	// again says that the request may be sent again without another effect.
	again bool
}

// call sends a request and reads the answer into out, where that is not nil. The
// answer's headers are returned.
func (c *Client) call(ctx context.Context, r request, out any) (http.Header, error) {
	body, media, err := r.encode()
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		header, err := c.once(ctx, r, body, media, out)
		if err == nil {
			return header, nil
		}
		wait, sensible := pause(err, attempt)
		if !r.again || !sensible || attempt == attempts || ctx.Err() != nil {
			return nil, err
		}
		if c.sleep(ctx, wait) != nil {
			return nil, err // which says more than that the time is over
		}
	}
}

func (r request) encode() (body []byte, media string, err error) {
	switch {
	case r.form != nil:
		return []byte(r.form.Encode()), "application/x-www-form-urlencoded", nil
	case r.body == nil:
		return nil, "", nil
	}
	if body, err = json.Marshal(r.body); err != nil {
		return nil, "", fmt.Errorf("service: the request cannot be written: %w", err)
	}
	return body, "application/json", nil
}

// once sends a request once.
func (c *Client) once(ctx context.Context, r request, body []byte, media string, out any) (http.Header, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errNoAnswer)
	defer cancel()
	address := c.url + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	asked, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("service: the request cannot be written: %w", err)
	}
	for name, values := range r.header {
		asked.Header[name] = values
	}
	asked.Header.Set("Authorization", "Bearer "+c.key)
	asked.Header.Set("User-Agent", "curfew-service")
	if media != "" {
		asked.Header.Set("Content-Type", media)
	}
	answer, err := c.http.Do(asked)
	if err != nil {
		return nil, unanswered(ctx, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, unanswered(ctx, err)
	}
	if len(text) > maxAnswer {
		return nil, errors.New("service: the answer is too long to be Curfew's")
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return nil, problem(answer, text)
	}
	if out == nil {
		return answer.Header, nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return nil, fmt.Errorf("service: the answer to %s %s is not Curfew's: is URL right?", r.method, r.path)
	}
	return answer.Header, nil
}

// pause is how long to wait before another attempt, and whether one makes sense
// at all: when no answer came, or one that asks for patience.
func pause(err error, attempt int) (time.Duration, bool) {
	wait := 100 * time.Millisecond << (attempt - 1)
	wait = wait/2 + rand.N(wait)
	var refused *Error
	if !errors.As(err, &refused) {
		return wait, errors.As(err, new(*noAnswer))
	}
	switch refused.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return min(max(wait, refused.RetryAfter), maxWait), true
	default:
		return 0, false
	}
}

// retryAfter reads the header of that name, in seconds.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 || seconds > 24*60*60 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// escaped is an id as a part of a path.
func escaped(id string) (string, error) {
	if id == "" || id == "." || id == ".." {
		return "", fmt.Errorf("service: %q is not an id", id)
	}
	return url.PathEscape(id), nil
}

// accountPath is the path of an account, or of something in it.
func accountPath(account string, more ...string) (string, error) {
	path := "/api/v1/service/accounts"
	for i, part := range append([]string{account}, more...) {
		if i%2 == 0 {
			id, err := escaped(part)
			if err != nil {
				return "", err
			}
			part = id
		}
		path += "/" + part
	}
	return path, nil
}
