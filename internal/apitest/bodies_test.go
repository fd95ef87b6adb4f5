package apitest

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestBodies holds every operation that takes a body against the rules of
// bodies.
func TestBodies(t *testing.T) {
	once(t)
	t.Parallel()
	w := start(t)
	x := w.things(w.ada, w.ada, w.bob.id)
	state := w.state()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte("{}"))
	must(t, z.Close())
	for _, op := range operations {
		if op.method != "POST" && op.method != "PATCH" {
			continue
		}
		caller, path := w.ada.client, x.in(op.path)
		if strings.HasPrefix(path, "/api/v1/auth/") {
			caller = w.program()
		}
		merge := 415
		if op.method == "PATCH" {
			merge = 422
		}
		for _, tt := range []struct {
			name, media, body string
			status            int
		}{
			{"broken", "application/json", `{"name":`, 400},
			{"no JSON", "application/json", `name=x`, 400},
			{"a member twice", "application/json", `{"zz":"x","zz":"x"}`, 400},
			{"trailing data", "application/json", `{"zz":1}{}`, 400},
			{"a trailing comma", "application/json", `{"zz":1,}`, 400},
			{"a comment", "application/json", `{/* x */"zz":1}`, 400},
			{"not UTF-8", "application/json", "{\"zz\":\"\xff\xfe\"}", 400},
			{"a lone surrogate", "application/json", `{"zz":"\ud800"}`, 400},
			{"spaces", "application/json", "   \n ", 400},
			{"an unknown member", "application/json", `{"zz":1}`, 422},
			{"a list", "application/json", `[]`, 422},
			{"a string", "application/json", `"x"`, 422},
			{"with a charset", "application/json; charset=utf-8", `{"zz":1}`, 422},
			{"no type", "-", `{"zz":1}`, 415},
			{"text", "text/plain", `{"zz":1}`, 415},
			{"a form", "application/x-www-form-urlencoded", `email=x`, 415},
			{"multipart", "multipart/form-data; boundary=x", "--x--", 415},
			{"almost JSON", "application/jsonp", `{"zz":1}`, 415},
			{"a broken type", "application/json; charset", `{"zz":1}`, 415},
			{"a merge patch", "application/merge-patch+json", `{"zz":1}`, merge},
			{"too large", "application/json", `{"zz":"` + strings.Repeat("x", 64<<10) + `"}`, 413},
			{"a deep one", "application/json", strings.Repeat("[", 20000) + strings.Repeat("]", 20000), 400},
		} {
			a := caller.with("Content-Type", tt.media).send(op.method, path, raw(tt.body))
			if tt.name == "a deep one" && a.StatusCode == 422 {
				continue
			}
			a.Problem(tt.status, map[int]string{400: "invalid-request", 422: "invalid-request", 415: "unsupported-media-type", 413: "too-large"}[tt.status])
			a.Lacks("zz", "xxx")
		}
		caller.with("Content-Encoding", "gzip").send(op.method, path, raw(zipped.String())).Problem(415, "unsupported-media-type")
		r, err := http.NewRequest(op.method, w.url+path, nil)
		must(t, err)
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(`{"zz":"`+strings.Repeat("x", 70<<10)+`"}`)), -1 // no Content-Length
		caller.with("Content-Type", "application/json").do(r, nil).Problem(413, "too-large")
	}
	// null is no body of any operation, but as good as none where none is
	// needed; wrong case is another member.
	w.ada.Post(bulk, nil).Problem(400, "invalid-request")
	w.ada.Patch(security, nil).Problem(400, "invalid-request")
	w.ada.Patch(security, raw(`{"IDLE_MINUTES":15}`)).Field("")
	w.ada.Patch(security, raw(`{"idle_minutes":15,"Idle_minutes":16}`)).Field("")
	w.ada.Patch(security, raw(`{"idle_minutes":15,"idle_minutes":16}`)).Problem(400, "invalid-request")
	w.ada.Patch(security, raw(`{"idle_minutes":15,"idle_\u006dinutes":16}`)).Problem(400, "invalid-request")
	if w.state() != state {
		t.Error("a refused body changed something")
	}
	exact := `{"scope":"` + strings.Repeat("x", 64<<10-12) + `"}`
	if len(exact) != 64<<10 {
		t.Fatal(len(exact))
	}
	w.ada.Post(bulk, raw(exact)).Field("scope")
	w.ada.Post(bulk, raw(exact+" ")).Problem(413, "too-large")
	w.ada.with("Content-Type", "application/merge-patch+json").Patch(security, obj{"idle_minutes": 60}).Status(200)
	w.ada.with("Content-Type", "application/JSON;charset=UTF-8").Patch(security, obj{"idle_minutes": 61}).Status(200)
	// Bodies of GET and DELETE mean nothing.
	w.ada.send("GET", me, raw("nonsense")).Status(200)
	w.ada.send("DELETE", sessions+"/"+w.bob.session, raw("nonsense")).Status(204)
}

// TestStrangersBodyIsNotRead: who may not call an operation learns nothing of
// what its body would have done.
func TestStrangersBodyIsNotRead(t *testing.T) {
	once(t)
	t.Parallel()
	w := start(t)
	w.program().Patch(security, raw(`{"idle_minutes":`)).Problem(401, "unauthenticated")
	w.bob.Patch(security, raw(`{"idle_minutes":`)).Problem(403, "forbidden")
	w.bob.with("Content-Type", "text/plain").Patch(security, raw(`x`)).Problem(403, "forbidden")
}
