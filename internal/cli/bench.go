package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/curfew-auth/curfew/internal/bench"
)

type benchCommand struct {
	Clients  int           `default:"64" help:"Clients at once; each sends its next request when the last is answered."`
	Duration time.Duration `default:"5s" help:"Measured time of each run."`
	Runs     int           `default:"3" help:"Runs of each case; the median counts."`
	Cases    []string      `placeholder:"CASE,..." help:"Of refresh, session and login. Default: all."`
	Dir      string        `placeholder:"FOLDER" help:"Where the server keeps its data while it is measured, on the disk to be measured. Default: the system's folder for temporary files."`
	URL      string        `placeholder:"URL" help:"Measure the server at this address instead of one of its own."`
	Email    string        `placeholder:"ADDRESS" help:"With --url: whom to sign in as."`
	PwStdin  bool          `name:"password-stdin" help:"With --url: read the password from standard input."`
	JSON     bool          `name:"json" help:"The whole report as JSON."`
}

// Help is shown below the summary.
func (benchCommand) Help() string {
	return `Starts a server of its own with an empty database in a temporary folder, signs one person in on many devices, and measures refreshes, looks at a session, and sign-ins. CPU and memory are those of that server's process. Beside them stand the limits of the same machine, because only ratios carry over to another one.

A server given by --url must run with CURFEW_THROTTLE=off.

Examples:

    curfew bench
    curfew bench --cases refresh --clients 16 --duration 10s --json
    curfew bench --url http://127.0.0.1:8080 --email ada@example.com --password-stdin < file`
}

// Run measures.
func (c *benchCommand) Run(ctx context.Context, env *Env) (err error) {
	conf := bench.Config{BaseURL: c.URL, Email: c.Email, Clients: c.Clients, Duration: c.Duration, Runs: c.Runs, Cases: c.Cases, Progress: env.Stderr}
	for _, name := range c.Cases {
		if !slices.Contains(bench.Cases(), name) {
			return usageError{fmt.Errorf("--cases has %q, but there are only %s", name, strings.Join(bench.Cases(), ", "))}
		}
	}
	switch {
	case c.URL == "" && (c.Email != "" || c.PwStdin):
		return usageError{errors.New("--email and --password-stdin are for a server given by --url: leave them out, or give that too")}
	case c.URL != "" && (c.Email == "" || !c.PwStdin):
		return usageError{errors.New("--url needs --email and --password-stdin, to sign in there")}
	case c.URL != "":
		if conf.Password, err = (passwordFlags{PasswordStdin: true}).password(env, 0); err != nil {
			return err
		}
	default:
		own, err := startOwn(ctx, env, c.Dir)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, own.stop()) }()
		conf.BaseURL, conf.ServerPID, conf.Dir, conf.SignUp = own.url, own.cmd.Process.Pid, own.dir, true
	}
	report, err := bench.Run(ctx, conf)
	if err != nil {
		return fmt.Errorf("the measurement failed: %w", err)
	}
	if c.JSON {
		return report.WriteJSON(env.Stdout)
	}
	return report.WriteTable(env.Stdout)
}

// own is a server that was started to be measured.
type own struct {
	cmd *exec.Cmd
	dir string
	url string
}

// startOwn starts this program as a server with an empty database.
func startOwn(ctx context.Context, env *Env, parent string) (_ *own, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(parent, "curfew-bench-")
	if err != nil {
		return nil, fmt.Errorf("cannot make a folder for the server's data: %w", err)
	}
	o := &own{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.stop())
		}
	}()
	logPath := filepath.Join(dir, "log")
	logFile, err := os.Create(logPath)
	if err != nil {
		return nil, err
	}
	defer logFile.Close() // the child has its own
	cmd := exec.CommandContext(ctx, program)
	cmd.Args = []string{"curfew", "serve", "--addr=127.0.0.1:0", "--admin-addr=", "--throttle=off", "--signup=first", "--data-dir=" + filepath.Join(dir, "data")}
	cmd.Env = slices.DeleteFunc(slices.Clone(env.Environ), func(e string) bool { return strings.HasPrefix(e, "CURFEW_") })
	cmd.Stderr = logFile
	cmd.Cancel = func() error { return end(cmd.Process) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start a server: %w", err)
	}
	o.cmd = cmd
	line, _ := bufio.NewReader(out).ReadString('\n')
	rest, ready := strings.CutPrefix(line, "Curfew is ready at ")
	if !ready {
		cmd.Process.Kill()
		log, _ := os.ReadFile(logPath)
		return nil, fmt.Errorf("the server did not start: %s", strings.TrimSpace(string(log)))
	}
	o.url, _, _ = strings.Cut(rest, " ")
	go io.Copy(io.Discard, out) // ends with the process
	return o, nil
}

// stop ends the server and removes its data.
func (o *own) stop() error {
	if o.cmd != nil {
		_ = end(o.cmd.Process) // it may have ended already,
		_ = o.cmd.Wait()       // and its exit code is of no interest
	}
	return os.RemoveAll(o.dir)
}

// end asks a process to end, or ends it where asking is not possible.
func end(p *os.Process) error {
	if err := p.Signal(syscall.SIGTERM); err == nil || errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return p.Kill()
}
