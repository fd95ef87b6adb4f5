package httpapi

import (
	"bufio"
	"context"
	"encoding/csv"
	"net/http"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"
)

type exportIn struct {
	Format string `query:"format" enum:"csv,jsonl" default:"csv" doc:"The format of the file."`
	AuditFilter
}

func (a *API) exportAudit(_ context.Context, actor curfew.Actor, _ curfew.Origin, in *exportIn) (*huma.StreamResponse, error) {
	filter, err := in.AuditFilter.read()
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		a.export(exchangeOf(ctx.Context()), actor, filter, in.Format)
	}}, nil
}

// exportBuffer is how much of an export is held back, so that an error before
// the first byte can still be a problem; stall is how long a reader may take
// for as much.
const (
	exportBuffer = 32 << 10
	stall        = 30 * time.Second
)

// export writes the events as they come from the store. After the first byte
// an error can only cut the connection: nobody may take a part for the whole.
func (a *API) export(x *exchange, actor curfew.Actor, filter authority.AuditFilter, format string) {
	out := bufio.NewWriterSize(patient{x}, exportBuffer)
	write := writeJSONLine(out)
	contentType := "application/jsonl"
	if format == "csv" {
		write, contentType = writeCSV(out), "text/csv; charset=utf-8"
	}
	header := x.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Disposition", `attachment; filename="audit-events.`+format+`"`)
	err := a.Authority.ExportAudit(x.lasting, actor, filter, func(e audit.Event) error { return write(&e) })
	if err == nil {
		if err = write(nil); err == nil {
			err = out.Flush()
		}
	}
	switch {
	case err == nil:
	case x.status == 0:
		header.Del("Content-Disposition")
		a.refuse(x, err)
	default:
		x.err = err
		panic(http.ErrAbortHandler)
	}
}

// patient gives the reader time anew with every write, whatever the server's
// deadline for a whole answer is.
type patient struct{ *exchange }

func (p patient) Write(b []byte) (int, error) {
	// A connection that knows no deadlines needs none.
	_ = http.NewResponseController(p.ResponseWriter).SetWriteDeadline(time.Now().Add(stall))
	return p.exchange.Write(b)
}

// writeJSONLine writes one event a line; nil ends the file.
func writeJSONLine(out *bufio.Writer) func(*audit.Event) error {
	return func(e *audit.Event) error {
		if e == nil {
			return nil
		}
		if err := writeJSON(out, auditEvent(*e)); err != nil {
			return err
		}
		return out.WriteByte('\n')
	}
}

var csvColumns = []string{"id", "occurred_at", "action", "actor_type", "actor_id", "actor_name", "actor_email",
	"resource_type", "resource_id", "ip", "user_agent", "details"}

// writeCSV writes the column names before the first event, and alone when
// there is none (RFC 4180); nil ends the file.
func writeCSV(out *bufio.Writer) func(*audit.Event) error {
	w := csv.NewWriter(out)
	w.UseCRLF = true
	begun := false
	return func(e *audit.Event) error {
		if !begun {
			begun = true
			if err := w.Write(csvColumns); err != nil {
				return err
			}
		}
		if e != nil {
			if err := w.Write(csvRow(auditEvent(*e))); err != nil {
				return err
			}
		}
		w.Flush()
		return w.Error()
	}
}

func csvRow(e wire.AuditEvent) []string {
	var actor wire.AuditActor
	if e.Actor != nil {
		actor = *e.Actor
	}
	details := jsontext.Value(e.Details)
	if len(details) == 0 {
		details = jsontext.Value("{}")
	}
	row := []string{e.ID, e.OccurredAt.String(), e.Action, actor.Type, text(actor.ID), actor.Name, text(actor.Email),
		e.ResourceType, e.ResourceID, e.IP, e.UserAgent, string(details)}
	for i, cell := range row {
		row[i] = inert(cell)
	}
	return row
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// inert keeps a spreadsheet from running a cell as a formula (OWASP, CSV
// injection).
func inert(cell string) string {
	if cell == "" {
		return cell
	}
	switch cell[0] {
	case '=', '+', '-', '@', '\t', '\r':
		return "'" + cell
	}
	return cell
}
