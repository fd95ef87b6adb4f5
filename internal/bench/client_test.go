package bench

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestReadResponse(t *testing.T) {
	for _, test := range []struct {
		name, raw  string
		status     int
		body       string
		retryAfter time.Duration
		close      bool
	}{
		{"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", -1, false},
		{"names in any case", "HTTP/1.1 200 OK\r\ncontent-LENGTH:5\r\nCONNECTION: Close\r\n\r\nhello", 200, "hello", -1, true},
		{"no reason phrase", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, "", -1, false},
		{"bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", 200, "hello", -1, false},
		{"the same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", -1, false},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3 ;x=y\r\nllo\r\n0\r\n\r\n", 200, "hello", -1, false},
		{"chunks in spite of a length", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, "hello", -1, false},
		{"trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n000\r\nA: b\r\nC: d\r\n\r\n", 200, "hello", -1, false},
		{"until the end", "HTTP/1.1 200 OK\r\n\r\nhello", 200, "hello", -1, true},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", -1, true},
		{"HTTP/1.0 kept alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", -1, false},
		{"an interim answer", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", -1, false},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", -1, false},
		{"come back", "HTTP/1.1 503 x\r\nRetry-After: 12\r\nContent-Length: 0\r\n\r\n", 503, "", 12 * time.Second, false},
		{"come back at a date", "HTTP/1.1 503 x\r\nRetry-After: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n", 503, "", time.Second, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			// One response value is used for several answers, whole and byte
			// by byte: nothing of the one before may show.
			r := response{body: []byte("before"), retryAfter: 3, close: true, chunked: true}
			for _, in := range []io.Reader{strings.NewReader(test.raw), iotest.OneByteReader(strings.NewReader(test.raw))} {
				br := bufio.NewReader(in)
				if err := r.read(br); err != nil {
					t.Fatal(err)
				}
				if r.status != test.status || string(r.body) != test.body || r.retryAfter != test.retryAfter || r.close != test.close {
					t.Errorf("got %+v with body %q", r, r.body)
				}
				if rest, _ := io.ReadAll(br); len(rest) != 0 {
					t.Errorf("left unread: %q", rest)
				}
			}
		})
	}
}

func TestReadResponseRefuses(t *testing.T) {
	for _, test := range []struct {
		name, raw string
		want      error
	}{
		{"nothing", "", io.ErrUnexpectedEOF},
		{"cut in the status line", "HTTP/1.1 2", io.ErrUnexpectedEOF},
		{"cut in the headers", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", io.ErrUnexpectedEOF},
		{"cut in the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", io.ErrUnexpectedEOF},
		{"cut in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell", io.ErrUnexpectedEOF},
		{"cut after the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", io.ErrUnexpectedEOF},
		{"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", errProtocol},
		{"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", errProtocol},
		{"no status", "HTTP/1.1 abc OK\r\n\r\n", errProtocol},
		{"four digits", "HTTP/1.1 2000 OK\r\n\r\n", errProtocol},
		{"switching protocols", "HTTP/1.1 101 x\r\n\r\n", errProtocol},
		{"no colon", "HTTP/1.1 200 OK\r\nContent-Length 5\r\n\r\n", errProtocol},
		{"a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", errProtocol},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", errProtocol},
		{"a huge length", "HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n", errProtocol},
		{"a huge chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n", errProtocol},
		{"a huge body", "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", maxBody+1), errProtocol},
		{"a huge line", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 9000), errProtocol},
		{"compression", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", errProtocol},
		{"chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", errProtocol},
		{"a bad chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", errProtocol},
		{"a chunk longer than it said", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n", errProtocol},
	} {
		var r response
		if err := r.read(bufio.NewReaderSize(strings.NewReader(test.raw), 8<<10)); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}

func TestProblem(t *testing.T) {
	for body, want := range map[string]string{
		``:                          "status 401",
		`<html>`:                    "status 401",
		`{}`:                        "status 401",
		`{"type":"/problems/x"}`:    "status 401 /problems/x",
		`{"title":"a\u001b[2J\nb"}`: "status 401: a [2J b",
		`{"title":"T"}`:             "status 401: T",
		`{"title":"T","detail":"D","type":"/problems/x","reason":"idle"}`: "status 401 /problems/x idle: D",
	} {
		r := response{status: 401, body: []byte(body)}
		if got := r.problem().Error(); got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

// FuzzReadResponse: an answer with a plain length is read as net/http reads it,
// and nothing makes the reader fail in another way than by an error.
func FuzzReadResponse(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r response
		if err := r.read(bufio.NewReader(bytes.NewReader(raw))); err != nil {
			return
		}
		if len(r.body) > maxBody {
			t.Fatalf("a body of %d bytes", len(r.body))
		}
		std, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
		if err != nil || std.StatusCode != r.status {
			return // one is stricter than the other, or skipped an interim answer
		}
		defer std.Body.Close()
		if body, err := io.ReadAll(std.Body); err == nil && !bytes.Equal(body, r.body) {
			t.Errorf("body %q, want %q", r.body, body)
		}
	})
}
