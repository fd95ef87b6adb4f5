//go:build !curfewtest

// Command curfew is a self-hosted session authority: `curfew serve` runs it,
// and `curfew --help` says what else there is.
package main

import (
	"os"

	"github.com/curfew-auth/curfew/internal/cli"
)

func main() { os.Exit(cli.Main(cli.Process())) }
