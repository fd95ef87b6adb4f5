package token

import "github.com/curfew-auth/curfew/internal/curfew"

const (
	devicePrefix  = "cfd_"
	devicePayload = 16 + 16 + 16 // account, user, device
)

// Device is what the known-browser cookie says: that this browser once signed
// in as that user. It signs nobody in; it only lets the throttle count a
// browser of the person's own apart from strangers who try their name
// (ASVS 6.3.1).
type Device struct {
	AccountID curfew.ID
	UserID    curfew.ID
	DeviceID  curfew.ID
}

// DeviceCodec writes and reads the value of the known-browser cookie:
//
//	cfd_ base64url( version 1B | key id 1B | account id 16B | user id 16B |
//	                device id 16B | mac 16B ) + checksum
//
// A DeviceCodec is safe for concurrent use.
type DeviceCodec struct{ stamped stampedFrame }

// NewDeviceCodec makes the codec of an installation.
func NewDeviceCodec(secrets *Secrets) *DeviceCodec {
	return &DeviceCodec{newStampedFrame(devicePrefix, devicePayload, secrets, PurposeDevice)}
}

// Encode is the cookie's value, always under the current key.
func (c *DeviceCodec) Encode(d Device) string {
	var space [devicePayload]byte
	payload := append(space[:0], d.AccountID[:]...)
	payload = append(payload, d.UserID[:]...)
	payload = append(payload, d.DeviceID[:]...)
	return c.stamped.encode(payload)
}

// Decode reads a value that Encode made, under the current key or a previous
// one. Anything else is ErrInvalid.
func (c *DeviceCodec) Decode(text string) (Device, error) {
	var payload [devicePayload]byte
	if !c.stamped.decode(payload[:], text) {
		return Device{}, ErrInvalid
	}
	return Device{
		AccountID: curfew.ID(payload[0:16]),
		UserID:    curfew.ID(payload[16:32]),
		DeviceID:  curfew.ID(payload[32:48]),
	}, nil
}
