package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"net/http"
	"time"
)

// The product's sessions: a random token in a cookie, its hash in a table, and
// thirty days for everybody.
const (
	cookie   = "berth_session"
	lifetime = 30 * 24 * time.Hour
)

// startSession signs a person in, whose password was right.
func (s *server) startSession(w http.ResponseWriter, _ *http.Request, p person) error {
	token := rand.Text()
	until := time.Now().Add(lifetime)
	if _, err := s.db.Exec(`INSERT INTO sessions VALUES (?, ?, ?)`, hashed(token), p.ID, until.Unix()); err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: token, Path: "/", Expires: until, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return nil
}

// signOut ends the session of the request.
func (s *server) signOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(cookie); err == nil {
		if _, err := s.db.Exec(`DELETE FROM sessions WHERE token = ?`, hashed(c.Value)); err != nil {
			fail(w, err)
			return
		}
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	w.WriteHeader(http.StatusNoContent)
}

// signedIn lets people in, and lets `next` know who it is.
func (s *server) signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie(cookie)
		if err != nil {
			fail(w, refusal{http.StatusUnauthorized, "Sign in first."})
			return
		}
		s.as(next, w, r, `SELECT `+columns+` JOIN sessions s ON s.person = p.id WHERE s.token = ? AND s.until > ?`,
			hashed(c.Value), time.Now().Unix())
	})
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

func hashed(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
