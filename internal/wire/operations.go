package wire

// Health says that the process runs, or that it is ready.
type Health struct {
	Status string `json:"status" enum:"ok" doc:"Always ok; anything else is a problem."`
}

// ServerMetadata is the issuer's own description (RFC 8414). Curfew is no
// OAuth authorization server for others, so there is no flow to offer: both
// lists of those are empty, and only endpoints that exist are named.
type ServerMetadata struct {
	Issuer                   string   `json:"issuer" doc:"The iss of access tokens." example:"https://auth.example.com"`
	JWKSURI                  string   `json:"jwks_uri" doc:"Where the keys are." example:"https://auth.example.com/.well-known/jwks.json"`
	ServiceDocumentation     string   `json:"service_documentation" doc:"Where this API is explained." example:"https://auth.example.com/docs"`
	ResponseTypesSupported   []string `json:"response_types_supported" doc:"Empty: there is no authorization endpoint."`
	GrantTypesSupported      []string `json:"grant_types_supported" doc:"Empty: there is no token endpoint."`
	IntrospectionEndpoint    string   `json:"introspection_endpoint" doc:"Where services ask what a token is worth." example:"https://auth.example.com/oauth2/introspect"`
	IntrospectionAuthMethods []string `json:"introspection_endpoint_auth_methods_supported" doc:"How a service proves itself there: with its key as a bearer token, or as a client's secret." example:"[\"client_secret_basic\", \"Bearer\"]"`
	RevocationEndpoint       string   `json:"revocation_endpoint" doc:"Where services end the session of a token." example:"https://auth.example.com/oauth2/revoke"`
	RevocationAuthMethods    []string `json:"revocation_endpoint_auth_methods_supported" doc:"How an OAuth client proves itself there. A service key as a bearer token is taken too; for that this list has no word." example:"[\"client_secret_basic\"]"`
}
