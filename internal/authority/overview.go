package authority

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// What the operator is shown of accounts. Nothing here may take long, however
// many accounts there are and however large one of them is: lists go along the
// accounts' ids, a search stops after so many names, and counts end at a number
// beyond which nobody needs them to be exact.

const (
	// In a list an account's people are counted up to so many, and its live
	// sessions among so many of the latest activity; of one account alone more.
	listPeople, listSessions = 10_000, 1_000
	onePeople, oneSessions   = 100_000, 100_000

	// A search reads names in chunks of so many, and stops after so many names.
	searchChunk  = 10_000
	searchBudget = 100_000

	// So many owners and audit events are shown of one account.
	shownOwners = 20
	shownEvents = 10
)

// Count is a number of things. More says that counting ended there: there are
// at least so many.
type Count struct {
	N    int
	More bool
}

// Tally is what was counted of an account. LastActiveAt is zero where nobody
// ever signed in, or what they did is not kept any more.
type Tally struct {
	People, Sessions Count
	LastActiveAt     time.Time
}

// AccountName is an account's name.
type AccountName struct {
	ID   curfew.ID
	Name string
}

// AccountOverview is an account in a list of the operator's.
type AccountOverview struct {
	Account   curfew.Account
	Effective policy.Effective
	Tally
}

// AccountSearch asks for a page of accounts, the newest first: all, or those
// whose name contains a text, whatever its case, or whose id it is, here or in
// the product.
type AccountSearch struct {
	Text  string
	After *curfew.ID // the account that was last on the page before
	Limit int
}

// AccountPage is a page of accounts. Next is where the next one begins, nil at
// the end. A search that looked at as many names as it may and found less than
// a page says so: it goes on from Next.
type AccountPage struct {
	Items   []AccountOverview
	Next    *curfew.ID
	Partial bool
}

// SearchAccounts gives a page of accounts to the operator.
func (a *Authority) SearchAccounts(ctx context.Context, in AccountSearch) (page AccountPage, err error) {
	now := a.now()
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		accounts, err := page.fill(ctx, r, in)
		if err != nil {
			return err
		}
		for _, account := range accounts {
			overview, err := a.overview(ctx, r, account, now, listPeople, listSessions)
			if err != nil {
				return err
			}
			page.Items = append(page.Items, overview)
		}
		return nil
	})
	return page, err
}

// fill gives the accounts of a page, and notes where the next one begins.
func (p *AccountPage) fill(ctx context.Context, r Reader, in AccountSearch) (found []curfew.Account, err error) {
	*p = AccountPage{}
	if in.Text = strings.TrimSpace(in.Text); in.Text != "" {
		if found, err = byID(ctx, r, in.Text); err != nil || len(found) > 0 {
			return found, err
		}
		return p.search(ctx, r, in)
	}
	if found, err = r.AccountsBefore(ctx, in.After, in.Limit+1); err != nil {
		return nil, err
	}
	if len(found) > in.Limit {
		found = found[:in.Limit]
		p.Next = &found[in.Limit-1].ID
	}
	return found, nil
}

// byID is the account that a text is the id of, byExternalID the one whose
// product calls it so; nobody where there is none.
func byID(ctx context.Context, r Reader, text string) ([]curfew.Account, error) {
	id, err := curfew.ParseID(text)
	if err != nil || id.IsZero() {
		return nil, nil
	}
	return ifThere(r.Account(ctx, id))
}

func byExternalID(ctx context.Context, r Reader, text string) ([]curfew.Account, error) {
	if !validExternalID(text) {
		return nil, nil
	}
	id, err := r.AccountOf(ctx, text)
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	return ifThere(r.Account(ctx, id))
}

func ifThere(account curfew.Account, err error) ([]curfew.Account, error) {
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	return []curfew.Account{account}, nil
}

// search looks for the account that a product calls so, and for accounts by a
// part of their names.
func (p *AccountPage) search(ctx context.Context, r Reader, in AccountSearch) (found []curfew.Account, err error) {
	fold := cases.Fold()
	folded := func(s string) string { return fold.String(norm.NFC.String(s)) }
	wanted, after := folded(in.Text), in.After
	called, err := byExternalID(ctx, r, in.Text)
	if err != nil {
		return nil, err
	}
	if after == nil {
		found = called
	}
	last := after // of those found by name
	for looked := 0; looked < searchBudget; looked += searchChunk {
		names, err := r.AccountNamesBefore(ctx, after, searchChunk)
		if err != nil {
			return nil, err
		}
		for i := range names {
			if !strings.Contains(folded(names[i].Name), wanted) || len(called) > 0 && called[0].ID == names[i].ID {
				continue
			}
			if len(found) >= in.Limit {
				if p.Next = last; last == nil {
					p.Next = &curfew.LastID
				}
				return found, nil
			}
			last = &names[i].ID
			account, err := r.Account(ctx, names[i].ID)
			if err != nil {
				return nil, err
			}
			found = append(found, account)
		}
		if len(names) < searchChunk {
			return found, nil
		}
		after = &names[len(names)-1].ID
	}
	p.Next, p.Partial = after, true
	return found, nil
}

func (a *Authority) overview(ctx context.Context, r Reader, account curfew.Account, now time.Time, people, sessions int) (o AccountOverview, err error) {
	o.Account, o.Effective = account, a.boundsOf(account).Resolve(policyOf(account))
	o.Tally, err = r.Tally(ctx, account.ID, now, people, sessions)
	return o, err
}

