package httpapi

import (
	"strconv"
	"strings"
)

// identity is the coding that changes nothing.
const identity = "identity"

// chooseCoding chooses among the codings that a file is there in, by what the
// Accept-Encoding header says (RFC 9110, section 12.5.3): the greatest weight
// counts and, among equal ones, our own order. When nothing suits, the file
// as it is goes out rather than a refusal, which nobody could act upon.
func chooseCoding(header []string, have map[string]string) string {
	weights := codingWeights(header)
	weight := func(coding string) float64 {
		if q, ok := weights[coding]; ok {
			return q
		}
		return weights["*"]
	}
	best, most := identity, weight(identity)
	for _, c := range compressed {
		// A coding of our own beats the file as it is at the same weight.
		if q := weight(c.coding); have[c.coding] != "" && q > 0 && (q > most || q == most && best == identity) {
			best, most = c.coding, q
		}
	}
	return best
}

// codingWeights reads the header; what it does not understand is as if it were
// not there.
func codingWeights(header []string) map[string]float64 {
	weights := map[string]float64{}
	for _, line := range header {
		for entry := range strings.SplitSeq(line, ",") {
			name, parameter, weighted := strings.Cut(entry, ";")
			name = strings.ToLower(strings.TrimSpace(name))
			q := 1.0
			if weighted {
				key, value, _ := strings.Cut(parameter, "=")
				var err error
				q, err = strconv.ParseFloat(strings.TrimSpace(value), 64)
				if !strings.EqualFold(strings.TrimSpace(key), "q") || err != nil || !(q >= 0 && q <= 1) {
					continue
				}
			}
			if name == "x-gzip" { // RFC 9110, section 8.4.1.3
				name = "gzip"
			}
			weights[name] = q
		}
	}
	return weights
}
