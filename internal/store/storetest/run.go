package storetest

import (
	"flag"
	"slices"
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

// Run runs the suite on an engine: the groups named, or the whole of it.
func Run(t *testing.T, open Open, only ...string) {
	boundProperties(t)
	ran := 0
	for _, group := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"Deadlines", deadlines},
		{"Rotation", rotation},
		{"Endings", endings},
		{"Bulk", bulk},
		{"Policies", policies},
		{"Clamping", clamping},
		{"Limits", sessionLimits},
		{"Bounds", accountBounds},
		{"Starts", starts},
		{"StartsTogether", startsTogether},
		{"Portals", portals},
		{"Deliveries", deliveries},
		{"Expiries", expiries},
		{"Receipts", receipts},
		{"Invites", invites},
		{"Resets", resets},
		{"Mails", mails},
		{"Lists", lists},
		{"Overviews", overviews},
		{"Throttling", throttling},
		{"Auditing", auditing},
		{"Attacks", attacks},
		{"SigningKeys", signingKeys},
		{"ServiceKeys", serviceKeys},
		{"Leases", leases},
		{"SessionRetention", sessionRetention},
		{"AuditRetention", auditRetention},
		{"KeyRotation", keyRotation},
		{"Races", races},
		{"Tabs", tabs},
		{"Batches", batches},
		{"Together", grouped},
		{"Crossing", crossing},
		{"Feed", feed},
		{"Lane", laned},
		{"Telling", telling},
		{"Verifiers", verifiers},
		{"Reasserting", reasserting},
		{"LogRetention", logRetention},
		{"Faults", faults},
		{"Machine", machine},
	} {
		if len(only) > 0 && !slices.Contains(only, group.name) {
			continue
		}
		ran++
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			group.run(t, open)
		})
	}
	if len(only) > 0 && ran != len(only) {
		t.Errorf("of the groups %q only %d are there", only, ran)
	}
}
