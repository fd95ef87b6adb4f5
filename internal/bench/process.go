package bench

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// cpuClock is the CPU time that a process has used; -1 when unknown.
type cpuClock time.Duration

// since is the time used after start, unknown if either is.
func (c cpuClock) since(start cpuClock) cpuClock {
	if c < 0 || start < 0 {
		return -1
	}
	return c - start
}

// tick is the unit of times in /proc: USER_HZ is 100 on every Linux that Go
// runs on.
const tick = 10 * time.Millisecond

// cpuTime is the user and system time of process pid with all its threads.
func cpuTime(pid int) cpuClock {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if pid == 0 || err != nil {
		return -1
	}
	return parseStat(string(stat))
}

// parseStat reads fields 14 and 15 (utime, stime) of proc_pid_stat(5). The
// second field is the program's name in parentheses and may hold anything, so
// counting begins after the last parenthesis.
func parseStat(stat string) cpuClock {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return -1
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if err1 != nil || err2 != nil {
		return -1
	}
	return cpuClock(time.Duration(user+system) * tick)
}

// memory is what a process occupies, in bytes; 0 when unknown.
type memory struct{ resident, peak int64 }

// memoryOf is the memory of process pid.
func memoryOf(pid int) memory {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if pid == 0 || err != nil {
		return memory{}
	}
	return parseStatus(string(status))
}

// parseStatus reads VmRSS and VmHWM of proc_pid_status(5).
func parseStatus(status string) memory {
	var m memory
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		kib, ok := strings.CutSuffix(strings.TrimSpace(value), " kB")
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(kib, 10, 64)
		if err != nil {
			continue
		}
		switch name {
		case "VmRSS":
			m.resident = n << 10
		case "VmHWM":
			m.peak = n << 10
		}
	}
	return m
}
