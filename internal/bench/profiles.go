package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// profileKinds are the profiles of a server of one's own that are kept, and
// whether each is taken over a time or at its end.
var profileKinds = []struct {
	name string
	over bool
}{{"profile", true}, {"mutex", true}, {"block", true}, {"heap", false}}

// profile runs a case once more, for its profiles alone: what is noted for
// them costs time, so nothing of that run is in the report.
func (r *runner) profile(ctx context.Context, c benchCase, workers []*worker) error {
	if r.cfg.Profiles == "" || r.own == nil {
		return nil
	}
	seconds := max(int(r.cfg.Duration.Seconds()), 1)
	base := "http://" + r.own.adminAddr + "/debug/pprof/"
	var all sync.WaitGroup
	failed := make([]error, len(profileKinds))
	for i, kind := range profileKinds {
		if !kind.over {
			continue
		}
		all.Go(func() {
			failed[i] = download(ctx, fmt.Sprintf("%s%s?seconds=%d", base, kind.name, seconds), r.profileFile(c, kind.name))
		})
	}
	r.runOnce(ctx, r.cfg.Duration, pass{workers, c, 0})
	all.Wait()
	for i, kind := range profileKinds {
		if !kind.over {
			failed[i] = download(ctx, base+kind.name, r.profileFile(c, kind.name))
		}
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("profiles: %w", err)
	}
	return ctx.Err()
}

// profileFile is where a profile of a case goes: sqlite-refresh-cpu.pprof.
func (r *runner) profileFile(c benchCase, kind string) string {
	engine := DatabaseSQLite
	if r.own.onPostgres() {
		engine = DatabasePostgres
	}
	if kind == "profile" {
		kind = "cpu"
	}
	return filepath.Join(r.cfg.Profiles, fmt.Sprintf("%s-%s-%s.pprof", engine, c.name, kind))
}

// download writes what is at an address into a file.
func download(ctx context.Context, address, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered with status %d", address, res.StatusCode)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, res.Body)
	return errors.Join(err, file.Close())
}

// adminAddrIn finds where a server's metrics and profiles are, in the last
// line of its log that says so.
func adminAddrIn(log io.Reader) (found string) {
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var line struct {
			Addr string `json:"admin_addr"`
		}
		if strings.HasPrefix(lines.Text(), "{") && json.Unmarshal(lines.Bytes(), &line) == nil && line.Addr != "" {
			found = line.Addr
		}
	}
	return found
}
