package storetest

import (
	"flag"
	"testing"
)

// checks is how many random runs a property gets unless the command line says
// otherwise (-rapid.checks).
const checks = "30"

// boundProperties also keeps rapid from leaving files behind: what it prints is
// enough to repeat a failure.
func boundProperties(t *testing.T) {
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range map[string]string{"rapid.checks": checks, "rapid.nofailfile": "true"} {
		if !given[name] {
			must(t, flag.Set(name, value))
		}
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
		{"Resets", resets},
		{"Mails", mails},
		{"Lists", lists},
		{"Throttling", throttling},
		{"Auditing", auditing},
		{"Attacks", attacks},
		{"SigningKeys", signingKeys},
		{"Leases", leases},
		{"SessionRetention", sessionRetention},
		{"AuditRetention", auditRetention},
		{"KeyRotation", keyRotation},
		{"Races", races},
		{"Tabs", tabs},
		{"Batches", batches},
		{"Together", grouped},
		{"Faults", faults},
		{"Machine", machine},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			group.run(t, open)
		})
	}
}
