package main

import (
	"context"
	"database/sql"
	"net"
	"net/http"

	"github.com/curfew-auth/curfew/verify"
	"github.com/curfew-auth/curfew/verify/service"
)

// startSession signs a person in, whose password was right. The limits are those
// that the owners of their harbour have set.
func (s *server) startSession(w http.ResponseWriter, r *http.Request, p person) error {
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	started, err := s.curfew.StartSession(r.Context(), service.StartSession{
		Account:   service.StartAccount{ExternalID: p.Harbour, Name: p.HarbourName},
		User:      service.StartUser{ExternalID: p.ID, Name: p.Name, Email: p.Email, Role: service.Role(p.Role)},
		AMR:       []string{"pwd"},
		UserAgent: r.UserAgent(),
		IP:        address,
	})
	if service.IsType(err, service.TypeSessionLimit) {
		return refusal{http.StatusConflict, "You are signed in on as many devices as your harbour allows."}
	} else if err != nil {
		return err
	}
	// Access tokens name people as Curfew does.
	if _, err := s.db.Exec(`INSERT INTO curfew_users VALUES (?, ?) ON CONFLICT DO NOTHING`, started.User.ID, p.ID); err != nil {
		return err
	}
	return s.curfew.deliver(w, r, started)
}

// signedIn lets people in, and lets `next` know who it is.
func (s *server) signedIn(next http.Handler) http.Handler {
	return s.curfew.verifier.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := verify.SessionFrom(r.Context())
		s.as(next, w, r, `SELECT `+columns+` JOIN curfew_users c ON c.person = p.id WHERE c.id = ?`, session.UserID)
	}))
}

// as lets the one person in whom a query finds.
func (s *server) as(next http.Handler, w http.ResponseWriter, r *http.Request, query string, args ...any) {
	var p person
	switch err := p.scan(s.db.QueryRow(query, args...)); err {
	case nil:
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), personKey{}, p)))
	case sql.ErrNoRows:
		fail(w, refusal{http.StatusUnauthorized, "Sign in first."})
	default:
		fail(w, err)
	}
}

type personKey struct{}

// caller is who made the request.
func caller(r *http.Request) person { return r.Context().Value(personKey{}).(person) }
