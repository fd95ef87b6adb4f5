package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Whoever cannot wait for the demo is left with nothing of it.
func TestDemoInterrupted(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("curfew", "demo", "--addr=127.0.0.1:0")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"), gorace}
	pipe, err := cmd.StderrPipe()
	check(t, err)
	check(t, cmd.Start())
	lines := bufio.NewScanner(pipe)
	var text []string
	for lines.Scan() {
		if text = append(text, lines.Text()); len(text) == 1 { // it has begun
			check(t, cmd.Process.Signal(os.Interrupt))
		}
	}
	exit, _ := errors.AsType[*exec.ExitError](cmd.Wait())
	if exit == nil || exit.ExitCode() != 130 || text[len(text)-1] != "curfew: interrupted" {
		t.Errorf("it ended with %v and said %q", exit, text)
	}
	left, err := os.ReadDir(dir)
	check(t, err)
	for _, entry := range left {
		if strings.HasPrefix(entry.Name(), "curfew-demo-") {
			t.Errorf("it left %s", entry.Name())
		}
	}
}
