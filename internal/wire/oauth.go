package wire

// TokenForm names one token, in a form.
type TokenForm struct {
	Token         string `json:"token" doc:"An access token or a refresh token."`
	TokenTypeHint string `json:"token_type_hint,omitempty" doc:"Ignored: a token says itself of what sort it is."`
}

// Introspection is what a token is worth at this moment (RFC 7662). Of one that
// is good for nothing, active is the only member.
type Introspection struct {
	Active    bool     `json:"active" doc:"Whether the token can be used now: genuine, in force, and of a session that is alive."`
	Subject   string   `json:"sub,omitzero" doc:"The id of the person." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	SessionID string   `json:"sid,omitzero" doc:"The id of the session." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	AccountID string   `json:"account_id,omitzero" doc:"The id of the account." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Role      string   `json:"role,omitzero" enum:"owner,member" doc:"What the person may do in the account now, whatever the token says."`
	ClientID  string   `json:"client_id,omitzero" doc:"Always curfew." example:"curfew"`
	Issuer    string   `json:"iss,omitzero" doc:"Who issued the token." example:"https://auth.example.com"`
	Audience  string   `json:"aud,omitzero" doc:"Whom the token is for; a refresh token is for its issuer." example:"https://auth.example.com"`
	ExpiresAt int64    `json:"exp,omitzero" doc:"When the token ends at the latest, in Unix seconds. That of a refresh token is the next deadline of its session."`
	IssuedAt  int64    `json:"iat,omitzero" doc:"When it was issued, in Unix seconds."`
	TokenID   string   `json:"jti,omitzero" doc:"The id of an access token; a refresh token has none." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	AuthTime  int64    `json:"auth_time,omitzero" doc:"When the person signed in, in Unix seconds."`
	AMR       []string `json:"amr,omitzero" doc:"How the person signed in (RFC 8176)." example:"[\"pwd\"]"`
	TokenType string   `json:"token_type,omitzero" enum:"Bearer,refresh_token" doc:"Bearer for an access token. Accept nothing else from a caller: a refresh token is for its issuer alone."`
}

// OAuthError is a problem that OAuth clients can read (RFC 6749, section 5.2).
type OAuthError struct {
	Error       string `json:"error" enum:"invalid_request,invalid_client,invalid_token,insufficient_scope,access_denied,temporarily_unavailable,server_error" doc:"What went wrong, in a word of OAuth's."`
	Description string `json:"error_description" doc:"The same as detail."`
	Type        string `json:"type" doc:"What went wrong, as a stable relative URI; the page behind it explains it." example:"/problems/invalid-token"`
	Title       string `json:"title" doc:"The type in words; the same for every problem of the type." example:"Token not valid"`
	Status      int    `json:"status" doc:"The HTTP status." example:"401"`
	Detail      string `json:"detail" doc:"What went wrong this time, in words for people." example:"The service key is not valid."`
	Instance    string `json:"instance" doc:"The id of the request, as in X-Request-Id and in the server's log." example:"K3QJ7WZ2M5T4XH6N"`
	Scope       string `json:"scope,omitempty" doc:"For wrong-scope: the scope that the service key would need." example:"tokens:introspect"`
}
