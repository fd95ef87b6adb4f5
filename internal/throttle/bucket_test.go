package throttle

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

var key = []byte("a key of thirty-two bytes, or so")

func TestNetwork(t *testing.T) {
	for ip, want := range map[string][2]string{
		"192.0.2.130":             {"192.0.2.0/24", "192.0.2.130/32"},
		"::ffff:192.0.2.130":      {"192.0.2.0/24", "192.0.2.130/32"},
		"2001:db8:1:2:3:4:5:6":    {"2001:db8:1::/48", "2001:db8:1:2::/64"},
		"fe80::1%eth0":            {"fe80::/48", "fe80::/64"},
		"::1":                     {"::/48", "::/64"},
		"255.255.255.255":         {"255.255.255.0/24", "255.255.255.255/32"},
		"2001:db8:1:2:ffff::ffff": {"2001:db8:1::/48", "2001:db8:1:2::/64"},
	} {
		addr := netip.MustParseAddr(ip)
		if got := [2]string{Network(addr).String(), address(addr).String()}; got != want {
			t.Errorf("%s: %v, want %v", ip, got, want)
		}
	}
	if got := Network(netip.Addr{}); got.IsValid() {
		t.Errorf("of no address: %v", got)
	}
}

// of returns the buckets of a sign-in by kind.
func of(t *testing.T, ip, name, browser string) map[Kind]Bucket {
	t.Helper()
	buckets := make(map[Kind]Bucket)
	for _, b := range Buckets(key, netip.MustParseAddr(ip), name, browser) {
		buckets[b.Kind] = b
	}
	return buckets
}

func TestBuckets(t *testing.T) {
	stranger := of(t, "192.0.2.1", "ada@example.org", "")
	if len(stranger) != 3 || stranger[KindAddress].Limit != LimitAddress || stranger[KindNetworkName].Limit != LimitNetworkName || stranger[KindName].Limit != LimitName {
		t.Errorf("a stranger counts in %v", stranger)
	}
	known := of(t, "192.0.2.1", "ada@example.org", "browser-1")
	if len(known) != 2 || known[KindBrowser].Limit != LimitBrowser || known[KindName] != stranger[KindName] {
		t.Errorf("a known browser counts in %v", known)
	}

	for _, test := range []struct {
		name             string
		ip, login        string
		shared, separate []Kind
	}{
		{"the same", "192.0.2.1", "ada@example.org", []Kind{KindAddress, KindNetworkName, KindName}, nil},
		{"mapped into IPv6", "::ffff:192.0.2.1", "ada@example.org", []Kind{KindAddress, KindNetworkName, KindName}, nil},
		{"a neighbour", "192.0.2.2", "ada@example.org", []Kind{KindNetworkName, KindName}, []Kind{KindAddress}},
		{"elsewhere", "198.51.100.1", "ada@example.org", []Kind{KindName}, []Kind{KindAddress, KindNetworkName}},
		{"another person", "192.0.2.1", "bob@example.org", []Kind{KindAddress}, []Kind{KindNetworkName, KindName}},
	} {
		other := of(t, test.ip, test.login, "")
		for _, kind := range test.shared {
			if other[kind] != stranger[kind] {
				t.Errorf("%s: a bucket %s of its own", test.name, kind)
			}
		}
		for _, kind := range test.separate {
			if other[kind].Key == stranger[kind].Key {
				t.Errorf("%s: the same bucket %s", test.name, kind)
			}
		}
	}

	one, two := of(t, "2001:db8::1", "ada@example.org", ""), of(t, "2001:db8::2:1", "ada@example.org", "")
	if one[KindAddress] != two[KindAddress] {
		t.Error("two addresses of one /64 count apart")
	}
	if of(t, "192.0.2.1", "ada@example.org", "browser-2")[KindBrowser] == known[KindBrowser] {
		t.Error("two browsers count together")
	}
}

// A key is a MAC: another key gives other buckets, and no kind runs into
// another.
func TestKeys(t *testing.T) {
	ip := netip.MustParseAddr("192.0.2.1")
	var keys [][32]byte
	for _, secret := range []string{"one", "two", ""} {
		for _, b := range append(Buckets([]byte(secret), ip, "ada@example.org", ""), Buckets([]byte(secret), ip, "ada@example.org", "d")[0]) {
			if slices.Contains(keys, b.Key) {
				t.Errorf("the key of a bucket %s is there twice", b.Kind)
			}
			keys = append(keys, b.Key)
		}
	}
	if mac(key, KindName, "ab", "c") == mac(key, KindName, "a", "bc") || mac(key, KindName, "") == mac(key, KindName) {
		t.Error("two lists are written alike")
	}
}

