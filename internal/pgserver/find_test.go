package pgserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": 15,
		"postgres (PostgreSQL) 18beta1\n":                        18,
		"postgres (PostgreSQL) 9.6.24\n":                         9,
	} {
		if got, err := parseVersion(text); got != want || err != nil {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "15.18", "postgres (PostgreSQL) ", "postgres (EnterpriseDB) 15"} {
		if got, err := parseVersion(bad); err == nil {
			t.Errorf("%q: %d", bad, got)
		}
	}
}

// pretend makes a folder of programs that only know their version.
func pretend(t *testing.T, folder string, version string) string {
	t.Helper()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range programs {
		text := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %s'\n", name, version)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestFind(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	installed := func(version string) string {
		return pretend(t, filepath.Join(root, "lib", version, "bin"), version+".1")
	}
	inPath := filepath.Join(root, "path")
	if err := os.Mkdir(inPath, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", inPath)
	expect := func(want string) {
		t.Helper()
		if got, err := find(filepath.Join(root, "lib", "*", "bin")); got != want || err != nil {
			t.Fatalf("found %q (%v), not %q", got, err, want)
		}
	}
	missing := func(words ...string) {
		t.Helper()
		_, err := find(filepath.Join(root, "lib", "*", "bin"))
		if !errors.Is(err, ErrMissing) {
			t.Fatal(err)
		}
		for _, word := range append(words, "bash scripts/postgres.sh", "apt-get install postgresql") {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("nothing of %q in: %v", word, err)
			}
		}
	}

	missing()
	installed("9")
	installed("14")
	missing("version 14", "version 9")
	v15 := installed("15")
	expect(v15)
	// By number, not by letter, and only where all programs are.
	v100 := installed("100")
	expect(v100)
	if err := os.Remove(filepath.Join(v100, "initdb")); err != nil {
		t.Fatal(err)
	}
	expect(v15)

	// What PATH says goes first, and a link says where the others are.
	own := pretend(t, filepath.Join(root, "own"), "16.2")
	if err := os.Symlink(filepath.Join(own, "initdb"), filepath.Join(inPath, "initdb")); err != nil {
		t.Fatal(err)
	}
	expect(own)
	pretend(t, own, "12.2")
	expect(v15)
}
