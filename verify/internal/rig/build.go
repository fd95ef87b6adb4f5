package rig

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Programs are where the programs are that were built.
type Programs struct {
	dir string
}

// Curfew is the server and its commands.
func (p Programs) Curfew() string { return p.at("curfew") }

// Postgres gives away databases on a PostgreSQL server.
func (p Programs) Postgres() string { return p.at("postgres-test") }

// Fill puts many sessions into a store.
func (p Programs) Fill() string { return p.at("bench-fill") }

func (p Programs) at(name string) string { return filepath.Join(p.dir, name) }

// ErrAlone is that this module is here without the server's source.
var ErrAlone = errors.New("the server's source is not in the folder above this module")

// Build builds the programs that are named by their folders in the server's
// module, into a folder.
func Build(into string, folders ...string) (Programs, error) {
	root, err := source()
	if err != nil {
		return Programs{}, err
	}
	// Without arguments of its own: so the programs are those that make builds,
	// and in its cache.
	args := []string{"build", "-C", root, "-trimpath", "-o", into + string(filepath.Separator)}
	build := exec.Command("go", append(args, folders...)...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return Programs{}, fmt.Errorf("building the server: %w\n%s", err, out)
	}
	return Programs{into}, nil
}

// source is the folder of the server's module.
func source() (string, error) {
	_, here, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(here) {
		return "", ErrAlone
	}
	root := filepath.Join(filepath.Dir(here), "..", "..", "..")
	if _, err := os.Stat(filepath.Join(root, "cmd", "curfew", "main.go")); err != nil {
		return "", ErrAlone
	}
	return root, nil
}

// At are programs that were built before.
func At(dir string) Programs { return Programs{dir} }

// Module is the folder of this module.
func Module() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "..", "..")
}
