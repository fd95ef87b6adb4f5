package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// bareHandler does what every JSON operation must: it reads one and writes one.
func bareHandler(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Token string `json:"refresh_token"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	out, err := json.Marshal(map[string]any{"refresh_token": in.Token, "session": map[string]any{"id": "x", "generation": 1}})
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(out) // the client is gone, or not
}

// httpRate is how many requests net/http answers by itself, asked by this
// package's own client over 64 connections for about d.
func httpRate(ctx context.Context, d time.Duration) (float64, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	server := &http.Server{Handler: http.HandlerFunc(bareHandler), ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // it ends when it is closed
	defer serving.Wait()
	defer server.Close()

	target, err := parseTarget("http://"+listener.Addr().String(), nil)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	const body = `{"refresh_token":"cfr_0123456789012345678901234567890123456789","attempt":"0123456789abcdef"}`
	var done atomic.Int64
	var asking sync.WaitGroup
	start := time.Now()
	for range 64 {
		asking.Go(func() {
			c := client{target: &target, timeout: 10 * time.Second}
			defer c.close()
			req := append(target.post(nil, "/", len(body)), body...)
			for time.Since(start) < d && ctx.Err() == nil {
				res, err := c.roundTrip(ctx, req)
				if err == nil && res.status != http.StatusOK {
					err = fmt.Errorf("status %d", res.status)
				}
				if err != nil {
					cancel(err)
					return
				}
				done.Add(1)
			}
		})
	}
	asking.Wait()
	took := time.Since(start)
	return float64(done.Load()) / took.Seconds(), context.Cause(ctx)
}
