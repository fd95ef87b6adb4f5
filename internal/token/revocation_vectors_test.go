package token

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"
)

const revocationFile = "../../vectors/revocations.json"

// revocationVectors is the file that every follower of the revocation feed is
// tested with, in whatever language.
type revocationVectors struct {
	About    string             `json:"about"`
	Issuer   string             `json:"issuer"`
	Audience string             `json:"audience"`
	JWKS     JWKS               `json:"jwks"`
	Vectors  []revocationVector `json:"vectors"`
}

type revocationVector struct {
	Name    string   `json:"name"`
	Note    string   `json:"note"`
	Now     string   `json:"now"`
	Entries []object `json:"entries"`
	Outcome string   `json:"outcome"`
	Token   string   `json:"token"`
}

func TestRevocationVectors(t *testing.T) {
	file := makeRevocationVectors(t)
	want, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(revocationFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(revocationFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, want) {
		t.Error("vectors/revocations.json is not what the code makes; run: go test ./internal/token -run TestRevocationVectors -update")
	}
	// Whatever was revoked, the token itself is good.
	verifier := newVerifier(t, newRing(t, seededKey(t, 1)))
	for _, v := range file.Vectors {
		now, err := time.Parse(time.RFC3339Nano, v.Now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := verifier.Verify(v.Token, now); err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
}

// revocationCase is a vector in the making.
type revocationCase struct {
	outcome, name, note string
	entries             []object
	change              object        // of the claims
	late                time.Duration // how long after the token was issued
}

func makeRevocationVectors(t *testing.T) revocationVectors {
	key := seededKey(t, 1)
	issued := time.Unix(1_772_600_000, 0).UTC()
	c := testClaims()
	c.IssuedAt, c.ExpiresAt, c.AuthTime = issued, issued.Add(5*time.Minute), issued.Add(-time.Hour)
	c.IdleExpiresAt, c.AbsoluteExpiresAt = issued.Add(24*time.Hour), issued.Add(48*time.Hour)
	key.ActiveAt = issued
	ring := newRing(t, key)
	good := sign(t, newSigner(t, ring), c)
	var claims object
	if err := json.Unmarshal(decodeSegment(t, good, 1), &claims); err != nil {
		t.Fatal(err)
	}

	file := revocationVectors{
		About: "Entries of the revocation feed and what a verifier that has applied them makes of a token at now, a time of the authority's clock: " +
			"ok or revoked. Made by the tests of internal/token.",
		Issuer: testIssuer, Audience: testAud, JWKS: ring.JWKS(issued),
	}
	for _, made := range revocationCases(issued) {
		token := good
		if made.change != nil {
			token = forge(t, key, object{"alg": AlgEdDSA, "kid": key.KID, "typ": "at+jwt"}, with(claims, made.change))
		}
		for _, e := range made.entries {
			e["until"] = stampOf(issued.Add(16 * time.Minute))
		}
		file.Vectors = append(file.Vectors, revocationVector{
			Name: made.name, Note: made.note, Now: stampOf(issued.Add(made.late)), Entries: append([]object{}, made.entries...),
			Outcome: made.outcome, Token: token,
		})
	}
	return file
}

func stampOf(at time.Time) string { return at.Format("2006-01-02T15:04:05.999999Z") }

// revocationCases are about a token of the session 4, of the person 2, in the
// account 3, with the epochs ae 7 and ue 9.
func revocationCases(issued time.Time) []revocationCase {
	account, user, session, other := id(3).String(), id(2).String(), id(4).String(), id(5).String()
	one := func(e object) []object { return []object{e} }
	ended := func(of string) object { return object{"account_id": account, "session_id": of} }
	endsAt := func(late time.Duration) object { return with(ended(session), object{"at": stampOf(issued.Add(late))}) }
	raised := func(epoch int64, except ...string) object {
		e := object{"account_id": account, "epoch": epoch}
		if len(except) > 0 {
			e["except"] = except
		}
		return e
	}
	personal := func(epoch int64, except ...string) object {
		return with(raised(epoch, except...), object{"user_id": user})
	}
	minted := func(late time.Duration) object { return object{"minted_before": stampOf(issued.Add(late))} }
	const us = time.Microsecond
	return []revocationCase{
		{outcome: "ok", name: "nothing", note: "nothing was revoked"},
		{outcome: "revoked", name: "session", note: "this session", entries: one(ended(session))},
		{outcome: "ok", name: "another-session", note: "another session of the account", entries: one(ended(other))},
		{outcome: "revoked", name: "session-twice", note: "once more changes nothing", entries: []object{ended(session), ended(session)}},
		{outcome: "revoked", name: "unknown-member", note: "members to come are ignored", entries: one(with(ended(session), object{"later": 1}))},

		{outcome: "ok", name: "before-at", note: "a microsecond before the session ends", entries: one(endsAt(time.Minute)), late: time.Minute - us},
		{outcome: "revoked", name: "at-at", note: "the microsecond in which it ends", entries: one(endsAt(time.Minute)), late: time.Minute},
		{outcome: "revoked", name: "earliest-at", note: "of two ends the earlier counts", entries: []object{endsAt(time.Minute), endsAt(2 * time.Minute)}, late: time.Minute},
		{outcome: "revoked", name: "earliest-at-last", note: "in whatever order they come", entries: []object{endsAt(2 * time.Minute), endsAt(time.Minute)}, late: time.Minute},
		{outcome: "revoked", name: "at-and-at-once", note: "ended at once after all", entries: []object{endsAt(time.Minute), ended(session)}},

		{outcome: "revoked", name: "account-epoch", note: "born under a lower epoch of the account", entries: one(raised(8))},
		{outcome: "ok", name: "account-epoch-equal", note: "born under this epoch", entries: one(raised(7))},
		{outcome: "ok", name: "account-epoch-spared", note: "lifted over it", entries: one(raised(8, other, session))},
		{outcome: "revoked", name: "account-epoch-others-spared", note: "others were", entries: one(raised(8, other))},
		{outcome: "revoked", name: "spared-and-then-not", note: "spared by one, ended by a later one", entries: []object{raised(8, session), raised(9, other)}},
		{outcome: "revoked", name: "not-spared-and-then-spared", note: "an old token of a session that only a later one spared", entries: []object{raised(8, other), raised(9, session)}},
		{outcome: "revoked", name: "everybody-before-spared", note: "a lower epoch that spares nobody, and a higher one that does", entries: []object{raised(8), raised(9, session)}},
		{outcome: "ok", name: "lower-everybody-and-spared", note: "the lower one is not above the token's", entries: []object{raised(7), raised(9, session)}},
		{outcome: "ok", name: "another-account", note: "of another account", entries: one(object{"account_id": id(6).String(), "epoch": 99})},
		{outcome: "revoked", name: "no-epoch-claims", note: "claims left out count as 0", entries: one(raised(1)), change: object{"ae": nil, "ue": nil}},
		{outcome: "revoked", name: "greatest-epoch", note: "epochs stay below 2^53", entries: one(raised(1<<53 - 1)), change: object{"ae": 1<<53 - 2}},

		{outcome: "revoked", name: "user-epoch", note: "born under a lower epoch of the person", entries: one(personal(10))},
		{outcome: "ok", name: "user-epoch-equal", note: "born under this one", entries: one(personal(9))},
		{outcome: "ok", name: "user-epoch-is-not-the-account's", note: "above ae and not above ue", entries: one(personal(8))},
		{outcome: "ok", name: "account-epoch-is-not-the-person's", note: "below ae, and above nothing", entries: one(raised(6)), change: object{"ue": 5}},
		{outcome: "ok", name: "user-epoch-spared", note: "the session that changed the password", entries: one(personal(10, session))},
		{outcome: "ok", name: "another-person", note: "of another person in the account", entries: one(with(personal(99), object{"user_id": other}))},

		{outcome: "revoked", name: "minted-before", note: "made a microsecond before", entries: one(minted(us))},
		{outcome: "ok", name: "minted-then", note: "made in that moment", entries: one(minted(0))},
		{outcome: "revoked", name: "minted-before-the-later", note: "of two the later counts", entries: []object{minted(us), minted(-time.Hour)}},
	}
}
