package cli

import (
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/curfew-auth/curfew/internal/httpapi"
)

type openapiCommand struct {
	Format string `enum:"yaml,json" default:"yaml" help:"yaml or json."`
}

// Help is shown below the summary.
func (openapiCommand) Help() string {
	return `Prints the document that a server publishes at /openapi.yaml and /openapi.json, without starting one.

Examples:

    curfew openapi > openapi.yaml
    curfew openapi --format json`
}

// Run prints the document, as the API itself serves it.
func (c *openapiCommand) Run(env *Env) error {
	api, err := httpapi.New(httpapi.Config{
		Authority: struct{ httpapi.Authority }{}, // asked for nothing
		PublicURL: "https://curfew.example",
		JWKS:      func(time.Time) any { return nil },
		Log:       slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodGet, "/openapi."+c.Format, nil)
	if err != nil {
		return err
	}
	body := &body{out: env.Stdout, header: http.Header{}}
	api.ServeHTTP(body, request)
	return body.err
}

// body is a response of which only the body is kept.
type body struct {
	out    io.Writer
	header http.Header
	err    error
}

// Header is part of http.ResponseWriter.
func (b *body) Header() http.Header { return b.header }

// WriteHeader is part of http.ResponseWriter.
func (b *body) WriteHeader(int) {}

// Write is part of http.ResponseWriter.
func (b *body) Write(p []byte) (n int, err error) {
	n, err = b.out.Write(p)
	b.err = err
	return n, err
}
