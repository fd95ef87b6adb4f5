package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/store"
)

func TestCopyProgress(t *testing.T) {
	steps := []struct {
		after time.Duration
		at    store.Progress
	}{
		{0, store.Progress{Table: "sessions", Done: 500, Rows: 4000000}},
		{time.Second, store.Progress{Table: "sessions", Done: 60000, Rows: 4000000}},
		{10 * time.Second, store.Progress{Table: "sessions", Done: 1100000, Rows: 4000000}},
		{29 * time.Second, store.Progress{Table: "sessions", Done: 4000000, Rows: 4000000}},
		{0, store.Progress{Table: "sessions", Done: 4000000, Rows: 4000000}}, // told twice
		{0, store.Progress{Table: "epochs"}},
		{0, store.Progress{Table: "sessions", Verifying: true, Done: 4000000, Rows: 4000000}},
	}
	show := func(terminal bool) string {
		var out strings.Builder
		now := time.Unix(0, 0)
		p := &copyProgress{out: &out, terminal: terminal, now: func() time.Time { return now }}
		for _, step := range steps {
			now = now.Add(step.after)
			p.show(step.at)
		}
		p.end()
		return out.String()
	}
	if got, want := show(false), `copying sessions: 500 of 4,000,000 rows (0 %)
copying sessions: 1,100,000 of 4,000,000 rows (27 %), 100,000 a second
copying sessions: 4,000,000 of 4,000,000 rows (100 %), 100,000 a second
comparing sessions: 4,000,000 of 4,000,000 rows (100 %)
`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := show(true); strings.Contains(got, "\n") || strings.Count(got, "\r\033[K") != 6 || !strings.Contains(got, "60,000 of 4,000,000 rows (1 %), 60,000 a second") {
		t.Errorf("at a terminal: %q", got)
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 123456: "123,456", 5000000: "5,000,000"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
