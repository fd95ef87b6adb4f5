package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// entry is one revocation as the feed tells of it.
type entry struct {
	Account      *id        `json:"account_id"`
	Session      *id        `json:"session_id"`
	At           *time.Time `json:"at"`
	User         *id        `json:"user_id"`
	Epoch        int64      `json:"epoch"`
	Except       []id       `json:"except"`
	MintedBefore *time.Time `json:"minted_before"`
	Until        *time.Time `json:"until"`
}

var errEntry = errors.New("the feed has an entry that this version does not understand: update github.com/curfew-auth/curfew/verify")

// parseEntry reads an entry. One that would revoke nothing is an error: it says
// something that a later version knows of, and must not be passed over.
func parseEntry(text []byte) (entry, error) {
	var e entry
	if err := json.Unmarshal(text, &e); err != nil {
		return entry{}, fmt.Errorf("%w (%s)", errEntry, jsonFault(err))
	}
	return e, e.check()
}

// jsonFault says what is wrong with a text in words that hold nothing of it.
func jsonFault(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return "broken JSON"
	case errors.As(err, &kind):
		return "a member of the wrong type"
	}
	return "a member with a wrong value"
}

func (e *entry) check() error {
	known := e.MintedBefore != nil || e.Account != nil && (e.Session != nil || e.Epoch > 0)
	if !known || e.Until == nil || e.Epoch < 0 || e.At != nil && e.Session == nil {
		return errEntry
	}
	return nil
}

// until is when the entry may be forgotten, in Unix seconds, rounded up.
func (e *entry) until() uint32 {
	return uint32(min(max(e.Until.Unix()+1, 0), 1<<32-1))
}
