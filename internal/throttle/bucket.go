package throttle

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"time"
)

// Kind says what a bucket counts by.
type Kind string

// The kinds of bucket.
const (
	KindAddress     Kind = "address"      // one IPv4 address, or one /64 of IPv6
	KindSite        Kind = "site"         // one /48 of IPv6: what one subscriber may have
	KindNetworkName Kind = "network-name" // a login name, tried from one network
	KindName        Kind = "name"         // a login name, tried from anywhere; only delays
	KindBrowser     Kind = "browser"      // a browser that the person signed in from before
	KindForgot      Kind = "forgot"       // a login name whose password is said to be forgotten, from one network
)

// The limits. Burst and recovery leave room for a person who mistypes, and for
// an office behind one address.
var (
	LimitAddress     = Limit{Burst: 30, Every: 20 * time.Second}
	LimitSite        = Limit{Burst: 120, Every: 5 * time.Second}
	LimitNetworkName = Limit{Burst: 10, Every: time.Minute}
	LimitName        = Limit{Burst: 20, Every: time.Minute}
	LimitBrowser     = Limit{Burst: 10, Every: time.Minute}
)

// Bucket is a place where sign-ins are counted.
type Bucket struct {
	// Key is a MAC of what is counted by, so that what is stored names neither
	// a person nor an address.
	Key   [32]byte
	Kind  Kind
	Limit Limit
}

// OnlyDelays reports whether the bucket delays the answer and never refuses.
func (b Bucket) OnlyDelays() bool { return b.Kind == KindName }

// Buckets are where a sign-in counts. The login name is normalised by the
// caller, so that a person has one. The browser is the id of one that this
// very person has signed in from before, proven by the caller, and "" for any
// other: it counts in place of the address and the network, so that what others
// do there does not touch it.
func Buckets(key []byte, ip netip.Addr, loginName, browser string) []Bucket {
	bucket := func(kind Kind, limit Limit, values ...string) Bucket {
		return Bucket{Key: mac(key, kind, values...), Kind: kind, Limit: limit}
	}
	name := bucket(KindName, LimitName, loginName)
	if browser != "" {
		return []Bucket{bucket(KindBrowser, LimitBrowser, browser, loginName), name}
	}
	return append(AddressBuckets(key, ip),
		bucket(KindNetworkName, LimitNetworkName, Network(ip).String(), loginName), name)
}

// AddressBuckets are where an attempt counts that no login name belongs to,
// such as one at a link.
func AddressBuckets(key []byte, ip netip.Addr) []Bucket {
	one := address(ip)
	buckets := []Bucket{{Key: mac(key, KindAddress, one.String()), Kind: KindAddress, Limit: LimitAddress}}
	if one.Addr().Is6() {
		buckets = append(buckets, Bucket{Key: mac(key, KindSite, Network(ip).String()), Kind: KindSite, Limit: LimitSite})
	}
	return buckets
}

// ForgotBuckets are where it counts that somebody says to have forgotten the
// password of a login name. Who has just guessed at it too often may still do
// so, as far as the address allows.
func ForgotBuckets(key []byte, ip netip.Addr, loginName string) []Bucket {
	return append(AddressBuckets(key, ip), Bucket{Key: mac(key, KindForgot, Network(ip).String(), loginName), Kind: KindForgot, Limit: LimitNetworkName})
}

// Network is the neighbourhood of an address: its /24, or its /48 of IPv6,
// the most that one subscriber usually gets (RFC 6177). An IPv4 address in
// IPv6 clothes is an IPv4 address. All invalid addresses share one network.
func Network(ip netip.Addr) netip.Prefix { return prefix(ip, 24, 48) }

// address is what counts as one address: an IPv4 address, or a /64, because
// whoever has one address of it has them all.
func address(ip netip.Addr) netip.Prefix { return prefix(ip, 32, 64) }

// prefix keeps the first bits of an IPv4 or of an IPv6 address.
func prefix(ip netip.Addr, bits4, bits6 int) netip.Prefix {
	ip = ip.Unmap()
	bits := bits6
	if ip.Is4() {
		bits = bits4
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		panic("throttle: " + err.Error()) // the bits are in range
	}
	return p
}

// mac is HMAC-SHA-256 over kind and values, each after its length, so that no
// two lists are written alike.
func mac(key []byte, kind Kind, values ...string) (sum [32]byte) {
	h := hmac.New(sha256.New, key)
	for _, s := range append([]string{string(kind)}, values...) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	h.Sum(sum[:0])
	return sum
}
