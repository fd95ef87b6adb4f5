package curfew

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// at is so many microseconds after noon.
func at(us int64) time.Time { return noon.Add(time.Duration(us) * time.Microsecond) }

// standing is a session begun at 0 that ends at 1000 idle and 2000 absolute.
func standing() Standing {
	return Standing{
		Session: Session{
			StartedAt: at(0), IdleExpiresAt: at(1000), AbsoluteExpiresAt: at(2000),
			AccountEpoch: 3, UserEpoch: 5,
		},
		Account: Account{SessionEpoch: 3},
		User:    User{SessionEpoch: 5},
	}
}

func (s Standing) revoked(us int64, r Reason) Standing {
	s.Session.RevokedAt, s.Session.RevokeReason = at(us), r
	return s
}

func (s Standing) accountRaised(us int64, r Reason) Standing {
	s.Account.SessionEpoch++
	s.AccountRaise = &Raise{at(us), r}
	return s
}

func (s Standing) userRaised(us int64, r Reason) Standing {
	s.User.SessionEpoch++
	s.UserRaise = &Raise{at(us), r}
	return s
}

func (s Standing) deadlines(idle, absolute int64) Standing {
	s.Session.IdleExpiresAt, s.Session.AbsoluteExpiresAt = at(idle), at(absolute)
	return s
}

func TestEnd(t *testing.T) {
	for _, tt := range []struct {
		name string
		s    Standing
		now  int64
		want *Ending
	}{
		{"alive", standing(), 0, nil},
		{"a microsecond before the idle deadline", standing(), 999, nil},
		{"at the idle deadline", standing(), 1000, &Ending{at(1000), ReasonIdle}},
		{"a microsecond after it", standing(), 1001, &Ending{at(1000), ReasonIdle}},
		{"idle first, long after both", standing(), 9000, &Ending{at(1000), ReasonIdle}},
		{"a microsecond before the absolute deadline", standing().deadlines(2001, 2000), 1999, nil},
		{"at the absolute deadline", standing().deadlines(2001, 2000), 2000, &Ending{at(2000), ReasonAbsolute}},
		{"absolute first, long after both", standing().deadlines(2001, 2000), 9000, &Ending{at(2000), ReasonAbsolute}},
		{"a tie of the deadlines", standing().deadlines(2000, 2000), 2000, &Ending{at(2000), ReasonAbsolute}},
		{"a microsecond before the tie", standing().deadlines(2000, 2000), 1999, nil},

		{"revoked", standing().revoked(500, ReasonLogout), 500, &Ending{at(500), ReasonLogout}},
		{"revoked, by a clock ahead of this one", standing().revoked(500, ReasonLogout), 100, &Ending{at(500), ReasonLogout}},
		{"revoked before the idle deadline", standing().revoked(999, ReasonLogout), 5000, &Ending{at(999), ReasonLogout}},
		{"revoked at the idle deadline", standing().revoked(1000, ReasonLogout), 5000, &Ending{at(1000), ReasonLogout}},
		{"revoked after the idle deadline", standing().revoked(1001, ReasonLogout), 5000, &Ending{at(1000), ReasonIdle}},
		{"revoked at the absolute deadline", standing().deadlines(2000, 2000).revoked(2000, ReasonLogout), 5000, &Ending{at(2000), ReasonLogout}},
		{"revoked after the absolute deadline", standing().deadlines(2000, 2000).revoked(2001, ReasonLogout), 5000, &Ending{at(2000), ReasonAbsolute}},
		{"revoked without a reason", standing().revoked(500, ""), 100, &Ending{at(500), ReasonOperator}},

		{"account raised", standing().accountRaised(500, ReasonOwnerAll), 0, &Ending{at(500), ReasonOwnerAll}},
		{"account raised at the idle deadline", standing().accountRaised(1000, ReasonOwnerAll), 5000, &Ending{at(1000), ReasonOwnerAll}},
		{"account raised after the idle deadline", standing().accountRaised(1001, ReasonOwnerAll), 5000, &Ending{at(1000), ReasonIdle}},
		{"account raised without a reason", standing().accountRaised(500, ""), 0, &Ending{at(500), ReasonOperator}},
		{"user raised", standing().userRaised(500, ReasonPasswordChanged), 0, &Ending{at(500), ReasonPasswordChanged}},
		{"user raised at the idle deadline", standing().userRaised(1000, ReasonPasswordChanged), 5000, &Ending{at(1000), ReasonPasswordChanged}},
		{"user raised after the idle deadline", standing().userRaised(1001, ReasonPasswordChanged), 5000, &Ending{at(1000), ReasonIdle}},
		{"user raised without a reason", standing().userRaised(500, ""), 0, &Ending{at(500), ReasonOperator}},

		{"own revocation ties with both raises", standing().revoked(5, ReasonLogout).accountRaised(5, ReasonOwnerAll).userRaised(5, ReasonRoleChanged), 5, &Ending{at(5), ReasonLogout}},
		{"the account's raise ties with the user's", standing().accountRaised(5, ReasonOwnerAll).userRaised(5, ReasonRoleChanged), 5, &Ending{at(5), ReasonOwnerAll}},
		{"account raised before own revocation", standing().revoked(6, ReasonLogout).accountRaised(5, ReasonOwnerAll), 9, &Ending{at(5), ReasonOwnerAll}},
		{"user raised before all else", standing().revoked(6, ReasonLogout).accountRaised(7, ReasonOwnerAll).userRaised(5, ReasonRoleChanged), 9, &Ending{at(5), ReasonRoleChanged}},
		{"everything at one time", standing().deadlines(5, 5).revoked(5, ReasonLogout).accountRaised(5, ReasonOwnerAll).userRaised(5, ReasonRoleChanged), 5, &Ending{at(5), ReasonLogout}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			check(t, tt.s, at(tt.now), tt.want)
		})
	}
}

