//go:build !linux

package faults

import (
	"fmt"
	"os"
	"syscall"
)

const onDisk = "CURFEW_TEST_DISK"

func ownMounts() *syscall.SysProcAttr { return nil }

func mountDisk(string) {
	fmt.Fprintln(os.Stderr, "only Linux gives a process a disk of its own")
	os.Exit(1)
}
