//go:build !linux

package pgserver

import (
	"errors"
	"os"
	"os/exec"
)

// account is who the server runs as: here always whoever runs this process.
type account struct{}

func unprivileged() (*account, error) {
	if os.Geteuid() == 0 {
		return nil, errors.New("PostgreSQL does not run as root: start this as somebody else")
	}
	return nil, nil
}

func (*account) take(string) error { return nil }

// Folders that were left behind are the system's to remove.
func claim(string) (*os.File, error) { return nil, nil }
func abandoned(string) bool          { return false }

func (*account) set(*exec.Cmd) {}

func (p *process) pause() error {
	return errors.New("pausing PostgreSQL needs Linux")
}

func (p *process) resume() error { return nil }

// kill ends the parent, whose end its children notice and follow.
func (p *process) kill() error {
	if err := p.signal(os.Kill); err != nil {
		return err
	}
	<-p.done
	return nil
}
