package service_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/curfew-auth/curfew/verify/service"
)

// A product's sign-in: it checks the password in its own way, and Curfew starts
// the session.
func Example() {
	curfew, err := service.New(service.Config{URL: "https://login.example.com", Key: os.Getenv("SERVICE_KEY")})
	if err != nil {
		log.Fatal(err)
	}
	checked := func(*http.Request) (user string, ok bool) { return "user_42", true } // the product's own

	http.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		user, ok := checked(r)
		if !ok {
			http.Error(w, "wrong password", http.StatusUnauthorized)
			return
		}
		started, err := curfew.StartSession(r.Context(), service.StartSession{
			Account:   service.StartAccount{ExternalID: "acct_4711"},
			User:      service.StartUser{ExternalID: user},
			AMR:       []string{"pwd"},
			UserAgent: r.UserAgent(),
		})
		if service.IsType(err, service.TypeSessionLimit) {
			http.Error(w, "you are signed in on too many devices", http.StatusConflict)
			return
		}
		if err != nil {
			http.Error(w, "try again in a moment", http.StatusServiceUnavailable)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "__Host-refresh", Value: started.RefreshToken, Path: "/", HttpOnly: true, Secure: true,
			SameSite: http.SameSiteStrictMode, Expires: started.Session.AbsoluteExpiresAt})
		fmt.Fprint(w, started.AccessToken)
	})
}

// A setting that is wrong is told of before anything is asked of the network.
func ExampleNew() {
	_, err := service.New(service.Config{URL: "http://login.example.com", Key: "cfk_..."})
	fmt.Println(err)
	// Output:
	// service: URL http://login.example.com is neither https nor on a loopback address: tokens and the key would travel in the clear
}

// The plan of an account decides what its owners may choose; what they had chosen
// beyond it counts as the nearest bound.
func ExampleClient_UpdateBounds() {
	curfew, err := service.New(service.Config{URL: "https://login.example.com", Key: os.Getenv("SERVICE_KEY")})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err = curfew.UpdateBounds(ctx, "acct_4711", service.UpdateBounds{
		AbsoluteMinutesMax: service.To(7 * 24 * 60),
		IdleMinutesMin:     service.Default[int](), // the operator's own again
	})
	var refused *service.Error
	if errors.As(err, &refused) {
		log.Printf("request %s: %s", refused.RequestID, refused.Detail)
	}
}

// A service that accepts a token without verifying it itself.
func ExampleClient_Introspect() {
	curfew, err := service.New(service.Config{URL: "https://login.example.com", Key: os.Getenv("SERVICE_KEY")})
	if err != nil {
		log.Fatal(err)
	}
	token, err := curfew.Introspect(context.Background(), "eyJ...")
	if err != nil {
		log.Fatal(err) // Curfew cannot tell at the moment: refuse, and let the caller try again
	}
	if token.Active && token.TokenType == "Bearer" && token.Audience == "https://api.example.com" {
		log.Printf("it is %s of account %s", token.UserID, token.AccountID)
	}
}
