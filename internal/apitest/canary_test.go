package apitest

import (
	"strings"
	"testing"
)

const canary = "CANARY4711xyz"

// TestRefusalsEchoNothing puts a canary into every place of every request, and
// looks for it in every refusal and in the whole log.
func TestRefusalsEchoNothing(t *testing.T) {
	t.Parallel()
	w := start(t, withMail)
	x := w.things(w.ada, w.ada, w.bob.id)
	look := func(a *answer) {
		t.Helper()
		if a.StatusCode < 400 {
			return
		}
		a.Lacks(canary, strings.ToLower(canary), "$argon2")
		for name, values := range a.Header {
			if strings.Contains(strings.Join(values, " "), canary) {
				a.fail("%s holds the canary", name)
			}
		}
	}
	headers := []string{"Authorization: Bearer " + canary, "Authorization: Basic " + canary, "Authorization: " + canary, "Cookie: curfew_refresh=" + canary,
		"Cookie: curfew_refresh=cfr_" + canary + "; curfew_browser=cfb_" + canary, "X-Request-Id: " + canary + "!", "If-Match: \"" + canary + "\"", "Origin: https://" + canary + ".example",
		"Content-Type: text/" + canary, "Content-Encoding: " + canary, "X-Forwarded-For: " + canary, "Referer: https://x.example/?token=" + canary, "User-Agent: " + canary, "Accept: " + canary,
		"X-Api-Key: " + canary}
	query := "?token=" + canary + "&limit=" + canary + "&cursor=" + canary + "&status=" + canary + "&action=" + canary + "&actor_id=" + canary +
		"&user_id=" + canary + "&from=" + canary + "&format=" + canary + "&" + canary + "=1"
	for _, op := range operations {
		path, _, _ := strings.Cut(x.in(op.path), "?")
		for _, caller := range []*client{w.ada.client, w.bob.client, w.program()} {
			if op.status == 204 && op.method == "DELETE" && caller == w.ada.client {
				continue // there is nothing of a body to refuse
			}
			look(caller.send(op.method, path+query, raw(`{"`+canary+`":1}`)))
			for _, h := range headers {
				name, v, _ := strings.Cut(h, ": ")
				c := caller.with(name, v)
				if name == "Authorization" {
					c.bearer = ""
				}
				look(c.send(op.method, path, raw(`{"x":`)))
			}
		}
		body, ok := op.body.(obj)
		if !ok {
			continue
		}
		caller := w.ada.client
		if op.who == anyone {
			caller = w.program()
		}
		for name := range body {
			for _, v := range []any{canary, []string{canary}, obj{canary: canary}, canary + "\x00\n", strings.Repeat(canary, 300)} {
				look(caller.send(op.method, path, x.body(body).(obj).but(name, v).but("unknown_"+canary, canary)))
				if name != "name" && name != "account_name" {
					look(caller.send(op.method, path, x.body(body).(obj).but(name, v)))
				}
			}
		}
		look(caller.send(op.method, path, raw(`{"`+canary+`":"`+canary+`"`)))
		look(caller.send(op.method, path, raw(canary)))
		look(caller.send(op.method, path, raw(`"`+canary+`"`)))
	}
	for _, path := range []string{"/api/v1/" + canary, "/" + canary, "/problems/" + canary, "/api/v1/accounts/me/sessions/" + canary, "/api/v1/users/me/" + canary + "/x", "/api/../" + canary} {
		for _, method := range []string{"GET", "DELETE", "POST"} {
			look(w.ada.send(method, path+"?"+canary, nil))
		}
	}
	if log := w.log.String(); strings.Contains(log, canary) || strings.Contains(log, strings.ToLower(canary)) {
		for _, line := range strings.Split(log, "\n") {
			if strings.Contains(strings.ToLower(line), strings.ToLower(canary)) {
				t.Fatalf("the log holds the canary:\n%s", line)
			}
		}
	}
}

// TestLog: one line a request, which names who and what, and no credential.
func TestLog(t *testing.T) {
	t.Parallel()
	w := start(t)
	before := len(w.log.String())
	w.bob.with("X-Request-Id", "the-one").Get(security+"?secret="+canary).Problem(403, "forbidden")
	lines := strings.Split(strings.TrimSpace(w.log.String()[before:]), "\n")
	if len(lines) != 1 {
		t.Fatalf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	for _, want := range []string{`"request_id":"the-one"`, `"status":403`, `"method":"GET"`, `"route":"/api/v1/accounts/me/security"`, `"ip":"127.0.0.1"`,
		`"account_id":"` + w.bob.account + `"`, `"user_id":"` + w.bob.id + `"`, `"session_id":"` + w.bob.session + `"`, `"problem":"forbidden"`} {
		if !strings.Contains(lines[0], want) {
			t.Errorf("the line lacks %s:\n%s", want, lines[0])
		}
	}
}
