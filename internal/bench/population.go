package bench

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/store/yardstick"
	"github.com/curfew-auth/curfew/internal/token"
)

// population is people with sessions that are put into a store in bulk:
// accounts of the same number of people with the same number of sessions each.
// Everything about a session follows from its number and a key, so that the
// refresh tokens of millions need not be kept anywhere.
//
// The first person of each account is its owner.
type population struct {
	accounts, people, each int
	domain                 string // of email addresses

	born  time.Time // of all of them
	now   time.Time // when they are put in
	key   [32]byte
	codec *token.RefreshCodec
	chain *audit.Chain
}

func newPopulation(secrets *token.Secrets, now time.Time, accounts, people, each int) (*population, error) {
	chain, err := audit.NewChain(func(id byte) ([32]byte, bool) { return secrets.Key(token.PurposeAudit, id) }, secrets.KeyID())
	if err != nil {
		return nil, err
	}
	p := &population{accounts: accounts, people: people, each: each, domain: "bench.example", chain: chain, codec: token.NewRefreshCodec(secrets),
		now: now.UTC().Truncate(time.Second)}
	p.born = p.now.Add(-signedInFor)
	rand.Read(p.key[:])
	return p, nil
}

// signedInFor is how long ago everybody signed in: a week, which is as long as a
// session may be idle and half of what it lives.
const signedInFor = idleMinutes * time.Minute

// activeAt is when the person of a session was last active, by its secret. One in ten is in use, which means that it was refreshed within the last five
// minutes; four in ten were in use in the last day, the others in the six days
// before, but for the last half of a day, so that they do not end meanwhile.
func (p *population) activeAt(drawn token.RefreshSecret) time.Time {
	part := func(of time.Duration) time.Duration {
		return (time.Duration(binary.BigEndian.Uint32(drawn[:])) * (of >> 32)).Truncate(time.Microsecond)
	}
	const day = 24 * time.Hour
	switch kind := drawn[4]; {
	case kind < 26:
		return p.now.Add(-part(5 * time.Minute))
	case kind < 128:
		return p.now.Add(-part(day))
	default:
		return p.now.Add(-day - part(signedInFor-day-day/2))
	}
}

// size is how many sessions there are.
func (p *population) size() int { return p.accounts * p.people * p.each }

// draw is what follows from the key for one thing of a kind.
func (p *population) draw(kind byte, numbers ...int) [32]byte {
	text := append(p.key[:], kind)
	for _, n := range numbers {
		text = binary.BigEndian.AppendUint64(text, uint64(n))
	}
	return sha256.Sum256(text)
}

// id makes an id that sorts by account, as those of accounts that were made
// one after the other do.
func (p *population) id(kind byte, account int, numbers ...int) curfew.ID {
	id := curfew.NewID(p.born.Add(time.Duration(account) * time.Millisecond))
	drawn := p.draw(kind, append(numbers, account)...)
	copy(id[7:8], drawn[:1])
	copy(id[9:], drawn[1:8])
	id[6], id[8] = 0x70, 0x80
	return id
}

func (p *population) account(a int) curfew.ID     { return p.id('a', a) }
func (p *population) person(a, who int) curfew.ID { return p.id('p', a, who) }

// refresh is the first refresh token of a session.
func (p *population) refresh(a, who, n int) token.Refresh {
	r := token.Refresh{AccountID: p.account(a), SessionID: p.id('s', a, who, n), Generation: 1}
	secret := p.draw('k', a, who, n)
	copy(r.Secret[:], secret[:])
	return r
}

// session is a session as its client knows it before its first refresh.
func (p *population) session(a, who, n int) *session {
	r := p.refresh(a, who, n)
	s := newSession()
	s.live, s.generation = true, 1
	s.id = []byte(r.SessionID.String())
	s.refreshToken = []byte(p.codec.Encode(r))
	return s
}

// numbered is the session of a number below size.
func (p *population) numbered(n int) *session {
	return p.session(n/(p.people*p.each), n/p.each%p.people, n%p.each)
}

// The limits of the sessions are the product's own defaults.
const idleMinutes, absoluteMinutes = 10080, 20160

// rows are what the store keeps of it.
func (p *population) rows() yardstick.Rows {
	return yardstick.Rows{
		Accounts: func(yield func(curfew.Account) bool) {
			for a := range p.accounts {
				if !yield(curfew.Account{ID: p.account(a), Name: fmt.Sprintf("Account %d", a), CreatedAt: p.born}) {
					return
				}
			}
		},
		Users: func(yield func(curfew.User) bool) {
			for n := range p.accounts * p.people {
				a, who := n/p.people, n%p.people
				role := curfew.RoleMember
				if who == 0 {
					role = curfew.RoleOwner
				}
				if !yield(curfew.User{AccountID: p.account(a), ID: p.person(a, who), Name: fmt.Sprintf("Person %d", who),
					Email: fmt.Sprintf("p%d@a%d.%s", who, a, p.domain), Role: role, CreatedAt: p.born,
					LastLoginAt: p.born.Add(time.Duration(who) * time.Microsecond)}) {
					return
				}
			}
		},
		Sessions: func(yield func(curfew.Session) bool) {
			for n := range p.size() {
				if !yield(p.row(n/(p.people*p.each), n/p.each%p.people, n%p.each)) {
					return
				}
			}
		},
	}
}

// row is a session as the store keeps it.
func (p *population) row(a, who, n int) curfew.Session {
	r := p.refresh(a, who, n)
	active := p.activeAt(r.Secret)
	return curfew.Session{
		AccountID: r.AccountID, ID: r.SessionID, UserID: p.person(a, who), SecretHash: r.SecretHash(), Generation: 1, PolicyVersion: 1,
		StartedAt: p.born, AuthTime: p.born, LastActiveAt: active, IdleMinutes: idleMinutes, AbsoluteMinutes: absoluteMinutes,
		IdleExpiresAt: active.Add(idleMinutes * time.Minute), AbsoluteExpiresAt: p.born.Add(absoluteMinutes * time.Minute),
		Device: curfew.Device{Browser: "Firefox 144", OS: "Linux", Kind: "desktop"}, IP: "192.0.2.7", AMR: []string{"pwd"},
	}
}
