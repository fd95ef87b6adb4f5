package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/demo"
	"github.com/curfew-auth/curfew/internal/httpapi"
	"github.com/curfew-auth/curfew/internal/password"
	"github.com/curfew-auth/curfew/internal/server"
)

type demoCommand struct {
	Addr           string `default:"127.0.0.1:8080" help:"Host and port to listen at, on this machine only."`
	AdminAddr      string `placeholder:"ADDRESS" help:"Host and port of metrics, profiles and the operator's page. Default: off."`
	AllowedOrigins string `placeholder:"ORIGIN,..." help:"Other origins whose pages may call the API. Default: none."`
	DataDir        string `placeholder:"FOLDER" help:"Keep the data in this folder, which must be new or empty. Default: a temporary folder that is removed at the end."`
	Password       string `placeholder:"TEXT" help:"Everybody's password, for scripts. Default: one drawn at random."`
	AuditEvents    int    `default:"0" placeholder:"N" help:"Let the audit log have at least so many events; ten thousand take about a minute."`
	Seed           uint64 `default:"1" help:"What happened is drawn from this number."`
}

// Help is shown below the summary.
func (demoCommand) Help() string {
	return `Makes an installation in a temporary folder and fills it, through its own API, with a company of 30 people: half a year of sign-ins, changes of policy and troubles, and some 80 open sessions of every age. Then it serves that like 'curfew serve', and prints whom to sign in as. Three services follow what is revoked meanwhile: whoever signs everyone out sees how fast they hear of it.

It takes no settings from the environment or a file, and never touches an installation that is there.

Examples:

    curfew demo
    curfew demo --addr 127.0.0.1:8090 --data-dir ./demo
    curfew demo --admin-addr 127.0.0.1:9090
    curfew demo --audit-events 10000`
}

// Run fills an installation and serves it until a signal comes.
func (c *demoCommand) Run(ctx context.Context, env *Env) (err error) {
	if host, _, err := net.SplitHostPort(c.Addr); err == nil && !httpapi.IsLoopback(host) {
		return usageError{fmt.Errorf("--addr is %s, but the demo is for this machine only: give a loopback address, such as 127.0.0.1:8080", c.Addr)}
	}
	if c.AuditEvents < 0 {
		return usageError{errors.New("--audit-events must not be negative")}
	}
	settings, err := c.settings("").Config() // wrong flags are told of before anything is made
	if err != nil {
		return usageError{err}
	}
	if c.Password != "" {
		if err := (password.Policy{MinLength: settings.PasswordMin}).Check("--password", c.Password); err != nil {
			return usageError{err}
		}
	}
	if err := server.CheckAddresses(settings); err != nil {
		return err
	}
	dir, remove, err := c.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if settings, err = c.settings(dir).Config(); err != nil {
		return usageError{err}
	}
	limitMemory(env.Environ)
	if c.Password == "" {
		c.Password = randomPassword(settings.PasswordMin)
	}
	fmt.Fprintln(env.Stderr, "Making the demo's account. This takes some seconds.")
	account, err := c.fill(ctx, env, settings)
	if err != nil {
		return err
	}
	keys, err := c.keys(ctx, env, settings)
	if err != nil {
		return err
	}
	following, stop := context.WithCancel(ctx)
	followed := func() {}
	defer func() { stop(); followed() }()
	return serve(ctx, env, settings, func(_ context.Context, out io.Writer, srv *server.Server) error {
		followed = demo.Follow(following, srv.Settings().PublicURL, keys.services)
		return c.greet(out, srv, account, dir, keys.operator)
	})
}

// demoKeys are the service keys of the demo: that of its services, and the one
// that opens the operator's page, "" where there is none.
type demoKeys struct{ services, operator string }

