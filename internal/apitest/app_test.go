package apitest

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// The paths of the app's pages, as the contract names them.
var appPaths = strings.Fields(`/ /login /setup /invite /forgot /reset /account /account/security /account/sessions /account/people /account/audit`)

const (
	shell   = `<!doctype html><title>Curfew</title><script type="module" src="/assets/index-B1x0Zk3q.js"></script>`
	script  = `document.title = "the script as it is"`
	forEver = "public, max-age=31536000, immutable"
	browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
)

// built is the app as a build would leave it. Nothing decodes br here: a body
// that only the test knows stands for it.
func built() fstest.MapFS {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write([]byte(script))
	z.Close()
	files := fstest.MapFS{}
	for name, content := range map[string]string{
		".gitkeep": "", "index.html": shell, "favicon.svg": "<svg/>",
		"assets/index-B1x0Zk3q.js": script, "assets/index-B1x0Zk3q.js.br": "(br of the script)", "assets/index-B1x0Zk3q.js.gz": zipped.String(),
		"assets/index-C2.css": "body{}", "assets/index-C2.css.gz": "(gz of the style)",
		"assets/inter-D3.woff2": "font", "assets/unknown-E4.xyz": "?", "fonts/fixed.woff2": "font",
	} {
		files[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return files
}

// withApp serves the app.
func withApp(s *setup) { s.api.App = built() }

// page is a browser that opens a page.
func (w *world) page() *client {
	return w.program().with("Accept", browser).with("Accept-Encoding", "identity")
}

func TestAppPages(t *testing.T) {
	once(t)
	t.Parallel()
	w := start(t, withApp)
	c := w.page()
	for _, path := range appPaths {
		for _, accept := range []string{browser, "*/*", "application/json", ""} {
			a := c.with("Accept", accept).Get(path+"?reason=session_expired").Status(200).
				Is("Content-Type", "text/html; charset=utf-8").Is("Cache-Control", "no-store").Is("Vary", "Accept-Encoding").Is("ETag", "")
			if string(a.body) != shell {
				a.fail("want the shell")
			}
		}
		a := c.send("HEAD", path, nil).Status(200)
		if len(a.body) != 0 || a.ContentLength != int64(len(shell)) {
			a.fail("HEAD has %d bytes and announces %d", len(a.body), a.ContentLength)
		}
		c.with("Accept", "application/json").Post(path, obj{}).Problem(405, "method-not-allowed").Is("Allow", "GET, HEAD")
		if path != "/" {
			c.Get(path+"/?a=b%20c&d=//evil.example").Status(308).Is("Location", path+"?a=b%20c&d=//evil.example")
			c.Get(path+"/").Status(308).Is("Location", path)
		}
	}
	// What the server renders itself stays as it is.
	for _, path := range []string{"/docs", "/problems", "/problems/", "/problems/forbidden", "/openapi.json", "/openapi.yaml", "/healthz", "/readyz"} {
		c.Get(path).Status(200).Lacks(shell)
	}
	c.Get("/problems/no-such-thing").Status(404).Lacks(shell).Has("There is nothing at this address.")
}

// TestAppElsewhere: a person who is lost gets the app with 404; a program, and
// whoever sends something, is told as without it.
func TestAppElsewhere(t *testing.T) {
	once(t)
	t.Parallel()
	w := start(t, withApp)
	c := w.page()
	for _, path := range []string{
		"/nothing", "/account/nothing", "/Login", "/login/x", "/login//", "/index.html", "/docs/", "/dev/parts", "/.gitkeep", "/assets", "/%00", "/..", "//evil.example",
		"/account/../login", "/fonts", "/fonts/", "/fonts/a/b", "/favicon.ico",
	} {
		a := c.Get(path).Status(404).Is("Content-Type", "text/html; charset=utf-8").Is("Cache-Control", "no-store")
		if string(a.body) != shell {
			a.fail("want the shell")
		}
		if a := c.send("HEAD", path, nil).Status(404); len(a.body) != 0 {
			a.fail("HEAD has a body")
		}
		c.with("Accept", "application/json").Get(path).Problem(404, "not-found")
		c.with("Accept", "*/*").Get(path).Status(404).Lacks(shell)
		c.Post(path, obj{}).Status(404).Lacks(shell)
	}
	for _, path := range []string{"/api", "/api/v1", "/api/v1/nothing", "/api/login", "/api/../login"} {
		c.Get(path).Problem(404, "not-found")
	}
}

func TestAppAssets(t *testing.T) {
	t.Parallel()
	w := start(t, withApp)
	c := w.page().with("Accept", "*/*")
	for path, want := range map[string]struct{ contentType, caching, body string }{
		"/assets/index-B1x0Zk3q.js": {"text/javascript; charset=utf-8", forEver, script},
		"/assets/index-C2.css":      {"text/css; charset=utf-8", forEver, "body{}"},
		"/assets/inter-D3.woff2":    {"font/woff2", forEver, "font"},
		"/assets/unknown-E4.xyz":    {"application/octet-stream", forEver, "?"},
		"/favicon.svg":              {"image/svg+xml", "public, max-age=3600", "<svg/>"},
		"/fonts/fixed.woff2":        {"font/woff2", "public, max-age=3600", "font"},
	} {
		a := c.Get(path).Status(200).Is("Content-Type", want.contentType).Is("Cache-Control", want.caching).
			Is("Vary", "Accept-Encoding").Is("Content-Encoding", "")
		if string(a.body) != want.body || a.ContentLength != int64(len(want.body)) {
			a.fail("want %q", want.body)
		}
		if a := c.send("HEAD", path, nil).Status(200).Is("Content-Type", want.contentType); len(a.body) != 0 || a.ContentLength != int64(len(want.body)) {
			a.fail("HEAD has %d bytes and announces %d", len(a.body), a.ContentLength)
		}
		c.with("Accept", "application/json").Delete(path).Problem(405, "method-not-allowed").Is("Allow", "GET, HEAD")
	}
	for _, path := range []string{
		"/assets/", "/assets/none.js", "/assets/index-B1x0Zk3q.js/", "/assets/index-B1x0Zk3q.js.br", "/assets/index-B1x0Zk3q.js.gz", "/assets/..%2findex.html",
		"/assets/%2e%2e/index.html", "/assets/..%5cindex.html", "/assets//index-C2.css", "/assets/a/b.js", "/assets/index-b1x0zk3q.js", "/assets/%00",
	} {
		c.Get(path).Status(404).Is("Content-Type", "text/plain; charset=utf-8").Is("Cache-Control", "no-store").Lacks(shell, script)
		c.with("Accept", browser).Get(path).Status(404).Is("Content-Type", "text/plain; charset=utf-8")
		c.with("Accept", "application/json").Get(path).Problem(404, "not-found")
	}
	if !strings.Contains(w.log.String(), `"route":"/assets/{file}"`) || strings.Contains(w.log.String(), "B1x0Zk3q") {
		t.Error("the log tells of files by name")
	}
}

// TestAppTraversal sends paths that no client library would: none leaves the
// app, whatever lies beside it.
func TestAppTraversal(t *testing.T) {
	t.Parallel()
	w := start(t, withApp)
	for _, path := range []string{
		"/assets/../index.html", "/assets/../../go.mod", "/assets/../.gitkeep", "/../web/embed.go", "/assets/..\\index.html", "/assets/./index-C2.css", "/..%2f..%2fetc/passwd",
		"/assets/%2e%2e%2f%2e%2e%2fetc/passwd", "/assets/....//index.html", "/assets//etc/passwd", "/assets/index-C2.css%00.js", "/assets/index-C2.css?/../..",
	} {
		conn, err := net.Dial("tcp", w.addr)
		must(t, err)
		_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: "+w.addr+"\r\nConnection: close\r\n\r\n")
		must(t, err)
		b, err := io.ReadAll(conn)
		must(t, err)
		conn.Close()
		head, body, _ := strings.Cut(string(b), "\r\n\r\n")
		found := strings.HasPrefix(head, "HTTP/1.1 200 ")
		if found != (path == "/assets/index-C2.css?/../..") || strings.Contains(body, "root:") || strings.Contains(body, "package web") || strings.Contains(body, shell) {
			t.Errorf("%s: %s", path, b)
		}
	}
}

func TestAppCompression(t *testing.T) {
	t.Parallel()
	w := start(t, withApp)
	const both, onlyGzip, neither = "/assets/index-B1x0Zk3q.js", "/assets/index-C2.css", "/assets/inter-D3.woff2"
	for _, tt := range []struct{ path, accept, want string }{
		{both, "gzip, deflate, br, zstd", "br"},
		{both, "br", "br"},
		{both, "gzip, deflate", "gzip"},
		{both, "x-gzip", "gzip"},
		{both, "GZip", "gzip"},
		{both, "gzip;q=1.0, br;q=0.5", "gzip"},
		{both, "gzip;q=0.5, br;q=1.0", "br"},
		{both, "gzip ; Q=0.5 , br;q=0", "gzip"},
		{both, "br;q=0, gzip;q=0", ""},
		{both, "*", "br"},
		{both, "*;q=0", ""},
		{both, "br;q=0, *", "gzip"},
		{both, "*;q=0, gzip", "gzip"},
		{both, "identity", ""},
		{both, "identity, br;q=0.1", ""},
		{both, "identity;q=0.1, br;q=0.2", "br"},
		{both, "identity;q=0, gzip", "gzip"},
		{both, "identity, br, gzip", "br"},
		{both, "deflate", ""},
		{both, "br;q=2, gzip;q=x, ;;, =, brotli", ""},
		{both, "br;q=-1", ""},
		{both, "br;q=NaN", ""},
		{onlyGzip, "br", ""},
		{onlyGzip, "br, gzip;q=0.1", "gzip"},
		{onlyGzip, "*;q=0.5, gzip;q=0.1", ""},
		{neither, "br, gzip", ""},
		{neither, "identity;q=0", ""}, // better than nothing
		{"/login", "br, gzip", ""},
	} {
		c := w.page().with("Accept-Encoding", tt.accept)
		a := c.Get(tt.path).Status(200).Is("Content-Encoding", tt.want).Is("Vary", "Accept-Encoding")
		if a.Header.Get("Content-Length") == "" || !regexp.MustCompile("^(text|font)/").MatchString(a.Header.Get("Content-Type")) {
			a.fail("with %q: headers %v", tt.accept, a.Header)
		}
		switch {
		case tt.want == "br":
			a.Has("(br of the script)")
		case tt.want == "gzip" && tt.path == both:
			z, err := gzip.NewReader(bytes.NewReader(a.body))
			must(t, err)
			text, err := io.ReadAll(z)
			must(t, err)
			if string(text) != script {
				a.fail("unpacked it is %q", text)
			}
		case tt.want == "":
			a.Lacks("(br", "(gz")
		}
	}
}

// TestAppUnderHTTPS: the answers of the app carry what every answer carries;
// inspect holds that, here under the other scheme, and with CORS around it.
func TestAppUnderHTTPS(t *testing.T) {
	t.Parallel()
	w := start(t, withApp, overTLS, func(s *setup) { s.api.AllowedOrigins = []string{app} })
	for _, path := range []string{"/", "/login", "/assets/index-C2.css", "/assets/none", "/nothing", "/favicon.svg"} {
		a := w.page().with("Origin", "https://evil.example").Get(path).Is("Access-Control-Allow-Origin", "")
		if a.Header.Get("Strict-Transport-Security") == "" || a.Header.Get("Content-Security-Policy") == "" {
			a.fail("headers are missing")
		}
		w.page().with("Host", "login.example.com").Get(path) // whatever leads here
	}
}

// TestNoApp: without Node there are no pages, and whoever looks for one is
// told how to make them.
func TestNoApp(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*setup){
		"nothing":        func(*setup) {},
		"an empty build": func(s *setup) { s.api.App = fstest.MapFS{".gitkeep": {}} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startEmpty(t, change)
			for _, path := range appPaths {
				w.page().Get(path).Status(200).Is("Content-Type", "text/html; charset=utf-8").Is("Cache-Control", "no-store").Has("make build")
				if path != "/" {
					w.page().Get(path+"/").Status(308).Is("Location", path)
				}
			}
			w.page().Get("/nothing").Status(404).Lacks("make build").Has("There is nothing at this address.")
			w.page().Get("/assets/index.js").Status(404).Is("Content-Type", "text/plain; charset=utf-8")
		})
	}
}
