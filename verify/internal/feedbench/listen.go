package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// listeners are the outside of verifiers: each reads a stream of its own as it
// comes and asks for the head every half second, as a verifier does, and takes
// of each entry the session alone. Two hundred whole verifiers are two hundred
// machines' work in one process, and would be what is measured.
type listeners struct {
	stop func()
	done sync.WaitGroup
	lost atomic.Int64
	http *http.Client
}

// listen opens streams, shared by the nodes, and returns when all have begun.
// heard is told of sessions.
func (s *stage) listen(ctx context.Context, n int, heads bool, heard func(i int) func(session [16]byte)) (*listeners, error) {
	ctx, stop := context.WithCancel(ctx)
	l := &listeners{stop: stop, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * n, DisableCompression: true}}}
	opened := make(chan error, n)
	for i := range n {
		l.done.Go(func() { l.stream(ctx, s, i, opened, heard(i)) })
		if heads {
			l.done.Go(func() { l.heads(ctx, s, i, time.Duration(i)*500*time.Millisecond/time.Duration(n)) })
		}
	}
	for range n {
		if err := <-opened; err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

func (l *listeners) get(ctx context.Context, s *stage, i int, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.node(i).URL()+"/api/v1/revocations/"+path, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+s.key)
	answer, err := l.http.Do(request)
	if err == nil && answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close()
		err = fmt.Errorf("%s: status %d", path, answer.StatusCode)
	}
	return answer, err
}

func (l *listeners) stream(ctx context.Context, s *stage, i int, opened chan<- error, heard func([16]byte)) {
	answer, err := l.get(ctx, s, i, "stream")
	opened <- err
	if err != nil {
		return
	}
	defer answer.Body.Close()
	name := []byte(`"session_id":"`)
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if line := lines.Bytes(); bytes.HasPrefix(line, []byte("data: ")) {
			if at := bytes.Index(line, name); at >= 0 && len(line) >= at+len(name)+36 {
				heard(binary(string(line[at+len(name):][:36])))
			}
		}
	}
	if ctx.Err() == nil {
		l.lost.Add(1)
	}
}

func (l *listeners) heads(ctx context.Context, s *stage, i int, first time.Duration) {
	pause(ctx, first)
	body := make([]byte, 4096)
	for ctx.Err() == nil {
		began := time.Now()
		if answer, err := l.get(ctx, s, i, "head"); err == nil {
			for err == nil {
				_, err = answer.Body.Read(body)
			}
			_ = answer.Body.Close()
		}
		pause(ctx, 500*time.Millisecond-time.Since(began))
	}
}

// close ends them and returns how many had ended before.
func (l *listeners) close() int {
	lost := int(l.lost.Load())
	l.stop()
	l.done.Wait()
	l.http.CloseIdleConnections()
	return lost
}
