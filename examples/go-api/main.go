// Command orders is a small API behind Curfew: it verifies access tokens itself,
// and refuses those of ended sessions within about a second.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/curfew-auth/curfew/verify"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	start, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	verifier, err := verify.New(start, verify.Config{
		Issuer:     os.Getenv("CURFEW"),
		Audience:   os.Getenv("CURFEW"),
		ServiceKey: os.Getenv("SERVICE_KEY"),
		Name:       "orders",
	})
	if err != nil {
		return err
	}
	defer verifier.Close()

	server := &http.Server{Addr: os.Getenv("ADDR"), Handler: handler(verifier), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	log.Printf("orders are at http://%s/orders", server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// handler is the whole API.
func handler(verifier *verify.Verifier) http.Handler {
	var orders orderBook
	api := http.NewServeMux()
	api.HandleFunc("GET /orders", orders.list)
	api.HandleFunc("POST /orders", orders.add)
	// Owners only, and only those who signed in within the last ten minutes.
	api.Handle("DELETE /orders",
		verify.RequireRole("owner")(verify.RequireAuthAge(10*time.Minute)(http.HandlerFunc(orders.clear))))

	mux := http.NewServeMux()
	mux.Handle("/", verifier.Middleware(api))
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		health := verifier.Health()
		answer(w, http.StatusOK, map[string]any{
			"state": health.State, "staleness_ms": health.Staleness.Milliseconds(),
			"revocations": health.Entries, "trouble": health.Trouble,
		})
	})
	return mux
}

// order is what somebody ordered.
type order struct {
	By   string    `json:"by"`
	What string    `json:"what"`
	At   time.Time `json:"at"`
}

// orderBook keeps each account's orders apart: the account comes from the token,
// and from nowhere else.
type orderBook struct {
	mu sync.Mutex
	of map[string][]order
}

func (b *orderBook) list(w http.ResponseWriter, r *http.Request) {
	session, _ := verify.SessionFrom(r.Context())
	b.mu.Lock()
	defer b.mu.Unlock()
	answer(w, http.StatusOK, append([]order{}, b.of[session.AccountID]...))
}

func (b *orderBook) add(w http.ResponseWriter, r *http.Request) {
	session, _ := verify.SessionFrom(r.Context())
	var made order
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&made); err != nil || made.What == "" {
		answer(w, http.StatusUnprocessableEntity, map[string]string{"detail": `send {"what": "..."}`})
		return
	}
	made.By, made.At = session.UserID, time.Now().UTC()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of == nil {
		b.of = map[string][]order{}
	}
	b.of[session.AccountID] = append(b.of[session.AccountID], made)
	answer(w, http.StatusCreated, made)
}

func (b *orderBook) clear(w http.ResponseWriter, r *http.Request) {
	session, _ := verify.SessionFrom(r.Context())
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.of, session.AccountID)
	w.WriteHeader(http.StatusNoContent)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Print(err)
	}
}
