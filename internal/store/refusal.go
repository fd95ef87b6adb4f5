package store

import (
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// refusal is why a server cannot be used, as a sentence that says what to do.
// What the server or the network said is behind it.
type refusal struct {
	sentence string
	cause    error
}

func (r refusal) Error() string { return r.sentence }
func (r refusal) Unwrap() error { return r.cause }

// explain makes a sentence for the operator of an error of PostgreSQL or of the
// way to it. It is on one line, and holds no password: neither servers nor
// pgconn repeat one.
func explain(err error) error {
	if err == nil {
		return nil
	}
	sentence := ""
	var failed *pgconn.ConnectError
	var said *pgconn.PgError
	switch {
	case errors.As(err, &failed) && hasSeveralHosts(failed.Config):
		// Each has a reason of its own.
	case errors.As(err, &said):
		sentence = refused(said)
	case failed != nil:
		sentence = unreachable(failed)
	}
	if sentence == "" {
		sentence = strings.Join(strings.Fields(err.Error()), " ")
	}
	return refusal{sentence, err}
}

func hasSeveralHosts(c *pgconn.Config) bool {
	return slices.ContainsFunc(c.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.Host != c.Host || f.Port != c.Port })
}

// refused is what a server's own error means, "" for none that is known.
func refused(e *pgconn.PgError) string {
	switch {
	case e.Code == "28P01" || e.Code == "28000":
		return "the server does not let this user in (" + e.Message + "): correct the user or the password, or the server's pg_hba.conf"
	case e.Code == "3D000":
		return "there is no such database on the server (" + e.Message + "): create it, or correct the URL"
	case e.Code == "42501" && strings.Contains(e.Message, "for schema"):
		return "this user may not make tables (" + e.Message + "): GRANT USAGE, CREATE on that schema to it, or make it the owner of the database"
	case e.Code == "42501":
		return "this user lacks a right (" + e.Message + "): GRANT it"
	case e.Code == "53300":
		return "the server has no connection left (" + e.Message + "): raise its max_connections, or let each node open fewer"
	case e.Code == "25006":
		return "the server only reads (" + e.Message + "): it may be a standby, name the primary"
	case strings.HasPrefix(e.Code, "57P0"):
		return "the server starts or ends (" + e.Message + "): try again when it runs"
	}
	return ""
}

// unreachable is what kept a connection to a host from being made, "" when that
// is not known.
func unreachable(err *pgconn.ConnectError) string {
	at := net.JoinHostPort(err.Config.Host, strconv.Itoa(int(err.Config.Port)))
	var name *net.DNSError
	var network net.Error
	switch {
	case errors.Is(err, pgconn.ErrReadOnlyConnection):
		return "the server at " + at + " only reads: it may be a standby, or default_transaction_read_only is on; name the primary, or switch that off"
	case errors.As(err, &name) && name.IsNotFound:
		return "there is no host " + name.Name + ": correct the URL"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens at " + at + ": start PostgreSQL there, or correct the URL"
	case strings.Contains(err.Error(), "server refused TLS connection"):
		return "the server at " + at + " does not encrypt connections: switch its ssl on, or say sslmode=disable where the network is trusted"
	case errors.As(err, &network) && network.Timeout():
		return "the server at " + at + " does not answer: start it, or correct the URL"
	}
	return ""
}
