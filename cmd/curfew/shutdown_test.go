package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// At SIGTERM the server takes no new connection, and what is under way
// finishes.
func TestGracefulShutdown(t *testing.T) {
	server, log := startForShutdown(t)
	check(t, newAPI(server.url).signUp("Acme", "ada@acme.example", "lemon tree very pretty"))
	addr := strings.TrimPrefix(server.url, "http://")

	body := `{"email":"ada@acme.example","password":"lemon tree very pretty"}`
	underWay := begin(t, addr, len(body))

	check(t, server.cmd.Process.Signal(syscall.SIGTERM))
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			break
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("it still takes connections")
		}
	}
	if status, text := finish(t, underWay, body); status != 200 {
		t.Errorf("the request under way got %d: %s", status, text)
	}
	check(t, server.wait())
	if text := logOf(t, log); !strings.Contains(text, `"msg":"stopped"`) {
		t.Error(text)
	}
}

// A second signal does not wait.
func TestSecondSignal(t *testing.T) {
	server, log := startForShutdown(t)
	addr := strings.TrimPrefix(server.url, "http://")
	begin(t, addr, 100)
	check(t, server.cmd.Process.Signal(os.Interrupt))
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(logOf(t, log), `"msg":"stopping"`); {
		if time.Now().After(deadline) {
			t.Fatal("it does not stop")
		}
	}
	check(t, server.cmd.Process.Signal(os.Interrupt))
	err, _ := errors.AsType[*exec.ExitError](server.wait())
	if err == nil || !err.Sys().(syscall.WaitStatus).Signaled() {
		t.Errorf("it ended with %v", err)
	}
}

func startForShutdown(t *testing.T) (*process, *os.File) {
	t.Helper()
	dir := t.TempDir()
	log, err := os.CreateTemp(dir, "log")
	check(t, err)
	t.Cleanup(func() { log.Close() })
	server, err := startProcess(dir, log, nil, "serve", "--addr=127.0.0.1:0", "--admin-addr=")
	check(t, err)
	t.Cleanup(server.kill)
	return server, log
}

// begin sends the head of a sign-in and waits until the server asks for its
// body: from then on the request is under way.
func begin(t *testing.T, addr string, length int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	check(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = io.WriteString(conn, "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+
		"Expect: 100-continue\r\nContent-Length: "+strconv.Itoa(length)+"\r\n\r\n")
	check(t, err)
	const goOn = "HTTP/1.1 100 Continue\r\n\r\n"
	answer := make([]byte, len(goOn))
	_, err = io.ReadFull(conn, answer)
	check(t, err)
	if string(answer) != goOn {
		t.Fatalf("the server says %q", answer)
	}
	return conn
}

// finish sends the body of a request and reads the answer.
func finish(t *testing.T, conn net.Conn, text string) (status int, body string) {
	t.Helper()
	_, err := io.WriteString(conn, text)
	check(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	check(t, err)
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	check(t, err)
	return response.StatusCode, string(b)
}
