package wire

// Revocation is what verifiers must refuse: one session, or every session
// below an epoch, or every token that was made before a time.
type Revocation struct {
	AccountID    string   `json:"account_id,omitempty" doc:"The account it is about; left out in an entry for every account." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	SessionID    string   `json:"session_id,omitempty" doc:"Tokens of this session (sid) are refused." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	UserID       string   `json:"user_id,omitempty" doc:"With epoch: only tokens of this person (sub), whose ue is below it." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Epoch        int64    `json:"epoch,omitempty" doc:"Tokens of the account are refused whose ae is below it or, with user_id, whose ue is; an absent claim is 0."`
	Except       []string `json:"except,omitempty" doc:"With epoch: tokens of these sessions are not refused by it."`
	At           *Time    `json:"at,omitempty" doc:"With session_id: refused from then on; without it at once."`
	MintedBefore *Time    `json:"minted_before,omitempty" doc:"Tokens of every account are refused whose iat is earlier."`
	Until        Time     `json:"until" doc:"After this time no token that the entry speaks of is alive, and it can be forgotten."`
}

// RevocationSnapshot is every revocation that still matters.
type RevocationSnapshot struct {
	Cursor     string       `json:"cursor" doc:"How far one has come who has applied all entries." example:"AQ"`
	ServerTime Time         `json:"server_time" doc:"The time at the server."`
	Entries    []Revocation `json:"entries" doc:"All revocations that still matter, in no particular order. They add to what is known, and replace nothing."`
}

// RevocationHead says how far a verifier must have come to know everything that
// was acknowledged before it asked.
type RevocationHead struct {
	Cursor     string `json:"cursor" doc:"The cursor that the verifier's own must cover." example:"AQ"`
	ServerTime Time   `json:"server_time" doc:"The time at the server, by which a verifier judges what is over."`
}
