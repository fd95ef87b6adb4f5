package httpapi

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/feed"
	"github.com/curfew-auth/curfew/internal/wire"
	"github.com/danielgtaylor/huma/v2"
)

// Feed is what the handlers need of this node's part of the revocation feed.
// Its errors are of kind unavailable.
type Feed interface {
	// Subscribe begins a stream after the event of an id. allowed says whether
	// it may still go on.
	Subscribe(lastEventID string, allowed func(context.Context) error) (*feed.Stream, error)
	Head(ctx context.Context) (feed.Head, error)
	// Heard notes what a verifier says with a service key; feed.ErrNotYours where
	// that is another's.
	Heard(key curfew.ID, v curfew.Verifier) error
	Snapshot() (feed.Snapshot, error)
}

// noFeed is the feed of a process that has none.
type noFeed struct{}

var errNoFeed = curfew.Unavailable(errors.New("this process has no revocation feed"))

func (noFeed) Subscribe(string, func(context.Context) error) (*feed.Stream, error) {
	return nil, errNoFeed
}
func (noFeed) Head(context.Context) (feed.Head, error) { return feed.Head{}, errNoFeed }
func (noFeed) Heard(curfew.ID, curfew.Verifier) error  { return nil }
func (noFeed) Snapshot() (feed.Snapshot, error)        { return feed.Snapshot{}, errNoFeed }

const headPath = "/api/v1/revocations/head"

const cursorDescription = "A cursor is base64url without padding of a byte 1 and, for each writer in the order of the ids, 16 bytes of id " +
	"and 8 bytes of a number, the greatest byte first. It covers another one when it has a number at least as great for every writer of the other."

func (a *API) registerRevocations() {
	register(a, operation{ID: "streamRevocations", Method: http.MethodGet, Path: "/api/v1/revocations/stream", Tag: tagServices,
		Need: service, Scope: curfew.ScopeRevocationsRead,
		Summary: "Follow revocations",
		Description: "Streams what verifiers must refuse, as server-sent events, from when it was committed at any node. " +
			"An event revocation holds one entry, shaped like those of the snapshot. The id of an event is the cursor of who has applied everything up to it; " +
			"only the last event of those that belong together has one. With Last-Event-ID the stream goes on where it was left. Without it, or when it names nothing " +
			"that is known, an event snapshot comes first. Comments come at least every 5 seconds. A reader who falls behind is cut off, and " +
			"so are those of a key that is valid no more.",
		Answers: map[string]*huma.Response{"200": {Description: "The events, without an end.", Content: map[string]*huma.MediaType{
			"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString, Description: "Server-sent events: revocation and snapshot."}},
		}}},
	}, a.streamRevocations)
	register(a, operation{ID: "getRevocationHead", Method: http.MethodGet, Path: headPath, Tag: tagServices,
		Need: service, Scope: curfew.ScopeRevocationsRead,
		Summary: "Ask how far the log of revocations goes",
		Description: "Answers with the cursor of everything that was acknowledged before the question was sent, read after a write that only the " +
			"primary of the database can do. A verifier that has applied everything up to it knows all of that. 503 where the server cannot say so. " +
			"A verifier says with the question who it is and how far it has come; that is shown to operators. " + cursorDescription,
		Problems: []curfew.Kind{curfew.KindInvalidRequest},
	}, a.revocationHead)
	snapshot := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[wire.RevocationSnapshot](), true, "")
	register(a, operation{ID: "getRevocationSnapshot", Method: http.MethodGet, Path: "/api/v1/revocations/snapshot", Tag: tagServices,
		Need: service, Scope: curfew.ScopeRevocationsRead,
		Summary:     "Read all revocations",
		Description: "Reads every revocation that still matters. How fresh it is, only the head tells.",
		Answers: map[string]*huma.Response{"200": {Description: "The revocations.", Content: map[string]*huma.MediaType{
			"application/json": {Schema: snapshot},
		}}},
	}, a.revocationSnapshot)
}

type headIn struct {
	Verifier string `query:"verifier" doc:"A UUID that the verifier's process has drawn for itself. Without it nothing is noted."`
	Name     string `query:"name" doc:"What the verifier is called: 1 to 64 characters. Required with verifier."`
	Applied  string `query:"applied" doc:"The cursor that the verifier has come to; left out while it has none."`
	Mode     string `query:"mode" doc:"strict or lenient. Required with verifier."`
	Unasked
}

// Unasked is a parameter that nobody looks at.
type Unasked struct {
	Nonce string `query:"nonce" doc:"Anything that was not sent before: what stands between must then ask the server, whatever it may have kept."`
}

type headOut struct{ Body wire.RevocationHead }

func (a *API) revocationHead(ctx context.Context, actor curfew.Actor, _ curfew.Origin, in *headIn) (*headOut, error) {
	who, err := in.read()
	if err != nil {
		return nil, err
	}
	if who != nil {
		if err := a.Feed.Heard(actor.ServiceKeyID, *who); err != nil {
			return nil, curfew.Invalid("verifier", "verifier must be an id that no process with another service key uses")
		}
	}
	head, err := a.Feed.Head(ctx)
	if err != nil {
		return nil, err
	}
	return &headOut{wire.RevocationHead{Cursor: head.Cursor, ServerTime: wire.At(head.ServerTime)}}, nil
}

const (
	// maxVerifierName is how many characters the name of a verifier may have.
	maxVerifierName = 64
	// maxApplied is how long a cursor may be that is kept for a verifier.
	maxApplied = 8 << 10
)

// read judges what a verifier says of itself; nil when it says nothing.
func (in *headIn) read() (*curfew.Verifier, error) {
	if *in == (headIn{Unasked: in.Unasked}) {
		return nil, nil
	}
	v := curfew.Verifier{Name: in.Name, Applied: in.Applied, Mode: in.Mode}
	var refused []curfew.FieldError
	refuse := func(field, what string) {
		refused = append(refused, curfew.FieldError{Field: field, Detail: field + " must be " + what})
	}
	var err error
	if v.ID, err = curfew.ParseID(in.Verifier); err != nil || v.ID.IsZero() {
		refuse("verifier", "a UUID")
	}
	if n := utf8.RuneCountInString(in.Name); n < 1 || n > maxVerifierName || !utf8.ValidString(in.Name) || strings.ContainsFunc(in.Name, unicode.IsControl) {
		refuse("name", "1 to 64 printable characters")
	}
	if in.Applied != "" {
		if _, err := feed.ParseCursor(in.Applied); err != nil || len(in.Applied) > maxApplied {
			refuse("applied", "a cursor of at most 8192 characters")
		}
	}
	if in.Mode != curfew.ModeStrict && in.Mode != curfew.ModeLenient {
		refuse("mode", "one of strict, lenient")
	}
	if len(refused) > 0 {
		return nil, curfew.InvalidFields(refused)
	}
	return &v, nil
}

func (a *API) revocationSnapshot(ctx context.Context, _ curfew.Actor, _ curfew.Origin, _ *Unasked) (*huma.StreamResponse, error) {
	snapshot, err := a.Feed.Snapshot()
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		x := exchangeOf(ctx.Context())
		x.Header().Set("Content-Type", "application/json")
		if err := snapshot.JSON(func(b []byte) error { _, err := patient{x}.Write(b); return err }); err != nil {
			x.err = err
			panic(http.ErrAbortHandler)
		}
	}}, nil
}
