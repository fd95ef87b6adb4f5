package httpapi

import (
	"bytes"
	"encoding/base64"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/go-json-experiment/json"
)

// Paging is what every list takes. It is exported because huma finds embedded
// parameters by reflection.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items to answer at most."`
	Cursor string `query:"cursor" doc:"The next_cursor of the page before; left out for the first page."`
}

// pageOf reads the place that a list goes on from.
func pageOf[K any](p Paging) (authority.Page[K], error) {
	page := authority.Page[K]{Limit: p.Limit}
	if p.Cursor == "" {
		return page, nil
	}
	key, ok := decodeCursor[K](p.Cursor)
	if !ok {
		return page, curfew.Invalid("cursor", "cursor must be the next_cursor of an answer")
	}
	page.After = key
	return page, nil
}

// encodeCursor is the cursor of a place, nil for none.
func encodeCursor[K any](key *K) *string {
	if key == nil {
		return nil
	}
	text, err := json.Marshal(key)
	if err != nil {
		panic(err) // keys are structs of times, ids and strings
	}
	cursor := base64.RawURLEncoding.EncodeToString(text)
	return &cursor
}

// decodeCursor accepts exactly what encodeCursor makes. A place is not a
// secret and grants nothing, the account is the caller's own whatever it says;
// but nothing half understood goes to the store. Text with a zero byte is
// refused because not every store can compare with it.
func decodeCursor[K any](cursor string) (*K, bool) {
	text, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return nil, false
	}
	key := new(K)
	if err := json.Unmarshal(text, key, json.RejectUnknownMembers(true)); err != nil {
		return nil, false
	}
	again, err := json.Marshal(key)
	if err != nil || !bytes.Equal(text, again) || bytes.Contains(text, []byte(`\u0000`)) {
		return nil, false
	}
	return key, true
}

// pathID reads an id in a path. What is no id names nothing: it is answered
// like the id of another account.
func pathID(s string) (curfew.ID, error) {
	id, err := curfew.ParseID(s)
	if err != nil {
		return curfew.ID{}, curfew.NewError(curfew.KindNotFound, "There is nothing of this id.")
	}
	return id, nil
}

// queryID reads an optional id in the query.
func queryID(name, s string) (*curfew.ID, error) {
	if s == "" {
		return nil, nil
	}
	id, err := curfew.ParseID(s)
	if err != nil {
		return nil, curfew.Invalid(name, name+" must be an id")
	}
	return &id, nil
}

// page puts a list's items on the wire.
func page[T, K, W any](list authority.List[T, K], item func(T) W) ([]W, *string) {
	items := make([]W, 0, len(list.Items))
	for _, t := range list.Items {
		items = append(items, item(t))
	}
	return items, encodeCursor(list.Next)
}
