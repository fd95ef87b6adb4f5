//go:build ignore

// Writes what the TypeScript side knows of standards, and the cases that both
// sides are held to:
//
//	go run internal/policy/gen.go
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/curfew-auth/curfew/internal/policy"
)

type standard struct {
	ID                       string `json:"id"`
	Name                     string `json:"name"`
	IdleMinutesMax           *int   `json:"idle_minutes_max"`
	AbsoluteMinutesMax       *int   `json:"absolute_minutes_max"`
	PrivilegedIdleMinutesMax *int   `json:"privileged_idle_minutes_max"`
	Force                    string `json:"force"`
	Caveat                   string `json:"caveat"`
}

type vector struct {
	IdleMinutes     int                        `json:"idle_minutes"`
	AbsoluteMinutes int                        `json:"absolute_minutes"`
	Standings       map[string]policy.Standing `json:"standings"`
}

func main() {
	var standards []standard
	edges := map[int]bool{1: true, 10080: true, 20160: true}
	for _, s := range policy.Guidelines {
		standards = append(standards, standard{s.ID, s.Name, number(s.IdleMinutesMax), number(s.AbsoluteMinutesMax),
			number(s.PrivilegedIdleMinutesMax), string(s.Force), s.Caveat})
		for _, limit := range []int{s.IdleMinutesMax, s.AbsoluteMinutesMax, s.PrivilegedIdleMinutesMax} {
			if limit > 0 {
				edges[limit], edges[limit+1] = true, true
			}
		}
	}
	write("packages/react/src/standards.gen.ts", func(out *bytes.Buffer) {
		out.WriteString("// Made by `make gen` from internal/policy. Do not edit.\n\n/** Published timeouts, in the table's order. */\nexport const standards = ")
		out.Write(indented(standards))
		out.WriteString(" as const\n")
	})
	var vectors []vector
	for idle := 1; idle <= 43201; idle++ {
		if !edges[idle] {
			continue
		}
		for absolute := idle; absolute <= 43201; absolute++ {
			if !edges[absolute] {
				continue
			}
			v := vector{idle, absolute, map[string]policy.Standing{}}
			for _, s := range policy.Guidelines {
				v.Standings[s.ID] = s.Compare(policy.Effective{IdleMinutes: idle, AbsoluteMinutes: absolute})
			}
			vectors = append(vectors, v)
		}
	}
	write("vectors/standards.json", func(out *bytes.Buffer) {
		out.WriteString("[\n")
		for i, v := range vectors {
			line, err := json.Marshal(v)
			if err != nil {
				log.Fatal(err)
			}
			out.WriteString("  ")
			out.Write(line)
			if i < len(vectors)-1 {
				out.WriteByte(',')
			}
			out.WriteByte('\n')
		}
		out.WriteString("]\n")
	})
}

func number(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

func indented(v any) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		log.Fatal(err)
	}
	return bytes.TrimSpace(out.Bytes())
}

func write(path string, fill func(*bytes.Buffer)) {
	var out bytes.Buffer
	fill(&out)
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		log.Fatal(fmt.Errorf("run this in the repository's root: %w", err))
	}
}
