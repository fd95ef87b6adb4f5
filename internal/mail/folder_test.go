package mail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFolder(t *testing.T) {
	folder := t.TempDir()
	p := newPost(t, Config{Folder: folder})
	p.sends(reset, reset)
	files, err := os.ReadDir(folder)
	must(t, err)
	if len(files) != 2 {
		t.Fatalf("%d files", len(files))
	}
	for _, f := range files {
		info, err := f.Info()
		must(t, err)
		if info.Mode() != 0o600 || !strings.HasPrefix(f.Name(), "20260302T090000.123456Z-") || !strings.HasSuffix(f.Name(), ".eml") {
			t.Errorf("%s has mode %o", f.Name(), info.Mode())
		}
		b, err := os.ReadFile(filepath.Join(folder, f.Name()))
		must(t, err)
		if o := open(t, string(b)); !strings.Contains(o.plain, link) || o.header.Get("To") != "<bob@acme.example>" {
			t.Errorf("%s", b)
		}
	}
	p.want(t, map[string]int{"reset sent": 2})

	p = newPost(t, Config{Folder: folder})
	must(t, os.RemoveAll(folder))
	p.sends(reset)
	p.want(t, map[string]int{"reset failed": 1}, "no such file or directory")
	_, err = New(Config{From: "a@b", Folder: folder})
	if err == nil || err.Error() != "CURFEW_SMTP_URL names the folder "+folder+", and there is none: create it, or correct the path" {
		t.Errorf("got %v", err)
	}
}
