package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"log"
	"net/http"
	"strings"

	"github.com/curfew-auth/curfew/verify/service"
	"golang.org/x/crypto/bcrypt"
	_ "modernc.org/sqlite" // the database
)

const schema = `
CREATE TABLE IF NOT EXISTS harbours (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS people (
	id       TEXT PRIMARY KEY,
	harbour  TEXT NOT NULL REFERENCES harbours,
	name     TEXT NOT NULL,
	email    TEXT NOT NULL UNIQUE,
	role     TEXT NOT NULL CHECK (role IN ('owner', 'member')),
	password BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS bookings (
	id      INTEGER PRIMARY KEY,
	harbour TEXT NOT NULL REFERENCES harbours,
	boat    TEXT NOT NULL,
	berth   TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS curfew_users (
	id     TEXT PRIMARY KEY,
	person TEXT NOT NULL REFERENCES people
) STRICT;`

// Two customers, to look around in.
const customers = `
INSERT INTO harbours VALUES ('north-quay', 'North Quay'), ('saltmarsh', 'Saltmarsh Marina');
INSERT INTO people (id, harbour, name, email, role, password) VALUES
	('ines', 'north-quay', 'Inês Prata', 'ines@northquay.example', 'owner', ?1),
	('tom', 'north-quay', 'Tom Aukes', 'tom@northquay.example', 'member', ?1),
	('mara', 'north-quay', 'Mara Weiss', 'mara@northquay.example', 'owner', ?1),
	('bea', 'saltmarsh', 'Bea Okoro', 'bea@saltmarsh.example', 'owner', ?1);
INSERT INTO bookings (harbour, boat, berth) VALUES
	('north-quay', 'Kittiwake', 'A4'), ('north-quay', 'Second Wind', 'C11'), ('saltmarsh', 'Heron', '2');`

// open opens the database. A new one gets customers, whose people all have the
// same password: the given one, or one that is drawn and said.
func open(file, password string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	if _, err := db.Exec(schema); err != nil {
		return nil, err
	}
	var there int
	if err := db.QueryRow(`SELECT count(*) FROM harbours`).Scan(&there); err != nil || there > 0 {
		return db, err
	}
	if password == "" {
		password = strings.ToLower(rand.Text()[:12])
		log.Printf("Sign in as ines@, mara@ or tom@northquay.example, or as bea@saltmarsh.example, with the password %s", password)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	if err != nil {
		return nil, err
	}
	_, err = db.Exec(customers, hash)
	return db, err
}

// person is somebody of a harbour.
type person struct {
	ID          string `json:"id"`
	Harbour     string `json:"-"`
	HarbourName string `json:"harbour"`
	Name        string `json:"name"`
	Email       string `json:"email"`
	Role        string `json:"role"`
}

// columns are those of a person, for scan.
const columns = `p.id, p.harbour, h.name, p.name, p.email, p.role FROM people p JOIN harbours h ON h.id = p.harbour`

// scan reads a person from a row of `columns`.
func (p *person) scan(row interface{ Scan(...any) error }) error {
	return row.Scan(&p.ID, &p.Harbour, &p.HarbourName, &p.Name, &p.Email, &p.Role)
}

// nobody is compared with when the address is unknown, so that it takes as long
// as a wrong password.
var nobody, _ = bcrypt.GenerateFromPassword([]byte("nobody"), bcrypt.DefaultCost)

// personBy finds who has this address and password.
func (s *server) personBy(email, password string) (p person, err error) {
	hash := nobody
	err = s.db.QueryRow(`SELECT password FROM people WHERE email = ?`, email).Scan(&hash)
	if err != nil && err != sql.ErrNoRows {
		return p, err
	}
	if bcrypt.CompareHashAndPassword(hash, []byte(password)) != nil || err != nil {
		return p, refusal{http.StatusUnprocessableEntity, "That address and that password do not belong together."}
	}
	err = p.scan(s.db.QueryRow(`SELECT `+columns+` WHERE p.email = ?`, email))
	return p, err
}

// changeRole makes somebody of a harbour an owner or a member. One owner always
// stays.
func (s *server) changeRole(ctx context.Context, harbour, id, role string) (p person, err error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return p, err
	}
	defer tx.Rollback()
	if _, err = tx.Exec(`UPDATE people SET role = ? WHERE id = ? AND harbour = ?`, role, id, harbour); err != nil {
		return p, err
	}
	err = p.scan(tx.QueryRow(`SELECT `+columns+` WHERE p.id = ? AND p.harbour = ?`, id, harbour))
	if err == sql.ErrNoRows {
		return p, refusal{http.StatusNotFound, "That person is not of this harbour."}
	} else if err != nil {
		return p, err
	}
	var owners int
	err = tx.QueryRow(`SELECT count(*) FROM people WHERE harbour = ? AND role = 'owner'`, harbour).Scan(&owners)
	if err != nil {
		return p, err
	}
	if owners == 0 {
		return p, refusal{http.StatusConflict, "A harbour needs an owner."}
	}
	// Whoever lost a role is signed out.
	if _, err := s.curfew.PutUser(ctx, p.Harbour, p.ID, service.PutUser{Name: p.Name, Email: p.Email, Role: service.Role(p.Role)}); err != nil {
		return p, err
	}
	return p, tx.Commit()
}
