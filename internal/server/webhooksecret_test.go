package server

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// TestWebhookAfterAnotherSecret: what signs for endpoints is sealed anew under a new
// secret of the installation, and needs the old one no more; endpoints notice nothing.
func TestWebhookAfterAnotherSecret(t *testing.T) {
	c := settings(t)
	c.SecretText = config.Secret(strings.Repeat("a", 32))
	h := startHooked(t, c, "session.started")
	c.WebhookAllow = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	c.Signup = config.SignupOpen
	// Both secrets of the endpoint: it knows the one before.
	_, _, err := h.authority.RotateWebhookSecret(t.Context(), curfew.Actor{Type: curfew.ActorService}, curfew.Origin{}, h.hook.ID)
	must(t, err)
	for i, previous := range []config.Secret{c.SecretText, ""} {
		must(t, h.Stop())
		c.SecretText, c.SecretPrevious = config.Secret(strings.Repeat("b", 32)), previous
		h.start(t, c)
		h.signUp(fmt.Sprint("acme", i))
		h.receiver.wait(i + 1)
		h.settles(curfew.OutcomeDelivered)
	}
}
