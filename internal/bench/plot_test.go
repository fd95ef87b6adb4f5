package bench

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestPlot(t *testing.T) {
	of := func(n int, rates ...float64) Case {
		var runs []Result
		for _, rate := range rates {
			runs = append(runs, Result{PerSecond: rate})
		}
		c := summarize(benchCase{name: "size"}, runs)
		c.InStore = n
		return c
	}
	r := Report{Database: "PostgreSQL 15.18 <&> (Debian), fsync on", Cases: []Case{of(5_000_000, 6100, 6500, 6900), {Name: "refresh"}, of(50_000, 7000, 8192, 7500)}}
	var got bytes.Buffer
	if err := r.WritePlot(&got); err != nil {
		t.Fatal(err)
	}
	picture := got.String()
	for _, want := range []string{"PostgreSQL 15.18 &lt;&amp;&gt;<", ">6,500<", ">7,500<", ">50,000<", ">5,000,000<", ">10,000<", ">0<"} {
		if !strings.Contains(picture, want) {
			t.Errorf("%s is not in the picture:\n%s", want, picture)
		}
	}
	// The smaller store is to the left, whatever came first.
	if strings.Index(picture, ">50,000<") > strings.Index(picture, ">5,000,000<") {
		t.Error("the larger store comes first")
	}
	d := xml.NewDecoder(strings.NewReader(picture))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(picture, "%!") || strings.Contains(picture, "NaN") {
		t.Errorf("it is broken:\n%s", picture)
	}

	r.Cases = r.Cases[:1]
	if err := r.WritePlot(&got); !errors.Is(err, errNoSizes) {
		t.Errorf("of one size: %v", err)
	}
	var still bytes.Buffer
	if err := (Report{Cases: []Case{of(10, 0), of(10, 0)}}).WritePlot(&still); err != nil || strings.Contains(still.String(), "NaN") {
		t.Errorf("of nothing: %v\n%s", err, &still)
	}
}

func TestRoundStep(t *testing.T) {
	for f, want := range map[float64]float64{0: 1, 0.4: 1, 1: 1, 1.5: 2, 3: 5, 6: 10, 250: 250, 260: 500, 2048: 2500, 1000: 1000} {
		if got := roundStep(f); got != want {
			t.Errorf("of %v: %v, want %v", f, got, want)
		}
	}
}
