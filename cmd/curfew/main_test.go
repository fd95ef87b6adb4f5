package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/curfew-auth/curfew/internal/cli"
	"github.com/curfew-auth/curfew/internal/clocktest"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
)

// gorace spares commands the second for which the race detector waits at every
// exit.
const gorace = "GORACE=atexit_sleep_ms=10"

var update = flag.Bool("update", false, "write the golden parts of the scripts anew")

// TestMain lets the test binary be the command `curfew`, as it is built but
// for its clock, and `curfew-test`, as builds for browser tests are.
func TestMain(m *testing.M) {
	testscript.Main(pgtest.With(m), map[string]func(){"curfew": func() {
		env := cli.Process()
		env.Now = shiftedClock(os.Getenv("CURFEW_TEST_CLOCK"))
		env.StoreClock = func(context.Context) (time.Time, error) { return env.Now(), nil }
		os.Exit(cli.Main(env))
	}, "curfew-test": func() {
		env := cli.Process()
		if err := clocktest.Install(&env); err != nil {
			panic(err)
		}
		os.Exit(cli.Main(env))
	}})
}

// shiftedClock is the machine's clock and the offset that a file holds at that
// moment. It exists in tests only.
func shiftedClock(file string) func() time.Time {
	return func() time.Time {
		text, err := os.ReadFile(file)
		if err != nil {
			return time.Now()
		}
		offset, err := time.ParseDuration(strings.TrimSpace(string(text)))
		if err != nil {
			panic(err)
		}
		return time.Now().Add(offset)
	}
}

// The scripts drive the real command as an operator and people do.
func TestScripts(t *testing.T) {
	testscript.Run(t, scripts("testdata/script/*.txtar", nil))
}

// What is about data is so on PostgreSQL, too; what differs there is in
// testdata/postgres.
func TestScriptsOnPostgres(t *testing.T) {
	about := []string{"bench", "copy", "demo", "help", "usage", "refusals"} // files, or no data
	testscript.Run(t, scripts("testdata/script/*.txtar", about, postgres))
	testscript.Run(t, scripts("testdata/postgres/*.txtar", nil, postgres))
}

// scripts are those of a pattern without some.
func scripts(pattern string, without []string, setups ...func(*testscript.Env) error) testscript.Params {
	all, err := filepath.Glob(pattern)
	if err != nil || len(all) == 0 {
		panic("there are no scripts")
	}
	all = slices.DeleteFunc(all, func(file string) bool {
		return slices.Contains(without, strings.TrimSuffix(filepath.Base(file), ".txtar"))
	})
	return testscript.Params{
		Files:               all,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			s := &script{jars: map[string]*client{}}
			env.Values[scriptKey{}] = s
			env.Defer(s.end)
			env.Vars = append(env.Vars, gorace)
			env.Setenv("CURFEW_TEST_CLOCK", filepath.Join(env.WorkDir, ".clock"))
			env.Setenv("ADDR", freeAddr())
			env.Setenv("ADMIN", freeAddr())
			env.Setenv("TAKEN", freeAddr())
			for _, setup := range setups {
				if err := setup(env); err != nil {
					return err
				}
			}
			return nil
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "root":
				return os.Geteuid() == 0, nil
			case "postgres":
				return len(setups) > 0, nil
			}
			return false, fmt.Errorf("nobody knows the condition %s", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":     cmdServe,
			"demo":      cmdDemo,
			"stop":      cmdStop,
			"clock":     cmdClock,
			"http":      cmdHTTP,
			"json":      cmdJSON,
			"snapshot":  cmdSnapshot,
			"unchanged": cmdUnchanged,
			"occupy":    cmdOccupy,
			"sqlite":    cmdSQLite,
			"sql":       cmdSQL,
			"mode":      cmdMode,
		},
	}
}

// postgres gives a script an empty database of its own: $CURFEW_DATABASE_URL,
// which is $DBNAME of the server at $DBADDR.
func postgres(env *testscript.Env) error {
	at := pgtest.Database(env.T().(testing.TB))
	u, err := url.Parse(at)
	if err != nil {
		return err
	}
	env.Setenv("CURFEW_DATABASE_URL", at)
	env.Setenv("DBADDR", u.Host)
	env.Setenv("DBNAME", strings.TrimPrefix(u.Path, "/"))
	return nil
}
