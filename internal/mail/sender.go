package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"net/url"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/routine"
)

const (
	// queueLength is how many letters may wait to be written, and how many to
	// be tried again.
	queueLength = 256
	// workers is how many are sent at once, and how many sent again: a server
	// that hangs for one does not hold up all.
	workers = 4
	// sendTime is how long a server may take over one mail.
	sendTime = 30 * time.Second
)

// pauses are waited before a letter is tried again.
var pauses = []time.Duration{2 * time.Second, 20 * time.Second, 2 * time.Minute}

// The outcomes of a letter, for metrics.
const (
	Sent    = "sent"
	Failed  = "failed"  // after all tries
	Dropped = "dropped" // too much was waiting, or the server stopped
)

// Config is what a Sender is made of. Either Folder or Server.Host is set.
type Config struct {
	// From is the mailbox that mail comes from.
	From string
	// Folder takes every mail as a file.
	Folder string
	Server Server
	// PublicURL is the origin at which people reach Curfew; its host is how the
	// Sender introduces itself.
	PublicURL string

	Now func() time.Time
	Log *slog.Logger
	// Count counts what became of a letter; nil for nobody.
	Count func(kind authority.LetterKind, outcome string)
	// Sleep waits; tests replace it. Nil waits really.
	Sleep func(ctx context.Context, d time.Duration) error
}

// transport takes a mail to where it goes.
type transport interface {
	send(ctx context.Context, m *gomail.Msg) error
}

// Sender is an authority.Mailer. It is safe for concurrent use.
type Sender struct {
	Config
	from      *netmail.Address
	transport transport
	jobs      chan job
	resting   chan struct{} // a place for each letter that is to be tried again
	repeats   chan struct{} // a place for each that is tried again at this moment
	working   sync.WaitGroup
	// work ends when the time to stop is over; stopping as soon as it begins.
	work, stopping       context.Context
	endWork, beginToStop context.CancelFunc

	mu      sync.Mutex
	stopped bool
	full    bool // the last letter found the queue full
}

// job is a letter on its way.
type job struct {
	kind  authority.LetterKind
	write func(context.Context) (authority.Letter, error)

	mail   *gomail.Msg // once it is written
	domain string      // that it goes to
	tries  int
	err    error // of the last try
}

// New makes a Sender; Start lets it work. It fails on what cannot work, with a
// sentence for the operator.
func New(c Config) (*Sender, error) {
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("mail: the sender is no mailbox: %w", err)
	}
	s := &Sender{Config: c, from: from, jobs: make(chan job, queueLength),
		resting: make(chan struct{}, queueLength), repeats: make(chan struct{}, workers)}
	if s.transport, err = newTransport(c); err != nil {
		return nil, err
	}
	if s.Sleep == nil {
		s.Sleep = routine.Pause
	}
	if s.Count == nil {
		s.Count = func(authority.LetterKind, string) {}
	}
	s.work, s.endWork = context.WithCancel(context.Background())
	s.stopping, s.beginToStop = context.WithCancel(s.work)
	return s, nil
}

func newTransport(c Config) (transport, error) {
	if c.Folder != "" {
		return newFolder(c.Folder, c.Now)
	}
	public, err := url.Parse(c.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("mail: the public URL cannot be read: %w", err)
	}
	return relay{server: c.Server, helo: public.Hostname(), time: sendTime}, nil
}

// Start begins to send what is and will be in the queue.
func (s *Sender) Start() {
	for range workers {
		s.working.Go(func() {
			for j := range s.jobs {
				s.do(j)
			}
		})
	}
}

// Later is part of authority.Mailer. It never waits.
func (s *Sender) Later(kind authority.LetterKind, write func(context.Context) (authority.Letter, error)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped {
		select {
		case s.jobs <- job{kind: kind, write: write}:
			s.full = false
			return true
		default:
		}
	}
	s.Count(kind, Dropped)
	if !s.full && !s.stopped { // not a line for each: the metrics count them
		s.Log.Error("mail is dropped: too much of it is waiting", "waiting", len(s.jobs))
	}
	s.full = true
	return false
}

// Stop takes no more letters, sends those that wait, and returns when all are
// sent or given up: at the latest when ctx ends. Whatever failed once is not
// waited for.
func (s *Sender) Stop(ctx context.Context) {
	s.mu.Lock()
	first := !s.stopped
	s.stopped = true
	if first {
		close(s.jobs)
	}
	s.mu.Unlock()
	s.beginToStop()
	defer context.AfterFunc(ctx, s.endWork)()
	s.working.Wait()
	s.endWork()
}

// do tries a letter for the first time. What fails for a while is tried again
// elsewhere, so that it does not hold up what waits behind it.
func (s *Sender) do(j job) {
	if s.try(&j) {
		return
	}
	select {
	case s.resting <- struct{}{}:
		s.working.Go(func() {
			defer func() { <-s.resting }()
			s.tryAgain(&j)
		})
	default:
		s.giveUp(&j)
	}
}

// tryAgain tries a letter that failed until it need not be any more.
func (s *Sender) tryAgain(j *job) {
	for _, pause := range pauses {
		if s.Sleep(s.stopping, pause) != nil {
			break
		}
		s.repeats <- struct{}{}
		done := s.try(j)
		<-s.repeats
		if done {
			return
		}
	}
	s.giveUp(j)
}

// try writes a letter, unless it is written already, and sends it. It reports
// whether that was the end of it, one way or the other.
func (s *Sender) try(j *job) bool {
	if s.work.Err() != nil {
		s.Count(j.kind, Dropped)
		s.Log.Error("a mail was dropped, because the time to stop was over", "kind", string(j.kind))
		return true
	}
	j.tries++
	j.err = nil
	if j.mail == nil {
		if j.mail, j.domain, j.err = s.write(*j); j.err == nil && j.mail == nil {
			return true // there is nothing to send
		}
	}
	if j.err == nil {
		j.err = s.transport.send(s.work, j.mail)
	}
	switch {
	case j.err == nil:
		s.Count(j.kind, Sent)
		s.Log.Info("mail sent", "kind", string(j.kind), "to_domain", j.domain)
		return true
	case permanent(j.err):
		s.giveUp(j)
		return true
	default:
		return false
	}
}

func (s *Sender) giveUp(j *job) {
	s.Count(j.kind, Failed)
	s.Log.Error("a mail could not be sent", "kind", string(j.kind), "to_domain", j.domain, "tries", j.tries, "error", explain(j.err))
}

// unwritten is a letter that came to no mail.
type unwritten struct{ error }

// Unwrap gives the cause.
func (e unwritten) Unwrap() error { return e.error }

// write gets a job's letter and puts it into a mail; none for no letter. A
// panic of the one that writes is the end of that letter only.
func (s *Sender) write(j job) (m *gomail.Msg, domain string, err error) {
	defer func() {
		if p := recover(); p != nil {
			m, err = nil, unwritten{fmt.Errorf("panic: %v", p)}
		}
	}()
	letter, err := j.write(s.work)
	if err != nil {
		return nil, "", unwritten{err}
	}
	if letter == nil {
		return nil, "", nil
	}
	text, err := Compose(letter)
	if err != nil {
		return nil, "", unwritten{err}
	}
	m, domain, err = s.message(text)
	if err != nil {
		return nil, domain, unwritten{err}
	}
	return m, domain, nil
}

// permanent reports whether there is no use in trying again.
func permanent(err error) bool {
	var u unwritten
	if errors.As(err, &u) {
		return curfew.KindOf(u.error) != curfew.KindUnavailable
	}
	return replyCode(err) >= 500
}
