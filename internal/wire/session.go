package wire

// SessionItem is a session in a list.
type SessionItem struct {
	ID                string     `json:"id" doc:"The session's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	User              PersonMail `json:"user" doc:"Whose session it is."`
	StartedAt         Time       `json:"started_at" doc:"When the person signed in."`
	LastActiveAt      Time       `json:"last_active_at" doc:"When the person last touched the product, as far as it was reported."`
	IdleExpiresAt     Time       `json:"idle_expires_at" doc:"When the session ends unless activity is reported before."`
	AbsoluteExpiresAt Time       `json:"absolute_expires_at" doc:"When the session ends in any case."`
	Status            string     `json:"status" enum:"active,expired,revoked" doc:"active, expired (by a deadline) or revoked (by someone)."`
	EndedAt           *Time      `json:"ended_at" nullable:"true" doc:"When it ended; null while active."`
	Reason            *string    `json:"reason" doc:"Why it ended, such as idle, absolute, logout or owner_all; null while active. Treat an unknown reason as owner_session." example:"logout"`
	Device            Device     `json:"device" doc:"The device that signed in, by what it said of itself."`
	IP                string     `json:"ip" doc:"The address that signed in." example:"192.0.2.7"`
	Current           bool       `json:"current" doc:"Whether this is the session that asks."`
}

// PersonMail is someone with an address.
type PersonMail struct {
	ID    string `json:"id" doc:"The person's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Name  string `json:"name" doc:"The person's name." example:"Ada Lovelace"`
	Email string `json:"email" doc:"The person's email address." example:"ada@example.com"`
	// ExternalID is for services alone.
	ExternalID string `json:"external_id,omitempty" doc:"The product's own id of the person, where there is one; only services are told." example:"user_42"`
}

// Device is what a user agent says of itself, in words for people.
type Device struct {
	Browser string `json:"browser" doc:"The browser; empty when unknown." example:"Firefox 144"`
	OS      string `json:"os" doc:"The operating system; empty when unknown." example:"Windows"`
	Kind    string `json:"kind" enum:"desktop,phone,tablet,bot,other" doc:"The kind of device."`
}

// SessionList is a page of sessions.
type SessionList struct {
	Items      []SessionItem `json:"items" doc:"The sessions of this page, latest activity first."`
	NextCursor *string       `json:"next_cursor" doc:"The cursor of the next page; null on the last one."`
}