// AccountDetails is one account as the operator sees it.
type AccountDetails struct {
	AccountOverview
	Policy policy.Policy
	// Bounds are those of this account; OwnBounds says that some are its own.
	Bounds    policy.Bounds
	OwnBounds bool
	// Limit is the limit on the sessions of one person that is in force.
	Limit policy.SessionLimit
	// Owners are the enabled ones, by name, at most shownOwners of OwnerCount.
	Owners     []curfew.User
	OwnerCount int
	// Events are the newest of the account's audit log.
	Events []audit.Event
	// Now is the time by which it was judged.
	Now time.Time
}

// AccountDetails gives one account to the operator.
func (a *Authority) AccountDetails(ctx context.Context, id curfew.ID) (d AccountDetails, err error) {
	d.Now = a.now()
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		account, err := r.Account(ctx, id)
		if err != nil {
			return noAccount(err)
		}
		if d.AccountOverview, err = a.overview(ctx, r, account, d.Now, onePeople, oneSessions); err != nil {
			return err
		}
		settings := settingsOf(account)
		d.Policy, d.Bounds = settings.Policy, a.boundsOf(account)
		d.OwnBounds, d.Limit = d.Bounds != a.Bounds, d.Bounds.ResolveLimit(settings.SessionLimit)
		if d.Owners, err = r.Owners(ctx, id); err != nil {
			return err
		}
		d.OwnerCount = len(d.Owners)
		d.Owners = d.Owners[:min(d.OwnerCount, shownOwners)]
		events, err := r.AuditList(ctx, id, AuditFilter{}, Page[int64]{Limit: shownEvents})
		d.Events = events.Items
		return err
	})
	return d, err
}

// AccountPeople gives a page of an account's people, by name, to the operator.
func (a *Authority) AccountPeople(ctx context.Context, id curfew.ID, page Page[UserKey]) (list List[UserView, UserKey], err error) {
	now := a.now()
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		list, err = r.UserList(ctx, id, now, page)
		return err
	})
	return list, err
}

// Surroundings is what the operator is shown of the nodes, the verifiers and the
// endpoints of an installation.
type Surroundings struct {
	Nodes     []curfew.Node
	Verifiers []curfew.Verifier
	Endpoints []Endpoint
	Now       time.Time
}

// Endpoint is an endpoint that is told of events, and what it was not told of
// yet.
type Endpoint struct {
	curfew.Webhook
	Waiting Count
	Oldest  time.Time // of what waits; zero for nothing
}

// mostWaiting is among how many deliveries those that wait are counted.
const mostWaiting = 20_000

// endpoints are all endpoints, with what waits for them.
func endpoints(ctx context.Context, r Reader) (all []Endpoint, err error) {
	hooks, err := r.Webhooks(ctx)
	if err != nil || len(hooks) == 0 {
		return nil, err
	}
	waiting, err := r.Waiting(ctx, mostWaiting)
	if err != nil {
		return nil, err
	}
	counted := 0
	of := map[curfew.ID]curfew.Backlog{}
	for _, b := range waiting {
		counted += int(b.Waiting)
		of[b.WebhookID] = b
	}
	for _, hook := range hooks {
		b := of[hook.ID]
		all = append(all, Endpoint{hook, Count{int(b.Waiting), counted >= mostWaiting}, b.Oldest})
	}
	return all, nil
}

// Surroundings gives at most so many nodes and verifiers, and the endpoints, to
// the operator.
func (a *Authority) Surroundings(ctx context.Context, nodes, verifiers int) (s Surroundings, err error) {
	s.Now = a.now()
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		if s.Nodes, err = r.Nodes(ctx, nodes); err != nil {
			return err
		}
		if s.Verifiers, err = r.Verifiers(ctx, s.Now.Add(-verifierMemory), verifiers); err != nil {
			return err
		}
		s.Endpoints, err = endpoints(ctx, r)
		return err
	})
	return s, err
}

func noAccount(err error) error {
	if errors.Is(err, curfew.ErrNotFound) {
		return curfew.NewError(curfew.KindNotFound, "there is no such account")
	}
	return err
}

// findAccount is the account with an id, with an id of the product's own or,
// where just one has it, with a name: names come last, for customers choose them.
func findAccount(ctx context.Context, r Reader, text string) (none curfew.Account, err error) {
	for _, look := range []func(context.Context, Reader, string) ([]curfew.Account, error){byID, byExternalID} {
		if found, err := look(ctx, r, text); err != nil {
			return none, err
		} else if len(found) > 0 {
			return found[0], nil
		}
	}
	const enough = 100 // to say how many there are
	found, err := r.AccountsNamed(ctx, text, enough)
	switch {
	case err != nil:
		return none, err
	case len(found) == 0:
		return none, curfew.NewError(curfew.KindNotFound, fmt.Sprintf("there is no account %q", text))
	case len(found) > 1:
		many := fmt.Sprint(len(found))
		if len(found) == enough {
			many += " or more"
		}
		return none, curfew.NewError(curfew.KindInvalidRequest, fmt.Sprintf("%s accounts are named %q: give the id", many, text))
	}
	return found[0], nil
}
