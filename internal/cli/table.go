package cli

import (
	"encoding/json"
	"io"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// listing is embedded in commands that list.
type listing struct {
	JSON bool `name:"json" help:"One JSON object a line, for scripts."`
}

// table collects rows for people, or writes each as a line of JSON at once.
type table struct {
	out    io.Writer
	json   *json.Encoder // nil for people
	header []string
	rows   [][]string
}

func (l listing) table(out io.Writer, header ...string) *table {
	t := &table{out: out, header: header}
	if l.JSON {
		t.json = json.NewEncoder(out)
		t.json.SetEscapeHTML(false)
	}
	return t
}

// add takes one thing: as JSON, and as the cells of a row.
func (t *table) add(object any, cells ...string) error {
	if t.json != nil {
		return t.json.Encode(object)
	}
	for i, cell := range cells {
		cells[i] = plain(cell)
	}
	t.rows = append(t.rows, cells)
	return nil
}

// flush writes the rows in aligned columns, or a word in place of none.
func (t *table) flush(none string) error {
	if t.json != nil {
		return nil
	}
	if len(t.rows) == 0 {
		_, err := io.WriteString(t.out, none+"\n")
		return err
	}
	widths := make([]int, len(t.header))
	rows := append([][]string{t.header}, t.rows...)
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(t.out, b.String())
	return err
}

// plain keeps what somebody typed from driving the terminal: no control
// character, no change of direction.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// minute is a time for people, in UTC; a dash for none.
func minute(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04") + "Z"
}

// isTerminal reports whether a stream goes to or comes from a person.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
