package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// email is who can sign in.
const email = "ada@example.com"

//go:embed nginx.conf.template
var template string

// options say what is started.
type options struct {
	curfew, nginx, listen string
	log                   io.Writer // of Curfew and nginx
}

// stack is what runs: Curfew, the product, and nginx in front of them.
type stack struct {
	url      string // nginx's, and so that of everything
	curfew   string // Curfew's own address
	password string
	dir      string
	program  string
	ended    chan error // a process that ended by itself
	stops    []func() error
}

// start starts all of it, and returns when it answers.
func start(ctx context.Context, o options) (s *stack, err error) {
	nginx, err := findNginx(o.nginx)
	if err != nil {
		return nil, err
	}
	s = &stack{ended: make(chan error, 4), program: o.curfew}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "curfew-nginx-"); err != nil {
		return nil, err
	}
	s.stops = append(s.stops, func() error { return os.RemoveAll(s.dir) })

	// The address is taken here and handed to nginx, so that it can be any that
	// is free.
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen at %s: %w; choose another with -listen", o.listen, err)
	}
	defer listener.Close()
	if !listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
		return nil, errors.New("-listen must be an address of loopback, such as 127.0.0.1:8092: without TLS nobody else may reach it")
	}
	s.url = "http://" + listener.Addr().String()
	product, err := s.startProduct()
	if err != nil {
		return nil, err
	}
	if err := s.startCurfew(ctx, o.log); err != nil {
		return nil, err
	}
	return s, s.startNginx(ctx, nginx, listener, product, o.log)
}

// stop ends what start began, the last first.
func (s *stack) stop() (err error) {
	for i := len(s.stops) - 1; i >= 0; i-- {
		err = errors.Join(err, s.stops[i]())
	}
	s.stops = nil
	return err
}

func (s *stack) startProduct() (addr string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: http.HandlerFunc(product), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	s.stops = append(s.stops, server.Close)
	return listener.Addr().String(), nil
}

// startCurfew starts Curfew with an account, and waits until it is ready.
func (s *stack) startCurfew(ctx context.Context, log io.Writer) error {
	data := filepath.Join(s.dir, "data")
	made, err := exec.CommandContext(ctx, s.program, "user", "create", "--data-dir", data, "--account", "Example", "--role", "owner",
		"--name", "Ada Lovelace", "--email", email, "--generate-password").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s (make build makes it)", s.program, err, made)
	}
	_, s.password, _ = strings.Cut(strings.TrimSpace(string(made)), "Password: ")
	cmd := exec.Command(s.program, "serve", "--data-dir", data, "--addr", "127.0.0.1:0", "--admin-addr=", "--public-url", s.url,
		"--forward-auth", "on", "--trusted-proxies", "127.0.0.0/8,::1", "--signup", "closed")
	lines, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := s.run("Curfew", cmd); err != nil {
		return err
	}
	ready := make(chan string, 1)
	go func() {
		for scan := bufio.NewScanner(lines); scan.Scan(); {
			var line struct{ Msg, Addr string }
			if json.Unmarshal(scan.Bytes(), &line) == nil && line.Msg == "ready" {
				ready <- line.Addr
			}
			fmt.Fprintln(log, scan.Text())
		}
	}()
	select {
	case s.curfew = <-ready:
		return nil
	case err := <-s.ended:
		return err
	case <-time.After(30 * time.Second):
		return fmt.Errorf("%s is not ready after half a minute", s.program)
	}
}

func (s *stack) startNginx(ctx context.Context, nginx string, listener net.Listener, product string, log io.Writer) error {
	user := ""
	if os.Geteuid() == 0 { // or its workers could not write to the folder
		user = "user root;"
	}
	config := strings.NewReplacer("@DIR@", s.dir, "@CURFEW@", s.curfew, "@PRODUCT@", product, "@LISTEN@", listener.Addr().String(), "@USER@", user).Replace(template)
	path := filepath.Join(s.dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return err
	}
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	defer file.Close()
	cmd := exec.Command(nginx, "-e", "stderr", "-p", s.dir, "-c", path)
	cmd.ExtraFiles = []*os.File{file}
	// nginx takes over the sockets that are named here, as it does from an older
	// nginx that it replaces: 3 is the first of ExtraFiles.
	cmd.Env = append(cmd.Environ(), "NGINX=3;")
	var said bytes.Buffer
	cmd.Stderr = io.MultiWriter(log, &said)
	if err := s.run("nginx", cmd); err != nil {
		return err
	}
	for range 300 { // connections wait in the socket until nginx takes them
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/login", nil)
		if err != nil {
			return err
		}
		response, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
		if err == nil {
			response.Body.Close()
			return nil
		}
		select {
		case err := <-s.ended:
			return fmt.Errorf("%w: %s", err, said.String())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return errors.New("nginx does not answer")
}

// run starts a process that ends with the stack.
func (s *stack) run(name string, cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot start %s: %w", name, err)
	}
	done := make(chan struct{})
	stopping := make(chan struct{})
	go func() {
		err := cmd.Wait()
		close(done)
		select {
		case <-stopping:
		default:
			s.ended <- fmt.Errorf("%s ended by itself: %v", name, err)
		}
	}()
	s.stops = append(s.stops, func() error {
		close(stopping)
		_ = cmd.Process.Signal(os.Interrupt) // for nginx a quick end, for Curfew an orderly one
		select {
		case <-done:
			return nil
		case <-time.After(20 * time.Second):
			return errors.Join(fmt.Errorf("%s (process %s) did not end", name, strconv.Itoa(cmd.Process.Pid)), cmd.Process.Kill())
		}
	})
	return nil
}

// findNginx finds nginx where Debian puts it, which is not in everybody's PATH.
func findNginx(named string) (string, error) {
	for _, candidate := range []string{named, "nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/nginx/sbin/nginx"} {
		if candidate == "" {
			continue
		}
		if path, err := exec.LookPath(candidate); err == nil {
			return path, nil
		}
		if candidate == named {
			break
		}
	}
	return "", errors.New("nginx is missing: install it (Debian: apt-get install nginx; bash scripts/nginx.sh does that as root), or name it with -nginx")
}
