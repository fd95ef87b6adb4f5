package bench

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// benchCase is one thing that can be measured.
type benchCase struct {
	name  string
	about string // for people, after the name

	// do sends one request for a session and judges the answer. A nil error
	// is a right answer, a *refusal a request to come back later.
	do func(w *worker, ctx context.Context, s *session, now time.Time) error
	// signedIn: needs a live session. bearer: needs a fresh access token.
	signedIn, bearer bool
	// paced: may also run as an open loop.
	paced bool
	// limit is what the case alternates with, where the machine's rate of it
	// is to be had.
	limit limitKind
	// commits: one commit and one signature each, so that the machine's rates
	// of fsync and of signatures are its measure.
	commits bool

	stage   stage
	own     bool // needs a store that can be filled
	slow    bool // only where asked for
	measure func(*runner, context.Context, benchCase) error
}

var benchCases = []benchCase{
	{name: "refresh", about: "each client walks refresh chains of its own",
		do: (*worker).refresh, signedIn: true, commits: true, paced: true, limit: limitUpdates, stage: stageSmall, measure: (*runner).measureLoop},
	{name: "session", about: "GET /auth/session with a bearer token, answered from the store",
		do: (*worker).session, signedIn: true, bearer: true, paced: true, stage: stageSmall, measure: (*runner).measureLoop},
	{name: "login", about: "sign-in by password; its hash costs the most, on purpose",
		do: (*worker).login, limit: limitHashes, stage: stageSmall, measure: (*runner).measureLoop},
	{name: "mixed", about: "60 % refresh, 37.9 % session, 2 % own list, 0.1 % out and in again",
		do: (*worker).mixed, signedIn: true, bearer: true, paced: true, stage: stageSmall, measure: (*runner).measureLoop},
	{name: "introspect", about: "POST /oauth2/introspect with access tokens, by a service key",
		do: (*worker).introspect, signedIn: true, bearer: true, paced: true, stage: stageSmall, own: true, measure: (*runner).measureIntrospect},
	{name: "start", about: "a service starts sessions for people it signed in, known and new",
		do: (*worker).start, commits: true, limit: limitUpdates, stage: stageService, own: true, measure: (*runner).measureStart},
	{name: "storm", about: "one account's refreshes, without and with a storm of another's starts",
		do: (*worker).refresh, signedIn: true, stage: stageStorm, own: true, measure: (*runner).measureStorm},
	{name: "revoke", about: "owners end single sessions, each once",
		do: (*worker).revoke, bearer: true, limit: limitUpdates, stage: stageRevoke, own: true, measure: (*runner).measureRevoke},
	{name: "fairness", about: "one account's refreshes, without and with another's storm",
		do: (*worker).refresh, signedIn: true, stage: stageFair, own: true, measure: (*runner).measureFairness},
	{name: "security", about: "one owner reads the security page of a large account",
		do: (*worker).security, bearer: true, stage: stageLarge, own: true, measure: (*runner).measureLarge},
	{name: "list", about: "one owner reads the list of its sessions, page after page",
		do: (*worker).list, bearer: true, stage: stageLarge, own: true, measure: (*runner).measureLarge},
	{name: "everyone", about: "an owner signs everybody of a large account out",
		do: (*worker).everyone, bearer: true, stage: stageBulk, own: true, measure: (*runner).measureEveryone},
	{name: "memory", about: "the server's memory with a full store and with an empty one",
		do: (*worker).refresh, signedIn: true, stage: stageMemory, own: true, measure: (*runner).measureMemory},
	{name: "size", about: "refreshes all over stores of several sizes; takes minutes",
		do: (*worker).refresh, signedIn: true, stage: stageSize, own: true, slow: true, measure: (*runner).measureSizes},
}

// Cases are the names of all cases.
func Cases() []string {
	names := make([]string, len(benchCases))
	for i, c := range benchCases {
		names[i] = c.name
	}
	return names
}

// Describe says in a line for each case what it is.
func Describe() string {
	var b strings.Builder
	for _, c := range benchCases {
		fmt.Fprintf(&b, "    %-10s %s\n", c.name, c.about)
	}
	return b.String()
}

func caseNamed(name string) (benchCase, error) {
	var names []string
	for _, c := range benchCases {
		if c.name == name {
			return c, nil
		}
		names = append(names, c.name)
	}
	return benchCase{}, fmt.Errorf("no case %q; there are %s", name, strings.Join(names, ", "))
}
