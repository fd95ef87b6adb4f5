package httpapi

import (
	"slices"
	"strconv"
	"strings"
)

// etag is the strong entity tag of a version (RFC 9110, section 8.8.3), such
// as "p7".
func etag(prefix string, version int64) string {
	return `"` + prefix + strconv.FormatInt(version, 10) + `"`
}

// Condition is what every change of something with a version takes. It is
// exported because huma finds embedded parameters by reflection.
type Condition struct {
	IfMatch string `header:"If-Match" doc:"The ETag that the change is based on; with another one in force the answer is 412."`
}

// noVersion matches no version. It stands for a precondition that cannot hold,
// so that the Authority judges the request's values before it.
const noVersion = -1

// ifMatch turns an If-Match header (RFC 9110, section 13.1.1) into the version
// that a change is conditional on; nil for none. Only strong tags count; what
// is no tag of ours matches nothing. current is asked only for a list that
// names several of our versions.
func ifMatch(header, prefix string, current func() (int64, error)) (*int64, error) {
	header = strings.TrimSpace(header)
	if header == "" || header == "*" {
		return nil, nil
	}
	versions := versionsIn(header, prefix)
	version := int64(noVersion)
	switch {
	case len(versions) == 1:
		version = versions[0]
	case len(versions) > 1:
		now, err := current()
		if err != nil {
			return nil, err
		}
		if slices.Contains(versions, now) {
			version = now
		}
	}
	return &version, nil
}

// versionsIn lists the versions that a list of entity tags names. A list that
// is not well formed names none.
func versionsIn(list, prefix string) []int64 {
	var versions []int64
	for list != "" {
		rest, weak := strings.CutPrefix(list, "W/")
		opaque, after, ok := strings.Cut(strings.TrimPrefix(rest, `"`), `"`)
		if !ok || !strings.HasPrefix(rest, `"`) {
			return nil
		}
		digits, ours := strings.CutPrefix(opaque, prefix)
		version, err := strconv.ParseInt(digits, 10, 64)
		if ours && !weak && err == nil && etag(prefix, version) == `"`+opaque+`"` {
			versions = append(versions, version)
		}
		after = strings.TrimLeft(after, " \t")
		if after != "" && after[0] != ',' {
			return nil
		}
		list = strings.TrimLeft(after, ", \t")
	}
	return versions
}
