package storetest

import (
	"flag"
	"testing"
)

// checks is how many random runs a property gets unless the command line says
// otherwise (-rapid.checks).
const checks = "25"

func boundProperties(t *testing.T) {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		must(t, flag.Set("rapid.checks", checks))
	}
}

// Run runs the whole suite on an engine.
func Run(t *testing.T, open Open) {
	boundProperties(t)
	for _, group := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"Deadlines", deadlines},
		{"Rotation", rotation},
		{"Endings", endings},
		{"Bulk", bulk},
		{"Policies", policies},
		{"Invites", invites},
		{"Lists", lists},
		{"Throttling", throttling},
		{"Auditing", auditing},
		{"Attacks", attacks},
		{"SigningKeys", signingKeys},
		{"Races", races},
		{"Tabs", tabs},
		{"Batches", batches},
		{"Faults", faults},
		{"Machine", machine},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			group.run(t, open)
		})
	}
}
