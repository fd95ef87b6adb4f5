package pgserver

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
)

// process is a server that runs, or has run.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed once it has ended
}

// run starts a command. It is the child of a thread that lives as long as it
// does: some systems end it with the thread.
func run(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		_ = cmd.Wait() // whoever ended it knows, and the log tells of the rest
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// signal sends a signal; one that comes too late is no mistake.
func (p *process) signal(signal os.Signal) error {
	if err := p.cmd.Process.Signal(signal); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}
