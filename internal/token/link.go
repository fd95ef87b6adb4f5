package token

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// LinkKind is what a one-time link is for. Its value is the token's prefix, so
// a link of one kind is never taken for another.
type LinkKind string

// The kinds of link: an invitation to join an account, the way to a new
// password, and the way from a product to the hosted pages. A receipt's token is made in the same way, but works more than once.
const (
	LinkInvite  LinkKind = "cfi_"
	LinkReset   LinkKind = "cfp_"
	LinkReceipt LinkKind = "cfq_"
	LinkPortal  LinkKind = "cfo_"
)

const linkBody = 16 + 16 + 32 // account, id, secret

func (k LinkKind) frame() frame { return frame{prefix: string(k), size: linkBody} }

// NewLink makes a one-time token with a secret of 256 random bits (ASVS
// 6.4.1), and the hash under which the store keeps it:
//
//	prefix base64url( account id 16B | id 16B | secret 32B ) + checksum
//
// It carries no MAC: without the row that has its hash it is worth nothing.
// It names the account so that the row is found without a search across
// accounts.
func NewLink(kind LinkKind, accountID, id curfew.ID) (token string, hash [32]byte) {
	var space [linkBody]byte
	body := append(space[:0], accountID[:]...)
	body = append(body, id[:]...)
	body = body[:linkBody]
	rand.Read(body[32:])
	return kind.frame().encode(body), sha256.Sum256(body)
}

// IsReceipt reports whether a credential says of itself that it is a receipt's
// token, whole or not.
func IsReceipt(text string) bool { return strings.HasPrefix(text, string(LinkReceipt)) }

// ParseLink reads a token of that kind. The caller finds the row by account
// and id and compares its hash in constant time. Anything that NewLink does
// not make is ErrInvalid.
func ParseLink(kind LinkKind, token string) (accountID, id curfew.ID, hash [32]byte, err error) {
	var body [linkBody]byte
	if !kind.frame().decode(body[:], token) {
		return accountID, id, hash, ErrInvalid
	}
	return curfew.ID(body[0:16]), curfew.ID(body[16:32]), sha256.Sum256(body[:]), nil
}
