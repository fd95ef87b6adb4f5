package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/curfew-auth/curfew/verify"
	"github.com/curfew-auth/curfew/verify/internal/probe"
	"github.com/curfew-auth/curfew/verify/internal/rig"
)

const (
	// owners are the accounts whose sessions are ended one by one.
	owners = 64
	// sessionsEach is how many a person of a large account has.
	sessionsEach = 20
)

// filling is accounts that are put into the store.
type filling struct {
	name                       string
	accounts, people, sessions int
}

// stage is servers over a store with many sessions in it.
type stage struct {
	database string
	dir      string
	postgres *rig.Postgres
	nodes    []*rig.Node
	key      string
	people   *rig.Product
	filled   map[string][]*rig.Session // by filling
	accounts map[string][]*rig.Session // the first session of each account: an owner's
	owner    map[string]*rig.Session   // that one, by the id of another session of the account
}

func newStage(ctx context.Context, programs rig.Programs, database string, nodes int, fillings []filling) (s *stage, err error) {
	s = &stage{database: database, filled: map[string][]*rig.Session{}, accounts: map[string][]*rig.Session{}, owner: map[string]*rig.Session{}}
	if s.dir, err = os.MkdirTemp("", "curfew-feedbench-"); err != nil {
		return s, err
	}
	var arguments []string
	into := []string{"-path=" + filepath.Join(s.dir, "0", "curfew-data", "curfew.db")}
	if database == "postgres" {
		if s.postgres, err = programs.StartPostgres(true); err != nil {
			return s, err
		}
		url, err := s.postgres.Database()
		if err != nil {
			return s, err
		}
		arguments, into = []string{"--database-url=" + url}, []string{"-url=" + url}
	}
	for i := range nodes {
		dir := filepath.Join(s.dir, strconv.Itoa(i))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return s, err
		}
		n, err := programs.NewNode(dir, arguments...)
		if err != nil {
			return s, err
		}
		s.nodes = append(s.nodes, n)
	}
	// The first start makes the tables, and the store is filled while nobody runs.
	if err := errors.Join(s.nodes[0].Start(), s.nodes[0].Terminate()); err != nil {
		return s, err
	}
	for _, f := range fillings {
		if err := s.fill(ctx, programs, f, into...); err != nil {
			return s, err
		}
	}
	for _, n := range s.nodes {
		if err := n.Start(); err != nil {
			return s, err
		}
	}
	s.people = rig.NewProduct(s.nodes[0].URL())
	_, s.key, err = s.nodes[0].ServiceKey("verifier")
	return s, err
}

func (s *stage) fill(ctx context.Context, programs rig.Programs, f filling, into ...string) error {
	args := append(into, "-secret="+rig.Secret, "-domain="+f.name+".example", fmt.Sprint("-accounts=", f.accounts), fmt.Sprint("-people=", f.people), fmt.Sprint("-sessions=", f.sessions))
	cmd := exec.CommandContext(ctx, programs.Fill(), args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("filling the store: %w", err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var one struct {
			Account, Person, Number int
			Session, Refresh        string
		}
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return err
		}
		of := &rig.Session{ID: one.Session, Refresh: one.Refresh}
		if one.Person == 0 && one.Number == 0 {
			s.accounts[f.name] = append(s.accounts[f.name], of)
			continue
		}
		s.filled[f.name] = append(s.filled[f.name], of)
		s.owner[of.ID] = s.accounts[f.name][one.Account]
	}
	return nil
}

// node is the node of a number, round and round.
func (s *stage) node(i int) *rig.Node { return s.nodes[i%len(s.nodes)] }

// at is a client of that node.
func (s *stage) at(i int) *rig.Product { return s.people.At(s.node(i).URL()) }

// renew gets access tokens of sessions.
func (s *stage) renew(ctx context.Context, all []*rig.Session) error {
	for _, one := range all {
		if err := s.people.Renew(ctx, one); err != nil {
			return fmt.Errorf("refreshing: %w", err)
		}
	}
	return nil
}

func (s *stage) close() error {
	var err error
	for _, n := range s.nodes {
		n.Close()
	}
	if s.postgres != nil {
		err = s.postgres.Close()
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// follower is a verifier that is looked into.
type follower struct {
	*verify.Verifier
	name string
}

// follow makes verifiers that share the nodes between them, and returns when all
// are fresh.
func (s *stage) follow(ctx context.Context, n int, with func(i int) *probe.Probe) ([]*follower, func(), error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 2 * n}
	all := make([]*follower, n)
	closeAll := func() {
		var ends sync.WaitGroup
		for _, f := range all {
			if f != nil {
				ends.Go(f.Close)
			}
		}
		ends.Wait()
		transport.CloseIdleConnections()
	}
	for i := range all {
		name := fmt.Sprint("verifier ", i)
		v, err := verify.New(probe.With(ctx, with(i)), verify.Config{
			Issuer: rig.PublicURL, Audience: rig.PublicURL, AuthorityURL: s.node(i).URL(), ServiceKey: s.key, Name: name,
			HTTPClient: &http.Client{Transport: transport}, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		all[i] = &follower{v, name}
		// As those of many services: not in step with each other.
		pause(ctx, 500*time.Millisecond/time.Duration(n))
	}
	for _, f := range all {
		if err := waitFor(ctx, 30*time.Second, f.name+" to be fresh", func() bool { return f.Health().State == verify.Fresh }); err != nil {
			closeAll()
			return nil, nil, err
		}
	}
	return all, closeAll, nil
}

// waitFor polls until something holds.
func waitFor(ctx context.Context, limit time.Duration, what string, holds func() bool) error {
	for deadline := time.Now().Add(limit); !holds(); pause(ctx, 2*time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited %s in vain for %s", limit, what)
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
