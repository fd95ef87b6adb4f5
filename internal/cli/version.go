package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker in a release.
var version string

type versionCommand struct{}

// Help is shown below the summary.
func (versionCommand) Help() string {
	return `Prints the version, the commit that it was built from where that is known, and with what.

Example:

    curfew version`
}

// Run prints the version.
func (versionCommand) Run(env *Env) error {
	_, err := fmt.Fprintf(env.Stdout, "curfew %s%s (%s, %s/%s)\n", release(), commit(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// release is the version: the linker's or, after `go install`, the module's.
func release() string {
	if info, ok := debug.ReadBuildInfo(); ok && version == "" {
		return cmp.Or(info.Main.Version, "(devel)")
	}
	return cmp.Or(version, "(devel)")
}

// commit is what the toolchain recorded of the source, "" for nothing.
func commit() (text string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			text = " " + s.Value[:min(12, len(s.Value))] + text
		case s.Key == "vcs.modified" && s.Value == "true":
			text += "-dirty"
		}
	}
	return text
}