// TestEndOfForgottenRaises: an epoch above the session's own ends it whether or
// not anybody remembers why.
func TestEndOfForgottenRaises(t *testing.T) {
	forget := func(s Standing) Standing {
		s.AccountRaise, s.UserRaise = nil, nil
		return s
	}
	unknown := &Ending{at(0), ReasonOperator}
	raised := standing().accountRaised(500, ReasonOwnerAll)
	both := raised.userRaised(600, ReasonRoleChanged)
	for _, tt := range []struct {
		name string
		s    Standing
		want *Ending
	}{
		{"account", forget(raised), unknown},
		{"user", forget(standing().userRaised(500, ReasonRoleChanged)), unknown},
		{"both", forget(both), unknown},
		{"with deadlines passed", forget(raised.deadlines(10, 20)), unknown},
		{"after the session was marked", forget(raised.revoked(500, ReasonOwnerAll)), &Ending{at(500), ReasonOwnerAll}},
		{"after it was marked, past a deadline", forget(raised.deadlines(400, 2000).revoked(500, ReasonOwnerAll)), &Ending{at(400), ReasonIdle}},
		{"with the other raise known", func() Standing { s := both; s.AccountRaise = nil; return s }(), &Ending{at(600), ReasonRoleChanged}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			check(t, tt.s, at(700), tt.want)
		})
	}
}

// TestEndIgnoresSpentRaises: a raise below the session's epoch is no ending.
func TestEndIgnoresSpentRaises(t *testing.T) {
	s := standing().accountRaised(5, ReasonOwnerAll).userRaised(5, ReasonRoleChanged)
	s.Session.AccountEpoch, s.Session.UserEpoch = 4, 6 // lifted
	check(t, s, at(700), nil)
	s.Session.AccountEpoch, s.Session.UserEpoch = 9, 9 // read by a statement that waited for a lift
	check(t, s, at(700), nil)
}

func check(t *testing.T, s Standing, now time.Time, want *Ending) {
	t.Helper()
	end, over := s.End(now)
	status, same := s.Status(now)
	if same != end {
		t.Errorf("Status says %v, End %v", same, end)
	}
	switch {
	case want == nil:
		if over || end != (Ending{}) || status != StatusActive {
			t.Errorf("ended: %v, %v, %v", end, over, status)
		}
	case !over || end != *want:
		t.Errorf("got %v, %v, want %v", end, over, *want)
	case end.Expired() != (want.Reason == ReasonIdle || want.Reason == ReasonAbsolute):
		t.Errorf("%v: Expired is %v", end, end.Expired())
	case end.Expired() != (status == StatusExpired) || !end.Expired() != (status == StatusRevoked):
		t.Errorf("%v is %v", end, status)
	}
}

// TestEndOfEveryCombination compares End with the rule as it is written: the
// earliest cause that has come, and the ranking for ties.
func TestEndOfEveryCombination(t *testing.T) {
	const none = -1
	times := []int64{none, 10, 11, 12}
	now := int64(11)
	for _, own := range times {
		for _, account := range times {
			for _, user := range times {
				for _, absolute := range times[1:] {
					for _, idle := range times[1:] {
						s := standing().deadlines(idle, absolute)
						type cause struct {
							at     int64
							reason Reason
						}
						var causes []cause // in the order of ranks
						if own != none {
							s = s.revoked(own, ReasonLogout)
							causes = append(causes, cause{own, ReasonLogout})
						}
						if account != none {
							s = s.accountRaised(account, ReasonOwnerAll)
							causes = append(causes, cause{account, ReasonOwnerAll})
						}
						if user != none {
							s = s.userRaised(user, ReasonUserDisabled)
							causes = append(causes, cause{user, ReasonUserDisabled})
						}
						if absolute <= now {
							causes = append(causes, cause{absolute, ReasonAbsolute})
						}
						if idle <= now {
							causes = append(causes, cause{idle, ReasonIdle})
						}
						var want *Ending
						for us := int64(10); us <= 12 && want == nil; us++ {
							for _, c := range causes {
								if c.at == us {
									want = &Ending{at(us), c.reason}
									break
								}
							}
						}
						t.Run(fmt.Sprint(own, account, user, absolute, idle), func(t *testing.T) {
							check(t, s, at(now), want)
						})
					}
				}
			}
		}
	}
}

// TestFirstEndStays: once a session is over, time alone changes nothing.
func TestFirstEndStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		us := rapid.Int64Range(0, 20)
		s := standing().deadlines(us.Draw(t, "idle"), us.Draw(t, "absolute"))
		then := us.Draw(t, "then")
		if rapid.Bool().Draw(t, "revoked") {
			s = s.revoked(rapid.Int64Range(0, then).Draw(t, "revoked at"), ReasonLogout)
		}
		if rapid.Bool().Draw(t, "raised") {
			s = s.accountRaised(rapid.Int64Range(0, then).Draw(t, "raised at"), ReasonOwnerAll)
			if rapid.Bool().Draw(t, "forgotten") {
				s.AccountRaise = nil
			}
		}
		end, over := s.End(at(then))
		later := then + us.Draw(t, "later")
		if again, still := s.End(at(later)); over && (!still || again != end) {
			t.Fatalf("%v at %d became %v, %v at %d", end, then, again, still, later)
		}
	})
}
