package bench

import (
	"slices"
	"strings"
)

// Target is a figure that Curfew sets itself on a machine of two cores that
// server, database and generator share, and what was measured of it. Ratio is
// measured divided by wanted.
type Target struct {
	Name     string  `json:"name"`
	Unit     string  `json:"unit,omitzero"`
	Want     float64 `json:"want"`
	AtMost   bool    `json:"at_most"`
	Measured float64 `json:"measured"`
	Ratio    float64 `json:"ratio"`
	Holds    bool    `json:"holds"`
}

// aim is a target before it is measured: what is wanted on each engine (0 for
// nothing), and where the figure is in a report.
type aim struct {
	name, unit       string
	sqlite, postgres float64
	atMost           bool
	find             func(*Report) (float64, bool)
}

var aims = []aim{
	{"refresh", "/s", 6000, 6000, false, closed("refresh", func(c *Case) float64 { return c.Median.PerSecond })},
	{"refresh of pgbench's UPDATE per commit", "", 0, 0.5, false, closed("refresh", func(c *Case) float64 { return c.of("pgbench") })},
	{"CPU of server and database for a refresh", " us", 240, 240, true, closed("refresh", func(c *Case) float64 { return c.Median.ServerCPU + c.Median.DatabaseCPU })},
	{"refresh at half the rate, p99", " ms", 15, 15, true, open("refresh", func(c *Case) float64 { return c.Median.P99 })},
	{"session", "/s", 13000, 11000, false, closed("session", func(c *Case) float64 { return c.Median.PerSecond })},
	{"introspection", "/s", 9000, 9000, false, closed("introspect", func(c *Case) float64 { return c.Median.PerSecond })},
	{"start by a service", "/s", 2500, 2500, false, closed("start", func(c *Case) float64 { return c.Median.PerSecond })},
	{"refresh in a storm of starts of refresh alone, p99", "", 2, 2, true, (*Report).stormRatio},
	{"login of argon2id", "", 0.85, 0.85, false, closed("login", func(c *Case) float64 { return c.PerLimit })},
	{"security page of a large account, p99", " ms", 300, 150, true, closed("security", func(c *Case) float64 { return c.Median.P99 })},
	{"page of a large account's sessions, p99", " ms", 20, 20, true, closed("list", func(c *Case) float64 { return c.Median.P99 })},
	{"sign everyone out, slowest", " ms", 100, 100, true, closed("everyone", slowest)},
	{"memory, full store of empty one", "", 1.1, 1.1, true, (*Report).memoryRatio},
	{"refresh, largest store of smallest", "", 0, 0.8, false, (*Report).sizeRatio},
}

func closed(name string, figure func(*Case) float64) func(*Report) (float64, bool) {
	return find(name, figure, func(c *Case) bool { return c.Rate == 0 })
}

func open(name string, figure func(*Case) float64) func(*Report) (float64, bool) {
	return find(name, figure, func(c *Case) bool { return c.Rate > 0 })
}

func find(name string, figure func(*Case) float64, is func(*Case) bool) func(*Report) (float64, bool) {
	return func(r *Report) (float64, bool) {
		for i := range r.Cases {
			if c := &r.Cases[i]; c.Name == name && is(c) {
				f := figure(c)
				return f, f > 0
			}
		}
		return 0, false
	}
}

func slowest(c *Case) (ms float64) {
	for _, r := range c.Runs {
		ms = max(ms, r.Max)
	}
	return ms
}

func (r *Report) memoryRatio() (float64, bool) {
	if len(r.Memory) < 2 || r.Memory[0].Worked == 0 {
		return 0, false
	}
	return float64(r.Memory[1].Worked) / float64(r.Memory[0].Worked), true
}

// stormRatio is the median of the ratios of the pairs alone, in the storm.
func (r *Report) stormRatio() (float64, bool) {
	var alone, stormed []Result
	for _, c := range r.Cases {
		switch {
		case c.Name == "storm" && c.Part == partAlone:
			alone = c.Runs
		case c.Name == "storm" && c.Part == partStormed:
			stormed = c.Runs
		}
	}
	var ratios []float64
	for i := range min(len(alone), len(stormed)) {
		if alone[i].P99 > 0 {
			ratios = append(ratios, stormed[i].P99/alone[i].P99)
		}
	}
	if len(ratios) == 0 {
		return 0, false
	}
	slices.Sort(ratios)
	return ratios[(len(ratios)-1)/2], true
}

func (r *Report) sizeRatio() (float64, bool) {
	var rates []float64
	for _, c := range r.Cases {
		if c.Name == "size" {
			rates = append(rates, c.Median.PerSecond)
		}
	}
	if len(rates) < 2 || rates[0] == 0 {
		return 0, false
	}
	return rates[len(rates)-1] / rates[0], true
}

// judge holds the report against the targets of its engine. A server of
// somebody else's, on whatever machine, has none.
func (r *Report) judge() (targets []Target) {
	if r.Database == "" {
		return nil
	}
	postgres := strings.HasPrefix(r.Database, "PostgreSQL")
	for _, a := range aims {
		want := a.sqlite
		if postgres {
			want = a.postgres
		}
		measured, ok := a.find(r)
		if want == 0 || !ok {
			continue
		}
		t := Target{Name: a.name, Unit: a.unit, Want: want, AtMost: a.atMost, Measured: measured, Ratio: measured / want, Holds: measured >= want}
		if a.atMost {
			t.Holds = measured <= want
		}
		targets = append(targets, t)
	}
	return targets
}
