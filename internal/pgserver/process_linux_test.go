package pgserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// asProgram makes the test binary a program that starts a server, says where,
// and waits: "run" or "pause".
const asProgram = "CURFEW_PGSERVER_TEST"

func TestMain(m *testing.M) {
	what := os.Getenv(asProgram)
	if what == "" {
		os.Exit(m.Run())
	}
	s, err := Start(context.Background(), Options{})
	if err == nil && what == "pause" {
		err = s.Pause()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(s.PID(), s.Dir())
	select {}
}

// TestNoServerOutlivesItsProcess: a test binary that panics or is killed leaves
// no server behind, not even one that was paused; and its folder only until the
// next one starts.
func TestNoServerOutlivesItsProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"run", "pause"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), asProgram+"="+what)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			word, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
			pid, convErr := strconv.Atoi(word)
			if err != nil || convErr != nil {
				t.Fatalf("%q: %v", line, errors.Join(err, convErr))
			}
			defer func() { _ = os.RemoveAll(dir) }()
			removeAbandoned()
			if _, err := os.Stat(dir); err != nil {
				t.Fatalf("the folder of a server that runs: %v", err)
			}
			all := append(children(pid), pid)
			if len(all) < 4 {
				t.Errorf("only %d processes are seen", len(all))
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			deadline := time.Now().Add(stopLimit)
			for _, pid := range all {
				for alive(pid) {
					if time.Now().After(deadline) {
						t.Fatalf("process %d of %v is still there", pid, all)
					}
					time.Sleep(10 * time.Millisecond)
				}
			}
			removeAbandoned()
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the folder stays: %v", err)
			}
		})
	}
}

// TestFolderOutOfReach: root's tests have folders that only root may enter.
func TestFolderOutOfReach(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root starts servers as somebody else")
	}
	dir := filepath.Join(t.TempDir(), "server")
	_, err := Start(t.Context(), Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "cannot enter "+filepath.Dir(filepath.Dir(dir))) {
		t.Errorf("the folder is not named: %v", err)
	}
}

func TestStateOf(t *testing.T) {
	if state, parent := stateOf(os.Getpid()); state == "" || parent != os.Getppid() {
		t.Errorf("this process: %q, %d", state, parent)
	}
	if alive(0) || alive(1<<30) {
		t.Error("what is not there is alive")
	}
}
