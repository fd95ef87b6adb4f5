package httpapi

import (
	"context"
	"net/http"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

// keySetOut is the key set, as whoever holds the keys gives it.
type keySetOut struct {
	CacheControl string `header:"Cache-Control" doc:"How long the answer may be kept."`
	Body         any
}

type metadataOut struct {
	CacheControl string `header:"Cache-Control" doc:"How long the answer may be kept."`
	Body         wire.ServerMetadata
}

// publicFor5Minutes is no longer than keys are published ahead of their use.
const publicFor5Minutes = "public, max-age=300"

func (a *API) registerWellKnown() {
	register(a, operation{ID: "getKeySet", Method: http.MethodGet, Path: "/.well-known/jwks.json", Tag: tagKeys,
		Summary:     "Read the public keys",
		Description: "Reads the keys that access tokens verify against (RFC 7517). New keys appear before they are used.",
	}, func(context.Context, curfew.Actor, curfew.Origin, *empty) (*keySetOut, error) {
		return &keySetOut{publicFor5Minutes, a.JWKS(a.Now())}, nil
	})
	metadata := wire.ServerMetadata{
		Issuer: a.PublicURL, JWKSURI: a.PublicURL + "/.well-known/jwks.json", ServiceDocumentation: a.PublicURL + "/docs",
		ResponseTypesSupported: []string{}, GrantTypesSupported: []string{},
		IntrospectionEndpoint: a.PublicURL + introspectPath, IntrospectionAuthMethods: []string{"client_secret_basic", "Bearer"},
		RevocationEndpoint: a.PublicURL + revokePath, RevocationAuthMethods: []string{"client_secret_basic"},
	}
	register(a, operation{ID: "getServerMetadata", Method: http.MethodGet, Path: "/.well-known/oauth-authorization-server", Tag: tagKeys,
		Summary:     "Read the issuer's description",
		Description: "Reads where the keys are, what the issuer is called, and where tokens are judged and revoked (RFC 8414).",
	}, func(context.Context, curfew.Actor, curfew.Origin, *empty) (*metadataOut, error) {
		return &metadataOut{publicFor5Minutes, metadata}, nil
	})
}
