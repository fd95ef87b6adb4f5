package rig

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// Postgres is a PostgreSQL server of the test's own.
type Postgres struct {
	mu  sync.Mutex
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// StartPostgres starts one. A durable server waits for the disk at every commit,
// as in production.
func (p Programs) StartPostgres(durable bool) (*Postgres, error) {
	s := &Postgres{cmd: exec.Command(p.Postgres())}
	if durable {
		s.cmd.Args = append(s.cmd.Args, "-durable")
	}
	s.cmd.Stderr = os.Stderr
	in, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.in, s.out = in, bufio.NewScanner(out)
	return s, s.cmd.Start()
}

// ask has the server's keeper do something.
func (s *Postgres) ask(command string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.WriteString(s.in, command+"\n"); err != nil {
		return "", err
	}
	if !s.out.Scan() {
		return "", errors.Join(fmt.Errorf("no answer to %q", command), s.out.Err())
	}
	return s.out.Text(), nil
}

// Database makes an empty database and returns its URL.
func (s *Postgres) Database() (string, error) { return s.ask("") }

func (s *Postgres) order(command string) error {
	answer, err := s.ask(command)
	if err == nil && answer != "done" {
		err = fmt.Errorf("%s: %s", command, answer)
	}
	return err
}

// Stop ends the server as an operator would. Start starts it again where it was.
func (s *Postgres) Stop() error { return s.order("stop") }

// Start starts it again.
func (s *Postgres) Start() error { return s.order("start") }

// Copy copies all that a server keeps that was stopped.
func (s *Postgres) Copy() error { return s.order("copy") }

// PutBack puts the copy in the place of all that a server keeps that was stopped.
func (s *Postgres) PutBack() error { return s.order("put back") }

// Close ends it for good.
func (s *Postgres) Close() error {
	_ = s.in.Close()
	return s.cmd.Wait()
}

// Address is where the server of a URL listens, and URLs with another one.
func Address(url string) (host string, at func(string) string) {
	scheme, rest, _ := strings.Cut(url, "://")
	who, rest, _ := strings.Cut(rest, "@")
	host, path, _ := strings.Cut(rest, "/")
	return host, func(other string) string { return scheme + "://" + who + "@" + other + "/" + path }
}
