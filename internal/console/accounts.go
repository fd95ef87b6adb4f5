package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

const (
	accountsAtOnce = 50
	peopleAtOnce   = 50
	// longestSearch is how many bytes of a search are looked for.
	longestSearch = 300
)

// accountsData is a page of the list of accounts.
type accountsData struct {
	Search  string
	Items   []authority.AccountOverview
	First   bool   // whether this is the first page
	Next    string // where the next one is, "" for nowhere
	Partial bool
	Now     time.Time
}

func (v *visit) accounts() error {
	query := v.r.URL.Query()
	in := authority.AccountSearch{Text: strings.TrimSpace(query.Get("search")), Limit: accountsAtOnce}
	if len(in.Text) > longestSearch {
		return curfew.NewError(curfew.KindInvalidRequest, "The search is too long for any name.")
	}
	if text := query.Get("after"); text != "" {
		id, err := curfew.ParseID(text)
		if err != nil {
			return errNothingHere
		}
		in.After = &id
	}
	ctx, cancel := v.within()
	defer cancel()
	page, err := v.Authority.SearchAccounts(ctx, in)
	if err != nil {
		return err
	}
	data := accountsData{Search: in.Text, Items: page.Items, First: in.After == nil, Partial: page.Partial, Now: v.Now()}
	if page.Next != nil {
		next := url.Values{"after": {page.Next.String()}}
		if in.Text != "" {
			next.Set("search", in.Text)
		}
		data.Next = Path + "?" + next.Encode()
	}
	v.show(http.StatusOK, "accounts.html", "Accounts", data)
	return nil
}

// accountData is one account.
type accountData struct {
	authority.AccountDetails
	People []authority.UserView
	First  bool   // whether these are the first people
	Next   string // where more people are, "" for nowhere
}

// MostSessions is how many sessions a person may have where that is limited,
// RefusesNew whether a further one is refused.
func (d accountData) MostSessions() int { return *d.Limit.MaxSessionsPerUser }
func (d accountData) RefusesNew() bool  { return d.Limit.SessionLimitAction == policy.RefuseNew }

// id is the account that a path names.
func (v *visit) id() (curfew.ID, error) {
	id, err := curfew.ParseID(v.r.PathValue("id"))
	if err != nil || id.IsZero() {
		return id, errNothingHere
	}
	return id, nil
}

// pathOf is where an account's page is.
func pathOf(id curfew.ID) string { return Path + "/accounts/" + id.String() }

func (v *visit) account() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	page := authority.Page[authority.UserKey]{Limit: peopleAtOnce}
	if query := v.r.URL.Query(); query.Has("after") {
		after := authority.UserKey{SortName: query.Get("name")}
		if after.ID, err = curfew.ParseID(query.Get("after")); err != nil || !utf8.ValidString(after.SortName) || strings.Contains(after.SortName, "\x00") {
			return errNothingHere
		}
		page.After = &after
	}
	ctx, cancel := v.within()
	defer cancel()
	data := accountData{First: page.After == nil}
	if data.AccountDetails, err = v.Authority.AccountDetails(ctx, id); err != nil {
		return err
	}
	people, err := v.Authority.AccountPeople(ctx, id, page)
	if err != nil {
		return err
	}
	if data.People = people.Items; people.Next != nil {
		data.Next = pathOf(id) + "?" + url.Values{"after": {people.Next.ID.String()}, "name": {people.Next.SortName}}.Encode()
	}
	v.showAbout(http.StatusOK, "account.html", heading{Name: data.Account.Name}, data)
	return nil
}

// endData is the question whether an account's sessions are to end.
type endData struct {
	authority.AccountDetails
	Reason, Problem string
	TokenLife       time.Duration
}

func (v *visit) askToEnd() error { return v.confirm(http.StatusOK, "", "") }

func (v *visit) confirm(status int, reason, problem string) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	ctx, cancel := v.within()
	defer cancel()
	details, err := v.Authority.AccountDetails(ctx, id)
	if err != nil {
		return err
	}
	v.showAbout(status, "end-sessions.html", heading{"End all sessions of ", details.Account.Name, "?"},
		endData{AccountDetails: details, Reason: reason, Problem: problem, TokenLife: v.TokenLife})
	return nil
}

func (v *visit) endSessions() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if err := v.r.ParseForm(); err != nil {
		return malformed(err)
	}
	actor, reason := v.actor, v.r.PostForm.Get("reason")
	actor.AccountID = id
	ctx, cancel := v.within()
	defer cancel()
	ended, err := v.Authority.EndAccountSessions(ctx, actor, v.from(), reason)
	if curfew.KindOf(err) == curfew.KindInvalidRequest {
		return v.confirm(http.StatusUnprocessableEntity, reason, "The reason must be text of at most 500 characters.")
	}
	if err != nil {
		return err
	}
	v.Log.InfoContext(v.r.Context(), "an operator ended all sessions of an account", "account_id", id.String(), "ended", ended,
		"service_key_id", actor.ServiceKeyID.String())
	v.book.tell(v.secret, fmt.Sprintf("Ended %s. Everybody of this account signs in anew.", plural(int64(ended), "live session", "live sessions")))
	v.redirect(pathOf(id))
	return nil
}
