package web

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// Without this file a clone could not be compiled, because dist would be
// missing; the build of the pages copies it there from public.
func TestFolderIsKept(t *testing.T) {
	if _, err := fs.Stat(Files(), ".gitkeep"); err != nil {
		t.Errorf("dist/.gitkeep: %v; put web/public/.gitkeep back and build the pages again", err)
	}
}

var (
	forbidden = regexp.MustCompile(`(?is)<script[^>]*>\s*[^<\s]|<style|\son[a-z]+\s*=|\sstyle\s*=|javascript:`)
	links     = regexp.MustCompile(`\s(?:src|href)="([^"]*)"`)
)

// What was built must work under the policy that every answer carries, at any
// depth of path.
func TestShellFitsThePolicy(t *testing.T) {
	html, err := fs.ReadFile(Files(), "index.html")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the pages were not built")
	}
	if err != nil {
		t.Fatal(err)
	}
	if found := forbidden.Find(html); found != nil {
		t.Errorf("index.html has %q, which the content security policy forbids", found)
	}
	found := links.FindAllSubmatch(html, -1)
	if len(found) == 0 {
		t.Error("index.html loads nothing")
	}
	for _, m := range found {
		name, ok := strings.CutPrefix(string(m[1]), "/")
		if !ok {
			t.Errorf("index.html leads to %s, which is not a path from the root", m[1])
		} else if _, err := fs.Stat(Files(), name); err != nil {
			t.Errorf("index.html leads to %s: %v", m[1], err)
		}
	}
}
