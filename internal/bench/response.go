package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
)

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
