package rig

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	// PublicURL is one for all nodes, as behind a proxy: the issuer and the
	// audience of tokens.
	PublicURL = "http://127.0.0.1:8080"
	// Secret is the same for all nodes.
	Secret = "a secret of tests, the same for every node"
	// Slowest is how long a start, or an answer, may take on a busy machine.
	Slowest = time.Minute
)

// Node is a `curfew serve` that can be killed, stopped and started again at its
// address.
type Node struct {
	Dir  string // of its data and its log
	Addr string

	program string
	args    []string
	log     *os.File
	cmd     *exec.Cmd
	copied  chan struct{} // closed when its output has ended
}

// NewNode is a node that is not started yet.
func (p Programs) NewNode(dir string, settings ...string) (*Node, error) {
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return &Node{Dir: dir, Addr: freeAddr(), program: p.Curfew(), args: settings, log: log}, nil
}

// OnPostgres are the settings of a node over PostgreSQL that gives up soon.
func OnPostgres(url string) []string {
	return []string{"--database-url=" + url + "&connect_timeout=1", "--database-statement-timeout=1s"}
}

// Use gives it other settings from its next start, and its next command, on.
func (n *Node) Use(settings ...string) { n.args = settings }

// URL is where it answers.
func (n *Node) URL() string { return "http://" + n.Addr }

// PID is its process.
func (n *Node) PID() int { return n.cmd.Process.Pid }

func (n *Node) command(args ...string) *exec.Cmd {
	cmd := exec.Command(n.program, args...)
	cmd.Dir = n.Dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + n.Dir, "CURFEW_SECRET=" + Secret}
	return cmd
}

// Start starts the node and returns when it is ready.
func (n *Node) Start() error {
	args := []string{"serve", "--addr=" + n.Addr, "--admin-addr=", "--public-url=" + PublicURL, "--throttle=off"}
	n.cmd, n.copied = n.command(append(args, n.args...)...), make(chan struct{})
	n.cmd.Stderr = n.log
	pipe, err := n.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := n.cmd.Start(); err != nil {
		n.cmd = nil
		return err
	}
	greeted := make(chan string, 1)
	go func(copied chan struct{}) {
		defer close(copied)
		out := bufio.NewReader(pipe)
		line, _ := out.ReadString('\n')
		greeted <- line
		io.Copy(io.Discard, out)
	}(n.copied)
	select {
	case greeting := <-greeted:
		if strings.HasPrefix(greeting, "Curfew is ready") {
			return nil
		}
		return fmt.Errorf("the node did not start: %q\n%s", greeting, n.Log())
	case <-time.After(Slowest):
		return fmt.Errorf("the node is not ready after %s\n%s", Slowest, n.Log())
	}
}

// Kill ends the process as a power cut would: it can do nothing about it.
func (n *Node) Kill() {
	if n.cmd != nil {
		_ = n.cmd.Process.Kill()
		n.wait()
	}
}

// Terminate asks the node to end and waits until it has.
func (n *Node) Terminate() error {
	if err := n.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	n.wait()
	return nil
}

func (n *Node) wait() {
	<-n.copied
	_ = n.cmd.Wait()
	n.cmd = nil
}

// Signal sends the node a signal.
func (n *Node) Signal(s syscall.Signal) error { return n.cmd.Process.Signal(s) }

// Close ends it for good.
func (n *Node) Close() {
	n.Kill()
	_ = n.log.Close()
}

// Log is the end of what it has said.
func (n *Node) Log() string {
	text, err := os.ReadFile(n.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-64<<10):])
}

// Data is the folder of its database on SQLite.
func (n *Node) Data() string { return filepath.Join(n.Dir, "curfew-data") }

// Run runs another command of `curfew` over the node's data.
func (n *Node) Run(args ...string) (string, error) {
	for _, setting := range n.args {
		if strings.HasPrefix(setting, "--data") {
			args = append(slices.Clone(args), setting)
		}
	}
	out, err := n.command(args...).Output()
	if err != nil {
		var said string
		if failed, ok := err.(*exec.ExitError); ok {
			said = string(failed.Stderr)
		}
		return "", fmt.Errorf("curfew %v: %w\n%s%s", args, err, out, said)
	}
	return string(out), nil
}

// ServiceKey makes a key for verifiers.
func (n *Node) ServiceKey(name string) (id, key string, err error) {
	out, err := n.Run("service-keys", "create", "--name", name, "--scope", "revocations:read", "--json")
	if err != nil {
		return "", "", err
	}
	var made struct{ ID, Key string }
	if err := json.Unmarshal([]byte(out), &made); err != nil {
		return "", "", err
	}
	return made.ID, made.Key, nil
}

// freeAddr is an address whose port is below those that systems give to
// outgoing connections: nothing else takes it while the node is down.
func freeAddr() string {
	for {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(10000)))
		if err != nil {
			continue
		}
		_ = l.Close()
		return l.Addr().String()
	}
}
