package storetest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Template is an SQLite database that many tests begin with: it is built once,
// and each gets a copy, which costs a tenth of building it.
type Template struct {
	once sync.Once
	file []byte
	err  error
}

// Copy is the path of a test's own copy of what build puts at a path. build must
// have closed the database before it returns.
func (m *Template) Copy(t testing.TB, build func(path string) error) string {
	t.Helper()
	m.once.Do(func() { m.file, m.err = built(build) })
	if m.err != nil {
		t.Fatalf("building what tests begin with: %v", m.err)
	}
	path := filepath.Join(t.TempDir(), "curfew.db")
	if err := os.WriteFile(path, m.file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func built(build func(path string) error) ([]byte, error) {
	folder, err := os.MkdirTemp("", "curfew")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "curfew.db")
	if err := build(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
