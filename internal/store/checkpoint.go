package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// checkpointPages is how many pages of the write-ahead log are copied at once.
	checkpointPages = 1000
	// restartPages is how long the log gets (some 64 MiB) before it begins anew. Those
	// who write wait meanwhile: what was copied is flushed to the disk then.
	restartPages = 16000
	// inlinePages (some 250 MiB) is where commits do all of it by themselves, as
	// SQLite would much earlier: what holds if the checkpointer cannot go on.
	inlinePages = "64000"

	// checkpointPause is between two looks at the log while there are commits,
	// stuckPause when nothing could be done.
	checkpointPause = 10 * time.Millisecond
	stuckPause      = time.Second
)

// checkpointer copies what the write-ahead log of a SQLite database holds into its
// file, beside those who write. A commit, in which SQLite does that otherwise, takes
// many times as long then, several times a second under load, and whoever writes waits
// behind it.
type checkpointer struct {
	own, writer *sql.DB
	every       int // checkpointPages and restartPages, unless a test has set others
	restartAt   int
	wake        chan struct{}
	stop        context.CancelFunc
	done        sync.WaitGroup
	failed      atomic.Uint64
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
	for {
		select {
		case <-c.wake:
		case <-ctx.Done():
			return
		}
		pause := checkpointPause
		if err := c.step(ctx); err != nil {
			if pause = stuckPause; !errors.Is(err, errRead) && ctx.Err() == nil {
				c.failed.Add(1)
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// errRead is a log that cannot be copied for the moment: somebody reads what the
// database was before, or another process copies it.
var errRead = errors.New("store: somebody reads what is older than the log")

// step copies what there is, once that is much, and has the log begin anew once it is
// long.
func (c *checkpointer) step(ctx context.Context) error {
	length, copied, err := c.checkpoint(ctx, "NOOP")
	if err != nil || length-copied < c.every {
		return err
	}
	if length, copied, err = c.checkpoint(ctx, "PASSIVE"); err != nil {
		return err
	}
	if length-copied >= c.every {
		return errRead
	}
	if length < c.restartAt {
		return nil
	}
	held, err := c.writer.Conn(ctx)
	if err != nil {
		return err
	}
	// Whoever came first may have written much: that is copied beside the next.
	if length, copied, err = c.checkpoint(ctx, "NOOP"); err == nil && length-copied < c.every {
		_, _, err = c.checkpoint(ctx, "RESTART")
	}
	return errors.Join(err, held.Close())
}

// checkpoint tells how many pages the log has, and how many of them are copied.
func (c *checkpointer) checkpoint(ctx context.Context, mode string) (length, copied int, err error) {
	var busy int
	err = c.own.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &length, &copied)
	if err == nil && busy != 0 {
		err = errRead
	}
	return length, copied, err
}

func (c *checkpointer) close() error {
	c.stop()
	c.done.Wait()
	return c.own.Close()
}
