package console

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
)

//go:embed pages/*.html pages/style.css pages/icon.svg
var pageFiles embed.FS

// pages are the templates and what they load.
type pages struct {
	templates   *template.Template
	style, icon asset
}

// asset is a file whose path has its content's hash in it, so that browsers keep
// it for ever.
type asset struct {
	path, kind string
	content    []byte
}

func newAsset(name, kind string) (asset, error) {
	content, err := pageFiles.ReadFile("pages/" + name)
	sum := sha256.Sum256(content)
	return asset{Path + "/assets/" + hex.EncodeToString(sum[:6]) + path.Ext(name), kind, content}, err
}

// ServeHTTP answers with the file.
func (a asset) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(a.content) // a caller who has gone is no error
}

func newPages() (p *pages, err error) {
	p = &pages{}
	if p.style, err = newAsset("style.css", "text/css; charset=utf-8"); err != nil {
		return nil, err
	}
	if p.icon, err = newAsset("icon.svg", "image/svg+xml"); err != nil {
		return nil, err
	}
	p.templates, err = template.New("").Funcs(template.FuncMap{
		"ago": ago, "count": countOf, "details": details, "minutes": minutes, "number": number, "pathto": pathOf, "span": span, "stamp": stamp, "unturned": unturned, "utc": utc, "whose": whose,
		"plural": func(n any, one, many string) string { return plural(integer(n), one, many) },
	}).ParseFS(pageFiles, "pages/*.html")
	return p, err
}

// pageData is what every page's template is given.
type pageData struct {
	heading
	Style, Icon string
	// Operator is who is signed in, "" for nobody; Here the part of the page that
	// this is.
	Operator, Here string
	Notice         string
	Path           string
	Data           any
}

// heading is what a page is called: where it is about somebody's, their name
// stands between two parts of it.
type heading struct{ Title, Name, Rest string }

// show answers with a page.
func (v *visit) show(status int, name, title string, data any) {
	v.showAbout(status, name, heading{Title: title}, data)
}

// showAbout is show for a page with a name in its heading.
func (v *visit) showAbout(status int, name string, h heading, data any) {
	page := pageData{heading: h, Style: v.pages.style.path, Icon: v.pages.icon.path, Operator: v.actor.Name, Notice: v.notice, Path: Path, Data: data}
	switch name {
	case "accounts.html", "account.html", "end-sessions.html":
		page.Here = "accounts"
	case "health.html":
		page.Here = "health"
	}
	var out bytes.Buffer
	if err := v.pages.templates.ExecuteTemplate(&out, name, page); err != nil {
		panic(err) // the templates are ours; tests render them
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Content-Length", strconv.Itoa(out.Len()))
	v.w.WriteHeader(status)
	_, _ = v.w.Write(out.Bytes())
}

// turning are the characters that change the direction of what stands after
// them, or end what keeps that apart.
const turning = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

// details are those of an event as people read them: what JSON escapes for the sake
// of HTML stands for itself, as the template escapes what it must.
func details(text []byte) string { return unturned(plainly.Replace(string(text))) }

// plainly leaves an escaped backslash alone, whatever stands after it.
var plainly = strings.NewReplacer(`\\`, `\\`, `\u0026`, "&", `\u003c`, "<", `\u003e`, ">")

// unturned shows such characters as JSON writes them, where no element can keep
// what they do apart: in a window's title, and in details, which are JSON.
func unturned(s string) string {
	if !strings.ContainsAny(s, turning) {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		if strings.ContainsRune(turning, r) {
			fmt.Fprintf(&out, "\\u%04x", r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// utc is a time as people read it, a dash for none; stamp as programs do.
func utc(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// ago says how long before now a time was.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return "never"
	}
	if now.Sub(t) < time.Second {
		return "just now"
	}
	return span(now.Sub(t)) + " ago"
}

// span is a length of time in its greatest unit.
func span(d time.Duration) string {
	for _, unit := range []struct {
		length    time.Duration
		one, many string
	}{{24 * time.Hour, "day", "days"}, {time.Hour, "h", "h"}, {time.Minute, "min", "min"}, {time.Second, "s", "s"}} {
		if d >= unit.length {
			return plural(int64(d/unit.length), unit.one, unit.many)
		}
	}
	return strconv.FormatInt(max(d.Milliseconds(), 0), 10) + " ms"
}

// minutes is a number of minutes in the greatest unit that divides it.
func minutes(n int) string {
	switch {
	case n%(24*60) == 0:
		return plural(int64(n/(24*60)), "day", "days")
	case n%60 == 0:
		return plural(int64(n/60), "hour", "hours")
	}
	return plural(int64(n), "minute", "minutes")
}

// plural is a number of things.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// integer is an integer of whatever type a template has.
func integer(n any) int64 { return reflect.ValueOf(n).Int() }

// number is an integer for people.
func number(n any) string { return thousands(integer(n)) }

// thousands writes a number with commas.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, r := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// countOf is a count, with a + where it ended.
func countOf(c authority.Count) string {
	if c.More {
		return thousands(int64(c.N)) + "+"
	}
	return thousands(int64(c.N))
}

// whose is the name of who did something, "" for none.
func whose(actor audit.Actor) string { return cmp.Or(actor.Name, actor.Email) }
