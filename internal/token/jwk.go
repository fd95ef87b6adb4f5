package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"math/big"
)

// JWK is a public key (RFC 7517, section 4; RFC 8037 for Ed25519). It has no
// room for a private member.
type JWK struct {
	KTY string `json:"kty"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	KID string `json:"kid"`
	CRV string `json:"crv,omitempty"`
	X   string `json:"x,omitempty"`
	Y   string `json:"y,omitempty"`
	N   string `json:"n,omitempty"`
	E   string `json:"e,omitempty"`
}

// JWKS is the body of /.well-known/jwks.json (RFC 7517, section 5).
type JWKS struct {
	Keys []JWK `json:"keys"`
}

// newJWK refuses a key that is not exactly of the kind that alg takes, so that
// no key is ever used with an algorithm not its own.
func newJWK(alg string, public crypto.PublicKey) (JWK, error) {
	jwk := JWK{Use: "sig", Alg: alg}
	switch key := public.(type) {
	case ed25519.PublicKey:
		if alg != AlgEdDSA || len(key) != ed25519.PublicKeySize {
			return JWK{}, fmt.Errorf("an Ed25519 key cannot sign as %q", alg)
		}
		jwk.KTY, jwk.CRV, jwk.X = "OKP", "Ed25519", base64url.EncodeToString(key)
	case *ecdsa.PublicKey:
		if alg != AlgES256 || key.Curve != elliptic.P256() {
			return JWK{}, fmt.Errorf("a %s key cannot sign as %q", key.Params().Name, alg)
		}
		point, err := key.Bytes() // 4 | x 32B | y 32B
		if err != nil {
			return JWK{}, err
		}
		jwk.KTY, jwk.CRV = "EC", "P-256"
		jwk.X, jwk.Y = base64url.EncodeToString(point[1:33]), base64url.EncodeToString(point[33:])
	case *rsa.PublicKey:
		if alg != AlgRS256 || key.N.BitLen() < rsaBits {
			return JWK{}, fmt.Errorf("an RSA key of %d bits cannot sign as %q; RS256 takes %d", key.N.BitLen(), alg, rsaBits)
		}
		jwk.KTY = "RSA"
		jwk.N = base64url.EncodeToString(key.N.Bytes())
		jwk.E = base64url.EncodeToString(big.NewInt(int64(key.E)).Bytes())
	default:
		return JWK{}, fmt.Errorf("a key of type %T cannot sign access tokens", public)
	}
	jwk.KID = jwk.thumbprint()
	return jwk, nil
}

// thumbprint hashes the required members in alphabetical order (RFC 7638,
// section 3; RFC 8037, section 2). Their values are base64url or fixed names,
// so nothing needs escaping.
func (k JWK) thumbprint() string {
	var members string
	switch k.KTY {
	case "OKP":
		members = fmt.Sprintf(`{"crv":"%s","kty":"OKP","x":"%s"}`, k.CRV, k.X)
	case "EC":
		members = fmt.Sprintf(`{"crv":"%s","kty":"EC","x":"%s","y":"%s"}`, k.CRV, k.X, k.Y)
	case "RSA":
		members = fmt.Sprintf(`{"e":"%s","kty":"RSA","n":"%s"}`, k.E, k.N)
	}
	hash := sha256.Sum256([]byte(members))
	return base64url.EncodeToString(hash[:])
}
