package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// The program's exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2   // wrong flags or settings
	exitUnverified  = 3   // `audit verify` found a log that was tampered with
	exitInterrupted = 130 // as shells report SIGINT
)

// Env is what the program takes from the process that it runs in.
type Env struct {
	Args           []string // without the program's name
	Environ        []string // as of os.Environ
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Now is the wall clock; StoreClock, where not nil, replaces the
	// database's clock that a server compares it with.
	Now        func() time.Time
	StoreClock func(context.Context) (time.Time, error)
	// AdminRoutes are more routes of a server's operator's listener, by
	// pattern.
	AdminRoutes map[string]http.Handler
}

// Process is the process that this is.
func Process() Env {
	return Env{Args: os.Args[1:], Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now}
}

// commands is the command line.
type commands struct {
	Serve       serveCommand   `cmd:"" help:"Run the server."`
	Migrate     migrateCommand `cmd:"" help:"Bring the database to this version."`
	Copy        copyCommand    `cmd:"" help:"Move everything to another database."`
	Backup      backupCommand  `cmd:"" help:"Write everything to a file."`
	Restore     restoreCommand `cmd:"" help:"Put a backup into an empty database."`
	Fence       fenceCommand   `cmd:"" help:"End all that was granted, after the database went back in time."`
	SigningKeys struct {
		List   keysListCommand   `cmd:"" help:"List the keys that sign access tokens."`
		Rotate keysRotateCommand `cmd:"" help:"Make a new signing key."`
	} `cmd:"" help:"List and rotate the keys that sign access tokens."`
	ServiceKeys struct {
		Create serviceKeysCreateCommand `cmd:"" help:"Make a service key, and print it once."`
		List   serviceKeysListCommand   `cmd:"" help:"List the service keys."`
		Rotate serviceKeysRotateCommand `cmd:"" help:"Make a new key in place of one in use."`
		Revoke serviceKeysRevokeCommand `cmd:"" help:"End a service key."`
	} `cmd:"" help:"Make, list, rotate and revoke the keys by which other services prove themselves."`
	Webhooks struct {
		List       webhooksListCommand       `cmd:"" help:"List the webhooks, and what waits for each."`
		Deliveries webhooksDeliveriesCommand `cmd:"" help:"List what a webhook was told."`
		Replay     webhooksReplayCommand     `cmd:"" help:"Tell webhooks once more."`
	} `cmd:"" help:"See what webhooks were told, and tell them once more."`
	Audit struct {
		Verify auditVerifyCommand `cmd:"" help:"Check that nobody tampered with the audit log."`
		Export auditExportCommand `cmd:"" help:"Write the audit log to standard output."`
	} `cmd:"" help:"Verify and export the audit log."`
	Account struct {
		List        accountListCommand        `cmd:"" help:"List accounts, the newest first."`
		Show        accountShowCommand        `cmd:"" help:"Show one account: its policy, people and latest events."`
		EndSessions accountEndSessionsCommand `cmd:"" help:"End every session of an account."`
	} `cmd:"" help:"List and show accounts, and end their sessions."`
	User struct {
		Create      userCreateCommand      `cmd:"" help:"Create a person and, for its first owner, the account."`
		SetPassword userSetPasswordCommand `cmd:"" help:"Give a person a new password and end their sessions."`
		List        userListCommand        `cmd:"" help:"List people."`
	} `cmd:"" help:"Create and list people, and set their passwords."`
	Session struct {
		List   sessionListCommand   `cmd:"" help:"List the sessions of an account."`
		Revoke sessionRevokeCommand `cmd:"" help:"End one, some or all sessions of an account."`
	} `cmd:"" help:"List and end sessions."`
	Demo    demoCommand    `cmd:"" help:"Run a server with an account to look around in."`
	Openapi openapiCommand `cmd:"" help:"Print the OpenAPI document of the HTTP API."`
	Bench   benchCommand   `cmd:"" help:"Measure how fast this machine serves sessions."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

const description = `Curfew signs people in, keeps their sessions within the limits that the owner of their account has set, and ends them on demand.

Start with:

    curfew serve

Commands that work on the data may run beside a server. Every setting is a flag, an environment variable and a key of the settings file; 'curfew serve --help' lists them.

Exit codes: 0 done, 1 failed, 2 wrong flags or settings, 3 the audit log does not verify, 130 interrupted.`

// exited ends parsing after --help.
type exited int

// Main runs the program and returns its exit code.
func Main(env Env) (code int) {
	defer func() {
		if r := recover(); r != nil {
			status, ok := r.(exited)
			if !ok {
				panic(r)
			}
			code = int(status)
		}
	}()
	var all commands
	parser, err := kong.New(&all, kong.Name("curfew"), kong.Description(description),
		config.Environ(env.Environ), kong.PostBuild(trimHelp), kong.Writers(env.Stdout, env.Stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Exit(func(status int) { panic(exited(status)) }))
	if err != nil {
		panic(err) // the command line is declared wrongly
	}
	if len(env.Args) == 0 {
		env.Args = []string{"--help"}
	}
	parsed, err := parser.Parse(env.Args)
	if err != nil {
		return fail(env, context.Background(), usageError{hint(err)})
	}
	ctx, stop := untilSignal()
	defer stop()
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(&env); err != nil {
		return fail(env, ctx, err)
	}
	return exitOK
}

// untilSignal is a context that the first SIGINT or SIGTERM ends. From then on
// a signal does what it does to programs that catch none: it ends this one at
// once.
func untilSignal() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
		case <-ctx.Done():
		}
		signal.Stop(signals) // before anybody can see the context's end
		cancel()
	}()
	return ctx, cancel
}

// usageError is a mistake in flags or settings.
type usageError struct{ error }

// Unwrap gives the mistake.
func (e usageError) Unwrap() error { return e.error }

// hint leads from a mistake in the flags to the help.
func hint(err error) error {
	parse, ok := errors.AsType[*kong.ParseError](err)
	if !ok || parse.Context == nil {
		return err
	}
	for _, mistake := range []string{"unknown flag", "unexpected argument", "missing flags", "expected "} {
		if strings.HasPrefix(err.Error(), mistake) {
			return fmt.Errorf("%w; see %s --help", err, strings.Join(append([]string{"curfew"}, words(parse.Context)...), " "))
		}
	}
	return err
}

// words are the commands that were recognised.
func words(ctx *kong.Context) (names []string) {
	for _, p := range ctx.Path {
		if p.Command != nil {
			names = append(names, p.Command.Name)
		}
	}
	return names
}

// fail reports an error in one sentence and gives the exit code for it.
func fail(env Env, ctx context.Context, err error) int {
	if ctx.Err() != nil && !errors.As(err, new(stopped)) {
		fmt.Fprintln(env.Stderr, "curfew: interrupted")
		return exitInterrupted
	}
	fmt.Fprintln(env.Stderr, "curfew: "+sentence(err))
	switch {
	case errors.As(err, new(usageError)):
		return exitUsage
	case errors.Is(err, errUnverified), errors.Is(err, errNoAuditKey):
		return exitUnverified
	}
	return exitFailed
}

// sentence is an error for the person at the terminal. What the API would say
// to a stranger is less than what the operator needs.
func sentence(err error) string {
	known, ok := errors.AsType[*curfew.Error](err)
	switch {
	case !ok:
		return err.Error()
	case known.Cause != nil:
		return "the database does not answer: " + known.Cause.Error()
	}
	return known.Detail
}

// trimHelp leaves out of a command's help the settings that do not concern it,
// though it reads them: the same file and environment serve all commands.
func trimHelp(k *kong.Kong) error {
	return kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) error {
		if n, ok := node.(*kong.Node); ok && n.Target.IsValid() && n.Target.CanAddr() {
			if c, ok := n.Target.Addr().Interface().(interface{ concerns() []string }); ok {
				trim(n, c.concerns())
			}
		}
		return next(nil)
	})
}
