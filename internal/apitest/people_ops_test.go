package apitest

import (
	"slices"
	"strings"
	"testing"
)

func TestAccount(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.join(w.ada, "Zoe", "zoe@acme.example", "owner")
	for _, p := range []*person{w.ada, w.bob} {
		a := p.Get(account).Status(200).Shape(accountShape).Is("ETag", `"a1"`).Equal(map[string]any{"id": w.ada.account, "name": "Acme"})
		if owners := a.JSON().at("owners").list(); len(owners) != 2 || owners[0].str("email") != "ada@acme.example" || owners[1].str("name") != "Zoe" {
			a.fail("want Ada and Zoe as owners")
		}
	}
	w.ada.Patch(account, obj{"name": " Acme Ltd "}).Status(200).Shape(accountShape).Is("ETag", `"a2"`).Equal(map[string]any{"name": "Acme Ltd"})
	if e := w.ada.event("account.update"); e.str("details", "old") != "Acme" || e.str("details", "new") != "Acme Ltd" {
		t.Errorf("audited %v", e.v)
	}
	n := len(w.ada.actions())
	w.ada.Patch(account, obj{"name": "Acme Ltd"}).Status(200).Is("ETag", `"a2"`)
	if len(w.ada.actions()) != n {
		t.Error("a change of nothing was audited")
	}
	w.bob.refresh(nil).Equal(map[string]any{"account.name": "Acme Ltd"})
	for _, path := range []string{account, me} {
		for _, tt := range []struct {
			body  any
			field string
		}{
			{obj{}, "name"}, {obj{"name": ""}, "name"}, {obj{"name": "  "}, "name"}, {obj{"name": strings.Repeat("x", 201)}, "name"}, {obj{"name": "a\x00b"}, "name"},
			{obj{"name": "a\nb"}, "name"}, {obj{"name": 1}, "name"}, {obj{"name": []string{"x"}}, "name"}, {raw(`{"name":null}`), "name"},
			{obj{"name": "x", "id": w.oleg.account}, ""}, {obj{"name": "x", "role": "owner"}, ""}, {obj{"NAME": "x"}, "name"},
			{obj{"name": "x", "owners": []string{}}, ""}, {obj{"name": "x", "verified": true}, ""},
		} {
			w.ada.Patch(path, tt.body).Field(tt.field)
		}
	}
	w.oleg.Get(account).Equal(map[string]any{"name": "Other"})
}

func TestUsers(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, name := range []string{"zoë", "Änne", "anna", "Carl"} {
		w.join(w.ada, name, name[:1]+"x@acme.example", "member")
	}
	a := w.ada.Get(users).Status(200).Shape(userListShape)
	got := a.JSON().column("name")
	if want := []string{"Ada Owner", "anna", "Bob Member", "Carl", "zoë", "Änne"}; !slices.Equal(got, want) {
		t.Errorf("the order is %q, want %q", got, want)
	}
	bob := a.JSON().at("items").list()[slices.Index(got, "Bob Member")]
	if bob.str("id") != w.bob.id || bob.at("disabled").v != false || bob.at("has_password").v != true || bob.num("session_count") != 1 ||
		bob.str("role") != "member" || bob.str("created_at") != w.clock.in(0) || bob.str("last_login_at") != w.clock.in(0) {
		t.Errorf("Bob is %v", bob.v)
	}
	path := users + "/" + w.bob.id
	for _, tt := range []struct {
		body  any
		field string
	}{
		{obj{"role": "admin"}, "role"}, {obj{"role": "Owner"}, "role"}, {raw(`{"role":null}`), "role"}, {obj{"role": []string{"owner"}}, "role"},
		{obj{"disabled": "true"}, "disabled"}, {obj{"disabled": 1}, "disabled"}, {raw(`{"disabled":null}`), "disabled"},
		{obj{"name": "x"}, ""}, {obj{"email": "x@y.example"}, ""}, {obj{"has_password": false}, ""}, {raw(`[]`), ""}, {raw(`"owner"`), ""},
	} {
		w.ada.Patch(path, tt.body).Field(tt.field)
	}
	w.ada.Patch(path, obj{}).Status(200).Equal(map[string]any{"role": "member", "disabled": false})
	w.bob.alive()
}

// TestPromoteAndDemote: a role counts from the moment it changes, whatever the
// token says.
func TestPromoteAndDemote(t *testing.T) {
	t.Parallel()
	w := start(t)
	path := users + "/" + w.bob.id
	w.ada.Patch(path, obj{"role": "owner"}).Status(200).Shape(userShape).Equal(map[string]any{"role": "owner", "session_count": 1})
	wantDetails(t, w.ada.event("user.role_change"), `{"new":"owner","old":"member"}`)
	w.bob.Get(security).Status(200) // with the token that says member
	w.bob.refresh(nil).Equal(map[string]any{"user.role": "owner"})

	w.ada.Patch(path, obj{"role": "member"}).Status(200).Equal(map[string]any{"role": "member", "session_count": 0})
	w.bob.gone("role_changed")
	bob := w.signIn("bob@acme.example")
	bob.Get(security).Problem(403, "forbidden")
	n := len(w.ada.actions())
	w.ada.Patch(path, obj{"role": "member", "disabled": false}).Status(200)
	if len(w.ada.actions()) != n {
		t.Error("a change of nothing was audited")
	}
	bob.alive()
}

