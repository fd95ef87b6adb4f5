package bench

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkClient measures the CPU that the generator needs for a request,
// with 64 clients and the server in another process. The figure that counts is
// cpu-us/op; net/http's client stands beside it.
func BenchmarkClient(b *testing.B) {
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), serverEnv+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer cmd.Wait()
	defer stdin.Close()
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}

	r, err := newRunner(Config{BaseURL: strings.TrimSpace(url), Email: testEmail, Password: testPassword})
	if err != nil {
		b.Fatal(err)
	}
	defer r.close()
	if err := r.signIn(b.Context()); err != nil {
		b.Fatal(err)
	}
	measure := func(b *testing.B, one func(w *worker, s *session) error) {
		b.ReportAllocs()
		var n atomic.Int64
		var wg sync.WaitGroup
		before := cpuTime(os.Getpid())
		for _, w := range r.workers {
			wg.Go(func() {
				for n.Add(1) <= int64(b.N) {
					if err := one(w, w.sessions[0]); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		used := time.Duration(cpuTime(os.Getpid()).since(before))
		b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-us/op")
	}
	b.Run("refresh", func(b *testing.B) {
		measure(b, func(w *worker, s *session) error { return w.refresh(b.Context(), s, time.Now()) })
	})
	b.Run("session", func(b *testing.B) {
		measure(b, func(w *worker, s *session) error { return w.session(b.Context(), s, time.Now()) })
	})
	b.Run("session by net/http", func(b *testing.B) {
		transport := &http.Transport{MaxIdleConnsPerHost: 64}
		defer transport.CloseIdleConnections()
		c := &http.Client{Transport: transport, Timeout: 10 * time.Second}
		measure(b, func(w *worker, s *session) error {
			req, err := http.NewRequestWithContext(b.Context(), "GET", r.cfg.BaseURL+"/api/v1/auth/session", nil)
			if err != nil {
				return err
			}
			req.Header.Set("Authorization", "Bearer "+string(s.accessToken))
			res, err := c.Do(req)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			var a answer
			return a.scan(body)
		})
	})
}
