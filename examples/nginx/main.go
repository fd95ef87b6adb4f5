// Command nginx starts Curfew, a tiny product and a real nginx in front of both,
// which asks Curfew about every request to the product. Everything listens on
// loopback, writes to a temporary folder, and ends with this program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	var o options
	flag.StringVar(&o.curfew, "curfew", "bin/curfew", "Curfew's program")
	flag.StringVar(&o.nginx, "nginx", "", "nginx's program; without this it is looked for")
	flag.StringVar(&o.listen, "listen", "127.0.0.1:8092", "where nginx listens: an address of loopback")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "examples/nginx: "+err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	o.log = os.Stderr
	s, err := start(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	fmt.Printf(`A product behind nginx is at %s
Open it: nobody is signed in, so you are led to sign in as

    %s
    %s

and then to the product, which shows what nginx told it. End everything with Ctrl-C.
`, s.url, email, s.password)
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.ended:
		return err
	}
}
