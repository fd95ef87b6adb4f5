package wire

import "encoding/json"

// AuditEvent is one row of an account's audit log.
type AuditEvent struct {
	ID           string      `json:"id" doc:"The event's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	OccurredAt   Time        `json:"occurred_at" doc:"When it happened."`
	Action       string      `json:"action" doc:"What happened. More actions may come." example:"account.session_policy_update"`
	Actor        *AuditActor `json:"actor" doc:"Who did it, as known at that time; null when nobody was known."`
	ResourceType string      `json:"resource_type" doc:"The kind of thing it was done to, such as account, user, session or invite." example:"account"`
	ResourceID   string      `json:"resource_id" doc:"The id of that thing." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	IP           string      `json:"ip" doc:"The address that the request came from." example:"192.0.2.7"`
	UserAgent    string      `json:"user_agent" doc:"What the client said of itself." example:"Mozilla/5.0"`
	Details      Object      `json:"details" doc:"What else belongs to this action."`
}

// AuditActor is who did something.
type AuditActor struct {
	Type  string  `json:"type" enum:"user,service,operator,system" doc:"The kind of actor."`
	ID    *string `json:"id" doc:"The actor's id; null for operator and system." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Name  string  `json:"name" doc:"The actor's name at that time." example:"Ada Lovelace"`
	Email *string `json:"email" doc:"The actor's email address at that time; null without one." example:"ada@example.com"`
}

// AuditList is a page of the audit log.
type AuditList struct {
	Items      []AuditEvent `json:"items" doc:"The events of this page, newest first."`
	NextCursor *string      `json:"next_cursor" doc:"The cursor of the next page; null on the last one."`
}

// Object is any JSON object, as it is.
type Object json.RawMessage

// MarshalJSON gives the object, or an empty one.
func (o Object) MarshalJSON() ([]byte, error) {
	if len(o) == 0 {
		return []byte("{}"), nil
	}
	return o, nil
}

// UnmarshalJSON keeps the object as it is.
func (o *Object) UnmarshalJSON(b []byte) error {
	*o = append((*o)[:0], b...)
	return nil
}
