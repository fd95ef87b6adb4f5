package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"github.com/curfew-auth/curfew/verify/internal/rig"
)

var (
	benchLine  = regexp.MustCompile(`(?m)^Benchmark(Repeated|New|Bare)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op.*?(\d+) allocs/op`)
	memoryLine = regexp.MustCompile(`([\d.]+) MiB`)
)

// memoryTest is the test that says how much memory revocations take.
const memoryTest = "TestCostOfRevocations"

// library runs the benchmarks of package verify, which measure what only the
// package itself can.
func library(ctx context.Context, t *table) error {
	out, err := goTest(ctx, "-run", "^$", "-bench", "^Benchmark(Repeated|New|Bare)$", "-benchmem", "-benchtime", "0.5s", "-count", "5")
	if err != nil {
		return err
	}
	took, allocations := map[string][]float64{}, map[string]string{}
	for _, m := range benchLine.FindAllStringSubmatch(out, -1) {
		ns, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return err
		}
		took[m[1]] = append(took[m[1]], ns)
		allocations[m[1]] = m[3]
	}
	if len(took) != 3 {
		return fmt.Errorf("not the benchmarks that were asked for:\n%s", out)
	}
	repeated, fresh, bare := median(took["Repeated"]), median(took["New"]), median(took["Bare"])
	t.below("a token that was seen before, 550,000 revocations known", "", time.Duration(repeated), time.Microsecond)
	t.add("allocations for that", "", allocations["Repeated"], "0", allocations["Repeated"] == "0")
	t.add("a new token; the signature check alone", "", text(time.Duration(fresh))+"; "+text(time.Duration(bare)), "", true)
	t.add("the same as a ratio", "", fmt.Sprintf("%.2f", fresh/bare), "< 1.25", fresh/bare < 1.25)
	if out, err = goTest(ctx, "-run", "^"+memoryTest+"$", "-count", "1", "-v"); err != nil {
		return err
	}
	m := memoryLine.FindStringSubmatch(out)
	if m == nil {
		return fmt.Errorf("no test of that name says how much memory revocations take:\n%s", out)
	}
	mib, err := strconv.ParseFloat(m[1], 64)
	t.add("memory for 550,000 revocations", "", m[1]+" MiB", "< 40 MiB", mib < 40)
	return err
}

func goTest(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test"}, args...)...)
	cmd.Args = append(cmd.Args, "github.com/curfew-auth/curfew/verify")
	cmd.Dir = rig.Module()
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("go test: %w\n%s", err, out)
	}
	return string(out), err
}
