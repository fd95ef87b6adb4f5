// Package ownlogin_test holds docs/quickstart.md to what it shows.
package ownlogin_test

import (
	"bytes"
	"flag"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the differences into docs/quickstart.md")

const page = "../../docs/quickstart.md"

// The page is a patch, words and all: whoever applies it to the product as it was
// has the product under Curfew.
func TestQuickstartIsTheDifference(t *testing.T) {
	if *update {
		rewrite(t)
	}
	text, err := filepath.Abs(page)
	if err != nil {
		t.Fatal(err)
	}
	mine := t.TempDir()
	if err := os.CopyFS(mine, os.DirFS("before")); err != nil {
		t.Fatal(err)
	}
	git(t, mine, "apply", "-p1", text)
	got, want := read(t, mine), read(t, "after")
	for _, name := range slices.Sorted(maps.Keys(want)) {
		switch {
		case got[name] == want[name]:
		case name == "go.sum": // written by a command that the page names
			if !strings.Contains(mustRead(t, page), "go mod tidy") {
				t.Error("the page does not say how go.sum comes about")
			}
		default:
			t.Errorf("%s is not what the page makes of it: go test ./examples/own-login -update writes the difference into the page.\n%s", name, got[name])
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is left over", name)
		}
	}
}

// fence is a block of the page that shows the difference of one file.
var fence = regexp.MustCompile("(?s)```diff\n--- (\\S+)\n\\+\\+\\+ after/(\\S+)\n.*?```\n")

// rewrite writes the differences into the page's blocks.
func rewrite(t *testing.T) {
	text := fence.ReplaceAllStringFunc(mustRead(t, page), func(block string) string {
		name := fence.FindStringSubmatch(block)[2]
		return "```diff\n" + difference(t, name) + "```\n"
	})
	if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// difference is that of one file, with two lines around each change.
func difference(t *testing.T, name string) string {
	from := "before/" + name
	if _, err := os.Stat(from); err != nil {
		from = "/dev/null"
	}
	out := git(t, ".", "diff", "--no-index", "--no-prefix", "--no-color", "--no-ext-diff", "--diff-algorithm=myers", "-U2", from, "after/"+name)
	lines := strings.SplitAfter(out, "\n")
	at := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "@@ ") })
	if at < 0 {
		t.Fatalf("%s does not differ", name)
	}
	var b strings.Builder
	b.WriteString("--- " + from + "\n+++ after/" + name + "\n")
	for _, line := range lines[at:] {
		if strings.HasPrefix(line, "@@ ") {
			line = line[:strings.LastIndex(line, "@@")+2] + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

// git runs git with nobody's settings. That two files differ is no failure.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil && (args[0] != "diff" || cmd.ProcessState.ExitCode() != 1) {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, &errors)
	}
	return string(out)
}

// read reads the files of a folder that somebody wrote.
func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "dist" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case entry.IsDir(), strings.HasPrefix(name, "berth"): // what was built, and its database
			return nil
		}
		files[filepath.ToSlash(name)] = mustRead(t, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
