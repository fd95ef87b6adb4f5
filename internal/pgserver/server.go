package pgserver

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options say what server is started.
type Options struct {
	// Dir is the folder for data and log. Empty: one in the system's folder of
	// temporary files, which Close removes. It must not hold a server yet.
	Dir string
	// Settings are lines of postgresql.conf, which win over the package's own.
	Settings map[string]string
	// Sync makes commits durable, as in production. Without it the server never
	// waits for the disk: several times quicker, and nothing is promised once
	// the machine fails. What is tested is the same.
	Sync bool
}

// Server is a PostgreSQL server that this process started.
type Server struct {
	bin   string
	dir   string // holds data, log
	owned bool   // dir was made by Start, and Close removes it
	as    *account
	port  int
	claim *os.File // says that this process is there, if the system can

	mu      sync.Mutex
	running *process // nil when it is not
}

// folders is how the folders are named that Start makes.
const folders = "curfew-postgres-*"

// removeAbandoned removes the folders of processes that ended without Close: of
// tests that ran too long, or were interrupted.
func removeAbandoned() {
	all, _ := filepath.Glob(filepath.Join(os.TempDir(), folders))
	for _, dir := range all {
		if abandoned(dir) {
			_ = os.RemoveAll(dir) // what somebody else left is theirs
		}
	}
}

// Limits of patience: far beyond what is usual, for machines that are busy.
const (
	startLimit = 60 * time.Second
	stopLimit  = 30 * time.Second
)

// Start makes a server and returns once it answers. The context bounds the
// start, not the server's life.
func Start(ctx context.Context, options Options) (*Server, error) {
	s, err := prepare(options.Dir)
	if err != nil {
		return nil, err
	}
	err = s.initialise(ctx, options)
	if err == nil {
		err = s.startSomewhere(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// prepare finds the programs and makes the folder.
func prepare(dir string) (*Server, error) {
	bin, err := Find()
	if err != nil {
		return nil, err
	}
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir, owned: dir == "", as: as}
	if s.owned {
		removeAbandoned()
		s.dir, err = os.MkdirTemp("", folders)
		if err == nil {
			s.claim, err = claim(s.dir)
		}
	} else {
		err = os.MkdirAll(s.dir, 0o700)
	}
	if err == nil {
		s.dir, err = filepath.Abs(s.dir)
	}
	if err == nil {
		err = as.take(s.dir)
	}
	if err != nil {
		return nil, fmt.Errorf("a folder for PostgreSQL: %w", err)
	}
	return s, nil
}

// URL leads to a database of the server, as its superuser.
func (s *Server) URL(database string) string {
	return s.URLAs(url.User(superuser), database)
}

// URLAs leads to a database as somebody else. Roles other than the superuser
// need their password.
func (s *Server) URLAs(who *url.Userinfo, database string) string {
	return (&url.URL{
		Scheme:   "postgres",
		User:     who,
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}).String()
}

// Dir is the server's folder.
func (s *Server) Dir() string { return s.dir }

// LogFile is where the server writes what it has to say.
func (s *Server) LogFile() string { return filepath.Join(s.dir, "log") }

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// PID is the process whose children serve the connections; 0 while there is
// none.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return 0
	}
	return s.running.pid()
}

// Stop ends the server as an operator would: open transactions are rolled back,
// what is committed is written. The data stays for Restart.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return nil
	}
	// A server that is paused would not hear it.
	if err := errors.Join(s.running.resume(), s.running.signal(os.Interrupt)); err != nil {
		return err
	}
	select {
	case <-s.running.done:
		s.running = nil
		return nil
	case <-time.After(stopLimit):
		return errors.Join(fmt.Errorf("PostgreSQL did not stop within %s%s", stopLimit, s.lastWords(0)), s.kill())
	}
}

// Kill ends the server and all its processes in the middle of whatever they do,
// as a loss of power of the server alone would. The data stays for Restart.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kill()
}

func (s *Server) kill() error {
	if s.running == nil {
		return nil
	}
	err := s.running.kill()
	if err == nil {
		s.running = nil
	}
	return err
}

