package httpapi

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"net/http"
	"path"
	"strconv"
	"sync"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// These pages, unlike the app's, are rendered here, need no script, and load one stylesheet and
// an icon from this server and nothing else. The icon is the app's, which need not be built.
//
//go:embed pages/*.html pages/style.css pages/icon.svg
var pageFiles embed.FS

// pages are the pages for people. The long ones are rendered when somebody
// first asks, so that a start does not wait for them.
type pages struct {
	templates   *template.Template
	style, icon pageFile

	home, problems []byte
	problem        map[curfew.Kind][]byte
	docs           func() ([]byte, error)
	openapiJSON    func() ([]byte, error)
	openapiYAML    func() ([]byte, error)
	tell           func(*http.Request, *curfew.Error)
}

// pageFile is a file that every page loads, and the path it is served at.
type pageFile struct {
	path    string
	content []byte
}

// pageData is what every page's template is given.
type pageData struct {
	Title       string
	Style, Icon string
	Data        any
}

func newPages(a *API) (*pages, error) {
	doc := a.huma.OpenAPI()
	p := &pages{problem: map[curfew.Kind][]byte{}, tell: a.tell}
	p.docs = sync.OnceValues(func() ([]byte, error) { return p.render("docs.html", "Curfew API", readerOf(doc, a.order)) })
	p.openapiJSON = sync.OnceValues(func() ([]byte, error) { return json.Marshal(doc) })
	p.openapiYAML = sync.OnceValues(doc.YAML)
	var err error
	if p.style, err = hashedFile("style.css"); err != nil {
		return nil, err
	}
	if p.icon, err = hashedFile("icon.svg"); err != nil {
		return nil, err
	}
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

// hashedFile is served at a path that has the content's hash in it, which lets
// browsers keep it for ever.
func hashedFile(name string) (pageFile, error) {
	content, err := pageFiles.ReadFile("pages/" + name)
	sum := sha256.Sum256(content)
	return pageFile{"/assets/reader-" + hex.EncodeToString(sum[:6]) + path.Ext(name), content}, err
}

func (p *pages) render(name, title string, data any) ([]byte, error) {
	var out bytes.Buffer
	err := p.templates.ExecuteTemplate(&out, name, pageData{Title: title, Style: p.style.path, Icon: p.icon.path, Data: data})
	return out.Bytes(), err
}

func (p *pages) register(mux *http.ServeMux) {
	const html = "text/html; charset=utf-8"
	for _, at := range []string{"/problems", "/problems/{$}"} {
		mux.HandleFunc("GET "+at, serve(p.problems, html, "no-cache"))
	}
	mux.HandleFunc("GET /problems/{type}", func(w http.ResponseWriter, r *http.Request) {
		page, ok := p.problem[curfew.Kind(r.PathValue("type"))]
		if !ok {
			p.tell(r, errNothingHere)
			return
		}
		serve(page, html, "no-cache")(w, r)
	})
	for _, f := range []pageFile{p.style, p.icon} {
		mux.HandleFunc("GET "+f.path, serve(f.content, contentTypes[path.Ext(f.path)], cacheForEver))
	}
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