func TestDisable(t *testing.T) {
	t.Parallel()
	w := start(t)
	path := users + "/" + w.bob.id
	second := w.signIn("bob@acme.example")
	w.ada.Patch(path, obj{"disabled": true}).Status(200).Equal(map[string]any{"disabled": true, "session_count": 0})
	w.bob.gone("user_disabled")
	second.gone("user_disabled")
	if e := w.ada.event("user.disable"); e.str("resource_id") != w.bob.id {
		t.Errorf("audited %v", e.v)
	}
	w.browser().Post("/api/v1/auth/login", obj{"email": "bob@acme.example", "password": password15}).Problem(401, "invalid-credentials")
	w.ada.Patch(path, obj{"disabled": false}).Status(200).Equal(map[string]any{"disabled": false})
	w.ada.event("user.enable")
	second.refresh(nil).Problem(401, "no-session") // enabling revives nothing
	w.signIn("bob@acme.example").alive()
	w.ada.Patch(path, obj{"disabled": true, "role": "owner"}).Status(200).Equal(map[string]any{"disabled": true, "role": "owner"})
}

// TestLastOwner: an account keeps at least one owner who can sign in.
func TestLastOwner(t *testing.T) {
	t.Parallel()
	w := start(t)
	ada, bob := users+"/"+w.ada.id, users+"/"+w.bob.id
	for _, body := range []obj{{"role": "member"}, {"disabled": true}, {"role": "member", "disabled": true}} {
		w.ada.Patch(ada, body).Problem(409, "last-owner")
	}
	if got := w.ada.actions(); slices.Contains(got, "user.disable") || slices.Contains(got, "user.role_change") {
		t.Errorf("a refusal was audited as done: %v", got)
	}
	w.ada.alive()
	w.ada.Patch(bob, obj{"role": "owner", "disabled": true}).Status(200)
	w.ada.Patch(ada, obj{"role": "member"}).Problem(409, "last-owner") // a disabled owner does not count
	w.ada.Patch(bob, obj{"disabled": false}).Status(200)
	b := w.signIn("bob@acme.example")
	got := statuses(together(2, func(i int) *answer { // of two who demote each other one is too late
		return []*person{w.ada, b}[i].send("PATCH", []string{bob, ada}[i], obj{"role": "member"})
	}))
	if got[200] != 1 {
		t.Errorf("answered %v", got)
	}
}

func TestMe(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.bob.Get(me).Status(200).Shape(userShape).Is("ETag", `"u1"`).Equal(map[string]any{
		"id": w.bob.id, "name": "Bob Member", "email": "bob@acme.example", "role": "member", "disabled": false, "has_password": true,
		"created_at": w.clock.in(0), "last_login_at": w.clock.in(0), "session_count": 1})
	w.bob.Patch(me, obj{"name": "Bob B."}).Status(200).Shape(userShape).Is("ETag", `"u2"`).Equal(map[string]any{"name": "Bob B."})
	if e := w.ada.event("user.update"); e.str("details", "old") != "Bob Member" || e.str("details", "new") != "Bob B." || e.str("actor", "id") != w.bob.id {
		t.Errorf("audited %v", e.v)
	}
	w.bob.refresh(nil).Equal(map[string]any{"user.name": "Bob B."})
	w.ada.Get(users).Has("Bob B.")
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	w := start(t)
	const next = "quite another long sentence"
	second := w.signIn("bob@acme.example")
	path := me + "/password"
	for _, tt := range []struct {
		body   obj
		field  string
		detail string
	}{
		{obj{"new_password": next}, "current_password", "current_password is required"},
		{obj{"current_password": password15}, "new_password", "new_password is required"},
		{obj{"current_password": "", "new_password": next}, "current_password", "current_password must not be empty"},
		{obj{"current_password": "not my password at all", "new_password": next}, "current_password", "current_password is not right"},
		{obj{"current_password": password15, "new_password": "too short"}, "new_password", "new_password must be at least 15 characters"},
		{obj{"current_password": password15, "new_password": "bob@acme.example"}, "new_password", ""},
		{obj{"current_password": password15, "new_password": next, "user_id": w.ada.id}, "", ""},
	} {
		a := w.bob.Post(path, tt.body).Field(tt.field)
		if tt.detail != "" {
			a.Detail(tt.detail)
		}
	}
	second.alive()
	w.bob.Post(path, obj{"current_password": password15, "new_password": next}).Status(204).Sets()
	second.gone("password_changed")
	w.bob.alive()
	w.ada.alive()
	e := w.ada.event("user.password_change")
	if e.str("resource_id") != w.bob.id || e.at("details").num("revoked_count") != 1 {
		t.Errorf("audited %v", e.v)
	}
	login := obj{"email": "bob@acme.example", "password": password15}
	w.browser().Post("/api/v1/auth/login", login).Problem(401, "invalid-credentials")
	w.browser().Post("/api/v1/auth/login", login.but("password", next)).Status(200)
	w.bob.Post(path, obj{"current_password": password15, "new_password": next + "!"}).Field("current_password")
}
