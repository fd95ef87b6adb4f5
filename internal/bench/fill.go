package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/curfew-auth/curfew/internal/store/yardstick"
	"github.com/curfew-auth/curfew/internal/token"
)

// Filling says what sessions a store gets, for measurements that are not in this
// package.
type Filling struct {
	// URL of a PostgreSQL database, or else Path of an SQLite file. A server
	// has made its tables, and none runs over the file.
	URL, Path string
	Secret    []byte // of the servers
	// Accounts, People in each, and Sessions of each of them. The first person
	// of an account is its owner.
	Accounts, People, Sessions int
	// Domain is of the email addresses: another one for each filling of a store.
	Domain string
}

// Filled is a session that was put into a store.
type Filled struct {
	Account int    `json:"account"` // from 0
	Person  int    `json:"person"`
	Number  int    `json:"number"`
	Session string `json:"session"`
	Refresh string `json:"refresh"`
}

// Fill puts sessions into a store, and writes a line of JSON about each.
func Fill(ctx context.Context, f Filling, out io.Writer) error {
	secrets, err := token.NewSecrets(f.Secret)
	if err != nil {
		return err
	}
	p, err := newPopulation(secrets, time.Now(), f.Accounts, f.People, f.Sessions)
	if err != nil {
		return err
	}
	p.domain = f.Domain
	if err := yardstick.Fill(ctx, yardstick.Target{URL: f.URL, Path: f.Path}, p.chain, p.rows()); err != nil {
		return err
	}
	lines := bufio.NewWriter(out)
	encode := json.NewEncoder(lines)
	for n := range p.size() {
		a, who, number := n/(p.people*p.each), n/p.each%p.people, n%p.each
		r := p.refresh(a, who, number)
		if err := encode.Encode(Filled{a, who, number, r.SessionID.String(), p.codec.Encode(r)}); err != nil {
			return err
		}
	}
	return lines.Flush()
}
