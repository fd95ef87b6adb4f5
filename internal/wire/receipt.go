package wire

// SessionsRevoked says how many sessions ended together, and names the receipt
// that shows who has heard.
type SessionsRevoked struct {
	RevokedCount int        `json:"revoked_count" doc:"How many sessions were active and are now over." example:"5"`
	Receipt      ReceiptKey `json:"receipt" doc:"What shows which services have heard."`
}

// ReceiptKey names a receipt, and reads it.
type ReceiptKey struct {
	ID        string `json:"id" doc:"The receipt's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Token     string `json:"token" doc:"A bearer token that reads this receipt and nothing else, also when the caller's own session is over." example:"cfq_AZeyxI86fSGcVT6PGi"`
	ExpiresAt Time   `json:"expires_at" doc:"When the token stops to work."`
}

// Receipt tells how far the ending of many sessions has come.
type Receipt struct {
	ID             string            `json:"id" doc:"The receipt's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Scope          string            `json:"scope" enum:"all,others" doc:"Which sessions were ended."`
	RevokedCount   int               `json:"revoked_count" doc:"How many sessions were active and are now over." example:"5"`
	AcknowledgedAt Time              `json:"acknowledged_at" doc:"When they were ended here."`
	State          string            `json:"state" enum:"spreading,everywhere" doc:"everywhere once all verifiers have acknowledged, or worst_case_at is past; spreading until then."`
	Verifiers      []ReceiptVerifier `json:"verifiers" doc:"The services that verify access tokens themselves and follow the revocation feed, by name."`
	P50            *int64            `json:"p50_ms" doc:"The median of their milliseconds; null while none has acknowledged." example:"41"`
	Max            *int64            `json:"max_ms" doc:"The greatest of their milliseconds; null while none has acknowledged." example:"120"`
	WorstCaseAt    Time              `json:"worst_case_at" doc:"When every access token of the ended sessions has expired, whoever has heard."`
}

// ReceiptVerifier is a service that is to hear of it.
type ReceiptVerifier struct {
	Name         string `json:"name" doc:"What the service calls itself." example:"orders"`
	State        string `json:"state" enum:"acknowledged,lagging,silent" doc:"acknowledged: it refuses the ended sessions. lagging: it was heard of within 5 seconds, but has not applied their end yet. silent: it was not."`
	Milliseconds *int64 `json:"milliseconds" doc:"How long it took to acknowledge; null while it has not." example:"41"`
	LastHeardAt  Time   `json:"last_heard_at" doc:"When it was last heard of."`
	AcceptsUntil *Time  `json:"accepts_until" nullable:"true" doc:"Until when it may accept a token of an ended session at worst; null once it has acknowledged."`
}
