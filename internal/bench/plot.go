package bench

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// The picture's measures, in pixels.
const (
	plotWidth, plotHeight = 640, 320
	plotLeft, plotRight   = 70, 20
	plotTop, plotBottom   = 40, 45
)

// errNoSizes is that there is nothing to draw.
var errNoSizes = errors.New("there is nothing to plot: that needs the case size with two sizes at least")

// WritePlot draws the rates of the case size over the number of sessions in
// the store, from the slowest to the fastest run of each, as an SVG picture
// that can be read on light and on dark ground.
func (r Report) WritePlot(w io.Writer) error {
	var sizes []Case
	for _, c := range r.Cases {
		if c.Name == "size" && c.InStore > 0 {
			sizes = append(sizes, c)
		}
	}
	if len(sizes) < 2 {
		return errNoSizes
	}
	slices.SortFunc(sizes, func(a, b Case) int { return cmp.Compare(a.InStore, b.InStore) })
	most := 0.0
	for _, c := range sizes {
		most = max(most, slices.MaxFunc(c.Runs, byRate).PerSecond)
	}
	step := roundStep(most / 4)
	top := step * max(math.Ceil(most/step), 1)
	least, greatest := math.Log(float64(sizes[0].InStore)), math.Log(float64(sizes[len(sizes)-1].InStore))
	x := func(c Case) float64 {
		if least == greatest {
			return plotLeft
		}
		return plotLeft + 20 + (plotWidth-plotLeft-plotRight-60)*(math.Log(float64(c.InStore))-least)/(greatest-least)
	}
	y := func(rate float64) float64 { return plotHeight - plotBottom - (plotHeight-plotTop-plotBottom)*rate/top }

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" fill="#6e7781" stroke="none" role="img">
<title>Refreshes a second by sessions in the store</title>
<text x="%d" y="20" font-weight="bold">Refreshes a second by sessions in the store, %s</text>
`, plotWidth, plotHeight, plotLeft, escape(firstWords(r.Database)))
	for rate := 0.0; rate <= top; rate += step {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#6e7781" stroke-opacity="0.3"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			plotLeft, y(rate), plotWidth-plotRight, plotLeft-8, y(rate)+4, whole(rate))
	}
	var line strings.Builder
	for i, c := range sizes {
		fmt.Fprintf(&line, "%s%.1f %.1f", [2]string{"M", "L"}[min(i, 1)], x(c), y(c.Median.PerSecond))
	}
	fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="#2f81f7" stroke-width="2"/>`+"\n", line.String())
	for _, c := range sizes {
		slow, fast := slices.MinFunc(c.Runs, byRate).PerSecond, slices.MaxFunc(c.Runs, byRate).PerSecond
		fmt.Fprintf(&b, `<path d="M%.1[1]f %.1[2]fV%.1[3]f" stroke="#2f81f7"/><circle cx="%.1[1]f" cy="%.1[4]f" r="4" fill="#2f81f7"/>`,
			x(c), y(slow), y(fast), y(c.Median.PerSecond))
		fmt.Fprintf(&b, `<text x="%.1[1]f" y="%.1[2]f" text-anchor="middle">%[3]s</text><text x="%.1[1]f" y="%[4]d" text-anchor="middle">%[5]s</text>`+"\n",
			x(c), y(fast)-10, whole(c.Median.PerSecond), plotHeight-plotBottom+20, whole(float64(c.InStore)))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">sessions in the store (logarithmic)</text>`+"\n</svg>\n",
		(plotLeft+plotWidth-plotRight)/2, plotHeight-8)
	_, err := io.WriteString(w, b.String())
	return err
}

// roundStep is the next of 1, 2, 2.5 and 5 times a power of ten.
func roundStep(f float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(max(f, 1))))
	for _, n := range []float64{1, 2, 2.5, 5} {
		if n*power >= f {
			return n * power
		}
	}
	return 10 * power
}

// whole is f as a whole number with commas, however small.
func whole(f float64) string {
	if f < 100 {
		return fmt.Sprintf("%.0f", f)
	}
	return thousands(f)
}

// firstWords is what stands before the first comma or bracket.
func firstWords(text string) string {
	if i := strings.IndexAny(text, ",("); i >= 0 {
		text = text[:i]
	}
	return strings.TrimSpace(text)
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}
