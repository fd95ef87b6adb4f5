package faults

import (
	"testing"

	"github.com/curfew-auth/curfew/verify"
	"github.com/curfew-auth/curfew/verify/internal/history"
	"github.com/curfew-auth/curfew/verify/internal/rig"
)

// The node goes, and comes back.
func TestNode(t *testing.T) {
	slow(t)
	n := startNode(t)
	s := newScene(t, n, 12)
	_, secret := key(t, n)
	strict, lenient := s.pair(n.URL(), secret, "orders")
	s.through("killed and started", func() {
		before := s.mustEnd()
		s.wait(strict, before, history.Revoked) // a stream may be some milliseconds behind
		n.Kill()
		s.waitState(strict, verify.Stale)
		s.waitState(lenient, verify.Stale)
		s.end(s.people) // which nobody acknowledges
		living := s.living[len(s.living)-1]
		s.wait(strict, living, history.Unknown)
		s.wait(lenient, living, history.Accepted)
		if lenient.Health().AcceptedStale == 0 {
			t.Error("a lenient verifier accepted what it could not judge, and did not count it")
		}
		s.wait(strict, before, history.Revoked)
		check(t, n.Start())
	})
	s.through("stopped and started at once", func() {
		for range 3 {
			check(t, n.Terminate())
			check(t, n.Start())
			s.mustEnd()
		}
	})
}

// The network between the verifiers and a node that goes on all the while.
func TestNetwork(t *testing.T) {
	for _, fault := range []struct {
		name string
		is   rig.Fault
		// Whether questions to the authority are answered meanwhile, so that
		// strict verifiers know who has ended, and living ones are accepted.
		answered bool
	}{
		{"cut off", rig.Refusing, false},
		{"half open connections", rig.Swallowing, false},
		{"a proxy that buffers", rig.Buffering, true},
		{"a slow reader", rig.Trickling, true},
	} {
		t.Run(fault.name, func(t *testing.T) {
			slow(t)
			n := startNode(t)
			s := newScene(t, n, 14)
			_, secret := key(t, n)
			way := newNetwork(t, n.Addr)
			strict, lenient := s.pair(way.URL(), secret, "orders")
			other, _ := s.pair(n.URL(), secret, "invoices")
			s.through(fault.name, func() {
				way.Set(fault.is)
				first := s.mustEnd()
				s.wait(other, first, history.Revoked) // others feel nothing of it
				if fault.answered {
					// Whichever way it takes, they learn of it: a stream that
					// does not deliver is given up for snapshots.
					s.wait(strict, first, history.Revoked)
					s.wait(lenient, first, history.Revoked)
				} else {
					s.wait(strict, first, history.Unknown)
					s.waitState(lenient, verify.Stale)
				}
				for range 3 {
					s.mustEnd()
				}
				way.Set(rig.Fine)
			})
			s.through("cut again and again", func() {
				for range 4 {
					way.Cut()
					s.wait(strict, s.mustEnd(), history.Revoked)
				}
			})
		})
	}
}
