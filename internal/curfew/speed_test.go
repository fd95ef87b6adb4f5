package curfew

import "testing"

// BenchmarkEnd is the verdict on a session: of one that lives, and of one with
// all that can end it.
func BenchmarkEnd(b *testing.B) {
	living := standing()
	now := living.Session.StartedAt
	ended := living
	ended.Account.SessionEpoch, ended.User.SessionEpoch = ended.Session.AccountEpoch+1, ended.Session.UserEpoch+1
	ended.AccountRaise, ended.UserRaise = &Raise{At: now, Reason: ReasonOwnerAll}, &Raise{At: now, Reason: ReasonUserOthers}
	ended.Session.RevokedAt, ended.Session.RevokeReason = now, ReasonLogout
	for _, test := range []struct {
		name string
		of   Standing
		want bool
	}{{"living", living, false}, {"ended", ended, true}} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, over := test.of.End(now); over != test.want {
					b.Fatal(over)
				}
			}
		})
	}
}
