package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/feed"
)

// Authority is what the page needs of it.
type Authority interface {
	OpenOperatorPage(ctx context.Context, from curfew.Origin, key string) (authority.OperatorProof, curfew.Actor, error)
	Operator(ctx context.Context, proof authority.OperatorProof) (curfew.Actor, error)
	SearchAccounts(ctx context.Context, in authority.AccountSearch) (authority.AccountPage, error)
	AccountDetails(ctx context.Context, id curfew.ID) (authority.AccountDetails, error)
	AccountPeople(ctx context.Context, id curfew.ID, page authority.Page[authority.UserKey]) (authority.List[authority.UserView, authority.UserKey], error)
	EndAccountSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, why string) (int, error)
	Surroundings(ctx context.Context, nodes, verifiers int) (authority.Surroundings, error)
}

// Node is what a node knows of itself, whether or not the database answers.
type Node struct {
	ID      curfew.ID
	Version string
	Feed    feed.Stats
	Alarms  []Alarm
}

// Alarm is something that an operator should look at: how often it was since
// the node began, and when last.
type Alarm struct {
	What  string
	Count int
	Last  time.Time
}

// Database is what keeps the data.
type Database struct {
	Engine, Version string
	// Schema is the version of the schema there.
	Schema int64
}

// Config is what a Console is made of. All of it must be set.
type Config struct {
	Authority Authority
	Now       func() time.Time
	Log       *slog.Logger
	// Node tells of this node, Database of the database, Lag how far a verifier
	// is behind that has applied the log up to a cursor.
	Node     func() Node
	Database func(context.Context) (Database, error)
	Lag      func(applied string) (entries int64, ok bool)
	// TokenLife is how long an access token lives.
	TokenLife time.Duration
}

// Path is where the page is; everything that belongs to it lies below.
const Path = "/operator"

const (
	// patience is how long a page may wait for the database.
	patience = 5 * time.Second
	// mostForm is how many bytes a form may have.
	mostForm = 16 << 10
)

// Console answers the requests for the operator's page.
type Console struct {
	Config
	book   *book
	pages  *pages
	routes *http.ServeMux
}

// New makes a Console.
func New(c Config) (*Console, error) {
	if c.Authority == nil || c.Now == nil || c.Log == nil || c.Node == nil || c.Database == nil || c.Lag == nil {
		return nil, errors.New("console: the configuration is incomplete")
	}
	p, err := newPages()
	if err != nil {
		return nil, err
	}
	con := &Console{Config: c, book: newBook(c.Now), pages: p, routes: http.NewServeMux()}
	con.register()
	return con, nil
}

func (c *Console) register() {
	open := func(pattern string, h func(*visit)) {
		c.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { h(c.visit(w, r)) })
	}
	// signedIn lets in whose key still works, and sends others to the form.
	signedIn := func(pattern string, h func(*visit) error) {
		open(pattern, func(v *visit) {
			if v.admit() {
				v.settle(h(v))
			}
		})
	}
	for _, f := range []asset{c.pages.style, c.pages.icon} {
		c.routes.Handle("GET "+f.path, f)
	}
	open("GET "+Path+"/sign-in", func(v *visit) { v.signInForm(http.StatusOK, "", "") })
	open("POST "+Path+"/sign-in", (*visit).signIn)
	open("POST "+Path+"/sign-out", (*visit).signOut)
	open("GET "+Path+"/{$}", func(v *visit) { v.redirect(Path) })
	signedIn("GET "+Path, (*visit).accounts)
	signedIn("GET "+Path+"/accounts/{id}", (*visit).account)
	signedIn("GET "+Path+"/accounts/{id}/end-sessions", (*visit).askToEnd)
	signedIn("POST "+Path+"/accounts/{id}/end-sessions", (*visit).endSessions)
	signedIn("GET "+Path+"/health", (*visit).health)
	open(Path+"/", func(v *visit) { v.settle(errNothingHere) })
}

var errNothingHere = curfew.NewError(curfew.KindNotFound, "There is no such page.")

// headers are those of every answer. Nothing is loaded from elsewhere, nothing
// is run, and nobody frames it.
var headers = map[string]string{
	"Content-Security-Policy":      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Cache-Control":                "no-store",
}

// ServeHTTP answers a request. What a page of another origin sends is refused,
// also of another port of this machine.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range headers {
		w.Header().Set(name, value)
	}
	began := time.Now()
	id := curfew.NewID(c.Now()).String()
	w.Header().Set("X-Request-Id", id)
	answer := &answer{ResponseWriter: w}
	r = r.WithContext(context.WithValue(r.Context(), idKey{}, id))
	defer func() {
		if cause := recover(); cause != nil {
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			c.Log.ErrorContext(r.Context(), "panic", "request_id", id, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			if answer.status != 0 {
				panic(http.ErrAbortHandler)
			}
			c.visit(answer, r).settle(fmt.Errorf("panic: %v", cause))
		}
		c.Log.InfoContext(r.Context(), "operator's page", "method", r.Method, "route", r.Pattern, "status", answer.status,
			"duration_ms", float64(time.Since(began).Microseconds())/1000, "request_id", id, "ip", address(r))
	}()
	guard := http.NewCrossOriginProtection()
	if err := guard.Check(r); err != nil {
		c.visit(answer, r).settle(curfew.NewError(curfew.KindCrossOrigin, "Another page sent this request, and it was refused."))
		return
	}
	r.Body = http.MaxBytesReader(answer, r.Body, mostForm)
	c.routes.ServeHTTP(answer, r)
}

type idKey struct{}

// answer notes the status of an answer.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader is part of http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write is part of http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// address is where a request came from.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}
