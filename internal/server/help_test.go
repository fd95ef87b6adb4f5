package server

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.With(m)) }

// settings are those of a new installation in an empty folder, on ports that
// the system chooses.
func settings(t *testing.T) config.Config {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	return config.Config{
		Store: config.Store{DataDir: dir, DatabasePath: filepath.Join(dir, "curfew.db"), SecretFile: filepath.Join(dir, "secret"), MakeSecret: true},
		Addr:  "127.0.0.1:0", AdminAddr: "127.0.0.1:0", Signup: config.SignupFirst,
		IdleMinutes:     config.Minutes{Min: 15, Max: 43200, Default: 10080},
		AbsoluteMinutes: config.Minutes{Min: 60, Max: 129600, Default: 20160},
		AccessTokenTTL:  5 * time.Minute, RefreshGrace: 30 * time.Second, SigningAlg: "EdDSA", PasswordMin: 15, Throttle: true,
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// openData opens an installation for the test and closes it after.
func openData(t *testing.T, c config.Store) *Data {
	t.Helper()
	d, err := OpenData(context.Background(), c, Access{Create: true, Migrate: true, Alg: "EdDSA", Now: time.Now})
	must(t, err)
	t.Cleanup(func() { must(t, d.DB.Close()) })
	return d
}

// tree lists what is in a folder, with modes and contents.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		b.WriteString(path + " " + info.Mode().String())
		if info.Mode().IsRegular() {
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			b.Write(content)
		}
		b.WriteByte('\n')
		return nil
	}))
	return b.String()
}

// logBuffer is a log that a test reads.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}

func newLog() (*slog.Logger, *logBuffer) {
	b := new(logBuffer)
	return slog.New(slog.NewJSONHandler(b, nil)), b
}
