package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/server"
	"github.com/curfew-auth/curfew/internal/store"
)

type migrateCommand struct {
	Distribute string `placeholder:"ENGINE" help:"Print the SQL that spreads the tables over a cluster, for psql, and change nothing. The one engine is citus."`
	config.Settings
}

func (migrateCommand) concerns() []string { return []string{"signing-alg"} }

// Help is shown below the summary.
func (migrateCommand) Help() string {
	return `Makes the database where there is none, brings an older one to this version, and leaves a current one as it is. 'curfew serve' does the same at its start; run this before, where a start must not wait. A database of a newer version is refused and not changed.

Examples:

    curfew migrate --data-dir /var/lib/curfew
    curfew migrate --distribute citus | psql -v ON_ERROR_STOP=1 "$URL"`
}

// Run migrates.
func (m *migrateCommand) Run(ctx context.Context, env *Env) error {
	switch m.Distribute {
	case "":
	case "citus":
		_, err := io.WriteString(env.Stdout, store.CitusScript())
		return err
	default:
		return usageError{fmt.Errorf("--distribute must be citus, not %q", m.Distribute)}
	}
	c, err := m.Config()
	if err != nil {
		return usageError{err}
	}
	in, err := open(ctx, c, server.Access{Create: true, Migrate: true, Alg: c.SigningAlg, Now: env.Now})
	if err != nil {
		return err
	}
	defer in.close()
	switch from, to := in.data.Migrated, in.data.Version; from {
	case to:
		fmt.Fprintf(env.Stdout, "The database %s is at version %d already.\n", c.Database(), to)
	case 0:
		fmt.Fprintf(env.Stdout, "Made the database %s at version %d.\n", c.Database(), to)
	default:
		fmt.Fprintf(env.Stdout, "Brought the database %s from version %d to version %d.\n", c.Database(), from, to)
	}
	return nil
}
