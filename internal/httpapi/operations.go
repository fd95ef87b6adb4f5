package httpapi

import (
	"context"
	"net/http"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

type healthOut struct {
	CacheControl string `header:"Cache-Control" hidden:"true"`
	Body         wire.Health
}

func (a *API) registerOperations() {
	register(a, operation{ID: "getHealth", Method: http.MethodGet, Path: "/healthz", Tag: tagOperations,
		Summary: "Tell whether the process runs", Description: "Answers as long as the process can answer at all. Looks at nothing else.",
	}, func(context.Context, curfew.Actor, curfew.Origin, *empty) (*healthOut, error) {
		return &healthOut{"no-store", wire.Health{Status: "ok"}}, nil
	})
	register(a, operation{ID: "getReadiness", Method: http.MethodGet, Path: "/readyz", Tag: tagOperations,
		Summary: "Tell whether the server can work", Description: "Answers 200 when the store answers and is migrated, else 503.",
	}, a.ready)
}

func (a *API) ready(ctx context.Context, _ curfew.Actor, _ curfew.Origin, _ *empty) (*healthOut, error) {
	if err := a.Authority.Ready(ctx); err != nil {
		if curfew.KindOf(err) != curfew.KindUnavailable {
			err = curfew.Unavailable(err)
		}
		return nil, err
	}
	return &healthOut{"no-store", wire.Health{Status: "ok"}}, nil
}
