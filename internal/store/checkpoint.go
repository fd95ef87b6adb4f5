package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"
)

const (
	// checkpointPages is how many pages of the write-ahead log are copied at once: few,
	// because the flush of a commit waits for the disk behind them. restartPages is how
	// long the log may get (64 MiB) before it begins anew, for which those who
	// write wait.
	checkpointPages = 1000
	restartPages    = 16000
	// inlinePages is where a commit does all of it by itself, as SQLite would much
	// earlier: what holds if the checkpointer cannot go on.
	inlinePages = "64000"

	// checkpointPause is between two looks at the log while there are commits,
	// heldPause when somebody reads what is older than the log.
	checkpointPause = 10 * time.Millisecond
	heldPause       = time.Second
)

// checkpointer copies what the write-ahead log of a SQLite database holds into its
// file, beside those who write. A commit, in which SQLite does that otherwise,
// takes 10 to 50 ms then in the place of 0.5, several times a second under load, and
// whoever writes waits behind it.
type checkpointer struct {
	own, writer *sql.DB
	every       int // checkpointPages and restartPages, unless a test has set others
	restartAt   int
	wake        chan struct{}
	stop        context.CancelFunc
	done        sync.WaitGroup
}

// newCheckpointer begins with the first commit that it is told of. It owns own, a
// pool of one connection.
func newCheckpointer(own, writer *sql.DB) *checkpointer {
	c := &checkpointer{own: own, writer: writer, every: checkpointPages, restartAt: restartPages, wake: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	c.stop = cancel
	c.done.Go(func() { c.run(ctx) })
	return c
}

// committed tells it that the log may have grown; nil is told nothing.
func (c *checkpointer) committed() {
	if c == nil {
		return
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *checkpointer) run(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-c.wake:
		case <-ctx.Done():
		}
		pause := checkpointPause
		if stuck := c.step(ctx); stuck {
			pause = heldPause
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// step copies what there is, once that is much, and has the log begin anew once it is
// long. Stuck: nothing can be done for the moment, because somebody reads what
// the database was before, or the disk does not do it; a commit will see that.
func (c *checkpointer) step(ctx context.Context) (stuck bool) {
	length, copied, err := c.checkpoint(ctx, "NOOP")
	if err != nil || length-copied < c.every {
		return err != nil
	}
	if length, copied, err = c.checkpoint(ctx, "PASSIVE"); err != nil || length-copied >= c.every {
		return true
	}
	if length < c.restartAt {
		return false
	}
	// The rest is little. Whoever writes next finds all of it copied, and begins
	// the log anew.
	held, err := c.writer.Conn(ctx)
	if err != nil {
		return true
	}
	_, _, err = c.checkpoint(ctx, "PASSIVE")
	return errors.Join(err, held.Close()) != nil
}

// checkpoint tells how many pages the log has, and how many of them are copied.
func (c *checkpointer) checkpoint(ctx context.Context, mode string) (length, copied int, err error) {
	var busy int
	err = c.own.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &length, &copied)
	return length, copied, err
}

func (c *checkpointer) close() error {
	c.stop()
	c.done.Wait()
	return c.own.Close()
}