// Close ends the server for good, and removes its folder if Start made it.
func (s *Server) Close() error {
	if err := s.Kill(); err != nil {
		return err
	}
	if !s.owned {
		return nil
	}
	err := os.RemoveAll(s.dir)
	if s.claim != nil {
		_ = s.claim.Close()
	}
	return err
}

// Pause stops all processes of the server where they are: connections stay open
// and nothing answers. Only on Linux.
func (s *Server) Pause() error { return s.withRunning((*process).pause) }

// Resume lets a paused server go on.
func (s *Server) Resume() error { return s.withRunning((*process).resume) }

func (s *Server) withRunning(do func(*process) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return errors.New("PostgreSQL is not running")
	}
	return do(s.running)
}

// Restart starts the server again at the same address, after Stop or Kill, or
// after stopping it.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Stop(); err != nil {
		return err
	}
	return s.start(ctx)
}

// errPortTaken is that another program has the port.
var errPortTaken = errors.New("the port is taken")

// startSomewhere starts on a port that is free. Between finding it and taking
// it another program may come first, so there are further attempts.
func (s *Server) startSomewhere(ctx context.Context) error {
	var err error
	for range 20 {
		if s.port, err = freePort(); err != nil {
			continue
		}
		if err = s.start(ctx); !errors.Is(err, errPortTaken) {
			return err
		}
	}
	return fmt.Errorf("no port for PostgreSQL: %w", err)
}

// freePort looks below the ports that systems lend to outgoing connections: a
// client that dials while the server is down could else be lent the server's
// own port, and keep it.
func freePort() (int, error) {
	port := 20000 + rand.IntN(12000)
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return 0, err
	}
	return port, l.Close()
}

// start runs the server and waits until it answers.
func (s *Server) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	log, err := os.OpenFile(s.LogFile(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	said, err := log.Seek(0, 2)
	if err != nil {
		return err
	}
	cmd := s.command("postgres", "-D", s.data(), "-p", strconv.Itoa(s.port))
	cmd.Stdout, cmd.Stderr = log, log
	if s.running, err = run(cmd); err != nil {
		return fmt.Errorf("starting PostgreSQL: %w", err)
	}
	if err := s.waitReady(ctx, said); err != nil {
		return errors.Join(err, s.kill())
	}
	return nil
}

// waitReady returns once the server answers, or has failed. said is where in
// the log its words begin.
func (s *Server) waitReady(ctx context.Context, said int64) error {
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	go func(done <-chan struct{}) { // whoever else has the port may not answer at all
		select {
		case <-done:
			cancel()
		case <-asking.Done():
		}
	}(s.running.done)
	var last error
	for {
		if last = s.ask(asking); last == nil {
			return nil
		}
		select {
		case <-s.running.done:
			words := s.lastWords(said)
			if strings.Contains(words, "could not bind") || strings.Contains(words, "could not create any TCP/IP sockets") {
				return fmt.Errorf("%w: %d", errPortTaken, s.port)
			}
			return fmt.Errorf("PostgreSQL did not start%s", words)
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w%s", errors.Join(ctx.Err(), last), s.lastWords(said))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// ask asks the server which one it is: another may answer at the port.
func (s *Server) ask(ctx context.Context) error {
	var folder string
	if err := s.queryRow(ctx, "SHOW data_directory", &folder); err != nil {
		return err
	}
	if folder != s.data() {
		return fmt.Errorf("another server answers at port %d", s.port)
	}
	return nil
}

// queryRow asks for one row over a connection of its own.
func (s *Server) queryRow(ctx context.Context, sql string, into ...any) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL(superuser))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	return conn.QueryRow(ctx, sql).Scan(into...)
}

// lastWords is the end of the log from an offset, ready to be put behind an
// error.
func (s *Server) lastWords(from int64) string {
	log, err := os.ReadFile(s.LogFile())
	if err != nil || int64(len(log)) <= from {
		return ""
	}
	log = log[from:]
	if len(log) > 2000 {
		log = log[len(log)-2000:]
	}
	return ":\n" + strings.TrimSpace(string(log))
}
