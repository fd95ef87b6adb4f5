package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/store/yardstick"
)

// usage is what all that takes part has used until a moment.
type usage struct {
	server, database, generator cpuClock
	counters                    *yardstick.Counters // nil when unknown
	memory                      memory              // at the moment
}

// since is what was used after start.
func (u usage) since(start usage) usage {
	u.server, u.database, u.generator = u.server.since(start.server), u.database.since(start.database), u.generator.since(start.generator)
	if u.counters != nil && start.counters != nil {
		counted := u.counters.Since(*start.counters)
		u.counters = &counted
	} else {
		u.counters = nil
	}
	return u
}

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

// stat is what proc_pid_stat(5) says of a process: its parent, its own CPU
// time with all its threads, and that of the children it has waited for.
type stat struct {
	parent         int
	own, collected time.Duration
}

// cpuTime is the user and system time of process pid with all its threads.
func cpuTime(pid int) cpuClock {
	s, ok := statOf(pid)
	if !ok {
		return -1
	}
	return cpuClock(s.own)
}

// familyCPU is the CPU time of a process and of its children, those that have
// ended included. A database in many processes is such a family.
func familyCPU(pid int) cpuClock {
	s, ok := statOf(pid)
	if !ok {
		return -1
	}
	sum := s.own + s.collected
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return -1
	}
	for _, folder := range all {
		child, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			continue
		}
		if s, ok := statOf(child); ok && s.parent == pid {
			sum += s.own
		}
	}
	return cpuClock(sum)
}

// statOf reads a process; ok is false when there is none.
func statOf(pid int) (s stat, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if pid == 0 || err != nil {
		return stat{}, false
	}
	return parseStat(string(text))
}

// parseStat reads fields 4 (ppid) and 14 to 17 (utime, stime, cutime, cstime).
// The second field is the program's name in parentheses and may hold anything,
// so counting begins after the last parenthesis.
func parseStat(text string) (s stat, ok bool) {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 15 {
		return stat{}, false
	}
	numbers := make([]int64, 0, 5)
	for _, i := range []int{1, 11, 12, 13, 14} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return stat{}, false
		}
		numbers = append(numbers, n)
	}
	return stat{parent: int(numbers[0]), own: time.Duration(numbers[1]+numbers[2]) * tick,
		collected: time.Duration(numbers[3]+numbers[4]) * tick}, true
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
