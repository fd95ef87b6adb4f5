package console

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	// nodeSilent is after how long without a heartbeat, of one every ten seconds,
	// a server that did not say that it stops counts as silent.
	nodeSilent = 30 * time.Second
	// deliveryLate is for how long an event waits before it needs a look.
	deliveryLate = time.Minute
	// shownNodes and readVerifiers bound what is read, shownVerifiers what of it
	// is shown one by one: those first that need a look.
	shownNodes     = 50
	readVerifiers  = 5_000
	shownVerifiers = 100
)

// nodeData is this node, as a template wants it.
type nodeData struct {
	Node
	// Why is what keeps it from vouching, in a sentence.
	Why string
	Now time.Time
}

// node tells of this node, which needs no database.
func (v *visit) node() nodeData {
	n := nodeData{Node: v.Node(), Now: v.Now()}
	if n.Feed.Why != nil {
		why := n.Feed.Why
		var known *curfew.Error
		if errors.As(why, &known) && known.Cause != nil {
			why = known.Cause
		}
		n.Why = sentence(why.Error())
	}
	return n
}

// peer is another server of the installation, or this one.
type peer struct {
	curfew.Node
	Self, Silent bool
}

// follower is a service that verifies.
type follower struct {
	curfew.Verifier
	// Behind is how many entries it has not applied yet, where Known.
	Behind        int64
	Known, Silent bool
}

// worse orders followers: those first that need a look.
func worse(a, b follower) int {
	rank := func(f follower) int {
		switch {
		case f.Silent:
			return 0
		case f.Behind > 0 || !f.Known:
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Name, b.Name), a.ID.Compare(b.ID))
}

// endpoint is one that is told of events. Of its URL only the host is shown: the
// rest may hold what lets somebody tell it of others.
type endpoint struct {
	authority.Endpoint
	Host string
	Late bool
}

func endpointOf(e authority.Endpoint, now time.Time) endpoint {
	shown := endpoint{Endpoint: e, Host: "unreadable", Late: !e.Oldest.IsZero() && now.Sub(e.Oldest) > deliveryLate}
	if u, err := url.Parse(e.URL); err == nil {
		shown.Host = u.Host
	}
	return shown
}

// healthData is the page about the installation.
type healthData struct {
	This      nodeData
	Database  Database
	Nodes     []peer
	Followers []follower
	Endpoints []endpoint
	// Silent, Late and Fine count all that were read; More says that there are
	// others.
	Silent, Late, Fine int
	More, MoreNodes    bool
	Now                time.Time
}

func (v *visit) health() error {
	ctx, cancel := v.within()
	defer cancel()
	around, err := v.Authority.Surroundings(ctx, shownNodes+1, readVerifiers+1)
	if err != nil {
		return err
	}
	data := healthData{This: v.node(), Now: around.Now, MoreNodes: len(around.Nodes) > shownNodes, More: len(around.Verifiers) > readVerifiers}
	if data.Database, err = v.Database(ctx); err != nil {
		return err
	}
	for _, n := range around.Nodes[:min(len(around.Nodes), shownNodes)] {
		data.Nodes = append(data.Nodes, peer{Node: n, Self: n.ID == data.This.ID, Silent: around.Now.Sub(n.HeartbeatAt) > nodeSilent})
	}
	for _, known := range around.Verifiers[:min(len(around.Verifiers), readVerifiers)] {
		f := follower{Verifier: known, Silent: around.Now.Sub(known.HeardAt) > curfew.VerifierSilence}
		f.Behind, f.Known = v.Lag(known.Applied)
		switch {
		case f.Silent:
			data.Silent++
		case f.Behind > 0 || !f.Known:
			data.Late++
		default:
			data.Fine++
		}
		data.Followers = append(data.Followers, f)
	}
	for _, e := range around.Endpoints {
		data.Endpoints = append(data.Endpoints, endpointOf(e, around.Now))
	}
	slices.SortFunc(data.Followers, worse)
	data.Followers = data.Followers[:min(len(data.Followers), shownVerifiers)]
	v.show(http.StatusOK, "health.html", "Health", data)
	return nil
}
