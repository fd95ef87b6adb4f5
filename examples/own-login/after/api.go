package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"path"
	"strings"
)

// server is the whole back end.
type server struct {
	db     *sql.DB
	curfew *curfew
}

// routes are the product's: its API, and its pages for every other path.
func (s *server) routes() http.Handler {
	api := http.NewServeMux()
	api.HandleFunc("GET /api/me", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, caller(r)) })
	api.HandleFunc("GET /api/bookings", s.bookings)
	api.HandleFunc("POST /api/bookings", s.book)
	api.HandleFunc("GET /api/people", owners(s.people))
	api.HandleFunc("PUT /api/people/{id}/role", owners(s.setRole))

	mux := http.NewServeMux()
	mux.Handle("/api/", s.signedIn(api))
	mux.HandleFunc("POST /api/sign-in", s.signIn)
	s.curfew.pass(mux)
	mux.HandleFunc("/", pages)
	return http.NewCrossOriginProtection().Handler(mux)
}

// signIn is the product's own: its people, its passwords.
func (s *server) signIn(w http.ResponseWriter, r *http.Request) {
	var form struct{ Email, Password string }
	if !read(w, r, &form) {
		return
	}
	p, err := s.personBy(form.Email, form.Password)
	if err == nil {
		err = s.startSession(w, r, p)
	}
	if err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

type booking struct {
	Boat  string `json:"boat"`
	Berth string `json:"berth"`
}

func (s *server) bookings(w http.ResponseWriter, r *http.Request) {
	list(w, s.db, func(b *booking, rows *sql.Rows) error { return rows.Scan(&b.Boat, &b.Berth) },
		`SELECT boat, berth FROM bookings WHERE harbour = ? ORDER BY id`, caller(r).Harbour)
}

func (s *server) book(w http.ResponseWriter, r *http.Request) {
	var b booking
	if !read(w, r, &b) {
		return
	}
	if b.Boat == "" || b.Berth == "" {
		fail(w, refusal{http.StatusUnprocessableEntity, "A booking needs a boat and a berth."})
		return
	}
	if _, err := s.db.Exec(`INSERT INTO bookings (harbour, boat, berth) VALUES (?, ?, ?)`, caller(r).Harbour, b.Boat, b.Berth); err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusCreated, b)
}

func (s *server) people(w http.ResponseWriter, r *http.Request) {
	list(w, s.db, func(p *person, rows *sql.Rows) error { return p.scan(rows) },
		`SELECT `+columns+` WHERE p.harbour = ? ORDER BY p.name`, caller(r).Harbour)
}

// setRole makes somebody of the caller's harbour an owner or a member.
func (s *server) setRole(w http.ResponseWriter, r *http.Request) {
	var form struct{ Role string }
	if !read(w, r, &form) {
		return
	}
	if form.Role != "owner" && form.Role != "member" {
		fail(w, refusal{http.StatusUnprocessableEntity, "A person is an owner or a member."})
		return
	}
	p, err := s.changeRole(r.Context(), caller(r).Harbour, r.PathValue("id"), form.Role)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, p)
}

// owners lets nobody else in.
func owners(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if caller(r).Role != "owner" {
			fail(w, refusal{http.StatusForbidden, "Only an owner may do that."})
			return
		}
		next(w, r)
	}
}

// pages serves what Vite built; every other path is the app's, which knows it.
func pages(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	built := os.DirFS(setting("PAGES", "web/dist"))
	file := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if !strings.HasPrefix(file, "assets/") {
		w.Header().Set("Cache-Control", "no-cache")
		file = "index.html"
	}
	http.ServeFileFS(w, r, built, file)
}

// read reads a request's body.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(into); err != nil {
		fail(w, refusal{http.StatusBadRequest, "That is not what this expects."})
		return false
	}
	return true
}

// list answers with what a query finds.
func list[T any](w http.ResponseWriter, db *sql.DB, scan func(*T, *sql.Rows) error, query string, args ...any) {
	rows, err := db.Query(query, args...)
	if err != nil {
		fail(w, err)
		return
	}
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		var one T
		if err := scan(&one, rows); err != nil {
			fail(w, err)
			return
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, all)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Print(err)
	}
}

// refusal is an error that a person is told of.
type refusal struct {
	status int
	why    string
}

func (e refusal) Error() string { return e.why }

// fail tells a person why not, or keeps for the log what went wrong.
func fail(w http.ResponseWriter, err error) {
	var no refusal
	if !errors.As(err, &no) {
		log.Print(err)
		no = refusal{http.StatusInternalServerError, "That did not work. Try again."}
	}
	answer(w, no.status, map[string]string{"detail": no.why})
}
