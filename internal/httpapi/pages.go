package httpapi

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"
	"sync"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// These pages, unlike the app's, are rendered here, need no script, and load one stylesheet from
// this server and nothing else.
//
//go:embed pages/*.html pages/style.css
var pageFiles embed.FS

// pages are the pages for people. The long ones are rendered when somebody
// first asks, so that a start does not wait for them.
type pages struct {
	templates *template.Template
	style     []byte
	stylePath string

	home, problems []byte
	problem        map[curfew.Kind][]byte
	docs           func() ([]byte, error)
	openapiJSON    func() ([]byte, error)
	openapiYAML    func() ([]byte, error)
	tell           func(*http.Request, *curfew.Error)
}

// pageData is what every page's template is given.
type pageData struct {
	Title string
	Style string
	Data  any
}

func newPages(a *API) (*pages, error) {
	doc := a.huma.OpenAPI()
	p := &pages{problem: map[curfew.Kind][]byte{}, tell: a.tell}
	p.docs = sync.OnceValues(func() ([]byte, error) { return p.render("docs.html", "Curfew API", readerOf(doc, a.order)) })
	p.openapiJSON = sync.OnceValues(func() ([]byte, error) { return json.Marshal(doc) })
	p.openapiYAML = sync.OnceValues(doc.YAML)
	var err error
	if p.style, err = pageFiles.ReadFile("pages/style.css"); err != nil {
		return nil, err
	}
	// The content's hash in the name lets browsers keep it for ever.
	sum := sha256.Sum256(p.style)
	p.stylePath = "/assets/reader-" + hex.EncodeToString(sum[:6]) + ".css"
	if p.templates, err = template.ParseFS(pageFiles, "pages/*.html"); err != nil {
		return nil, err
	}
	if p.home, err = p.render("home.html", "Curfew", struct{ Version string }{a.Version}); err != nil {
		return nil, err
	}
	if p.problems, err = p.render("problems.html", "Problems", problemTypes); err != nil {
		return nil, err
	}
	for _, t := range problemTypes {
		if p.problem[t.Kind], err = p.render("problem.html", t.Title, t); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *pages) render(name, title string, data any) ([]byte, error) {
	var out bytes.Buffer
	err := p.templates.ExecuteTemplate(&out, name, pageData{Title: title, Style: p.stylePath, Data: data})
	return out.Bytes(), err
}

func (p *pages) register(mux *http.ServeMux) {
	const html = "text/html; charset=utf-8"
	for _, path := range []string{"/problems", "/problems/{$}"} {
		mux.HandleFunc("GET "+path, serve(p.problems, html, "no-cache"))
	}
	mux.HandleFunc("GET /problems/{type}", func(w http.ResponseWriter, r *http.Request) {
		page, ok := p.problem[curfew.Kind(r.PathValue("type"))]
		if !ok {
			p.tell(r, errNothingHere)
			return
		}
		serve(page, html, "no-cache")(w, r)
	})
	mux.HandleFunc("GET "+p.stylePath, serve(p.style, "text/css; charset=utf-8", cacheForEver))
	mux.HandleFunc("GET /docs", serveWhenAsked(p.docs, html))
	mux.HandleFunc("GET /openapi.json", serveWhenAsked(p.openapiJSON, "application/json"))
	mux.HandleFunc("GET /openapi.yaml", serveWhenAsked(p.openapiYAML, "application/yaml"))
}

// placeholder answers in place of the app where it was not built. Like the app
// it is not kept, or a browser would show it after the app is there.
func (p *pages) placeholder() http.HandlerFunc {
	return serve(p.home, "text/html; charset=utf-8", "no-store")
}

// serveWhenAsked answers with bytes that are made once.
func serveWhenAsked(content func() ([]byte, error), contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := content()
		if err != nil {
			panic(err) // the document and the templates are ours; a test renders them
		}
		serve(b, contentType, "no-cache")(w, r)
	}
}

// serve answers with fixed bytes.
func serve(content []byte, contentType, caching string) http.HandlerFunc {
	length := strconv.Itoa(len(content))
	return func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Content-Length", length)
		h.Set("Cache-Control", caching)
		_, _ = w.Write(content) // a caller who has gone is no error
	}
}

// failure answers a person, where nothing is or a method is wrong.
func (p *pages) failure(w http.ResponseWriter, err *curfew.Error) {
	t := problemTypeOf[err.Kind]
	page, renderErr := p.render("failure.html", t.Title, err.Detail)
	if renderErr != nil {
		panic(renderErr) // the templates are ours
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(t.Status)
	_, _ = w.Write(page)
}
