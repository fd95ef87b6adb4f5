package verify

import (
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestConfigSaysWhatIsWrong(t *testing.T) {
	good := Config{Issuer: testIssuer, Audience: testAudience, ServiceKey: testKey}
	if c, err := good.complete(); err != nil || c.MaxStaleness != 5*time.Second || c.Mode != Strict || c.Name == "" || c.AuthorityURL != testIssuer {
		t.Errorf("%+v: %v", c, err)
	}
	for words, change := range map[string]func(*Config){
		"Issuer is missing":                  func(c *Config) { c.Issuer = "" },
		"Issuer is not an address":           func(c *Config) { c.Issuer = "login.example.com" },
		"neither https nor on a loopback":    func(c *Config) { c.Issuer = "http://login.example.com" },
		"Audience is missing":                func(c *Config) { c.Audience = "" },
		"ServiceKey is not a service key":    func(c *Config) { c.ServiceKey = "" },
		"is not a service key (cfk_...): cr": func(c *Config) { c.ServiceKey = "cfk_x\n" },
		"MaxStaleness 10ms is below":         func(c *Config) { c.MaxStaleness = 10 * time.Millisecond },
		"MaxStaleness 1m1s is above":         func(c *Config) { c.MaxStaleness = 61 * time.Second },
		`Mode "loose" is neither`:            func(c *Config) { c.Mode = "loose" },
		"Leeway 2m0s is not between":         func(c *Config) { c.Leeway = 2 * time.Minute },
		"Leeway -1s is not between":          func(c *Config) { c.Leeway = -time.Second },
		"Name has 3 characters; 1 to 64 pri": func(c *Config) { c.Name = "a\nb" },
		"Name has 65 characters":             func(c *Config) { c.Name = strings.Repeat("x", 65) },
		"AuthorityURL is not an address":     func(c *Config) { c.AuthorityURL = "https://u:p@x" },
	} {
		c := good
		change(&c)
		if _, err := c.complete(); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("got %v, want %q", err, words)
		}
	}
	for _, loopback := range []string{"http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"} {
		c := good
		c.Issuer = loopback
		if _, err := c.complete(); err != nil {
			t.Errorf("%s: %v", loopback, err)
		}
	}
}

func TestTheClockNeverGoesBack(t *testing.T) {
	var mono time.Duration
	c := clock{read: func() instant { return instant{mono: mono} }}
	if _, known := c.server(c.read()); known {
		t.Error("a clock that was never set tells a time")
	}
	tell := func() int64 { now, _ := c.server(c.read()); return now }
	c.set(1_000_000, c.read())
	mono += time.Second
	if tell() != 2_000_000 {
		t.Errorf("%d after a second", tell())
	}
	c.set(500_000, c.read()) // behind: it stands still
	mono += time.Second
	if tell() != 2_000_000 {
		t.Errorf("%d while it waits", tell())
	}
	mono += 600 * time.Millisecond
	if tell() != 2_100_000 {
		t.Errorf("%d once the other has caught up", tell())
	}
	c.start(9_000_000, c.read())
	if tell() != 2_100_000 {
		t.Error("started twice")
	}
	last := tell()
	for range 1000 {
		mono += time.Duration(rand.N(1000)) * time.Millisecond
		c.set(last+rand.Int64N(4_000_000)-2_000_000, c.read())
		if tell() < last {
			t.Fatalf("from %d back to %d", last, tell())
		}
		last = tell()
	}
}

