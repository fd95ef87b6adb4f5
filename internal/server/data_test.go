package server

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/config"
)

// What is made is for its owner only (ASVS 13.3.1).
func TestNewDataIsPrivate(t *testing.T) {
	c := settings(t).Store
	d := openData(t, c)
	if d.Migrated != 0 || d.Version == 0 {
		t.Errorf("versions %d and %d", d.Migrated, d.Version)
	}
	for name, want := range map[string]os.FileMode{"": 0o700, "secret": 0o600, "curfew.db": 0o600, "curfew.db-wal": 0o600, "curfew.db-shm": 0o600} {
		info, err := os.Stat(filepath.Join(c.DataDir, name))
		must(t, err)
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%q has mode %o, want %o", name, got, want)
		}
	}
}

func TestOpenDataAgain(t *testing.T) {
	c := settings(t).Store
	first := openData(t, c)
	again := openData(t, c)
	if again.Migrated != first.Version {
		t.Errorf("found version %d, want %d", again.Migrated, first.Version)
	}
	a, err := first.Keys.Load(t.Context(), time.Now())
	must(t, err)
	b, err := again.Keys.Load(t.Context(), time.Now())
	must(t, err)
	if len(a) != 1 || len(b) != 1 || a[0].KID != b[0].KID {
		t.Errorf("keys %v and %v", a, b)
	}
}

// A start that was cut short between file and schema is no obstacle.
func TestOpenDataAfterAnInterruptedStart(t *testing.T) {
	c := settings(t).Store
	must(t, os.Mkdir(c.DataDir, 0o700))
	must(t, os.WriteFile(c.DatabasePath, nil, 0o600))
	openData(t, c)
}

// When a step fails, those before it are taken back.
func TestCreateTakesBack(t *testing.T) {
	c := settings(t).Store
	c.SecretFile = filepath.Join(t.TempDir(), "missing", "secret")
	parent := filepath.Dir(c.DataDir)
	before := tree(t, parent)
	if _, err := OpenData(t.Context(), c, Access{Create: true, Now: time.Now}); err == nil {
		t.Fatal("it could be made")
	}
	if after := tree(t, parent); after != before {
		t.Errorf("left behind:\n%s", after)
	}
}

// The scripts of the command hold the sentences that an operator meets often;
// these are the others.
func TestOpenDataRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*testing.T, *config.Store)
		want   string
	}{
		{"no parent", func(t *testing.T, c *config.Store) { c.DataDir += "/a"; c.DatabasePath = c.DataDir + "/curfew.db" }, "to make it in"},
		{"a path through a file", func(t *testing.T, c *config.Store) {
			must(t, os.WriteFile(c.DataDir, nil, 0o600))
			c.DataDir += "/a"
			c.DatabasePath = filepath.Join(t.TempDir(), "curfew.db")
		}, "cannot be opened (not a directory)"},
		{"database in no folder", func(t *testing.T, c *config.Store) { c.DatabasePath = filepath.Join(t.TempDir(), "a", "b.db") }, "there is no such folder"},
		{"database is a folder", func(t *testing.T, c *config.Store) { c.DatabasePath = t.TempDir() }, "is not a database of Curfew"},
		{"short secret", func(t *testing.T, c *config.Store) { c.SecretText = "short" }, "at least 32 bytes"},
		{"same secret twice", func(t *testing.T, c *config.Store) {
			c.SecretText = config.Secret(strings.Repeat("s", 32))
			c.SecretPrevious = c.SecretText
		}, "CURFEW_SECRET_PREVIOUS cannot be used"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := settings(t).Store
			parent := filepath.Dir(c.DataDir)
			tt.change(t, &c)
			before := tree(t, parent)
			_, err := OpenData(context.Background(), c, Access{Create: true, Migrate: true, Alg: "EdDSA", Now: time.Now})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want something with %q", err, tt.want)
			}
			if after := tree(t, parent); after != before {
				t.Errorf("changed:\n%s", after)
			}
		})
	}
}
