package policy

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestCheckLimit(t *testing.T) {
	plan := Bounds{SessionsPerUserMax: 5}
	type v = Violation
	for _, tt := range []struct {
		name string
		b    Bounds
		c    LimitChange
		want []Violation
	}{
		{"nothing sent", standardBounds, LimitChange{}, nil},
		{"the least", standardBounds, LimitChange{MaxSessionsPerUser: set(1)}, nil},
		{"the greatest", standardBounds, LimitChange{MaxSessionsPerUser: set(100), SessionLimitAction: RefuseNew}, nil},
		{"none", standardBounds, LimitChange{MaxSessionsPerUser: inherit, SessionLimitAction: EvictOldest}, nil},
		{"zero", standardBounds, LimitChange{MaxSessionsPerUser: set(0)}, []v{{"max_sessions_per_user", "max_sessions_per_user must be between 1 and 100"}}},
		{"too many", standardBounds, LimitChange{MaxSessionsPerUser: set(101)}, []v{{"max_sessions_per_user", "max_sessions_per_user must be between 1 and 100"}}},
		{"the account's most", plan, LimitChange{MaxSessionsPerUser: set(5)}, nil},
		{"above the account's most", plan, LimitChange{MaxSessionsPerUser: set(6)}, []v{{"max_sessions_per_user", "max_sessions_per_user must be between 1 and 5"}}},
		{"none where there is a most", plan, LimitChange{MaxSessionsPerUser: inherit}, nil},
		{"another action", standardBounds, LimitChange{SessionLimitAction: "evict"}, []v{{"session_limit_action", "session_limit_action must be evict_oldest or refuse_new"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.b.CheckLimit(tt.c); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestResolveLimit(t *testing.T) {
	plan := Bounds{SessionsPerUserMax: 5}
	for _, tt := range []struct {
		name      string
		b         Bounds
		own, want *int
	}{
		{"none", standardBounds, nil, nil},
		{"set", standardBounds, ptr(3), ptr(3)},
		{"stored too high", standardBounds, ptr(101), ptr(100)},
		{"stored too low", standardBounds, ptr(0), ptr(1)},
		{"none where there is a most", plan, nil, ptr(5)},
		{"below the most", plan, ptr(3), ptr(3)},
		{"above the most", plan, ptr(6), ptr(5)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, action := range []LimitAction{EvictOldest, RefuseNew} {
				if got, want := tt.b.ResolveLimit(SessionLimit{tt.own, action}), (SessionLimit{tt.want, action}); !got.Equal(want) {
					t.Errorf("got %+v", got)
				}
			}
		})
	}
}

func TestLimitChange(t *testing.T) {
	l := SessionLimit{ptr(3), RefuseNew}
	for _, tt := range []struct {
		c    LimitChange
		want SessionLimit
	}{
		{LimitChange{}, l},
		{LimitChange{MaxSessionsPerUser: inherit}, SessionLimit{nil, RefuseNew}},
		{LimitChange{MaxSessionsPerUser: set(4)}, SessionLimit{ptr(4), RefuseNew}},
		{LimitChange{SessionLimitAction: EvictOldest}, SessionLimit{ptr(3), EvictOldest}},
	} {
		got := tt.c.Apply(l)
		if !got.Equal(tt.want) {
			t.Errorf("%+v gives %+v", tt.c, got)
		}
		if changes := !reflect.DeepEqual(tt.c, LimitChange{}); changes == got.Equal(l) {
			t.Errorf("%+v: equal is %v", tt.c, got.Equal(l))
		}
	}
}

// A limit that was judged to be right is in force as it was set.
func TestLimitsThatWereJudgedHoldAsSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Bounds{SessionsPerUserMax: rapid.IntRange(0, MostSessionsPerUser).Draw(t, "most")}
		n := rapid.IntRange(-3, 110).Draw(t, "sessions")
		broken := b.CheckLimit(LimitChange{MaxSessionsPerUser: set(n)})
		most := b.SessionsPerUserMax
		if most == 0 {
			most = MostSessionsPerUser
		}
		if allowed := n >= 1 && n <= most; allowed != (broken == nil) {
			t.Fatalf("%d of at most %d: %v", n, most, broken)
		}
		in := *b.ResolveLimit(SessionLimit{MaxSessionsPerUser: &n}).MaxSessionsPerUser
		if broken == nil && in != n || in < 1 || in > most {
			t.Fatalf("%d counts as %d of at most %d", n, in, most)
		}
	})
}

func TestInForce(t *testing.T) {
	b := standardBounds.Narrow(AccountBounds{IdleMinutesMax: ptr(60), MaxSessionsPerUserMax: ptr(5)})
	got := b.InForce(Settings{Policy{IdleMinutes: ptr(120)}, SessionLimit{SessionLimitAction: RefuseNew}})
	if got.IdleMinutes != 60 || got.AbsoluteMinutes != 20160 || *got.MaxSessionsPerUser != 5 || got.SessionLimitAction != RefuseNew {
		t.Errorf("got %+v", got)
	}
}
