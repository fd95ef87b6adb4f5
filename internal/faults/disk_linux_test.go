package faults

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// onDisk in the environment of a node says how large a disk of its own is, on
// which its data is. Only the node sees it, and it goes with the node.
const onDisk = "CURFEW_TEST_DISK"

// disk is where that is, in the folder of the node.
const disk = "disk"

// ownMounts lets a process mount what others do not see.
func ownMounts() *syscall.SysProcAttr {
	if os.Geteuid() == 0 {
		return &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	}
	return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}}
}

// mountDisk gives this process, a node, its disk.
func mountDisk(size string) {
	err := os.MkdirAll(disk, 0o700)
	if err == nil {
		err = syscall.Mount("tmpfs", disk, "tmpfs", 0, "size="+size)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "a disk for the test:", err)
		os.Exit(1)
	}
}

// seen is the node's disk as another process reaches it.
func (n *node) seen() string {
	return filepath.Join("/proc", strconv.Itoa(n.cmd.Process.Pid), "root", n.dir, disk)
}

// The disk is full, and then has room again.
func TestDiskFull(t *testing.T) {
	slow(t)
	n := newNode(t, "--data-dir="+disk+"/data")
	n.disk = "48m"
	if os.Geteuid() != 0 {
		probe := n.command("version")
		probe.Env = append(probe.Env, onDisk+"="+n.disk)
		probe.SysProcAttr = ownMounts()
		if out, err := probe.CombinedOutput(); err != nil {
			t.Skipf("this machine lets only root mount a disk: %v: %s", err, out)
		}
	}
	n.start(t)
	l := newLoad(t, n)
	l.data = func(t *testing.T) string { // SQLite does not find its way through /proc
		dir := t.TempDir()
		for _, name := range []string{"curfew.db", "curfew.db-wal"} {
			file, err := os.ReadFile(filepath.Join(n.seen(), "data", name))
			check(t, err)
			check(t, os.WriteFile(filepath.Join(dir, name), file, 0o600))
		}
		return dir
	}
	for _, name := range []string{"full for the first time", "full once more"} {
		l.through(t, name, func(t *testing.T) {
			ballast := filepath.Join(n.seen(), "ballast")
			fill(t, ballast)
			l.waitRefused(t)
			for start := time.Now(); time.Since(start) < time.Second; {
				fill(t, ballast) // what was given back
				l.pass(t)
			}
			check(t, os.Remove(ballast))
		})
	}
}

// fill lets a file grow until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	check(t, err)
	defer func() { _ = f.Close() }()
	block := make([]byte, 1<<20)
	for size := len(block); size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(block[:size])
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
}
