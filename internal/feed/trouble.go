package feed

import (
	"context"
	"log/slog"
)

// trouble logs that something began to fail, and that it works again, rather
// than every failure. It is used by one goroutine.
type trouble struct {
	log  *slog.Logger
	what string
	on   bool
}

func (t *trouble) report(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil: // the end, and no failure
	case err != nil && !t.on:
		t.on = true
		t.log.ErrorContext(ctx, t.what+" failed", "error", err.Error())
	case err == nil && t.on:
		t.on = false
		t.log.InfoContext(ctx, t.what+" works again")
	}
}
