package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// waitForEachOther has goroutines wait for one lock.
func waitForEachOther() {
	var mu sync.Mutex
	var all sync.WaitGroup
	mu.Lock()
	for range 200 {
		all.Go(func() {
			mu.Lock()
			runtime.Gosched()
			mu.Unlock()
		})
	}
	for range 1000 {
		runtime.Gosched()
	}
	mu.Unlock()
	all.Wait()
}

// TestProfilesOfWaiting: waiting is noted while somebody asks, is in the answer,
// and is not noted at any other time.
func TestProfilesOfWaiting(t *testing.T) {
	for _, name := range []string{"mutex", "block"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				noted := func() bool { return name == "block" || runtime.SetMutexProfileFraction(-1) == mutexFraction }
				off := func() bool { return name == "block" || runtime.SetMutexProfileFraction(-1) == 0 }
				if !off() {
					t.Fatal("waiting is noted though nobody asks")
				}
				profiles := newMetrics("test").admin("127.0.0.1:9090", nil, nil)
				answers := make([]chan *httptest.ResponseRecorder, 2)
				for i, query := range []string{"?seconds=30", ""} {
					answers[i] = make(chan *httptest.ResponseRecorder, 1)
					go func() {
						answer := httptest.NewRecorder()
						profiles.ServeHTTP(answer, fromLoopback("/debug/pprof/"+name+query))
						answers[i] <- answer
					}()
				}
				synctest.Wait() // both have begun
				if !noted() {
					t.Error("waiting is not noted")
				}
				waitForEachOther()
				begun := time.Now()
				short := <-answers[1]
				if took := time.Since(begun); took != 10*time.Second {
					t.Errorf("without seconds it took %s", took)
				}
				synctest.Wait()
				if !noted() {
					t.Error("the first answer ended the other's profile")
				}
				long := <-answers[0]
				synctest.Wait()
				if !off() {
					t.Error("waiting is noted still")
				}
				for _, answer := range []*httptest.ResponseRecorder{short, long} {
					if answer.Code != 200 || !bytes.Contains(unzip(t, answer.Body), []byte("waitForEachOther")) {
						t.Errorf("status %d, and nothing of what was waited for", answer.Code)
					}
				}
			})
		})
	}
}

func unzip(t *testing.T, r io.Reader) []byte {
	t.Helper()
	z, err := gzip.NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestProfilesAsText(t *testing.T) {
	profiles := newMetrics("test").admin("127.0.0.1:9090", nil, nil)
	for path, want := range map[string]int{
		"/debug/pprof/mutex?debug=1": 200, "/debug/pprof/block?debug=1": 200, "/debug/pprof/mutex?seconds=x": 400,
		"/debug/pprof/heap": 200, "/debug/pprof/allocs": 200, "/debug/pprof/nothing": 404, "/debug/pprof/cmdline": 404,
	} {
		answer := httptest.NewRecorder()
		profiles.ServeHTTP(answer, fromLoopback(path))
		if answer.Code != want || answer.Body.Len() == 0 {
			t.Errorf("%s: status %d, want %d", path, answer.Code, want)
		}
	}
	if runtime.SetMutexProfileFraction(-1) != 0 {
		t.Error("waiting is noted still")
	}
}

// fromLoopback is a request for a path from this machine.
func fromLoopback(path string) *http.Request {
	r := httptest.NewRequest("GET", "http://127.0.0.1:9090"+path, nil)
	r.RemoteAddr = "127.0.0.1:4321"
	return r
}

// TestProfilesAreForTheOwnMachine: where the listener is open to a network,
// metrics are read from there and profiles are not.
func TestProfilesAreForTheOwnMachine(t *testing.T) {
	for _, tt := range []struct {
		addr, from, host string
		profiles         int
	}{
		{"127.0.0.1:9090", "127.0.0.1:4321", "localhost:9090", 200},
		{"0.0.0.0:9090", "127.0.0.1:4321", "127.0.0.1:9090", 200},
		{":9090", "[::1]:4321", "localhost:9090", 200},
		{":9090", "[::ffff:127.0.0.1]:4321", "localhost:9090", 200},
		{"192.0.2.7:9090", "192.0.2.7:4321", "192.0.2.7:9090", 200}, // from itself
		{"192.0.2.7:9090", "192.0.2.8:4321", "192.0.2.7:9090", 403},
		{"0.0.0.0:9090", "10.0.0.8:4321", "192.0.2.7:9090", 403},
		{"0.0.0.0:9090", "10.0.0.8:4321", "127.0.0.1:9090", 403},
		{"0.0.0.0:9090", "127.0.0.1:4321", "evil.example:9090", 403}, // a browser here, led by a page elsewhere
		{"0.0.0.0:9090", "@", "127.0.0.1:9090", 403},
	} {
		h := newMetrics("test").admin(tt.addr, nil, nil)
		for path, want := range map[string]int{"/debug/pprof/heap": tt.profiles, "/debug/pprof/": tt.profiles, "/metrics": 200} {
			answer, r := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
			r.Host, r.RemoteAddr = tt.host, tt.from
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 9090}))
			if h.ServeHTTP(answer, r); answer.Code != want {
				t.Errorf("at %s from %s as %s: %s is %d, want %d", tt.addr, tt.from, tt.host, path, answer.Code, want)
			}
		}
	}
}
