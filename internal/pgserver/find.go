package pgserver

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// MinVersion is the oldest major version of PostgreSQL that is taken.
const MinVersion = 15

// ErrMissing is that this machine has no PostgreSQL to start. The text around
// it says what to type.
var ErrMissing = errors.New("no PostgreSQL server programs")

// debian is where Debian's packages put the programs, outside PATH, so that
// several versions can be there.
const debian = "/usr/lib/postgresql/*/bin"

// programs are what a folder must hold.
var programs = []string{"initdb", "postgres", "pg_basebackup"}

// Find is the folder of PostgreSQL's programs: that of PATH, else the newest of
// Debian's.
func Find() (string, error) { return find(debian) }

func find(pattern string) (string, error) {
	var old []string
	for _, folder := range candidates(pattern) {
		version, err := versionOf(folder)
		if err != nil {
			continue
		}
		if version >= MinVersion {
			return folder, nil
		}
		old = append(old, fmt.Sprintf("%s is version %d", folder, version))
	}
	found := ""
	if len(old) > 0 {
		found = " (" + strings.Join(old, ", ") + ")"
	}
	return "", fmt.Errorf("%w of version %d or newer are in PATH or %s%s. Install them:\n"+
		"  bash scripts/postgres.sh         as root on Debian, from a checkout\n"+
		"  apt-get install postgresql       or by hand\n"+
		"or put the folder that holds initdb and postgres into PATH", ErrMissing, MinVersion, debian, found)
}

// candidates are the folders to look into, best first.
func candidates(pattern string) []string {
	var folders []string
	if initdb, err := exec.LookPath("initdb"); err == nil {
		// A link in PATH stands for the folder that it leads to, which holds
		// all programs.
		if real, err := filepath.EvalSymlinks(initdb); err == nil {
			folders = append(folders, filepath.Dir(real))
		}
	}
	installed, _ := filepath.Glob(pattern)
	number := func(folder string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
		return n
	}
	slices.SortFunc(installed, func(a, b string) int { return cmp.Compare(number(b), number(a)) })
	return append(folders, installed...)
}

// versionOf is the major version of the programs in folder, which must all be
// there.
func versionOf(folder string) (int, error) {
	for _, name := range programs {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			return 0, err
		}
	}
	out, err := exec.Command(filepath.Join(folder, "postgres"), "--version").Output()
	if err != nil {
		return 0, err
	}
	return parseVersion(string(out))
}

// parseVersion reads "postgres (PostgreSQL) 15.18 (Debian 15.18-1)" and
// "postgres (PostgreSQL) 18beta1".
func parseVersion(text string) (int, error) {
	_, rest, ok := strings.Cut(text, "(PostgreSQL) ")
	digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
	version, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return 0, fmt.Errorf("no version in %q", strings.TrimSpace(text))
	}
	return version, nil
}
