// Package yardstick has what measurements need of a database besides Curfew's
// own statements: rows in bulk, straight into the tables; what the engine can
// do by itself, for figures to be set against; and what the engine counts.
//
// Nothing of it is for an installation that is in use: filling goes round
// every rule that the store keeps.
package yardstick

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"modernc.org/sqlite"
)

// Target is a database: an SQLite file by its path, or a PostgreSQL database
// by its URL.
type Target struct{ Path, URL string }

// Postgres reports whether the target is on PostgreSQL.
func (t Target) Postgres() bool { return t.URL != "" }

// openFile opens an SQLite file with one connection and these pragmas.
func openFile(path string, pragmas ...string) (*sql.DB, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_txlock=immediate"
	for _, pragma := range pragmas {
		dsn += "&_pragma=" + pragma
	}
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", path, err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return db, nil
}

// connect opens one connection to PostgreSQL. Errors never show the URL, which
// may hold a password.
func connect(ctx context.Context, address string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errors.New("the database's URL is not like postgres://user@host:5432/database")
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("cannot connect to the database: %w", err)
	}
	return conn, nil
}

// InDatabase is the URL of another database of the same server.
func InDatabase(address, name string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", errors.New("the database's URL is not like postgres://user@host:5432/database")
	}
	u.Path = "/" + name
	return u.String(), nil
}

// CreateDatabase makes an empty database on the server of another one, and
// returns its URL.
func CreateDatabase(ctx context.Context, address, name string) (string, error) {
	created, err := InDatabase(address, name)
	if err != nil {
		return "", err
	}
	return created, once(ctx, address, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
}

// DropDatabase removes a database, whoever is connected to it.
func DropDatabase(ctx context.Context, address, name string) error {
	return once(ctx, address, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
}

// once runs statements, one after the other, on a connection of their own.
func once(ctx context.Context, address string, statements ...string) error {
	conn, err := connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, text := range statements {
		if _, err := conn.Exec(ctx, text); err != nil {
			first, _, _ := strings.Cut(text, " ")
			return fmt.Errorf("%s: %w", first, err)
		}
	}
	return nil
}
