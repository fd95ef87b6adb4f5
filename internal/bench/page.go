package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// page is what a worker knows of the account whose page it reads.
type page struct {
	sessions int    // active ones, all counted
	cursor   []byte // of the list's next page; empty is the first
}

// security reads the owner's page of an account.
func (w *worker) security(ctx context.Context, s *session, _ time.Time) error {
	w.req = w.r.target.get(w.req, "/accounts/me/security", s.accessToken)
	res, err := w.send(ctx, s, 200)
	if err != nil {
		return err
	}
	got, ok := numberAfter(res.body, `"active_session_count":`)
	if !ok || got != w.page.sessions {
		return fmt.Errorf("the page counts %d active sessions, want %d", got, w.page.sessions)
	}
	return nil
}

// list reads the next page of the account's sessions, from the first to the
// last and then over again.
func (w *worker) list(ctx context.Context, s *session, _ time.Time) error {
	path := "/accounts/me/sessions?limit=50"
	if len(w.page.cursor) > 0 {
		path += "&cursor=" + string(w.page.cursor)
	}
	w.req = w.r.target.get(w.req, path, s.accessToken)
	res, err := w.send(ctx, s, 200)
	if err != nil {
		return err
	}
	const mark = `"next_cursor":`
	at := bytes.LastIndex(res.body, []byte(mark))
	if at < 0 || bytes.Count(res.body, []byte(`"started_at":`)) == 0 {
		return errors.New("the answer is no page of sessions")
	}
	w.page.cursor = w.page.cursor[:0]
	if rest := res.body[at+len(mark):]; rest[0] == '"' {
		cursor, _, _ := bytes.Cut(rest[1:], []byte{'"'})
		w.page.cursor = append(w.page.cursor, cursor...)
	}
	return nil
}

// own reads the person's own list of sessions.
func (w *worker) ownList(ctx context.Context, s *session, _ time.Time) error {
	w.req = w.r.target.get(w.req, "/users/me/sessions?limit=50", s.accessToken)
	res, err := w.send(ctx, s, 200)
	if err == nil && !bytes.Contains(res.body, []byte(`"started_at":`)) {
		err = errors.New("the answer is no page of sessions")
	}
	return err
}

// everyone signs everybody of the account out.
func (w *worker) everyone(ctx context.Context, s *session, _ time.Time) error {
	const body = `{"scope":"all"}`
	req := w.r.target.bearer(w.req, "POST ", "/accounts/me/security/revoke-sessions", s.accessToken)
	req = append(req[:len(req)-2], "Content-Type: application/json\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body...)
	w.req = req
	res, err := w.send(ctx, s, 200)
	if err != nil {
		return err
	}
	if got, ok := numberAfter(res.body, `"revoked_count":`); !ok || got != w.page.sessions {
		return fmt.Errorf("the answer counts %d sessions that were ended, want %d", got, w.page.sessions)
	}
	return nil
}

// numberAfter is the whole number after the last of a mark.
func numberAfter(body []byte, mark string) (n int, ok bool) {
	at := bytes.LastIndex(body, []byte(mark))
	if at < 0 {
		return 0, false
	}
	for _, c := range bytes.TrimLeft(body[at+len(mark):], " ") {
		if c < '0' || c > '9' {
			break
		}
		n, ok = 10*n+int(c-'0'), true
	}
	return n, ok
}
