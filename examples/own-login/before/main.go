// Command berth is a small product: harbours keep their bookings in it. Each
// harbour is a customer with owners and members, who sign in with a password on
// the product's own page.
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	db, err := open(setting("DATABASE", "berth.db"), os.Getenv("PASSWORD"))
	if err != nil {
		return err
	}
	defer db.Close()
	s := &server{db: db}

	listener, err := net.Listen("tcp", setting("ADDR", "127.0.0.1:8095"))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	log.Printf("Berth is at http://%s", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// setting is a variable of the environment, or what stands in for it.
func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