func (c *demoCommand) keys(ctx context.Context, env *Env, settings config.Config) (keys demoKeys, err error) {
	in, err := open(ctx, settings, server.Access{Now: env.Now})
	if err != nil {
		return keys, err
	}
	defer in.close()
	_, keys.services, err = in.CreateServiceKey(ctx, authority.NewServiceKey{Name: "Demo services", Scopes: []curfew.Scope{curfew.ScopeRevocationsRead}})
	if err != nil || c.AdminAddr == "" {
		return keys, err
	}
	_, keys.operator, err = in.CreateServiceKey(ctx, authority.NewServiceKey{Name: "Demo operator", Scopes: []curfew.Scope{curfew.ScopeOperator}})
	return keys, err
}

// settings are those of the server that is shown.
func (c *demoCommand) settings(dir string) config.Settings {
	s := config.Defaults()
	s.Set("addr", c.Addr)
	s.Set("admin-addr", c.AdminAddr)
	if c.AllowedOrigins != "" {
		s.Set("allowed-origins", c.AllowedOrigins)
	}
	if dir != "" {
		s.Set("data-dir", dir)
	}
	return s
}

// folder makes the folder for the data, and says how to take it away again.
func (c *demoCommand) folder() (dir string, remove func() error, err error) {
	if c.DataDir == "" {
		parent, err := os.MkdirTemp("", "curfew-demo-")
		if err != nil {
			return "", nil, fmt.Errorf("cannot make a folder for the demo's data: %w", err)
		}
		return filepath.Join(parent, "data"), func() error { return os.RemoveAll(parent) }, nil
	}
	found, err := os.ReadDir(c.DataDir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", nil, fmt.Errorf("--data-dir is %s, which cannot be used: %w", c.DataDir, err)
	}
	if len(found) > 0 {
		return "", nil, fmt.Errorf("--data-dir is %s, which is not empty, and the demo touches nothing that is there: give another folder, or look at what is in it with 'curfew serve --data-dir %[1]s'", c.DataDir)
	}
	return c.DataDir, func() error { return nil }, nil
}

// fill lives half a year through, in a server of its own at a port of its own.
func (c *demoCommand) fill(ctx context.Context, env *Env, settings config.Config) (account demo.Account, err error) {
	s := config.Defaults()
	s.Set("addr", "127.0.0.1:0")
	s.Set("admin-addr", "")
	s.Set("data-dir", settings.DataDir)
	s.Set("trusted-proxies", "127.0.0.1") // so that people come from everywhere
	own, err := s.Config()
	if err != nil {
		return account, err
	}
	clock := demo.NewClock(env.Now)
	log := slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	srv := server.New(server.Config{Settings: own, Version: release(), Log: log, Now: clock.Now, StoreClock: clock.Store})
	if err := srv.Start(ctx); err != nil {
		return account, err
	}
	defer func() { err = errors.Join(err, srv.Stop()) }()
	return demo.Fill(ctx, demo.Config{URL: srv.Settings().PublicURL, Clock: clock, Password: c.Password,
		Seed: c.Seed, AuditEvents: c.AuditEvents, Progress: env.Stderr})
}

// greet says where to go, at once, so that a program may read it at once.
func (c *demoCommand) greet(out io.Writer, srv *server.Server, account demo.Account, dir, operatorKey string) error {
	url, operator := srv.Settings().PublicURL, ""
	if operatorKey != "" {
		operator = fmt.Sprintf("The operator's page is at http://%s/operator\n    service key:   %s\n", srv.AdminAddr(), operatorKey)
	}
	where := "in the temporary folder " + filepath.Dir(dir) + ", which is removed when this ends."
	if c.DataDir != "" {
		where = "in " + dir + ", and stays there."
	}
	_, err := fmt.Fprintf(out, `Curfew is ready at %[1]s (docs: %[1]s/docs)
This is a demo: %[2]s and its people exist here only.
Sign in at %[1]s/login
    as an owner:   %[3]s
    as a member:   %[4]s
    password:      %[5]s
%[7]sThe data is %[6]s
`, url, account.Name, account.Owner, account.Member, c.Password, where, operator)
	return err
}
