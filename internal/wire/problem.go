package wire

// Problem is the body of every error (RFC 9457).
type Problem struct {
	Type       string       `json:"type" doc:"What went wrong, as a stable relative URI; the page behind it explains it." example:"/problems/invalid-request"`
	Title      string       `json:"title" doc:"The type in words; the same for every problem of the type." example:"Invalid request"`
	Status     int          `json:"status" doc:"The HTTP status." example:"422"`
	Detail     string       `json:"detail" doc:"What went wrong this time, in words for people." example:"idle_minutes must be between 15 and 43200"`
	Instance   string       `json:"instance" doc:"The id of the request, as in X-Request-Id and in the server's log." example:"K3QJ7WZ2M5T4XH6N"`
	Errors     []FieldError `json:"errors,omitempty" doc:"Each member that was refused; the first one's detail is the problem's."`
	Reason     string       `json:"reason,omitempty" doc:"For an ended session: why it ended, such as idle, absolute, logout or owner_all. Treat an unknown reason as owner_session." example:"idle"`
	Generation uint32       `json:"generation,omitzero" doc:"For generation-moved: the generation of the token that was presented." example:"7"`
	Scope      string       `json:"scope,omitempty" doc:"For wrong-scope: the scope that the service key would need." example:"sessions:write"`
	SessionID  string       `json:"session_id,omitempty" doc:"For generation-moved: the session of the token that was presented." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
}

// FieldError is one member of a request that was refused.
type FieldError struct {
	Field  string `json:"field,omitempty" doc:"The name of the member or parameter; left out for one that is not known." example:"idle_minutes"`
	Detail string `json:"detail" doc:"Why it was refused." example:"idle_minutes must be between 15 and 43200"`
}
