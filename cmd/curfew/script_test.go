package main

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // for the command sql
	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite" // for the command sqlite
)

// script is what the commands of one script share.
type script struct {
	server   *process
	jars     map[string]*client
	snapshot string
	taken    []net.Listener
}

type scriptKey struct{}

func scriptOf(ts *testscript.TestScript) *script { return ts.Value(scriptKey{}).(*script) }

func (s *script) end() {
	if s.server != nil {
		s.server.kill()
	}
	for _, l := range s.taken {
		l.Close()
	}
}

// freeAddr is an address that nothing listens at, nor takes for itself later:
// its port is below those that systems give to outgoing connections.
func freeAddr() string {
	for {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(20000)))
		if err != nil {
			continue
		}
		l.Close()
		return l.Addr().String()
	}
}

// serve [flag...] starts the server at $ADDR and $ADMIN over the folder data
// and waits until it is ready. What it printed is stdout; its log is the file
// server.log.
func cmdServe(ts *testscript.TestScript, neg bool, args []string) {
	serve(ts, neg, append([]string{"serve", "--data-dir", ts.MkAbs("data")}, args...))
}

// demo [flag...] is serve for the demo, whose temporary folder is in the
// folder tmp. Around it are the settings of an installation that it must not
// touch.
func cmdDemo(ts *testscript.TestScript, neg bool, args []string) {
	serve(ts, neg, append([]string{"demo"}, args...), "TMPDIR="+ts.MkAbs("tmp"),
		"CURFEW_DATA_DIR="+ts.MkAbs("full"), "CURFEW_DATABASE_URL=sqlite://"+ts.MkAbs("full/notes"), "CURFEW_SIGNUP=closed")
}

func serve(ts *testscript.TestScript, neg bool, args []string, environ ...string) {
	s := scriptOf(ts)
	if neg || s.server != nil {
		ts.Fatalf("usage: serve [flag...] or demo [flag...], once")
	}
	log, err := os.OpenFile(ts.MkAbs("server.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	ts.Check(err)
	defer log.Close()
	args = append(args, "--addr", ts.Getenv("ADDR"), "--admin-addr", ts.Getenv("ADMIN"))
	environ = append(environ, "CURFEW_TEST_CLOCK="+ts.Getenv("CURFEW_TEST_CLOCK"))
	for _, name := range []string{"CURFEW_SMTP_URL", "CURFEW_DATABASE_URL"} { // they have no flag, or none for passwords
		if value := ts.Getenv(name); value != "" && !slices.ContainsFunc(environ, func(v string) bool { return strings.HasPrefix(v, name+"=") }) {
			environ = append(environ, name+"="+value)
		}
	}
	s.server, err = startProcess(ts.MkAbs("."), log, environ, args...)
	if err != nil {
		ts.Fatalf("%v\n%s", err, ts.ReadFile("server.log"))
	}
	fmt.Fprint(ts.Stdout(), s.server.greeting)
}

// stop ends the server with SIGTERM, which it must take as a good end.
func cmdStop(ts *testscript.TestScript, neg bool, args []string) {
	s := scriptOf(ts)
	if neg || len(args) > 0 || s.server == nil {
		ts.Fatalf("usage: stop, after serve")
	}
	err := s.server.terminate()
	s.server = nil
	ts.Check(err)
}

// clock DURATION moves the clocks of all commands, once and for all.
func cmdClock(ts *testscript.TestScript, neg bool, args []string) {
	file := ts.Getenv("CURFEW_TEST_CLOCK")
	if neg || len(args) != 1 {
		ts.Fatalf("usage: clock duration")
	}
	by, err := time.ParseDuration(args[0])
	ts.Check(err)
	if before, err := os.ReadFile(file); err == nil {
		d, err := time.ParseDuration(string(before))
		ts.Check(err)
		by += d
	}
	// Whole at once: a server may be reading it.
	ts.Check(os.WriteFile(file+".new", []byte(by.String()), 0o600))
	ts.Check(os.Rename(file+".new", file))
}

// client is one device: it keeps cookies and says who it is.
type client struct {
	http      http.Client
	userAgent string
}

// http [-as DEVICE] [-agent TEXT] [-bearer TOKEN] [-status N] [-until REGEXP]
// METHOD PATH [BODY] asks the server. The body of the answer is stdout. The
// status must be N (200), or with -until the body must match within 10 seconds.
func cmdHTTP(ts *testscript.TestScript, neg bool, args []string) {
	device, bearer, want, agent := "", "", 200, ""
	var until *regexp.Regexp
	for len(args) > 1 && strings.HasPrefix(args[0], "-") {
		value := args[1]
		switch args[0] {
		case "-as":
			device = value
		case "-agent":
			agent = value
		case "-bearer":
			bearer = value
		case "-status":
			n, err := strconv.Atoi(value)
			ts.Check(err)
			want = n
		case "-until":
			until = regexp.MustCompile(value)
		default:
			ts.Fatalf("http has no flag %s", args[0])
		}
		args = args[2:]
	}
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: http [flags] method path [body]")
	}
	c := scriptOf(ts).device(device)
	if agent != "" {
		c.userAgent = agent
	}
	body := ""
	if len(args) == 3 {
		body = args[2]
	}
	host := ts.Getenv("ADDR")
	if strings.HasPrefix(args[1], "/metrics") {
		host = ts.Getenv("ADMIN")
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		status, answer, err := c.do(args[0], "http://"+host+args[1], bearer, body)
		ts.Check(err)
		if until != nil && !until.MatchString(answer) && time.Now().Before(deadline) {
			time.Sleep(5 * time.Millisecond) // between two looks
			continue
		}
		fmt.Fprint(ts.Stdout(), answer)
		if status != want || until != nil && !until.MatchString(answer) {
			ts.Fatalf("status %d, want %d: %s", status, want, answer)
		}
		return
	}
}

func (s *script) device(name string) *client {
	if name == "" {
		return &client{}
	}
	if s.jars[name] == nil {
		s.jars[name] = newDevice()
	}
	return s.jars[name]
}

func (c *client) do(method, url, bearer, body string) (status int, answer string, err error) {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	request.Header.Set("User-Agent", c.userAgent)
	response, err := c.http.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	return response.StatusCode, string(b), err
}

// json NAME PATH puts a member of the last stdout, such as session.id or
// items.0.id, into the variable NAME.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: json name path")
	}
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	for _, key := range strings.Split(args[1], ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[key]
		case []any:
			i, err := strconv.Atoi(key)
			ts.Check(err)
			if i >= len(at) {
				ts.Fatalf("there are only %d items", len(at))
			}
			v = at[i]
		}
	}
	if v == nil {
		ts.Fatalf("there is no %s", args[1])
	}
	ts.Setenv(args[0], fmt.Sprint(v))
}

