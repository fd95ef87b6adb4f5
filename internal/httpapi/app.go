package httpapi

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	shellName   = "index.html"
	assetFolder = "assets/"

	// cacheForEver is for what has its content's hash in its name, as all
	// below assets/ has.
	cacheForEver = "public, max-age=31536000, immutable"
	// cacheForAWhile is for the few files that browsers look for by fixed
	// names, such as an icon.
	cacheForAWhile = "public, max-age=3600"
)

// app is the hosted pages as they were built: a shell, the same for every
// page, and the files that it loads. The shell is never kept by a browser or a
// proxy, so that a new version's is seen at once and leads to its own files.
type app struct {
	files fs.FS
	shell *appFile // nil when the pages were not built
	byURL map[string]*appFile
}

// appFile is one file, as it is and as it was compressed when it was built.
type appFile struct {
	contentType string
	caching     string
	// codings maps a content coding to the name of the file that holds it;
	// identity is always there.
	codings map[string]string
}

// compressed are the suffixes of what the build leaves beside a file, by
// coding and best first.
var compressed = []struct{ coding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// contentTypes are those of the files that a build makes. They are not taken
// from the machine, which may know others or none.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".ico": "image/x-icon",
	".js": "text/javascript; charset=utf-8", ".json": "application/json", ".map": "application/json",
	".png": "image/png", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".wasm": "application/wasm",
	".webmanifest": "application/manifest+json", ".webp": "image/webp", ".woff2": "font/woff2",
}

// addressable are the names of files that can stand in an address as they are.
var addressable = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._/-]*$`)

// newApp looks once at what was built. What it does not find then is never
// served, whatever a path asks for.
func newApp(files fs.FS) (*app, error) {
	a := &app{files: files, byURL: map[string]*appFile{}}
	if files == nil {
		return a, nil
	}
	var names []string
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && !strings.HasPrefix(path.Base(name), ".") {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("httpapi: cannot read the app: %w", err)
	}
	for _, name := range names {
		base := strings.TrimSuffix(strings.TrimSuffix(name, ".br"), ".gz")
		if base != name && slices.Contains(names, base) {
			continue // it is served in place of the other
		}
		if !addressable.MatchString(name) {
			return nil, fmt.Errorf("httpapi: the app has a file %q, whose name cannot stand in an address", name)
		}
		f := &appFile{contentType: cmp.Or(contentTypes[path.Ext(name)], "application/octet-stream"), caching: cacheForAWhile,
			codings: map[string]string{identity: name}}
		for _, c := range compressed {
			if slices.Contains(names, name+c.suffix) {
				f.codings[c.coding] = name + c.suffix
			}
		}
		switch {
		case name == shellName:
			f.caching = "no-store"
			a.shell = f
			continue
		case strings.HasPrefix(name, assetFolder):
			f.caching = cacheForEver
		}
		a.byURL["/"+name] = f
	}
	return a, nil
}

// registerApp adds the pages and files to the routes, which must hold all
// others already.
func (a *API) registerApp() error {
	page := a.pages.placeholder()
	if a.app.shell != nil {
		page = func(w http.ResponseWriter, r *http.Request) { a.app.serve(w, r, a.app.shell, http.StatusOK) }
	}
	for _, at := range appPages {
		page := page
		if at == continuePage {
			page = wholeReturnTo(page)
		}
		if at == "/" {
			a.mux.HandleFunc("GET /{$}", page)
			continue
		}
		a.mux.HandleFunc("GET "+at, page)
		a.mux.HandleFunc("GET "+at+"/{$}", toPage(at))
	}
	folders := map[string]bool{}
	for at, f := range a.app.byURL {
		folder := path.Dir(at)
		if folders[folder] {
			continue
		}
		probe := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: at}}
		if _, taken := a.mux.Handler(probe); taken != "" {
			return fmt.Errorf("httpapi: the app has a file at %s, where the server answers %s itself", at, taken)
		}
		if folder == "/" {
			a.mux.HandleFunc("GET "+at, func(w http.ResponseWriter, r *http.Request) { a.app.serve(w, r, f, http.StatusOK) })
			continue
		}
		folders[folder] = true // one route each, not one for every hash
		a.mux.HandleFunc("GET "+folder+"/{file}", a.file)
	}
	return nil
}

// toPage leads from a page's path with a slash at its end to the page, so that
// each has one address.
func toPage(at string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		to := url.URL{Path: at, RawQuery: r.URL.RawQuery}
		w.Header().Set("Location", to.String())
		w.WriteHeader(http.StatusPermanentRedirect)
	}
}

// file answers with a file of a folder.
func (a *API) file(w http.ResponseWriter, r *http.Request) {
	if f := a.app.byURL[r.URL.Path]; f != nil {
		a.app.serve(w, r, f, http.StatusOK)
		return
	}
	a.nothingHere(r)
}

// serve answers with a file, in the coding that the caller likes best.
func (a *app) serve(w http.ResponseWriter, r *http.Request, f *appFile, status int) {
	coding := chooseCoding(r.Header.Values("Accept-Encoding"), f.codings)
	file, err := a.files.Open(f.codings[coding])
	if err != nil {
		panic(err) // it was there at the start, and is part of the program
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	h.Set("Cache-Control", f.caching)
	h.Add("Vary", "Accept-Encoding")
	if coding != identity {
		h.Set("Content-Encoding", coding)
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.Copy(w, file) // a caller who has gone is no error
	}
}

// nothingHere answers where nothing is. A program gets a problem; a person the
// app, which says so in its own words and leads on, or a page in its place.
func (a *API) nothingHere(r *http.Request) {
	x := exchangeOf(r.Context())
	accept := r.Header.Get("Accept")
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case !reads || isAPI(r.URL.Path) || prefersJSON(accept):
		a.tell(r, errNothingHere)
	case strings.HasPrefix(r.URL.Path, "/"+assetFolder):
		noAsset(x)
	case a.app.shell != nil && strings.Contains(strings.ToLower(accept), "text/html"):
		x.problem = errNothingHere.Kind
		a.app.serve(x, r, a.app.shell, http.StatusNotFound)
	default:
		a.tell(r, errNothingHere)
	}
}

// noAsset answers where a file of the app is missing: whoever asks is a page
// of another version, not a person. It must not be remembered, because the
// file may be there a moment later, on a node that has been updated.
func noAsset(x *exchange) {
	x.problem = errNothingHere.Kind
	h := x.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	x.WriteHeader(http.StatusNotFound)
	_, _ = io.WriteString(x, errNothingHere.Detail+"\n")
}