// attempts judges one sign-in after another until one is refused, and returns
// how many were not.
func attempts(buckets []Bucket, tats []int64, now time.Time) (n int, tatsThen []int64, last Verdict) {
	for {
		last = Judge(buckets, tats, now)
		if !last.OK {
			return n, last.TATs, last
		}
		n, tats = n+1, last.TATs
	}
}

func TestJudge(t *testing.T) {
	stranger := Buckets(key, netip.MustParseAddr("192.0.2.1"), "ada@example.org", "")
	n, tats, last := attempts(stranger, make([]int64, 3), noon)
	if n != LimitNetworkName.Burst || last.RetryAfter != LimitNetworkName.Every || last.Delay != 0 {
		t.Errorf("%d at once, then %+v", n, last)
	}
	if again := Judge(stranger, tats, noon); !slices.Equal(again.TATs, tats) {
		t.Error("a refused sign-in was charged")
	}
	if v := Judge(stranger, tats, noon.Add(last.RetryAfter)); !v.OK {
		t.Errorf("refused after Retry-After: %+v", v)
	}

	// The wait is that of the bucket that takes longest.
	later := noon.Add(5 * time.Second)
	full := []int64{noon.Add(10*time.Minute + 5*time.Second).UnixMicro(), tats[1] - time.Minute.Microseconds() + 6e6, 0}
	if v := Judge(stranger, full, later); v.OK || v.RetryAfter != 20*time.Second {
		t.Errorf("%+v", v)
	}

	// Ada's own browser does not notice.
	known := Buckets(key, netip.MustParseAddr("192.0.2.1"), "ada@example.org", "browser-1")
	if v := Judge(known, []int64{0, tats[2]}, noon); !v.OK || v.Delay != 0 {
		t.Errorf("a known browser: %+v", v)
	}

	// One address that tries many names is stopped by its address.
	tries, here := 0, int64(0)
	for ; tries < 100; tries++ {
		buckets := Buckets(key, netip.MustParseAddr("192.0.2.1"), string(rune('a'+tries)), "")
		v := Judge(buckets, []int64{here, 0, 0}, noon)
		if !v.OK {
			break
		}
		here = v.TATs[0]
	}
	if tries != LimitAddress.Burst {
		t.Errorf("one address tried %d names", tries)
	}

	// Many networks that try one name are slowed down and never refused.
	name := int64(0)
	var delays []time.Duration
	for range 100 {
		v := Judge(stranger, []int64{0, 0, name}, noon)
		if !v.OK {
			t.Fatalf("refused: %+v", v)
		}
		name = v.TATs[2]
		delays = append(delays, v.Delay)
	}
	if delays[19] != 0 || delays[20] != MaxDelay/20 || delays[39] != MaxDelay || delays[99] != MaxDelay || !slices.IsSorted(delays) {
		t.Errorf("delays %v", delays)
	}
}

// Who always knows the password is never refused or delayed.
func TestSuccessesAreGivenBack(t *testing.T) {
	buckets := Buckets(key, netip.MustParseAddr("192.0.2.1"), "ada@example.org", "")
	tats := make([]int64, len(buckets))
	for range 1000 {
		v := Judge(buckets, tats, noon)
		if !v.OK || v.Delay != 0 {
			t.Fatalf("%+v", v)
		}
		tats = Refund(buckets, v.TATs, noon)
	}
}

// A damaged number is repaired also where the sign-in is refused.
func TestJudgeRepairs(t *testing.T) {
	buckets := Buckets(key, netip.MustParseAddr("192.0.2.1"), "ada@example.org", "browser-1")
	v := Judge(buckets, []int64{1 << 62, 5}, noon)
	if v.OK || v.TATs[0] != noon.Add(10*time.Minute).UnixMicro() || v.TATs[1] != 5 {
		t.Errorf("%+v", v)
	}
}

// Whoever has a /48 has 65,536 networks of one address each: they count
// together too, and against a name they count as one.
func TestSite(t *testing.T) {
	one, two := of(t, "2001:db8:1:1::1", "ada@example.org", ""), of(t, "2001:db8:1:2::1", "ada@example.org", "")
	if one[KindAddress] == two[KindAddress] {
		t.Error("two /64 are one address")
	}
	if one[KindSite].Limit != LimitSite || one[KindSite] != two[KindSite] || one[KindNetworkName] != two[KindNetworkName] {
		t.Errorf("one site counts apart: %v, %v", one, two)
	}
	if far := of(t, "2001:db8:2:1::1", "ada@example.org", ""); far[KindSite] == one[KindSite] {
		t.Error("two sites are one")
	}
	if _, has := of(t, "192.0.2.1", "ada@example.org", "")[KindSite]; has {
		t.Error("an IPv4 address counts by site")
	}
}
