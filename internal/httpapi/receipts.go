package httpapi

import (
	"context"
	"net/http"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

func (a *API) registerReceipts() {
	register(a, operation{ID: "getReceipt", Method: http.MethodGet, Path: "/api/v1/receipts/{id}", Tag: tagSecurity, Need: holder,
		Summary: "Follow the ending of many sessions",
		Description: "Tells which services that verify access tokens themselves have heard that sessions were ended. " +
			"By the receipt's own token, which works for 30 minutes, or by an owner's access token. A receipt that is final can be read for a day.",
	}, a.receipt)
}

type receiptOut struct{ Body *wire.Receipt }

func (a *API) receipt(ctx context.Context, actor curfew.Actor, _ curfew.Origin, in *idIn) (*receiptOut, error) {
	id, err := pathID(in.ID)
	if err != nil {
		return nil, err
	}
	var view authority.ReceiptView
	if text := exchangeOf(ctx).receiptToken; text != "" {
		view, err = a.Authority.ReceiptByToken(ctx, text, id)
	} else {
		view, err = a.Authority.Receipt(ctx, actor, id)
	}
	if err != nil {
		return nil, err
	}
	body := &wire.Receipt{ID: view.ID.String(), Scope: view.Scope, RevokedCount: view.RevokedCount, AcknowledgedAt: wire.At(view.AcknowledgedAt),
		State: "spreading", Verifiers: make([]wire.ReceiptVerifier, 0, len(view.Verifiers)), P50: view.P50, Max: view.Max, WorstCaseAt: wire.At(view.WorstCaseAt)}
	if view.Everywhere {
		body.State = "everywhere"
	}
	for _, v := range view.Verifiers {
		body.Verifiers = append(body.Verifiers, wire.ReceiptVerifier{Name: v.Name, State: v.State, Milliseconds: v.Milliseconds,
			LastHeardAt: wire.At(v.LastHeardAt), AcceptsUntil: wire.MaybeAt(v.AcceptsUntil)})
	}
	return &receiptOut{body}, nil
}