func TestSinceTakesTheLongerOfBothClocks(t *testing.T) {
	from := instant{mono: time.Second, wall: int64(time.Hour)}
	for _, c := range []struct {
		to   instant
		want time.Duration
	}{
		{instant{mono: 3 * time.Second, wall: int64(time.Hour + 2*time.Second)}, 2 * time.Second},
		{instant{mono: 3 * time.Second, wall: int64(2 * time.Hour)}, time.Hour},
		{instant{mono: 3 * time.Second, wall: 0}, 2 * time.Second},
	} {
		if got := c.to.since(from); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestProgress(t *testing.T) {
	a, b := id{1}, id{2}
	text := func(seqs ...int64) string {
		at := position{}
		for i, seq := range seqs {
			if seq > 0 {
				at[[]id{a, b}[i]] = seq
			}
		}
		return encodeCursor(at)
	}
	at := func(d time.Duration) instant { return instant{mono: d, wall: int64(d)} }
	var p progress
	p.applied(text(), at(0))
	if !p.head(text(), at(1), at(2)) {
		t.Error("nothing is not covered by nothing")
	}
	if p.head(text(2), at(3), at(4)) || p.head(text(2, 1), at(5), at(6)) || p.waiting(at(10)) != 6 {
		t.Error("covered before it came")
	}
	if _, covered := p.applied(text(1), at(7)); covered {
		t.Error("covered by less")
	}
	if sent, covered := p.applied(text(2), at(8)); !covered || sent != at(3) {
		t.Errorf("covered %v, of the question of %v", covered, sent)
	}
	// The other node's stream knows less of the first writer: what was applied
	// stays applied.
	if sent, covered := p.applied(text(1, 7), at(9)); !covered || sent != at(5) || len(p.pending) != 0 {
		t.Errorf("covered %v, of the question of %v", covered, sent)
	}
	if !p.head(text(2, 7), at(10), at(11)) || !p.head(text(0, 3), at(12), at(13)) || p.head(text(3, 7), at(14), at(15)) {
		t.Error("what was applied is not the greatest of all")
	}
	// A cursor of a form to come is covered by itself alone.
	if p.head("AgAA", at(20), at(21)) {
		t.Error("an unknown cursor is covered by a known one")
	}
	if sent, covered := p.applied("AgAA", at(22)); !covered || sent != at(20) {
		t.Error("an unknown cursor is not covered by itself")
	}
}

func TestParseCursor(t *testing.T) {
	for _, bad := range []string{"", "AQ==", "Ag", "AQA", "A", "*", encodeCursor(position{id{}: -1}), strings.Repeat("AQ", maxCursor)} {
		if _, err := parseCursor(bad); err == nil {
			t.Errorf("%.20q is taken", bad)
		}
	}
	want := position{newID(): 1, newID(): 1 << 50}
	got, err := parseCursor(encodeCursor(want))
	if err != nil || len(got) != 2 {
		t.Fatal(err)
	}
	for writer, seq := range want {
		if got[writer] != seq {
			t.Errorf("%s: %d", writer, got[writer])
		}
	}
}

// Many short-lived writers, such as commands of a script, must not make requests
// so long that nobody takes them.
func TestLongCursorsAreAbridged(t *testing.T) {
	all := position{}
	for n := range 1000 {
		writer := newID()
		if all[writer] = 1; n%100 == 0 {
			all[writer] = int64(1000 + n)
		}
	}
	text := abridged(encodeCursor(all))
	some, err := parseCursor(text)
	if err != nil || len(text) > maxSent || len(some) < 150 {
		t.Fatalf("%d bytes, %d writers, %v", len(text), len(some), err)
	}
	for writer, seq := range all {
		if named, ok := some[writer]; ok && named != seq || !ok && seq > 1 {
			t.Errorf("%d became %d", seq, named)
		}
	}
	if encodeCursor(some) != text || abridged(text) != text {
		t.Error("it is in another form")
	}
	if strange := "Ag" + strings.Repeat("AA", maxSent); abridged(strange) != strange {
		t.Error("a cursor of a form to come was changed")
	}
}

func TestEvents(t *testing.T) {
	const text = "retry: 1000\n\n:\n\nevent: revocation\ndata: a\n\ndata:b\ndata: c\nid: 7\n\n" +
		"event: other\nid: 8\n\nevent: snapshot\ndata: {\ndata: x"
	r := newEventReader(strings.NewReader(text))
	for _, want := range []serverEvent{
		{"revocation", []byte("a"), ""}, {"", []byte("b\nc"), "7"}, {"other", nil, "8"}, {"snapshot", nil, ""},
	} {
		got, err := r.next()
		if err != nil || got.name != want.name || string(got.data) != string(want.data) || got.id != want.id {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
	for text, want := range map[string]error{
		"event: revocation\ndata: a\n":                                         io.EOF, // its end is missing
		"data: " + strings.Repeat("x", maxEvent) + "\n\n":                      errTooLong,
		strings.Repeat("data: "+strings.Repeat("x", 1<<18)+"\n", 5) + "\n":     errTooLong,
		"id: " + strings.Repeat("x", maxCursor+1) + "\n\n" + "id: \x00nul\n\n": io.EOF,
	} {
		if e, err := newEventReader(strings.NewReader(text)).next(); !errors.Is(err, want) {
			t.Errorf("%.30q: %+v, %v, want %v", text, e, err, want)
		}
	}
}

func TestReadSnapshot(t *testing.T) {
	session := `{"account_id":"` + newID().String() + `","session_id":"` + newID().String() + `","until":"2026-01-01T00:00:00Z"}`
	count := 0
	add := func(*entry) { count++ }
	got, err := readSnapshot(strings.NewReader(`{"later":{"a":[1]},"entries":[`+session+`,`+session+`],"server_time":"2026-01-01T00:00:00.5Z","cursor":"AQ"}`), add)
	if err != nil || count != 2 || got.Cursor != "AQ" || got.ServerTime.UnixMilli()%1000 != 500 {
		t.Errorf("%+v, %d entries, %v", got, count, err)
	}
	for _, bad := range []string{
		``, `[]`, `{`, `{}`, `{"cursor":"AQ","server_time":"2026-01-01T00:00:00Z"}`, `{"cursor":"","server_time":"2026-01-01T00:00:00Z","entries":[]}`,
		`{"cursor":"AQ","server_time":"2026-01-01T00:00:00Z","entries":[` + session, `{"cursor":"AQ","server_time":"2026-01-01T00:00:00Z","entries":null}`,
		`{"cursor":"AQ","server_time":"2026-01-01T00:00:00Z","entries":[{}]}`, `{"cursor":"AQ","server_time":1,"entries":[]}`,
	} {
		if _, err := readSnapshot(strings.NewReader(bad), add); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

func TestParseKeys(t *testing.T) {
	ed, ec, rs := newSigning(t, "ed", "EdDSA").jwk(), newSigning(t, "ec", "ES256").jwk(), newSigning(t, "rs", "RS256").jwk()
	set := func(keys ...map[string]string) []byte {
		text, _ := json.Marshal(map[string]any{"keys": keys})
		return text
	}
	with := func(key map[string]string, name, value string) map[string]string {
		changed := map[string]string{}
		for n, v := range key {
			changed[n] = v
		}
		changed[name] = value
		return changed
	}
	for name, c := range map[string]struct {
		text []byte
		keys int // 0 for an error
	}{
		"all":               {set(ed, ec, rs), 3},
		"of a later kind":   {set(ed, with(ec, "alg", "ES512")), 1},
		"symmetric":         {set(ed, map[string]string{"kty": "oct", "alg": "HS256", "kid": "h", "k": "AAAA"}), 1},
		"for encryption":    {set(ed, with(ec, "use", "enc")), 1},
		"mixed":             {set(ed, with(ec, "alg", "RS256")), 1},
		"none usable":       {set(with(ed, "alg", "none")), 0},
		"empty":             {[]byte(`{"keys":[]}`), 0},
		"not JSON":          {[]byte(`<html>`), 0},
		"one kid twice":     {set(ed, with(ec, "kid", "ed")), 0},
		"no kid":            {set(with(ed, "kid", "")), 0},
		"long kid":          {set(with(ed, "kid", strings.Repeat("x", 200))), 0},
		"short x":           {set(with(ed, "x", "AAAA")), 0},
		"not on the curve":  {set(with(ec, "y", ec["x"])), 0},
		"small exponent":    {set(with(rs, "e", "Aw")), 0},
		"even exponent":     {set(with(rs, "e", "AQAC")), 0},
		"short RSA modulus": {set(with(rs, "n", rs["n"][:300])), 0},
	} {
		got, err := parseKeys(c.text)
		if (err != nil) != (c.keys == 0) || err == nil && len(got.byKID) != c.keys {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTokensWithOneHashAreTwo plants a token where another one's hash leads.
func TestTokensWithOneHashAreTwo(t *testing.T) {
	c := newTokenCache(1 << 20)
	mine, other := new(opened), new(opened)
	shard, hash := c.find("mine")
	shard.put(hash, cachedToken{text: "other", is: other})
	if c.get("mine") != nil {
		t.Error("another token was found")
	}
	c.put("mine", mine)
	if c.get("mine") != mine || c.tokens() != 1 {
		t.Error("it did not take the other's place")
	}
	// Half of the bytes on, it is old, and comes back when it is asked for.
	for i := 0; len(shard.old) == 0; i++ {
		shard.put(uint64(i), cachedToken{text: strings.Repeat("x", 1000), is: other})
	}
	if c.get("mine") != mine || shard.young[hash].is != mine {
		t.Error("an old token is lost")
	}
}
