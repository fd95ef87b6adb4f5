package token

import (
	"encoding/binary"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	browserPrefix  = "cfb_"
	browserPayload = 16 + 16 + 8 + 16 // account, user, epoch, browser
)

// Browser is what the known-browser cookie says: that this browser once signed
// in as that user. It signs nobody in; it only lets the throttle count a
// browser of the person's own apart from strangers who try their name
// (ASVS 6.3.1).
type Browser struct {
	AccountID curfew.ID
	UserID    curfew.ID
	// UserEpoch is the user's epoch at that sign-in. A browser is known under
	// that epoch only: a changed password makes it a stranger again, and with
	// it every copy of its cookie.
	UserEpoch int64
	ID        curfew.ID
}

// BrowserCodec writes and reads the value of the known-browser cookie:
//
//	cfb_ base64url( version 1B | key id 1B | account id 16B | user id 16B |
//	                user epoch 8B | browser id 16B | mac 16B ) + checksum
//
// A BrowserCodec is safe for concurrent use.
type BrowserCodec struct{ stamped stampedFrame }

// NewBrowserCodec makes the codec of an installation.
func NewBrowserCodec(secrets *Secrets) *BrowserCodec {
	return &BrowserCodec{newStampedFrame(browserPrefix, browserPayload, secrets, PurposeBrowser)}
}

// Encode is the cookie's value, always under the current key.
func (c *BrowserCodec) Encode(d Browser) string {
	var space [browserPayload]byte
	payload := append(space[:0], d.AccountID[:]...)
	payload = append(payload, d.UserID[:]...)
	payload = binary.BigEndian.AppendUint64(payload, uint64(d.UserEpoch))
	payload = append(payload, d.ID[:]...)
	return c.stamped.encode(payload)
}

// Decode reads a value that Encode made, under the current key or a previous
// one. Anything else is ErrInvalid.
func (c *BrowserCodec) Decode(text string) (Browser, error) {
	var payload [browserPayload]byte
	if !c.stamped.decode(payload[:], text) {
		return Browser{}, ErrInvalid
	}
	return Browser{
		AccountID: curfew.ID(payload[0:16]),
		UserID:    curfew.ID(payload[16:32]),
		UserEpoch: int64(binary.BigEndian.Uint64(payload[32:40])),
		ID:        curfew.ID(payload[40:56]),
	}, nil
}
