package verify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/curfew-auth/curfew/verify"
)

// A whole service: everybody who is signed in sees their account's orders, owners
// may close the shop, and only within ten minutes of having signed in.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	verifier, err := verify.New(ctx, verify.Config{
		Issuer:     "https://login.example.com",
		Audience:   "https://login.example.com",
		ServiceKey: os.Getenv("SERVICE_KEY"),
		Name:       "orders",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer verifier.Close()

	orders := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := verify.SessionFrom(r.Context())
		fmt.Fprintf(w, "the orders of account %s, for %s\n", session.AccountID, session.UserID)
	})
	closing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	recently := verify.RequireAuthAge(10 * time.Minute)
	owners := verify.RequireRole("owner")

	mux := http.NewServeMux()
	mux.Handle("GET /orders", orders)
	mux.Handle("POST /close", owners(recently(closing)))
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", verifier.Middleware(mux)))
}

// A setting that is wrong is told of before anything is asked of the network.
func ExampleNew() {
	_, err := verify.New(context.Background(), verify.Config{Issuer: "http://login.example.com"})
	fmt.Println(err)
	_, err = verify.New(context.Background(), verify.Config{Issuer: "https://login.example.com"})
	fmt.Println(err)
	// Output:
	// verify: Issuer http://login.example.com is neither https nor on a loopback address: tokens and keys would travel in the clear
	// verify: Audience is missing: set it to the authority's CURFEW_AUDIENCE, by default its CURFEW_PUBLIC_URL
}

// A service that must start without its authority does not wait. Until it is in
// step, each token is asked about, or refused with 503.
func ExampleVerifier_Ready() {
	verifier, err := verify.New(context.Background(), verify.Config{
		Issuer: "https://login.example.com", Audience: "https://login.example.com", ServiceKey: os.Getenv("SERVICE_KEY"),
		NoWait: true,
	})
	if err != nil {
		log.Fatal(err) // a wrong setting
	}
	go func() {
		if verifier.Ready(context.Background()) == nil {
			log.Print("in step with the authority")
		}
	}()
}

// Outside of HTTP, or behind a framework's own middleware.
func ExampleVerifier_Verify() {
	var verifier *verify.Verifier // of verify.New
	handle := func(ctx context.Context, token string) (string, int) {
		session, err := verifier.Verify(ctx, token)
		switch {
		case errors.Is(err, verify.ErrUnavailable):
			return "try again", http.StatusServiceUnavailable
		case err != nil:
			return "sign in", http.StatusUnauthorized
		}
		return "welcome, " + session.UserID, http.StatusOK
	}
	_ = handle
}

// Knowledge that grows old is worth an alarm, and no reason to take a strict
// service out: it goes on by asking.
func ExampleVerifier_Health() {
	var verifier *verify.Verifier // of verify.New
	http.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		health := verifier.Health()
		if health.State == verify.Starting {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		json.NewEncoder(w).Encode(map[string]any{
			"state": health.State, "staleness_ms": health.Staleness.Milliseconds(), "trouble": health.Trouble,
		})
	})
}

// Counting verdicts, with whatever counts in the service.
func ExampleEvent() {
	verdicts := map[verify.Outcome]int{} // a counter with a label, guarded by itself
	_ = verify.Config{
		Metrics: func(e verify.Event) {
			if e.Kind == verify.Verified {
				verdicts[e.Outcome]++
			}
		},
	}
}
