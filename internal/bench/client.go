package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// target is where requests go.
type target struct {
	addr      string // to dial
	host      string // for the Host header
	prefix    string // of all paths
	tls       *tls.Config
	loginBody []byte
}

func parseTarget(base string, config *tls.Config) (target, error) {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return target{}, fmt.Errorf("the base URL %q is not like http://127.0.0.1:8080", base)
	}
	t := target{host: u.Host, prefix: strings.TrimRight(u.EscapedPath(), "/") + "/api/v1"}
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

// get writes a request without a body into buf.
func (t *target) get(buf []byte, path string, bearer []byte) []byte {
	buf = t.head(buf, "GET ", path)
	buf = append(buf, "Authorization: Bearer "...)
	buf = append(buf, bearer...)
	return append(buf, "\r\n\r\n"...)
}

func (t *target) head(buf []byte, method, path string) []byte {
	buf = append(append(buf[:0], method...), t.prefix...)
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

// response is an answer. Its memory is used again for the next one.
type response struct {
	status     int
	retryAfter time.Duration // -1 when the header is absent
	body       []byte
	close      bool // the connection ends with this answer

	length  int64 // -1 when unknown
	chunked bool
}

// maxBody bounds a body; answers of the API are a few KiB.
const maxBody = 1 << 20

// read reads one answer (RFC 9112); those of 1xx that precede it are skipped.
func (r *response) read(br *bufio.Reader) error {
	for r.status = 0; r.status < 200; {
		if err := r.readHead(br); err != nil {
			return err
		}
	}
	r.body = r.body[:0]
	switch {
	case r.status == 204 || r.status == 304:
		return nil
	case r.chunked:
		return r.readChunks(br)
	case r.length >= 0:
		return r.extend(br, r.length)
	}
	// The body ends where the connection does.
	r.close = true
	for {
		switch c, err := br.ReadByte(); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case len(r.body) == maxBody:
			return fmt.Errorf("%w: the body is too large", errProtocol)
		default:
			r.body = append(r.body, c)
		}
	}
}

func (r *response) readHead(br *bufio.Reader) error {
	line, err := readLine(br)
	if err != nil {
		return err
	}
	// HTTP/1.1 200 OK
	if len(line) < 12 || string(line[:7]) != "HTTP/1." || line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return fmt.Errorf("%w: no status line", errProtocol)
	}
	status, err := strconv.ParseUint(string(line[9:12]), 10, 16)
	if err != nil || status < 100 || status == 101 {
		return fmt.Errorf("%w: status %q", errProtocol, line[9:12])
	}
	old := line[7] == '0' // HTTP/1.0
	*r = response{status: int(status), retryAfter: -1, length: -1, close: old, body: r.body}
	for {
		line, err := readLine(br)
		if err != nil {
			return err
		}
		if len(line) == 0 {
			if old && r.chunked { // RFC 9112, section 6.1: its framing is faulty
				return fmt.Errorf("%w: chunks in HTTP/1.0", errProtocol)
			}
			return nil
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return fmt.Errorf("%w: a header without a colon", errProtocol)
		}
		if err := r.header(name, bytes.TrimSpace(value)); err != nil {
			return err
		}
	}
}

func (r *response) header(name, value []byte) error {
	is := func(want string) bool {
		return len(name) == len(want) && strings.EqualFold(string(name), want)
	}
	switch {
	case is("Content-Length"):
		n, err := strconv.ParseUint(string(value), 10, 31)
		if err != nil || n > maxBody || r.length >= 0 && r.length != int64(n) {
			return fmt.Errorf("%w: Content-Length %q", errProtocol, value)
		}
		r.length = int64(n)
	case is("Transfer-Encoding"):
		if !strings.EqualFold(string(value), "chunked") {
			return fmt.Errorf("%w: Transfer-Encoding %q", errProtocol, value)
		}
		r.chunked = true
	case is("Connection"):
		if strings.EqualFold(string(value), "close") {
			r.close = true
		} else if strings.EqualFold(string(value), "keep-alive") {
			r.close = false
		}
	case is("Retry-After"):
		// The other form, a date, is taken as one second.
		r.retryAfter = time.Second
		if n, err := strconv.ParseUint(string(value), 10, 31); err == nil {
			r.retryAfter = time.Duration(n) * time.Second
		}
	}
	return nil
}

// readChunks reads a chunked body (RFC 9112, section 7.1) with its trailers.
func (r *response) readChunks(br *bufio.Reader) error {
	for {
		line, err := readLine(br)
		if err != nil {
			return err
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 31)
		if err != nil {
			return fmt.Errorf("%w: chunk size %q", errProtocol, size)
		}
		if n == 0 {
			break
		}
		if err := r.extend(br, int64(n)); err != nil {
			return err
		}
		if line, err := readLine(br); err != nil {
			return err
		} else if len(line) != 0 {
			return fmt.Errorf("%w: a chunk longer than it said", errProtocol)
		}
	}
	for {
		if line, err := readLine(br); err != nil || len(line) == 0 {
			return err
		}
	}
}

// extend reads n more bytes of body.
func (r *response) extend(br *bufio.Reader, n int64) error {
	have := len(r.body)
	if int64(have)+n > maxBody {
		return fmt.Errorf("%w: the body is too large", errProtocol)
	}
	if need := have + int(n); need > cap(r.body) {
		r.body = append(make([]byte, 0, 2*need), r.body...)
	}
	r.body = r.body[:have+int(n)]
	_, err := io.ReadFull(br, r.body[have:])
	return noEOF(err)
}

// readLine reads a line and returns it without its end. It is valid until the
// next read.
func readLine(br *bufio.Reader) ([]byte, error) {
	line, err := br.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		return nil, fmt.Errorf("%w: a line is too long", errProtocol)
	}
	if err != nil {
		return nil, noEOF(err)
	}
	line = line[:len(line)-1]
	return bytes.TrimSuffix(line, []byte("\r")), nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// problem tells in words what the server refused, from its problem document
// (RFC 9457).
func (r *response) problem() error {
	var p struct{ Type, Title, Detail, Reason string }
	if json.Unmarshal(r.body, &p) != nil || p.Type+p.Title+p.Detail == "" {
		return fmt.Errorf("status %d", r.status)
	}
	text := fmt.Sprintf("status %d", r.status)
	for _, part := range []string{p.Type, p.Reason} {
		if part != "" {
			text += " " + part
		}
	}
	if say := orDefault(p.Detail, p.Title); say != "" {
		text += ": " + say
	}
	// It is shown on a terminal, in one line.
	return errors.New(strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, text))
}
