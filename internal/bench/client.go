package bench

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// target is where requests go.
type target struct {
	addr   string // to dial
	host   string // for the Host header
	root   string // of all paths
	prefix string // of those of the API
	tls    *tls.Config
}

func parseTarget(base string, config *tls.Config) (target, error) {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return target{}, fmt.Errorf("the base URL %q is not like http://127.0.0.1:8080", base)
	}
	root := strings.TrimRight(u.EscapedPath(), "/")
	t := target{host: u.Host, root: root, prefix: root + "/api/v1"}
	port := u.Port()
	switch u.Scheme {
	case "http":
		port = orDefault(port, "80")
	case "https":
		port = orDefault(port, "443")
		t.tls = config
		if t.tls == nil {
			t.tls = &tls.Config{}
		}
	default:
		return target{}, fmt.Errorf("the base URL %q is neither http nor https", base)
	}
	t.addr = net.JoinHostPort(u.Hostname(), port)
	return t, nil
}

// post begins a request in buf: its head, to which the caller appends a body
// of length bytes.
func (t *target) post(buf []byte, path string, length int) []byte {
	buf = t.head(buf, "POST ", path)
	buf = append(buf, "Content-Type: application/json\r\nContent-Length: "...)
	buf = strconv.AppendInt(buf, int64(length), 10)
	return append(buf, "\r\n\r\n"...)
}

// get writes a GET into buf.
func (t *target) get(buf []byte, path string, bearer []byte) []byte {
	return t.bearer(buf, "GET ", path, bearer)
}

// bearer writes a request without a body into buf.
func (t *target) bearer(buf []byte, method, path string, bearer []byte) []byte {
	buf = t.head(buf, method, path)
	buf = append(buf, "Authorization: Bearer "...)
	buf = append(buf, bearer...)
	return append(buf, "\r\n\r\n"...)
}

func (t *target) head(buf []byte, method, path string) []byte {
	return t.headAt(buf, method, t.prefix, path)
}

func (t *target) headAt(buf []byte, method, prefix, path string) []byte {
	buf = append(append(buf[:0], method...), prefix...)
	buf = append(append(buf, path...), " HTTP/1.1\r\nHost: "...)
	buf = append(buf, t.host...)
	return append(buf, "\r\nUser-Agent: curfew-bench\r\nAccept: application/json\r\n"...)
}

// client is an HTTP/1.1 client with one connection and one request at a time.
// It does what a load generator for one known API needs and nothing else: no
// redirects, no cookies, no proxies, no pipelining, no compression.
type client struct {
	target  *target
	timeout time.Duration
	dials   int64

	conn    net.Conn // nil when there is none
	release func() bool
	br      *bufio.Reader
	res     response
}

// errProtocol is an answer that cannot be understood. Unlike a connection that
// broke, it is no reason to ask again.
var errProtocol = errors.New("unreadable HTTP answer")

// roundTrip sends req, a whole request, and reads the answer, which is valid
// until the next call. If the connection breaks first, the same bytes are sent
// once more on a new one, so they must be safe to send twice. The connection
// is closed when ctx ends.
func (c *client) roundTrip(ctx context.Context, req []byte) (*response, error) {
	for try := 1; ; try++ {
		err := c.dial(ctx)
		if err == nil {
			err = c.exchange(req)
			if err == nil {
				return &c.res, nil
			}
			c.close()
		} else {
			try = 2 // a refused connection would be refused again
		}
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, fmt.Errorf("no answer within %s", c.timeout)
		case try == 2 || errors.Is(err, errProtocol):
			return nil, err
		}
	}
}

func (c *client) dial(ctx context.Context) error {
	if c.conn != nil {
		return nil
	}
	c.dials++
	d := &net.Dialer{Timeout: c.timeout}
	var conn net.Conn
	var err error
	if c.target.tls != nil {
		conn, err = (&tls.Dialer{NetDialer: d, Config: c.target.tls}).DialContext(ctx, "tcp", c.target.addr)
	} else {
		conn, err = d.DialContext(ctx, "tcp", c.target.addr)
	}
	if err != nil {
		return err
	}
	c.conn = conn
	c.release = context.AfterFunc(ctx, func() { conn.Close() })
	if c.br == nil {
		c.br = bufio.NewReaderSize(nil, 8<<10)
	}
	c.br.Reset(conn)
	return nil
}

func (c *client) exchange(req []byte) error {
	if err := c.conn.SetDeadline(time.Now().Add(c.timeout)); err != nil {
		return err
	}
	if _, err := c.conn.Write(req); err != nil {
		return err
	}
	if err := c.res.read(c.br); err != nil {
		return err
	}
	// Bytes after the answer belong to nothing that was asked.
	if c.res.close || c.br.Buffered() > 0 {
		c.close()
	}
	return nil
}

func (c *client) close() {
	if c.conn != nil {
		c.release()
		c.conn.Close()
		c.conn = nil
	}
}
