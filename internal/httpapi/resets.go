package httpapi

import (
	"context"
	"net/http"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

// registerResetLinks registers what the holder of a link to a new password
// does.
func (a *API) registerResetLinks() {
	register(a, operation{ID: "forgotPassword", Method: http.MethodPost, Path: "/api/v1/auth/forgot", Tag: tagAuth, Status: http.StatusAccepted,
		Summary: "Ask for a new password by mail",
		Description: "Has a link to a new password mailed to the person of the address. Whether there is one is looked at after the answer, " +
			"so neither the answer nor its time tells. Without mail it is 404; GET /auth/config tells beforehand.",
		Problems: []curfew.Kind{curfew.KindNotFound, curfew.KindRateLimited},
	}, a.forgot)
	register(a, operation{ID: "getReset", Method: http.MethodPost, Path: "/api/v1/auth/reset", Tag: tagAuth,
		Summary:     "Look at a link to a new password",
		Description: "Tells whose password the link is for, without using it up.",
		Problems:    []curfew.Kind{curfew.KindLinkInvalid, curfew.KindRateLimited},
	}, a.lookAtReset)
	register(a, operation{ID: "resetPassword", Method: http.MethodPost, Path: "/api/v1/auth/reset-password", Tag: tagAuth, Status: http.StatusNoContent,
		Summary: "Set a new password by a link",
		Description: "Sets the person's password and ends all their sessions. Starts no session and leaves cookies alone. " +
			"The link works once; a password that is refused does not use it up.",
		Problems: []curfew.Kind{curfew.KindLinkInvalid, curfew.KindRateLimited},
	}, a.resetPassword)
}

// registerResets registers what an owner does for those who forgot theirs.
func (a *API) registerResets() {
	register(a, operation{ID: "createResetLink", Method: http.MethodPost, Path: "/api/v1/accounts/me/users/{user_id}/reset-links", Tag: tagPeople, Need: owner, Status: http.StatusCreated,
		Summary: "Make a link to a new password",
		Description: "Makes a link by which a person of the account sets a new password. It is shown this once, works once and for 60 minutes; " +
			"a newer one, a new password and whatever else ends all the person's sessions make it stop working. A disabled person gets none, and nobody makes one for themselves.",
		Problems: []curfew.Kind{curfew.KindInvalidRequest, curfew.KindNoPassword},
	}, a.createResetLink)
}

func (a *API) createResetLink(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *userIDIn) (*struct{ Body wire.NewResetLink }, error) {
	id, err := pathID(in.UserID)
	if err != nil {
		return nil, err
	}
	link, err := a.Authority.CreateResetLink(ctx, actor, from, id)
	return &struct{ Body wire.NewResetLink }{wire.NewResetLink{ResetURL: link.URL, ExpiresAt: wire.At(link.ExpiresAt)}}, err
}

func (a *API) forgot(ctx context.Context, _ curfew.Actor, from curfew.Origin, in *struct{ Body wire.ForgotRequest }) (*empty, error) {
	return done(a.Authority.Forgot(ctx, from, in.Body.Email))
}

func (a *API) lookAtReset(ctx context.Context, _ curfew.Actor, from curfew.Origin, in *struct{ Body wire.ResetLookupRequest }) (*struct{ Body wire.ResetLookup }, error) {
	r, err := a.Authority.Reset(ctx, from, in.Body.Token)
	return &struct{ Body wire.ResetLookup }{wire.ResetLookup{Name: r.Name, Email: r.Email, ExpiresAt: wire.At(r.ExpiresAt)}}, err
}

func (a *API) resetPassword(ctx context.Context, _ curfew.Actor, from curfew.Origin, in *struct{ Body wire.ResetPasswordRequest }) (*empty, error) {
	return done(a.Authority.ResetPassword(ctx, from, in.Body.Token, in.Body.Password))
}
