//go:build curfewtest

// Command curfew as browser tests need it: with a clock that they move through
// the operator's listener. It is never released.
package main

import (
	"fmt"
	"os"

	"github.com/curfew-auth/curfew/internal/cli"
	"github.com/curfew-auth/curfew/internal/clocktest"
)

func main() {
	env := cli.Process()
	if err := clocktest.Install(&env); err != nil {
		fmt.Fprintln(env.Stderr, "curfew:", err)
		os.Exit(2)
	}
	fmt.Fprintln(env.Stderr, "curfew: this is a test build, whose clock can be moved")
	os.Exit(cli.Main(env))
}
