// Command bench-fill puts many sessions into a store, for measurements that are
// not in Go's main module, and prints a line of JSON about each. It asks for
// nothing and checks nothing: it is never released.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/curfew-auth/curfew/internal/bench"
)

func main() {
	var f bench.Filling
	flag.StringVar(&f.URL, "url", "", "PostgreSQL `database`")
	flag.StringVar(&f.Path, "path", "", "or SQLite `file`")
	secret := flag.String("secret", "", "of the servers")
	flag.IntVar(&f.Accounts, "accounts", 1, "how many accounts")
	flag.IntVar(&f.People, "people", 1, "how many people in each")
	flag.IntVar(&f.Sessions, "sessions", 1, "how many sessions of each")
	flag.StringVar(&f.Domain, "domain", "bench.example", "of their addresses")
	flag.Parse()
	f.Secret = []byte(*secret)
	if err := bench.Fill(context.Background(), f, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench-fill:", err)
		os.Exit(1)
	}
}
