package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/server"
)

type serveCommand struct{ config.Settings }

// Help is shown below the summary.
func (serveCommand) Help() string {
	return `Runs until it is told to end by SIGINT or SIGTERM; it then finishes what is under way, for at most 30 seconds. A second signal ends it at once. Logs go to standard error: text on a terminal, else lines of JSON.

Without settings it listens on this machine only, keeps its data in ./curfew-data and makes all that is missing there. An older database is migrated.

Each setting is a flag, the environment variable shown with it, and a key of the settings file, named as the flag with underscores; a flag goes before the environment, the environment before the file. What may hold a secret has no flag: $CURFEW_SECRET, $CURFEW_SECRET_PREVIOUS (the secrets that were in force before) and $CURFEW_SMTP_URL (where mail goes).

Memory: unless $GOMEMLIMIT is set, the garbage collector aims at 56 MiB and 72 MiB for each core that it may use, room for a password that is being checked and for what two others left behind; and unless $GOGC is set, it runs when the memory in use has grown fivefold.

Examples:

    curfew serve
    curfew serve --data-dir /var/lib/curfew --signup open
    CURFEW_ADDR=0.0.0.0:8080 CURFEW_PUBLIC_URL=https://sessions.example.com curfew serve`
}

// Run serves until a signal comes.
func (s *serveCommand) Run(ctx context.Context, env *Env) error {
	c, err := s.Config()
	if err != nil {
		return usageError{err}
	}
	limitMemory(env.Environ)
	return serve(ctx, env, c, welcome)
}

// serve runs a server until a signal comes. Once it is ready, greet writes to
// standard output what a person needs to know.
func serve(ctx context.Context, env *Env, c config.Config, greet func(context.Context, io.Writer, *server.Server) error) error {
	log := newLog(env.Stderr)
	srv := server.New(server.Config{Settings: c, Version: release(), Log: log, Now: env.Now, StoreClock: env.StoreClock, AdminRoutes: env.AdminRoutes})
	if err := srv.Start(ctx); err != nil {
		return err
	}
	c = srv.Settings()
	log.Info("ready", "addr", c.Addr, "public_url", c.PublicURL, "admin_addr", srv.AdminAddr(), "version", release())
	if c.SecureCookies() && len(c.TrustedProxies) == 0 {
		log.Warn("the public URL is https, so a proxy stands in front, but CURFEW_TRUSTED_PROXIES names none: all clients count as one address, and a few wrong passwords of one of them hold up all")
	}
	err := greet(ctx, env.Stdout, srv)
	if err != nil {
		return errors.Join(err, srv.Stop())
	}
	select {
	case <-ctx.Done():
		log.Info("stopping")
		err = srv.Stop()
	case err = <-srv.Failed():
		err = errors.Join(err, srv.Stop())
	}
	if err == nil {
		log.Info("stopped")
		return nil
	}
	return stopped{err}
}

// stopped is a failure of the server's end, which a signal does not excuse.
type stopped struct{ error }

// welcome tells a person where to go, and at the very first start what to do.
// It writes at once, so that a program may read it at once.
func welcome(ctx context.Context, out io.Writer, srv *server.Server) error {
	c := srv.Settings()
	text := fmt.Sprintf("Curfew is ready at %s (docs: %[1]s/docs)\n", c.PublicURL)
	empty, err := srv.Empty(ctx)
	if err != nil {
		return err
	}
	command := "    curfew user create" + place(c.Store) + " --account NAME --role owner --name NAME --email ADDRESS --generate-password\n"
	switch {
	case empty && c.Signup != config.SignupClosed:
		text += "There is no account yet. Create the first one at " + c.PublicURL + "/setup\nor with:\n" + command
	case empty:
		text += "There is no account yet. Create the first one with:\n" + command
	}
	_, err = io.WriteString(out, text)
	return err
}

// place are the flags that lead another command to the same data.
func place(c config.Store) string {
	var flags string
	if c.DataDir != "./curfew-data" {
		flags += " --data-dir " + c.DataDir
	}
	switch {
	case c.DatabaseFlag() != "":
		flags += " --database-url '" + c.DatabaseFlag() + "'"
	case c.DatabaseURL != "": // with its password in the environment or the settings file
	case filepath.Dir(c.DatabasePath) != filepath.Clean(c.DataDir):
		flags += " --database-url sqlite://" + c.DatabasePath
	}
	if c.SecretFile != "" && !c.MakeSecret {
		flags += " --secret-file " + c.SecretFile
	}
	return flags
}

// limitMemory gives the garbage collector a goal, without which what password
// hashing leaves behind (19 MiB a time) adds up before it is collected. Far from
// that goal it is at work less often than by itself: what a server keeps is a few
// MiB, and a heap of twice that would be full again many times a second. Close to it
// memory is given back to the system and asked for anew with each password, which took
// up to a fifth of all that it costs to check one.
func limitMemory(environ []string) {
	set := func(name string) bool {
		return slices.ContainsFunc(environ, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
	}
	if !set("GOMEMLIMIT") {
		debug.SetMemoryLimit(56<<20 + int64(runtime.GOMAXPROCS(0))*72<<20)
	}
	if !set("GOGC") {
		debug.SetGCPercent(400)
	}
}
