package cli

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

// export writes audit events to a file of many accounts.
type export struct {
	out  *bufio.Writer
	csv  *csv.Writer // nil for JSON lines
	json *json.Encoder
}

var exportColumns = []string{"account_id", "id", "occurred_at", "action", "actor_type", "actor_id", "actor_name", "actor_email",
	"resource_type", "resource_id", "ip", "user_agent", "details"}

func newExport(out io.Writer, format string) *export {
	e := &export{out: bufio.NewWriter(out)}
	if format == "csv" {
		e.csv = csv.NewWriter(e.out)
		e.csv.UseCRLF = true
		_ = e.csv.Write(exportColumns) // kept until flush, which reports it
		return e
	}
	e.json = json.NewEncoder(e.out)
	e.json.SetEscapeHTML(false)
	return e
}

// exportRow is an event as the API shows it to owners, and whose it is.
type exportRow struct {
	AccountID *string `json:"account_id"` // null for events without an account
	wire.AuditEvent
}

func (e *export) write(event audit.Event) error {
	row := exportRow{AccountID: optionalID(event.AccountID), AuditEvent: wire.AuditEvent{
		ID: event.ID.String(), OccurredAt: wire.At(event.OccurredAt), Action: string(event.Action),
		ResourceType: event.ResourceType, ResourceID: event.ResourceID.String(),
		IP: event.IP, UserAgent: event.UserAgent, Details: wire.Object(event.Details),
	}}
	if a := event.Actor; a != nil {
		row.Actor = &wire.AuditActor{Type: string(a.Type), ID: optionalID(a.ID), Name: a.Name}
		if a.Email != "" {
			row.Actor.Email = &a.Email
		}
	}
	if e.csv == nil {
		return e.json.Encode(row)
	}
	actor := wire.AuditActor{}
	if row.Actor != nil {
		actor = *row.Actor
	}
	details := string(row.Details)
	if details == "" {
		details = "{}"
	}
	cells := []string{deref(row.AccountID), row.ID, row.OccurredAt.String(), row.Action, actor.Type, deref(actor.ID), actor.Name,
		deref(actor.Email), row.ResourceType, row.ResourceID, row.IP, row.UserAgent, details}
	for i, cell := range cells {
		cells[i] = inert(cell)
	}
	return e.csv.Write(cells)
}

func (e *export) flush() error {
	if e.csv != nil {
		e.csv.Flush()
		if err := e.csv.Error(); err != nil {
			return err
		}
	}
	return e.out.Flush()
}

// inert keeps a spreadsheet from running a cell as a formula (OWASP, CSV
// injection).
func inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func optionalID(id curfew.ID) *string {
	if id.IsZero() {
		return nil
	}
	s := id.String()
	return &s
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
