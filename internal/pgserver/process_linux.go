package pgserver

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// account is who the server runs as; nil when that is whoever runs this
// process.
type account struct {
	name     string
	uid, gid int
}

// unprivileged is the account for the server: PostgreSQL refuses to run as
// root, and its package makes an account.
func unprivileged() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup(superuser)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no account %s that it could run as: %w", superuser, err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return &account{u.Username, uid, gid}, errors.Join(err1, err2)
}

// take gives a folder to the account, which must be able to reach it.
func (a *account) take(dir string) error {
	if a == nil {
		return nil
	}
	for above := filepath.Dir(dir); ; above = filepath.Dir(above) {
		info, err := os.Stat(above)
		if err != nil {
			return err
		}
		owner := info.Sys().(*syscall.Stat_t).Uid == uint32(a.uid)
		if !owner && info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("the account %s cannot enter %s: choose a folder elsewhere", a.name, above)
		}
		if above == filepath.Dir(above) {
			return os.Chown(dir, a.uid, a.gid)
		}
	}
}

// claim locks a file in a folder for as long as this process lives. It gets its
// name when it is locked, so that nobody finds it otherwise.
func claim(dir string) (*os.File, error) {
	file, err := os.CreateTemp(dir, "claim-")
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, err
	}
	return file, os.Rename(file.Name(), claimFile(dir))
}

// abandoned is whether the process that claimed a folder is no more.
func abandoned(dir string) bool {
	file, err := os.Open(claimFile(dir))
	if err != nil {
		return false // it may just be claiming it
	}
	defer func() { _ = file.Close() }()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

func claimFile(dir string) string { return filepath.Join(dir, "claimed") }

// set makes a command run as the account, in a group of processes of its own:
// Ctrl-C at a terminal ends the tests, which end the server. If they cannot any
// more, the system does: an immediate shutdown once the thread that started it
// is gone. A group without a parent is also woken by the system if it was
// paused, so that it hears of this.
func (a *account) set(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	if a != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
}

// pause stops the parent first, so that no further children come.
func (p *process) pause() error {
	return errors.Join(p.signal(syscall.SIGSTOP), p.signalChildren(syscall.SIGSTOP))
}

func (p *process) resume() error {
	return errors.Join(p.signalChildren(syscall.SIGCONT), p.signal(syscall.SIGCONT))
}

// kill ends all processes at once, and waits until none is left: as long as one
// is, the next start is refused.
func (p *process) kill() error {
	stopped := p.signal(syscall.SIGSTOP)
	children := children(p.pid())
	err := errors.Join(stopped, p.signalChildren(syscall.SIGKILL), p.signal(syscall.SIGKILL))
	if err != nil {
		return err
	}
	<-p.done
	deadline := time.Now().Add(stopLimit)
	for _, pid := range children {
		for alive(pid) {
			if time.Now().After(deadline) {
				return fmt.Errorf("process %d of PostgreSQL does not end", pid)
			}
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

func (p *process) signalChildren(signal syscall.Signal) error {
	var errs []error
	for _, pid := range children(p.pid()) {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// children are the processes whose parent pid is.
func children(pid int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	var all []int
	for _, stat := range stats {
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		if _, parent := stateOf(child); parent == pid {
			all = append(all, child)
		}
	}
	return all
}

// alive is whether a process still runs: one that has ended and whose end
// nobody has asked about does not.
func alive(pid int) bool {
	state, _ := stateOf(pid)
	return state != "" && state != "Z" && state != "X"
}

// stateOf reads the third and fourth field of proc_pid_stat(5), which follow a
// name in parentheses that may hold anything.
func stateOf(pid int) (state string, parent int) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 2 {
		return "", 0
	}
	parent, _ = strconv.Atoi(fields[1])
	return fields[0], parent
}
