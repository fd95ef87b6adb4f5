package server

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/store"
)

func TestBackupRefuses(t *testing.T) {
	c, _ := used(t, nil)
	there := filepath.Join(t.TempDir(), "there.db")
	must(t, os.WriteFile(there, []byte("precious"), 0o600))
	empty := c.Store
	places["PostgreSQL"](t, &empty)
	for what, tt := range map[string]struct {
		change func(b *BackingUp)
		want   string
	}{
		"a file that is there": {func(b *BackingUp) { b.To = there }, "is there already: give another name, or --overwrite"},
		"the database":         {func(b *BackingUp) { b.To, b.Overwrite = b.From.DatabasePath, true }, "--to is the database itself"},
		"a folder":             {func(b *BackingUp) { b.To, b.Overwrite = filepath.Dir(there), true }, "which is not a file"},
		"no folder":            {func(b *BackingUp) { b.To = filepath.Join(there, "..", "a", "b.db") }, "there is no such folder"},
		"no source":            {func(b *BackingUp) { b.From.DatabasePath += "x" }, "there is no database at"},
		"an empty source":      {func(b *BackingUp) { b.From = empty }, "there is nothing of Curfew in"},
	} {
		b := BackingUp{From: c.Store, To: filepath.Join(t.TempDir(), "new.db"), Now: time.Now, Progress: nothing}
		tt.change(&b)
		if _, err := Backup(t.Context(), b); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// One that ends early leaves nothing behind, and what was there stays.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := Backup(ctx, BackingUp{From: c.Store, To: there, Overwrite: true, Now: time.Now, Progress: func(store.Progress) { cancel() }}); err == nil {
		t.Error("it ended well")
	}
	entries, err := os.ReadDir(filepath.Dir(there))
	must(t, err)
	if content, err := os.ReadFile(there); err != nil || string(content) != "precious" || len(entries) != 1 {
		t.Errorf("%q, %v, %v", content, entries, err)
	}
	_, err = Backup(t.Context(), BackingUp{From: c.Store, To: there, Overwrite: true, Now: time.Now, Progress: nothing})
	must(t, err)
	verified(t, c)
}

// A backup needs no secret, and none is in it.
func TestBackupHasNoSecret(t *testing.T) {
	c, _ := used(t, nil)
	secret, err := os.ReadFile(c.SecretFile)
	must(t, err)
	without := c.Store
	without.SecretFile = filepath.Join(t.TempDir(), "none")
	file := backup(t, without)
	content, err := os.ReadFile(file)
	must(t, err)
	if strings.Contains(string(content), strings.TrimSpace(string(secret))) {
		t.Error("the secret is in the backup")
	}
	to := c.Store
	places["SQLite"](t, &to)
	_, err = restore(t, file, to)
	must(t, err)
}
