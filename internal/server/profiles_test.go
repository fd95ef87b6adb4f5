package server

import (
	"bytes"
	"compress/gzip"
	"io"
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
				profiles := newMetrics("test").admin("", nil, nil)
				answers := make([]chan *httptest.ResponseRecorder, 2)
				for i, query := range []string{"?seconds=30", ""} {
					answers[i] = make(chan *httptest.ResponseRecorder, 1)
					go func() {
						answer := httptest.NewRecorder()
						profiles.ServeHTTP(answer, httptest.NewRequest("GET", "/debug/pprof/"+name+query, nil))
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
	profiles := newMetrics("test").admin("", nil, nil)
	for path, want := range map[string]int{
		"/debug/pprof/mutex?debug=1": 200, "/debug/pprof/block?debug=1": 200, "/debug/pprof/mutex?seconds=x": 400,
		"/debug/pprof/heap": 200, "/debug/pprof/allocs": 200, "/debug/pprof/nothing": 404,
	} {
		answer := httptest.NewRecorder()
		profiles.ServeHTTP(answer, httptest.NewRequest("GET", path, nil))
		if answer.Code != want || answer.Body.Len() == 0 {
			t.Errorf("%s: status %d, want %d", path, answer.Code, want)
		}
	}
	if runtime.SetMutexProfileFraction(-1) != 0 {
		t.Error("waiting is noted still")
	}
}
