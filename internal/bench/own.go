package bench

import (
	"bufio"
	"context"
	"encoding/json"
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

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/store/yardstick"
	"github.com/curfew-auth/curfew/internal/token"
)

// own is a server that was started to be measured, with all its data in a
// folder that is removed in the end.
type own struct {
	conf    OwnServer
	say     func(string, ...any)
	dir     string
	secret  []byte
	secrets *token.Secrets

	postgres            // zero on SQLite
	admin     bool      // whether its profiles are wanted
	adminAddr string    // where they are
	stores    int       // that were made so far
	store     string    // the folder of the one in use
	cmd       *exec.Cmd // nil while the server does not run
	url       string
}

func newOwn(ctx context.Context, conf OwnServer, say func(string, ...any)) (_ *own, err error) {
	dir, err := os.MkdirTemp(conf.Dir, "curfew-bench-")
	if err != nil {
		return nil, fmt.Errorf("cannot make a folder for the server's data: %w", err)
	}
	o := &own{conf: conf, say: say, dir: dir, secret: []byte(randomHex(32))}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.close())
		}
	}()
	if o.secrets, err = token.NewSecrets(o.secret); err != nil {
		return nil, err
	}
	if conf.Database != DatabaseSQLite {
		err = o.openPostgres(ctx)
	}
	return o, err
}

// fresh replaces the store by an empty one. The server does not run then.
func (o *own) fresh(ctx context.Context) error {
	if err := errors.Join(o.stop(), o.discard(ctx)); err != nil {
		return err
	}
	o.stores++
	o.store = filepath.Join(o.dir, fmt.Sprintf("store-%d", o.stores))
	if err := os.Mkdir(o.store, 0o700); err != nil {
		return err
	}
	if o.onPostgres() {
		if err := o.freshDatabase(ctx, o.stores); err != nil {
			return err
		}
	}
	// The server makes its tables by itself.
	return errors.Join(o.start(ctx), o.stop())
}

// discard removes the store in use.
func (o *own) discard(ctx context.Context) error {
	if o.store == "" {
		return nil
	}
	err := os.RemoveAll(o.store)
	if o.onPostgres() {
		err = errors.Join(err, o.dropDatabase(ctx))
	}
	o.store = ""
	return err
}

// target is where the store's rows are.
func (o *own) target() yardstick.Target {
	if o.onPostgres() {
		return yardstick.Target{URL: o.databaseURL}
	}
	return yardstick.Target{Path: filepath.Join(o.store, "curfew.db")}
}

// spare is an empty database of the same engine beside the store.
func (o *own) spare(ctx context.Context, name string) (yardstick.Target, error) {
	if o.onPostgres() {
		address, err := o.createDatabase(ctx, name)
		return yardstick.Target{URL: address}, err
	}
	return yardstick.Target{Path: filepath.Join(o.dir, name+".db")}, nil
}

// fill puts a population into the store while no server runs.
func (o *own) fill(ctx context.Context, p *population) error {
	return yardstick.Fill(ctx, o.target(), p.chain, p.rows())
}

// start starts this program as a server of the store. Secrets go through the
// environment, which other users cannot read.
func (o *own) start(ctx context.Context) (err error) {
	logPath := filepath.Join(o.store, "log")
	logFile, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close() // the child has its own
	cmd := exec.CommandContext(ctx, o.conf.Program)
	cmd.Args = []string{"curfew", "serve", "--addr=127.0.0.1:0", "--admin-addr=" + o.adminFlag(), "--throttle=off", "--signup=first", "--data-dir=" + o.store}
	cmd.Env = o.environ()
	cmd.Stderr = logFile
	cmd.Cancel = func() error { return end(cmd.Process) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot start a server: %w", err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	rest, ready := strings.CutPrefix(line, "Curfew is ready at ")
	if !ready {
		_ = cmd.Process.Kill() // it may have ended already,
		_ = cmd.Wait()         // and its exit code is of no interest
		log, _ := os.ReadFile(logPath)
		return fmt.Errorf("the server did not start: %s", lastLine(string(log)))
	}
	o.cmd = cmd
	o.url, _, _ = strings.Cut(rest, " ")
	go io.Copy(io.Discard, out) // ends with the process
	if !o.admin {
		return nil
	}
	log, err := os.Open(logPath)
	if err != nil {
		return err
	}
	defer log.Close()
	o.adminAddr = adminAddrIn(log)
	return nil
}

// environ is what this program finds in its environment when it works on the store.
func (o *own) environ() []string {
	env := slices.DeleteFunc(slices.Clone(o.conf.Environ), func(e string) bool { return strings.HasPrefix(e, "CURFEW_") })
	env = append(env, "CURFEW_SECRET="+string(o.secret))
	if o.onPostgres() {
		env = append(env, "CURFEW_DATABASE_URL="+o.databaseURL)
	}
	return env
}

// serviceKey makes a service key in the store, as an operator does.
func (o *own) serviceKey(ctx context.Context, scopes ...curfew.Scope) (string, error) {
	cmd := exec.CommandContext(ctx, o.conf.Program)
	cmd.Args = []string{"curfew", "service-keys", "create", "--name=bench", "--json", "--data-dir=" + o.store}
	for _, scope := range scopes {
		cmd.Args = append(cmd.Args, "--scope="+string(scope))
	}
	cmd.Env = o.environ()
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("cannot make a service key: %w: %s", err, lastLine(complaints.String()))
	}
	var made struct{ Key string }
	if err := json.Unmarshal(out, &made); err != nil || made.Key == "" {
		return "", errors.New("cannot make a service key: the answer has none")
	}
	return made.Key, nil
}

func (o *own) adminFlag() string {
	if o.admin {
		return "127.0.0.1:0"
	}
	return ""
}

func (o *own) pid() int { return o.cmd.Process.Pid }

// stop ends the server; the store stays.
func (o *own) stop() error {
	if o.cmd == nil {
		return nil
	}
	_ = end(o.cmd.Process) // it may have ended already,
	_ = o.cmd.Wait()       // and its exit code is of no interest
	o.cmd = nil
	return nil
}

// close ends the server and removes all data.
func (o *own) close() error {
	if o == nil {
		return nil
	}
	return errors.Join(o.stop(), o.closePostgres(), os.RemoveAll(o.dir))
}

// end asks a process to end, or ends it where asking is not possible.
func end(p *os.Process) error {
	if err := p.Signal(syscall.SIGTERM); err == nil || errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return p.Kill()
}
