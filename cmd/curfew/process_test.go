package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a real `curfew serve`.
type process struct {
	cmd *exec.Cmd
	url string
	// greeting is what it printed when it was ready, and all it ever prints.
	greeting string
	copied   chan struct{}
}

// slowest is how long a start may take; the demo's, on a busy machine.
const slowest = 5 * time.Minute

// startProcess starts the server and returns when it says that it is ready.
// Settings of the caller's environment do not reach it.
func startProcess(dir string, log io.Writer, environ []string, args ...string) (*process, error) {
	return startProgram("curfew", dir, log, environ, args...)
}

// startProgram is startProcess for another program than `curfew`.
func startProgram(program, dir string, log io.Writer, environ []string, args ...string) (*process, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(path, args...), copied: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"), gorace}, environ...)
	p.cmd.Stderr = log
	pipe, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan string, 1)
	go func() {
		defer close(p.copied)
		text := make([]byte, 4096)
		n, _ := pipe.Read(text) // it is written at once
		ready <- string(text[:n])
		io.Copy(io.Discard, pipe)
	}()
	select {
	case p.greeting = <-ready:
		rest, ok := strings.CutPrefix(p.greeting, "Curfew is ready at ")
		if !ok {
			p.kill()
			return nil, fmt.Errorf("the server did not start: %q", p.greeting)
		}
		p.url, _, _ = strings.Cut(rest, " ")
		return p, nil
	case <-time.After(slowest):
		p.kill()
		return nil, fmt.Errorf("the server is not ready after %s", slowest)
	}
}

// wait returns how the process ended.
func (p *process) wait() error {
	<-p.copied
	return p.cmd.Wait()
}

// terminate asks the server to end and waits until it has.
func (p *process) terminate() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.wait()
}

// kill ends the process like a power cut would: it can do nothing about it.
func (p *process) kill() {
	p.cmd.Process.Kill()
	p.wait()
}

// newDevice is a client that keeps cookies.
func newDevice() *client {
	jar, _ := cookiejar.New(nil) // which never fails
	return &client{http: http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// logOf is what the server wrote to its log file so far.
func logOf(t *testing.T, file *os.File) string {
	t.Helper()
	b, err := os.ReadFile(file.Name())
	check(t, err)
	return strings.TrimSpace(string(b))
}
