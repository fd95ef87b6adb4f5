package token

import (
	"encoding/binary"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	devicePrefix  = "cfd_"
	devicePayload = 16 + 16 + 8 + 16 // account, user, epoch, device
)

// Device is what the known-browser cookie says: that this browser once signed
// in as that user. It signs nobody in; it only lets the throttle count a
// browser of the person's own apart from strangers who try their name
// (ASVS 6.3.1).
type Device struct {
	AccountID curfew.ID
	UserID    curfew.ID
	// UserEpoch is the user's epoch at that sign-in. A browser is known under
	// that epoch only: a changed password makes it a stranger again, and with
	// it every copy of its cookie.
	UserEpoch int64
	DeviceID  curfew.ID
}

// DeviceCodec writes and reads the value of the known-browser cookie:
//
//	cfd_ base64url( version 1B | key id 1B | account id 16B | user id 16B |
//	                user epoch 8B | device id 16B | mac 16B ) + checksum
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
	payload = binary.BigEndian.AppendUint64(payload, uint64(d.UserEpoch))
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
		UserEpoch: int64(binary.BigEndian.Uint64(payload[32:40])),
		DeviceID:  curfew.ID(payload[40:56]),
	}, nil
}