// snapshot remembers what is in folders; unchanged fails when that is not so
// any more.
func cmdSnapshot(ts *testscript.TestScript, neg bool, args []string) {
	scriptOf(ts).snapshot = folders(ts, args)
}

func cmdUnchanged(ts *testscript.TestScript, neg bool, args []string) {
	if now := folders(ts, args); now != scriptOf(ts).snapshot {
		ts.Fatalf("before:\n%s\nnow:\n%s", scriptOf(ts).snapshot, now)
	}
}

func folders(ts *testscript.TestScript, names []string) string {
	var b strings.Builder
	for _, name := range names {
		err := filepath.WalkDir(ts.MkAbs(name), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s %s", path, info.Mode())
			if info.Mode().IsRegular() {
				content, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				fmt.Fprintf(&b, " %x", sha256.Sum256(content))
			}
			b.WriteByte('\n')
			return nil
		})
		if err != nil && !os.IsNotExist(err) {
			ts.Fatalf("%v", err)
		}
	}
	return b.String()
}

// occupy ADDR listens there until the script ends.
func cmdOccupy(ts *testscript.TestScript, neg bool, args []string) {
	l, err := net.Listen("tcp", args[0])
	ts.Check(err)
	s := scriptOf(ts)
	s.taken = append(s.taken, l)
}

// sqlite FILE STATEMENT changes a database behind Curfew's back.
func cmdSQLite(ts *testscript.TestScript, neg bool, args []string) {
	execSQL(ts, "sqlite", "file:"+ts.MkAbs(args[0]), args[1])
}

// sql STATEMENT does so to the database of the script, whatever keeps it.
func cmdSQL(ts *testscript.TestScript, neg bool, args []string) {
	if at := ts.Getenv("CURFEW_DATABASE_URL"); at != "" {
		execSQL(ts, "pgx", at, args[0])
		return
	}
	execSQL(ts, "sqlite", "file:"+ts.MkAbs("data/curfew.db"), args[0])
}

func execSQL(ts *testscript.TestScript, driver, at, statement string) {
	db, err := sql.Open(driver, at)
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(statement)
	ts.Check(err)
}

// mode FILE OCTAL fails unless the file has those permissions.
func cmdMode(ts *testscript.TestScript, neg bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s", args[0], got)
	}
}
