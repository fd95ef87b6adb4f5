package apitest

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestPaging walks through every list with every small page size, and wants
// the same as in one page.
func TestPaging(t *testing.T) {
	t.Parallel()
	w := start(t)
	for i := range 7 {
		name := fmt.Sprintf("Person %d", i%3) // same names, too
		p := w.join(w.ada, name, fmt.Sprintf("p%d@acme.example", i), "member")
		w.invite(w.ada, fmt.Sprintf("open%d@acme.example", i), "member")
		if i%2 == 0 { // same times, too
			w.clock.pass(minute)
		}
		p.client.signIn(p.email)
	}
	bob := w.signIn("bob@acme.example")
	for _, list := range []struct {
		by   *person
		path string
		n    int
	}{
		{w.ada, sessions + "?status=all", 17}, {w.ada, sessions + "?status=ended", 7}, {w.ada, users + "?", 9}, {w.ada, invites + "?", 7},
		{w.ada, events + "?", 57}, {w.ada, events + "?action=session.start", 17}, {bob, me + "/sessions?status=all", 2},
	} {
		whole := list.by.Get(list.path + "&limit=200").Status(200).JSON()
		want := whole.column("id")
		if whole.at("next_cursor").v != nil || len(want) != list.n {
			t.Errorf("%s has %d items, want %d", list.path, len(want), list.n)
		}
		for _, limit := range []int{1, 2, 3, 7} {
			var got []string
			for cursor, pages := "", 0; pages < 60; pages++ {
				page := list.by.Get(fmt.Sprintf("%s&limit=%d%s", list.path, limit, cursor)).Status(200).JSON()
				ids := page.column("id")
				got = append(got, ids...)
				if page.at("next_cursor").v == nil {
					break
				}
				if len(ids) != limit {
					t.Errorf("%s: a page of %d has %d and is not the last", list.path, limit, len(ids))
				}
				cursor = "&cursor=" + page.str("next_cursor")
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s by %d gives %v, want %v", list.path, limit, got, want)
			}
		}
	}
}

// TestPeopleAreInOneOrder: by name without regard to case, and then by the
// characters' numbers, whatever a database holds for the order of a language.
func TestPeopleAreInOneOrder(t *testing.T) {
	t.Parallel()
	w := start(t)
	for i, name := range []string{"\u00c4rger", "zoe", "ada b", "Zo\u00eb", "\u00e9mile"} {
		w.join(w.ada, name, fmt.Sprintf("p%d@acme.example", i), "member")
	}
	want := []string{"ada b", "Ada Owner", "Bob Member", "zoe", "Zo\u00eb", "\u00c4rger", "\u00e9mile"}
	if got := w.ada.Get(users).Status(200).JSON().column("name"); !slices.Equal(got, want) {
		t.Errorf("the people are %q", got)
	}
}

func TestListRules(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, path := range []string{sessions, users, invites, events, me + "/sessions"} {
		for query, field := range map[string]string{
			"limit=0": "limit", "limit=201": "limit", "limit=-1": "limit", "limit=x": "limit", "limit=1.5": "limit", "limit=99999999999999999999": "limit",
			"cursor=x": "cursor", "cursor=%00": "cursor", "cursor=e30": "cursor", "cursor=bnVsbA": "cursor", "cursor=W10": "cursor",
			"cursor=" + base64.RawURLEncoding.EncodeToString([]byte(`{"LastActiveAt":"x","ID":"y"}`)): "cursor", "cursor=" + strings.Repeat("A", 5000): "cursor",
		} {
			w.ada.Get(path + "?" + query).Field(field)
		}
		for _, query := range []string{"limit=1", "limit=200", "limit=", "cursor=", "unknown=parameter"} {
			w.ada.Get(path + "?" + query).Status(200)
		}
		w.ada.Get(path+"?limit=%zz").Problem(422, "invalid-request")
	}
	// The cursor of one account opens nothing of another.
	cursor := w.ada.Get(sessions + "?limit=1").JSON().str("next_cursor")
	w.oleg.Get(sessions + "?limit=1&cursor=" + cursor).Status(200).Lacks("acme.example")
	if got := len(w.ada.Get(events).JSON().at("items").list()); got > 50 {
		t.Errorf("a page without a limit has %d", got)
	}
}

func TestETags(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, tt := range []struct {
		path, tag, next string
		change, wrong   obj
	}{
		{account, `"a1"`, `"a2"`, obj{"name": "Acme Two"}, obj{"name": ""}},
		{security, `"p1"`, `"p2"`, obj{"idle_minutes": 60}, obj{"idle_minutes": 1}},
		{me, `"u1"`, `"u2"`, obj{"name": "Ada Two"}, obj{"name": ""}},
	} {
		w.ada.Get(tt.path).Status(200).Is("ETag", tt.tag)
		w.ada.with("If-None-Match", tt.tag).Get(tt.path).Status(200).Is("ETag", tt.tag)
		for _, stale := range []string{tt.next, `"x1"`, "W/" + tt.tag, strings.Trim(tt.tag, `"`), `""`, `"nonsense`, tt.tag + tt.tag, `"` + strings.Repeat("9", 30) + `"`, `*, *`} {
			w.ada.with("If-Match", stale).Patch(tt.path, tt.change).Problem(412, "stale")
			w.ada.with("If-Match", stale).Patch(tt.path, tt.wrong).Problem(422, "invalid-request") // values come first
		}
		w.ada.Get(tt.path).Is("ETag", tt.tag)
		w.bob.with("If-Match", "*").Get(account).Status(200)
		w.ada.with("If-Match", `"x", `+tt.tag).Patch(tt.path, tt.change).Status(200).Is("ETag", tt.next)
		w.ada.with("If-Match", tt.tag).Patch(tt.path, tt.change).Problem(412, "stale")
		w.ada.with("If-Match", tt.next).Patch(tt.path, tt.change).Status(200).Is("ETag", tt.next)
		w.ada.with("If-Match", "*").Patch(tt.path, tt.change).Status(200).Is("ETag", tt.next)
		w.ada.Patch(tt.path, tt.change).Status(200).Is("ETag", tt.next)
		w.ada.Get(tt.path).Is("ETag", tt.next)
	}
	// Only the policy counts for the policy's tag.
	w.signIn("bob@acme.example")
	w.ada.Get(security).Is("ETag", `"p2"`)
	// Of two who change the same version one is told.
	got := statuses(together(8, func(i int) *answer {
		return w.ada.with("If-Match", `"p2"`).send("PATCH", security, obj{"idle_minutes": 100 + i})
	}))
	if got[200] != 1 || got[412] != 7 {
		t.Errorf("answered %v", got)
	}
}
