package password

import (
	"strings"
	"testing"
)

// reference is a vector of the reference implementation (phc-winner-argon2,
// src/test.c).
const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"

func TestReferenceHash(t *testing.T) {
	h := cheap(t, Config{})
	if ok, err := h.Verify(t.Context(), reference, "password"); !ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
}

func TestHostileHashes(t *testing.T) {
	h := cheap(t, Config{})
	h.derive = func([]byte, []byte, params) []byte {
		t.Error("a hostile hash was worked on")
		return nil
	}
	const (
		salt = "AAAAAAAAAAAAAAAAAAAAAA"
		key  = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		tail = "$" + salt + "$" + key
	)
	if _, err := parse("$argon2id$v=19$m=19456,t=2,p=1" + tail); err != nil {
		t.Fatal(err)
	}
	for name, phc := range map[string]string{
		"10 GiB":              "$argon2id$v=19$m=10485760,t=2,p=1" + tail,
		"just too much":       "$argon2id$v=19$m=65537,t=2,p=1" + tail,
		"no memory":           "$argon2id$v=19$m=0,t=2,p=1" + tail,
		"too little a lane":   "$argon2id$v=19$m=31,t=2,p=4" + tail,
		"overflow":            "$argon2id$v=19$m=4294967296,t=2,p=1" + tail,
		"negative":            "$argon2id$v=19$m=-8,t=2,p=1" + tail,
		"no passes":           "$argon2id$v=19$m=19456,t=0,p=1" + tail,
		"too many passes":     "$argon2id$v=19$m=19456,t=9,p=1" + tail,
		"no lanes":            "$argon2id$v=19$m=19456,t=2,p=0" + tail,
		"too many lanes":      "$argon2id$v=19$m=19456,t=2,p=5" + tail,
		"lanes overflow":      "$argon2id$v=19$m=19456,t=2,p=257" + tail,
		"leading zero":        "$argon2id$v=19$m=019456,t=2,p=1" + tail,
		"plus":                "$argon2id$v=19$m=+19456,t=2,p=1" + tail,
		"hexadecimal":         "$argon2id$v=19$m=0x4c00,t=2,p=1" + tail,
		"space":               "$argon2id$v=19$m= 19456,t=2,p=1" + tail,
		"space after":         "$argon2id$v=19$m=19456,t=2,p=1" + tail + " ",
		"line end":            "$argon2id$v=19$m=19456,t=2,p=1" + tail + "\n",
		"line end in the key": "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key[:20] + "\n" + key[20:],
		"other order":         "$argon2id$v=19$t=2,m=19456,p=1" + tail,
		"key id":              "$argon2id$v=19$m=19456,t=2,p=1,keyid=AAAA" + tail,
		"no version":          "$argon2id$m=19456,t=2,p=1" + tail,
		"old version":         "$argon2id$v=16$m=19456,t=2,p=1" + tail,
		"argon2i":             "$argon2i$v=19$m=19456,t=2,p=1" + tail,
		"argon2d":             "$argon2d$v=19$m=19456,t=2,p=1" + tail,
		"bcrypt":              "$2b$12$abcdefghijklmnopqrstuuvwxyzabcdefghijklmnopqrstuvwxyzabcd",
		"empty salt":          "$argon2id$v=19$m=19456,t=2,p=1$$" + key,
		"short salt":          "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAA$" + key,
		"empty key":           "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$",
		"no key":              "$argon2id$v=19$m=19456,t=2,p=1$" + salt,
		"short key":           "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$AAAA",
		"padded":              "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "==$" + key + "=",
		"url alphabet":        "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key[:42] + "_",
		"loose last bits":     "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key[:42] + "B",
		"one part more":       "$argon2id$v=19$m=19456,t=2,p=1" + tail + "$",
		"long":                "$argon2id$v=19$m=19456,t=2,p=1" + tail + strings.Repeat("A", 1<<20),
		"the password itself": "password",
		"dollar":              "$",
	} {
		if ok, err := h.Verify(t.Context(), phc, "password"); ok || err == nil {
			t.Errorf("%s: Verify = %v, %v", name, ok, err)
		} else if strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: the error tells the hash: %v", name, err)
		}
	}
}

func FuzzPHC(f *testing.F) {
	f.Add(reference)
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$$")
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAA$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parse(s)
		if err != nil {
			return
		}
		if h.String() != s {
			t.Fatalf("%q is read as %q", s, h.String())
		}
		if h.memory > maxMemoryKiB || h.passes > maxPasses || h.lanes > maxLanes || len(h.key) > 64 || len(h.salt) > 64 {
			t.Fatalf("%q passes the limits", s)
		}
		// What is accepted can be worked on; only the cheap ones here.
		if h.memory <= 1024 {
			argon2id([]byte("password"), h.salt, h.params)
		}
	})
}
