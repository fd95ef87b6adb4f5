package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/feed"
	"github.com/danielgtaylor/huma/v2"
)

type streamIn struct {
	LastEventID string `header:"Last-Event-ID" doc:"The id of the last event that was received."`
	Unasked
}

func (a *API) streamRevocations(ctx context.Context, _ curfew.Actor, _ curfew.Origin, in *streamIn) (*huma.StreamResponse, error) {
	x := exchangeOf(ctx)
	if x.request.Method == http.MethodHead {
		return &huma.StreamResponse{Body: func(huma.Context) { streamHeaders(x) }}, nil
	}
	stream, err := a.Feed.Subscribe(in.LastEventID, x.stillAllowed)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(huma.Context) {
		began := time.Now()
		streamHeaders(x)
		conn, err := takeOver(x)
		if err != nil {
			stream.Close()
			x.err = err
			return
		}
		to := &eventSink{conn: conn, stall: a.StreamStall, chunked: x.request.ProtoAtLeast(1, 1)}
		x := x.detach()
		a.streams.Go(func() {
			defer func() { a.finish(x, time.Since(began)) }()
			a.run(x, stream, to)
		})
	}}, nil
}

func streamHeaders(x *exchange) {
	header := x.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Connection", "close")     // nothing follows a stream
	header.Set("X-Accel-Buffering", "no") // proxies that know it hand on at once
	x.WriteHeader(http.StatusOK)
}

// takeOver takes the connection from the server once the headers are sent. A
// stream lives for days and says little: what the server keeps for a request
// under way is several times of what it needs.
func takeOver(x *exchange) (net.Conn, error) {
	conn, buffered, err := http.NewResponseController(x).Hijack()
	if err != nil {
		return nil, fmt.Errorf("a stream needs its connection: %w", err)
	}
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second)) // there is room for a few headers
	if err := buffered.Flush(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// run writes a stream until its end.
func (a *API) run(x *exchange, stream *feed.Stream, to *eventSink) {
	ctx, gone := context.WithCancel(context.Background())
	defer gone()
	defer to.conn.Close()
	defer func() {
		x.written = to.written
		if cause := recover(); cause != nil { // which would end the process
			a.Log.ErrorContext(ctx, "panic", "request_id", x.id, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			x.err = fmt.Errorf("panic: %v", cause)
		}
	}()
	a.streams.Go(func() { // until the connection is closed, by whichever side
		var b [1]byte
		if n, _ := to.conn.Read(b[:]); n == 0 {
			gone()
		}
	})
	if err := stream.Run(ctx, to); ctx.Err() == nil {
		x.err = err // which is no end that the reader chose
		to.end()
	}
}

// WaitForStreams returns when all streams have ended.
func (a *API) WaitForStreams() { a.streams.Wait() }

// streamStall is the default of Config.StreamStall.
const streamStall = 10 * time.Second

// eventSink is where a stream goes: straight to the connection.
type eventSink struct {
	conn        net.Conn
	stall       time.Duration
	chunked     bool // as HTTP/1.1 says how long an answer is that has no length
	written     int64
	torn        bool // a write ended in the middle
	interrupted atomic.Bool
}

var errInterrupted = errors.New("the stream was ended")

// Write is part of feed.Sink.
func (s *eventSink) Write(all ...[]byte) error {
	n := 0
	for _, b := range all {
		n += len(b)
	}
	parts := make(net.Buffers, 0, len(all)+2)
	if s.chunked {
		parts = append(parts, append(strconv.AppendInt(make([]byte, 0, 18), int64(n), 16), '\r', '\n'))
	}
	parts = append(parts, all...)
	if s.chunked {
		parts = append(parts, lineEnd)
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(s.stall))
	if s.interrupted.Load() { // after the deadline was set, which it may have undone
		return errInterrupted
	}
	s.written += int64(n)
	wrote, err := parts.WriteTo(s.conn)
	s.torn = err != nil && wrote > 0
	return err
}

var lineEnd = []byte("\r\n")

// Interrupt is part of feed.Sink.
func (s *eventSink) Interrupt() {
	s.interrupted.Store(true)
	_ = s.conn.SetWriteDeadline(time.Unix(1, 0))
}

// end says that this is the end.
func (s *eventSink) end() {
	if s.chunked && !s.torn {
		_ = s.conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = s.conn.Write([]byte("0\r\n\r\n"))
	}
}
