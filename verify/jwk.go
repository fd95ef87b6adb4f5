package verify

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

// key is one of the authority's public keys.
type key struct {
	kid, alg string
	method   jwt.SigningMethod
	public   crypto.PublicKey
	header   string // of every token that it signs
}

// keySet is the authority's keys at one time.
type keySet struct {
	byHeader, byKID map[string]*key
}

// jwk is a public key on the wire (RFC 7517, section 4; RFC 8037 for Ed25519).
type jwk struct {
	KTY string `json:"kty"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	KID string `json:"kid"`
	CRV string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
	N   string `json:"n"`
	E   string `json:"e"`
}

// maxKID bounds a key's name; the authority's have 43 characters.
const maxKID = 128

// minRSABits is what the authority makes; a shorter key is not one of its.
const minRSABits = 3072

// parseKeys reads the authority's key set (RFC 7517, section 5). Keys of a kind
// that this version does not know are passed over: tokens signed by them are
// refused. A key that contradicts itself is an error.
func parseKeys(text []byte) (*keySet, error) {
	var body struct {
		Keys []jwk `json:"keys"`
	}
	if err := json.Unmarshal(text, &body); err != nil {
		return nil, errors.New(jsonFault(err))
	}
	set := &keySet{byHeader: map[string]*key{}, byKID: map[string]*key{}}
	for _, j := range body.Keys {
		k, err := j.key()
		if err != nil {
			return nil, err
		}
		if k == nil {
			continue
		}
		if set.byKID[k.kid] != nil {
			return nil, errors.New("two keys have one kid")
		}
		set.byKID[k.kid], set.byHeader[k.header] = k, k
	}
	if len(set.byKID) == 0 {
		return nil, errors.New("it has no key that this version can use")
	}
	return set, nil
}

// key is nil for a kind that is not known. The list is closed: nothing
// symmetric, no "none" (ASVS 9.1.2; RFC 8725, sections 3.1 and 3.2).
func (j *jwk) key() (*key, error) {
	k := &key{kid: j.KID, alg: j.Alg}
	var err error
	switch {
	case j.Use != "" && j.Use != "sig":
		return nil, nil
	case j.Alg == "EdDSA" && j.KTY == "OKP" && j.CRV == "Ed25519":
		k.method = jwt.SigningMethodEdDSA
		k.public, err = j.ed25519()
	case j.Alg == "ES256" && j.KTY == "EC" && j.CRV == "P-256":
		k.method = jwt.SigningMethodES256
		k.public, err = j.p256()
	case j.Alg == "RS256" && j.KTY == "RSA":
		k.method = jwt.SigningMethodRS256
		k.public, err = j.rsa()
	default:
		return nil, nil
	}
	if err == nil && (j.KID == "" || len(j.KID) > maxKID) {
		err = errors.New("a key has no proper kid")
	}
	if err != nil {
		return nil, err
	}
	k.header = headerOf(k.alg, k.kid)
	return k, nil
}

// headerOf is the first part of every token that a key signs: always these
// members in this order.
func headerOf(alg, kid string) string {
	return base64url.EncodeToString(fmt.Appendf(nil, `{"alg":%q,"kid":%q,"typ":"at+jwt"}`, alg, kid))
}

func (j *jwk) ed25519() (crypto.PublicKey, error) {
	x, err := base64url.DecodeString(j.X)
	if err != nil || len(x) != ed25519.PublicKeySize {
		return nil, errors.New("an Ed25519 key has no proper x")
	}
	return ed25519.PublicKey(x), nil
}

func (j *jwk) p256() (crypto.PublicKey, error) {
	x, errX := base64url.DecodeString(j.X)
	y, errY := base64url.DecodeString(j.Y)
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
		return nil, errors.New("a P-256 key has no proper x and y")
	}
	// Refuses a point that is not on the curve (RFC 8725, section 3.4).
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil, errors.New("a P-256 key is not on its curve")
	}
	return public, nil
}

func (j *jwk) rsa() (crypto.PublicKey, error) {
	n, errN := base64url.DecodeString(j.N)
	e, errE := base64url.DecodeString(j.E)
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e)
	if errN != nil || errE != nil || !exponent.IsInt64() || exponent.Int64() < 65537 || exponent.Int64() > 1<<31-1 || exponent.Bit(0) == 0 {
		return nil, errors.New("an RSA key has no proper n and e")
	}
	if bits := modulus.BitLen(); bits < minRSABits || bits > 8192 {
		return nil, fmt.Errorf("an RSA key has %d bits; %d to 8192 are taken", bits, minRSABits)
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}, nil
}

// kidOf reads the kid out of a header of the authority's form, so that a key
// which is not known yet can be fetched. Nothing else is believed of it, and any
// other form is no reason to ask (RFC 8725, section 3.10).
func kidOf(header string) (string, bool) {
	text, err := base64url.DecodeString(header)
	if err != nil || len(text) > 512 {
		return "", false
	}
	var h struct{ Alg, KID string }
	if json.Unmarshal(text, &h) != nil || h.KID == "" || len(h.KID) > maxKID {
		return "", false
	}
	return h.KID, headerOf(h.Alg, h.KID) == header
}
