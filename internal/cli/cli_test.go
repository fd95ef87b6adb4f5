package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/password"
)

// The scripts of cmd/curfew drive every command; these are the parts of which
// a script sees too little.

func TestMainInProcess(t *testing.T) {
	for _, tt := range []struct {
		args string
		code int
		out  string
	}{
		{"version", exitOK, "curfew "},
		{"", exitOK, "Usage: curfew"},
		{"audit verify --help", exitOK, "Usage: curfew audit verify"},
		{"nonsense", exitUsage, "curfew: unexpected argument nonsense"},
		{"serve --addr nowhere", exitUsage, "curfew: --addr must be a host and a port"},
	} {
		var out bytes.Buffer
		code := Main(Env{Args: strings.Fields(tt.args), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Now: time.Now})
		if code != tt.code || !strings.HasPrefix(out.String(), tt.out) {
			t.Errorf("curfew %s: code %d, want %d; output %q", tt.args, code, tt.code, out.String())
		}
	}
}

func TestFail(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	cause := errors.New("disk I/O error")
	for _, tt := range []struct {
		ctx  context.Context
		err  error
		code int
		want string
	}{
		{t.Context(), errors.New("it broke"), exitFailed, "it broke"},
		{t.Context(), usageError{errors.New("what?")}, exitUsage, "what?"},
		{t.Context(), fmt.Errorf("more: %w", errUnverified), exitUnverified, "more: " + errUnverified.Error()},
		{t.Context(), curfew.NewError(curfew.KindNotFound, "there is no such thing"), exitFailed, "there is no such thing"},
		{t.Context(), curfew.Unavailable(cause), exitFailed, "the database does not answer: disk I/O error"},
		{ended, context.Canceled, exitInterrupted, "interrupted"},
		{ended, stopped{errors.New("cannot close the database")}, exitFailed, "cannot close the database"},
	} {
		var out bytes.Buffer
		if code := fail(Env{Stderr: &out}, tt.ctx, tt.err); code != tt.code || out.String() != "curfew: "+tt.want+"\n" {
			t.Errorf("%v: code %d, %q", tt.err, code, out.String())
		}
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	people := listing{}.table(&out, "NAME", "CITY")
	for _, row := range [][2]string{{"Zoë", "Köln"}, {"Somebody Long", ""}, {"red \x1b[31m\u202e", "x"}} {
		if err := people.add(nil, row[0], row[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := people.flush("nobody"); err != nil {
		t.Fatal(err)
	}
	want := "NAME           CITY\nZoë            Köln\nSomebody Long\nred \ufffd[31m\ufffd     x\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}

	out.Reset()
	lines := listing{JSON: true}.table(&out, "NAME")
	for _, name := range []string{"<a>", "b"} {
		if err := lines.add(map[string]string{"name": name}, "unused"); err != nil {
			t.Fatal(err)
		}
	}
	if err := lines.flush("nobody"); err != nil {
		t.Fatal(err)
	}
	if want := "{\"name\":\"<a>\"}\n{\"name\":\"b\"}\n"; out.String() != want {
		t.Errorf("got %q", out.String())
	}

	out.Reset()
	if err := (listing{}).table(&out, "NAME").flush("nobody"); err != nil || out.String() != "nobody\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestRandomPassword(t *testing.T) {
	seen := map[string]bool{}
	for _, least := range []int{8, 15, 40, 128} {
		for range 100 {
			p := randomPassword(least)
			if len(p) < max(least, 24) || len(p) > 130 || seen[p] {
				t.Fatalf("least %d: %q", least, p)
			}
			seen[p] = true
			if err := (password.Policy{MinLength: least}).Check("password", p); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(alphabet) != 32 {
		t.Error("the letters are not equally likely")
	}
}

func TestPasswordFromStdin(t *testing.T) {
	for in, want := range map[string]string{"a b\n": "a b", "a\r\n": "a", "a": "a", " a \n\n": " a \n", "": ""} {
		got, err := passwordFlags{PasswordStdin: true}.password(&Env{Stdin: strings.NewReader(in)}, 15)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	long, err := passwordFlags{PasswordStdin: true}.password(&Env{Stdin: strings.NewReader(strings.Repeat("x", 1<<20))}, 15)
	if err != nil || len(long) <= password.MaxBytes || len(long) > password.MaxBytes+3 {
		t.Errorf("%d bytes, %v", len(long), err)
	}
}

func TestExport(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 123456000, time.UTC)
	events := []audit.Event{
		{AccountID: curfew.ID{1}, ID: curfew.ID{2}, OccurredAt: at, Action: audit.SessionStart,
			Actor:        &audit.Actor{Type: curfew.ActorUser, ID: curfew.ID{3}, Name: "=HYPERLINK()", Email: "a@x.example"},
			ResourceType: "session", ResourceID: curfew.ID{4}, IP: "192.0.2.7", UserAgent: "a,\"b\"", Details: json.RawMessage(`{"a":"<b>"}`)},
		{ID: curfew.ID{5}, OccurredAt: at, Action: audit.SessionStartRefused},
	}
	for format, want := range map[string]string{
		"jsonl": `{"account_id":"01000000-0000-0000-0000-000000000000","id":"02000000-0000-0000-0000-000000000000","occurred_at":"2026-11-23T12:00:00.123456Z","action":"session.start","actor":{"type":"user","id":"03000000-0000-0000-0000-000000000000","name":"=HYPERLINK()","email":"a@x.example"},"resource_type":"session","resource_id":"04000000-0000-0000-0000-000000000000","ip":"192.0.2.7","user_agent":"a,\"b\"","details":{"a":"<b>"}}
{"account_id":null,"id":"05000000-0000-0000-0000-000000000000","occurred_at":"2026-11-23T12:00:00.123456Z","action":"session.start_refused","actor":null,"resource_type":"","resource_id":"00000000-0000-0000-0000-000000000000","ip":"","user_agent":"","details":{}}
`,
		"csv": "account_id,id,occurred_at,action,actor_type,actor_id,actor_name,actor_email,resource_type,resource_id,ip,user_agent,details\r\n" +
			"01000000-0000-0000-0000-000000000000,02000000-0000-0000-0000-000000000000,2026-11-23T12:00:00.123456Z,session.start,user,03000000-0000-0000-0000-000000000000,'=HYPERLINK(),a@x.example,session,04000000-0000-0000-0000-000000000000,192.0.2.7,\"a,\"\"b\"\"\",\"{\"\"a\"\":\"\"<b>\"\"}\"\r\n" +
			",05000000-0000-0000-0000-000000000000,2026-11-23T12:00:00.123456Z,session.start_refused,,,,,,00000000-0000-0000-0000-000000000000,,,{}\r\n",
	} {
		var out bytes.Buffer
		e := newExport(&out, format)
		for _, event := range events {
			if err := e.write(event); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.flush(); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%s:\n%s\nwant\n%s", format, out.String(), want)
		}
	}
}

func TestLogIsInUTC(t *testing.T) {
	var out bytes.Buffer
	local := time.Date(2026, 11, 23, 12, 0, 0, 0, time.FixedZone("far", 5*3600))
	h := newLog(&out).With("a", 1).WithGroup("g").Handler()
	if err := h.Handle(t.Context(), slog.NewRecord(local, slog.LevelInfo, "hello\nworld", 0)); err != nil {
		t.Fatal(err)
	}
	if want := `{"time":"2026-11-23T07:00:00Z","level":"INFO","msg":"hello\nworld","a":1}` + "\n"; out.String() != want {
		t.Errorf("got %s", out.String())
	}
}

func TestIsTerminal(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if isTerminal(file) || isTerminal(new(bytes.Buffer)) {
		t.Error("a file and a buffer are no terminals")
	}
}
