package faults

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/cli"
)

// beNode in the environment makes the test binary be `curfew`, as it is built.
const beNode = "CURFEW_TEST_BE_CURFEW=1"

func TestMain(m *testing.M) {
	name, value, _ := strings.Cut(beNode, "=")
	if os.Getenv(name) == value {
		if size := os.Getenv(onDisk); size != "" {
			mountDisk(size)
		}
		os.Exit(cli.Main(cli.Process()))
	}
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		// Most of the time the tests wait, for what takes its time.
		_ = flag.Set("test.parallel", "8")
	}
	os.Exit(m.Run())
}

const (
	// slowest is how long a start, or an answer, may take on a busy machine.
	slowest = time.Minute
	// publicURL is one for all nodes, as behind a proxy.
	publicURL = "http://127.0.0.1:8080"
	secret    = "a secret of tests, the same for every node"
)

// node is a `curfew serve` that can be killed, stopped and started again at
// its address.
type node struct {
	dir, addr string
	args      []string
	disk      string // how large a disk of its own is, "" for none
	log       *os.File
	cmd       *exec.Cmd
	copied    chan struct{}
}

// newNode is a node that is not started yet.
func newNode(t *testing.T, settings ...string) *node {
	t.Helper()
	dir := t.TempDir()
	log, err := os.CreateTemp(dir, "log")
	check(t, err)
	n := &node{dir: dir, addr: freeAddr(), log: log, args: settings}
	t.Cleanup(func() {
		n.kill()
		if t.Failed() {
			t.Logf("the end of the node's log:\n%s", n.lastWords())
		}
		check(t, log.Close())
	})
	return n
}

// startNode is a node that is ready.
func startNode(t *testing.T, settings ...string) *node {
	t.Helper()
	n := newNode(t, settings...)
	n.start(t)
	return n
}

// onPostgres are the settings of a node over PostgreSQL that gives up soon.
func onPostgres(url string) []string {
	settings := []string{"--database-url=" + url + "&connect_timeout=1", "--database-statement-timeout=1s"}
	if os.Getenv("CURFEW_TEST_BATCH") == "off" { // everything once as over tables that are sharded
		settings = append(settings, apart)
	}
	return settings
}

// apart is the setting of a node that keeps accounts apart from each other.
const apart = "--database-batch=off"

func (n *node) command(args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Dir = n.dir
	cmd.Env = []string{beNode, "PATH=" + os.Getenv("PATH"), "HOME=" + n.dir, "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"),
		"GORACE=atexit_sleep_ms=10", "CURFEW_SECRET=" + secret}
	return cmd
}

// start starts the node and returns when it is ready.
func (n *node) start(t *testing.T) {
	t.Helper()
	args := append([]string{"serve", "--addr=" + n.addr, "--admin-addr=", "--public-url=" + publicURL,
		"--throttle=off", "--refresh-grace=60s"}, n.args...)
	n.cmd, n.copied = n.command(args...), make(chan struct{})
	n.cmd.Stderr = n.log
	if n.disk != "" {
		n.cmd.Env = append(n.cmd.Env, onDisk+"="+n.disk)
		n.cmd.SysProcAttr = ownMounts()
	}
	pipe, err := n.cmd.StdoutPipe()
	check(t, err)
	check(t, n.cmd.Start())
	ready := make(chan string, 1)
	go func(copied chan struct{}) {
		defer close(copied)
		text := make([]byte, 4096)
		n, _ := pipe.Read(text) // it is written at once
		ready <- string(text[:n])
		io.Copy(io.Discard, pipe)
	}(n.copied)
	select {
	case greeting := <-ready:
		if !strings.HasPrefix(greeting, "Curfew is ready") {
			t.Fatalf("the node did not start: %q\n%s", greeting, n.lastWords())
		}
	case <-time.After(slowest):
		t.Fatalf("the node is not ready after %s\n%s", slowest, n.lastWords())
	}
}

// kill ends the process as a power cut would: it can do nothing about it.
func (n *node) kill() {
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Kill()
	n.wait()
}

// terminate asks the node to end and waits until it has.
func (n *node) terminate(t *testing.T) {
	t.Helper()
	n.signal(t, syscall.SIGTERM)
	n.wait()
}

func (n *node) wait() {
	<-n.copied
	_ = n.cmd.Wait()
	n.cmd = nil
}

func (n *node) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	check(t, n.cmd.Process.Signal(signal))
}

// run runs another command of `curfew` over the node's data.
func (n *node) run(t *testing.T, args ...string) string {
	t.Helper()
	for _, setting := range n.args {
		if strings.HasPrefix(setting, "--data") && !slices.ContainsFunc(args, isDataDir) {
			args = append(args, setting)
		}
	}
	out, err := n.command(args...).CombinedOutput()
	if err != nil {
		t.Errorf("curfew %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func isDataDir(flag string) bool { return strings.HasPrefix(flag, "--data-dir=") }

// lastWords is the end of the log.
func (n *node) lastWords() string {
	text, err := os.ReadFile(n.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-6000):])
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

// slow is for tests of processes: they take seconds, most of which they wait.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	t.Parallel()
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
