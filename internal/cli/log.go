package cli

import (
	"context"
	"io"
	"log/slog"
)

// newLog writes lines of JSON, or of text when a person is looking. Its times
// are in UTC (OWASP ASVS 5.0, 16.2.2 and 16.2.4).
func newLog(w io.Writer) *slog.Logger {
	if isTerminal(w) {
		return slog.New(utc{slog.NewTextHandler(w, nil)})
	}
	return slog.New(utc{slog.NewJSONHandler(w, nil)})
}

// utc lets a handler write times in UTC.
type utc struct{ slog.Handler }

// Handle is part of slog.Handler.
func (h utc) Handle(ctx context.Context, r slog.Record) error {
	r.Time = r.Time.UTC()
	return h.Handler.Handle(ctx, r)
}

// WithAttrs is part of slog.Handler.
func (h utc) WithAttrs(attrs []slog.Attr) slog.Handler { return utc{h.Handler.WithAttrs(attrs)} }

// WithGroup is part of slog.Handler.
func (h utc) WithGroup(name string) slog.Handler { return utc{h.Handler.WithGroup(name)} }
