package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/bench"
	"github.com/curfew-auth/curfew/internal/config"
)

type benchCommand struct {
	Database string        `default:"sqlite" placeholder:"DATABASE" help:"Under the server: sqlite, postgres for a PostgreSQL server of its own, or the postgres:// URL of a server on which it makes and drops databases."`
	Clients  int           `default:"64" help:"Clients at once; each sends its next request when the last is answered."`
	Duration time.Duration `default:"5s" help:"Measured time of each run."`
	Warmup   time.Duration `default:"1s" help:"Time before it that is not measured."`
	Runs     int           `default:"3" help:"Runs of each case; the median counts."`
	Cases    []string      `placeholder:"CASE,..." help:"Which cases, of those above. Default: all but size."`
	Rate     string        `placeholder:"RATE" help:"Add an open loop at this many requests a second, or at half of what the closed loop reached (half), to refresh, session, mixed and introspect."`
	Large    int           `default:"100000" help:"Sessions of the account in security, list and everyone."`
	Full     int           `default:"1000000" help:"Sessions in the full store of memory."`
	Sizes    []int         `name:"sessions" placeholder:"N,..." default:"50000,5000000" help:"Sessions in the stores of size. Default: 50000,5000000."`
	Storm    int           `default:"256" help:"Clients of the account that storms in fairness and storm."`
	Dir      string        `placeholder:"FOLDER" help:"Where the server keeps its data while it is measured, on the disk to be measured. Default: the system's folder for temporary files."`
	URL      string        `placeholder:"URL" help:"Measure the server at this address instead of one of its own."`
	Email    string        `placeholder:"ADDRESS" help:"With --url: whom to sign in as."`
	PwStdin  bool          `name:"password-stdin" help:"With --url: read the password from standard input."`
	Plot     string        `placeholder:"FILE" help:"With size: also draw its rates into this SVG file."`
	Profiles string        `placeholder:"FOLDER" help:"Run each closed loop once more and keep the server's profiles of it there: CPU, heap, mutex and block."`
	JSON     bool          `name:"json" help:"The whole report as JSON."`
}

// Help is shown below the summary.
func (benchCommand) Help() string {
	return `Starts a server of its own with an empty database in a temporary folder, and measures these cases, each several times:

` + bench.Describe() + `
CPU and memory are those of the server's process and of all of the database's. Beside them stand the limits of the same machine, because only ratios carry over to another one: the refresh alternates with single-row updates, each in a commit of its own, and the sign-in with password hashes.

A target that is missed is no failure: the exit code says whether it could be measured.

A server given by --url must run with CURFEW_THROTTLE=off; refresh, session, login and mixed can be measured there.

Examples:

    curfew bench
    curfew bench --database postgres --rate half
    curfew bench --cases refresh --clients 16 --duration 10s --json
    curfew bench --cases refresh,session --profiles profiles
    curfew bench --database postgres --cases size --sessions 50000,500000,5000000 --plot size.svg
    curfew bench --url http://127.0.0.1:8080 --email ada@example.com --password-stdin < file`
}

// Run measures.
func (c *benchCommand) Run(ctx context.Context, env *Env) error {
	conf, err := c.config(env)
	if err != nil {
		return err
	}
	report, err := bench.Run(ctx, conf)
	if err != nil {
		return fmt.Errorf("the measurement failed: %w", err)
	}
	write := report.WriteTable
	if c.JSON {
		write = report.WriteJSON
	}
	if err := write(env.Stdout); err != nil || c.Plot == "" {
		return err
	}
	return c.plot(report)
}

// plot draws the rates of size.
func (c *benchCommand) plot(report bench.Report) error {
	file, err := os.Create(c.Plot)
	if err != nil {
		return err
	}
	return errors.Join(report.WritePlot(file), file.Close())
}

// config judges the flags.
func (c *benchCommand) config(env *Env) (conf bench.Config, err error) {
	conf = bench.Config{BaseURL: c.URL, Email: c.Email, Clients: c.Clients, Duration: c.Duration, Warmup: c.Warmup, Runs: c.Runs,
		Cases: c.Cases, Large: c.Large, Full: c.Full, Sizes: c.Sizes, Storm: c.Storm, Profiles: c.Profiles, Progress: env.Stderr}
	if c.Warmup == 0 {
		conf.Warmup = -1
	}
	for _, name := range c.Cases {
		if !slices.Contains(bench.Cases(), name) {
			return conf, usageError{fmt.Errorf("--cases has %q, but there are only %s", name, strings.Join(bench.Cases(), ", "))}
		}
	}
	if c.Plot != "" && (!slices.Contains(c.Cases, "size") || len(c.Sizes) < 2) {
		return conf, usageError{errors.New("--plot needs --cases size, and two --sessions at least")}
	}
	if c.Profiles != "" {
		if c.URL != "" {
			return conf, usageError{errors.New("--profiles is for a server of one's own: leave out --url")}
		}
		if err := os.MkdirAll(c.Profiles, 0o755); err != nil {
			return conf, err
		}
	}
	switch rate, err := strconv.ParseFloat(c.Rate, 64); {
	case c.Rate == "half":
		conf.Rate = bench.Half
	case c.Rate != "" && (err != nil || !(rate > 0 && rate <= 1e6)):
		return conf, usageError{fmt.Errorf("--rate must be a number of requests a second, or half, not %q", c.Rate)}
	case c.Rate != "":
		conf.Rate = rate
	}
	switch {
	case c.URL == "" && (c.Email != "" || c.PwStdin):
		return conf, usageError{errors.New("--email and --password-stdin are for a server given by --url: leave them out, or give that too")}
	case c.URL != "" && (c.Email == "" || !c.PwStdin):
		return conf, usageError{errors.New("--url needs --email and --password-stdin, to sign in there")}
	case c.URL != "":
		conf.Password, err = (passwordFlags{PasswordStdin: true}).password(env, 0)
		return conf, err
	}
	conf.Own = &bench.OwnServer{Environ: env.Environ, Dir: c.Dir, Database: c.Database}
	if !bench.KnownDatabase(c.Database) {
		return conf, usageError{errors.New("--database must be sqlite, postgres, or a URL like postgres://user@host:5432/database")}
	}
	if (config.Store{DatabaseURL: config.Secret(c.Database)}).DatabaseFlag() == "" {
		return conf, usageError{errors.New("a password does not go on the command line, where other users of the machine can read it: put it in a file that PGPASSFILE names")}
	}
	conf.Own.Program, err = os.Executable()
	return conf, err
}
