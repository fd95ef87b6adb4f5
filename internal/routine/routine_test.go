package routine_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curfew-auth/curfew/internal/routine"
)

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := routine.Pause(t.Context(), time.Hour); err != nil || time.Since(began) != time.Hour {
			t.Errorf("it waited for %s, %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began = time.Now()
		if err := routine.Pause(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("it waited for %s, %v", time.Since(began), err)
		}
	})
}

func TestTroubleIsToldOnce(t *testing.T) {
	var out bytes.Buffer
	trouble := routine.Trouble{Log: slog.New(slog.NewTextHandler(&out, nil)), What: "fetching the mail"}
	ended, end := context.WithCancel(t.Context())
	end()
	for _, attempt := range []struct {
		ctx  context.Context
		err  error
		want string
	}{
		{t.Context(), nil, ""},
		{ended, errors.New("gone"), ""},
		{t.Context(), errors.New("no road"), `level=ERROR msg="fetching the mail failed" error="no road"`},
		{t.Context(), errors.New("no horse"), ""},
		{ended, nil, ""},
		{t.Context(), nil, `level=INFO msg="fetching the mail works again"`},
		{t.Context(), nil, ""},
	} {
		out.Reset()
		trouble.Report(attempt.ctx, attempt.err)
		if got := out.String(); got != "" != (attempt.want != "") || !strings.Contains(got, attempt.want) {
			t.Errorf("%v told %q, want %q", attempt.err, got, attempt.want)
		}
	}
}
