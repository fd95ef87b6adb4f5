package policy

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestCheckBounds(t *testing.T) {
	type v = Violation
	for _, tt := range []struct {
		name string
		own  AccountBounds
		c    BoundsChange
		want []Violation
	}{
		{"nothing sent", AccountBounds{}, BoundsChange{}, nil},
		{"a whole plan", AccountBounds{}, BoundsChange{set(15), set(480), set(60), set(60), set(1440), set(720), set(5)}, nil},
		{"all cleared", AccountBounds{IdleMinutesMax: ptr(60), IdleMinutesDefault: ptr(60)},
			BoundsChange{inherit, inherit, inherit, inherit, inherit, inherit, inherit}, nil},
		{"each at the operator's least", AccountBounds{}, BoundsChange{set(15), set(15), set(15), set(60), set(60), set(60), set(1)}, nil},
		{"each at the operator's greatest", AccountBounds{}, BoundsChange{set(43200), set(43200), set(43200), set(129600), set(129600), set(129600), set(100)}, nil},
		{"each below", AccountBounds{}, BoundsChange{set(14), set(14), set(14), set(59), set(59), set(59), set(0)}, []v{
			{"idle_minutes_min", "idle_minutes_min must be between 15 and 43200"},
			{"idle_minutes_max", "idle_minutes_max must be between 15 and 43200"},
			{"idle_minutes_default", "idle_minutes_default must be between 15 and 43200"},
			{"absolute_minutes_min", "absolute_minutes_min must be between 60 and 129600"},
			{"absolute_minutes_max", "absolute_minutes_max must be between 60 and 129600"},
			{"absolute_minutes_default", "absolute_minutes_default must be between 60 and 129600"},
			{"max_sessions_per_user_max", "max_sessions_per_user_max must be between 1 and 100"},
		}},
		{"sessions above", AccountBounds{}, BoundsChange{MaxSessionsPerUserMax: set(101)},
			[]v{{"max_sessions_per_user_max", "max_sessions_per_user_max must be between 1 and 100"}}},
		{"a greatest below the inherited default", AccountBounds{}, BoundsChange{IdleMinutesMax: set(60)},
			[]v{{"idle_minutes_max", "Effective idle_minutes_default (10080) cannot exceed effective idle_minutes_max (60)"}}},
		{"the same with a default", AccountBounds{}, BoundsChange{IdleMinutesMax: set(60), IdleMinutesDefault: set(60)}, nil},
		{"a default above the account's greatest", AccountBounds{IdleMinutesMax: ptr(60), IdleMinutesDefault: ptr(60)}, BoundsChange{IdleMinutesDefault: set(61)},
			[]v{{"idle_minutes_default", "Effective idle_minutes_default (61) cannot exceed effective idle_minutes_max (60)"}}},
		{"a default cleared under a low greatest", AccountBounds{IdleMinutesMax: ptr(60), IdleMinutesDefault: ptr(60)}, BoundsChange{IdleMinutesDefault: inherit},
			[]v{{"idle_minutes_default", "Effective idle_minutes_default (10080) cannot exceed effective idle_minutes_max (60)"}}},
		{"a least above the inherited default", AccountBounds{}, BoundsChange{AbsoluteMinutesMin: set(20161)},
			[]v{{"absolute_minutes_min", "Effective absolute_minutes_min (20161) cannot exceed effective absolute_minutes_default (20160)"}}},
		{"defaults that contradict", AccountBounds{}, BoundsChange{IdleMinutesDefault: set(721), AbsoluteMinutesDefault: set(720)},
			[]v{{"idle_minutes_default", "Effective idle_minutes_default (721) cannot exceed effective absolute_minutes_default (720)"}}},
		{"an absolute default below the inherited idle one", AccountBounds{}, BoundsChange{AbsoluteMinutesDefault: set(10079)},
			[]v{{"absolute_minutes_default", "Effective idle_minutes_default (10080) cannot exceed effective absolute_minutes_default (10079)"}}},
		{"an absolute default equal to it", AccountBounds{}, BoundsChange{AbsoluteMinutesDefault: set(10080)}, nil},
		{"disorder that the change has nothing to do with", AccountBounds{IdleMinutesMax: ptr(60)}, BoundsChange{AbsoluteMinutesMax: set(20160)}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := standardBounds.CheckBounds(tt.own, tt.c); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestNarrow(t *testing.T) {
	for _, tt := range []struct {
		name           string
		own            AccountBounds
		idle, absolute Range
	}{
		{"nothing of its own", AccountBounds{}, standardBounds.Idle, standardBounds.Absolute},
		{"a strict plan", AccountBounds{IdleMinutesMax: ptr(60), IdleMinutesDefault: ptr(30), AbsoluteMinutesMax: ptr(1440), AbsoluteMinutesDefault: ptr(720)},
			Range{15, 60, 30}, Range{60, 1440, 720}},
		{"a default that the operator moved out", AccountBounds{IdleMinutesMax: ptr(60)}, Range{15, 60, 60}, standardBounds.Absolute},
		{"outside the operator's", AccountBounds{IdleMinutesMin: ptr(1), AbsoluteMinutesMax: ptr(200000)}, standardBounds.Idle, standardBounds.Absolute},
		{"least above greatest", AccountBounds{IdleMinutesMin: ptr(60), IdleMinutesMax: ptr(30), IdleMinutesDefault: ptr(15)}, Range{60, 60, 60}, standardBounds.Absolute},
		{"no idle limit fits a session", AccountBounds{IdleMinutesMin: ptr(1000), AbsoluteMinutesMax: ptr(600)},
			Range{600, 43200, 600}, Range{60, 600, 600}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := standardBounds.Narrow(tt.own); got.Idle != tt.idle || got.Absolute != tt.absolute {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func drawOwn(t *rapid.T) AccountBounds {
	var own AccountBounds
	v := reflect.ValueOf(&own).Elem()
	for i := range v.NumField() {
		v.Field(i).Set(reflect.ValueOf(drawMinutes(t, v.Type().Field(i).Name)))
	}
	return own
}

func drawBoundsChange(t *rapid.T) BoundsChange {
	var c BoundsChange
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		v.Field(i).Set(reflect.ValueOf(Edit{rapid.Bool().Draw(t, "send "+name), drawMinutes(t, "new "+name)}))
	}
	return c
}

// Whatever is stored, and whatever the operator has made of their bounds since,
// an account's bounds are sound and inside the operator's.
func TestNarrowIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		operator := drawBounds(t)
		b := operator.Narrow(drawOwn(t))
		for name, r := range map[string][2]Range{"idle": {b.Idle, operator.Idle}, "absolute": {b.Absolute, operator.Absolute}} {
			own, of := r[0], r[1]
			if own.Min > own.Default || own.Default > own.Max || own.Min < of.Min || own.Max > of.Max {
				t.Fatalf("%s: %+v within %+v", name, own, of)
			}
		}
		if b.Idle.Default > b.Absolute.Default {
			t.Fatalf("the defaults contradict each other: %+v", b)
		}
		if most := b.SessionsPerUserMax; most < 0 || most > MostSessionsPerUser {
			t.Fatalf("%d sessions", most)
		}
		// So an owner can always go back to the defaults.
		if broken := b.Check(drawPolicy(t), Change{inherit, inherit}); broken != nil {
			t.Fatalf("the defaults are refused: %v", broken)
		}
	})
}

// What was judged to be right is in force as it was set.
func TestBoundsThatWereJudgedHoldAsSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		operator, c := drawBounds(t), drawBoundsChange(t)
		broken := operator.CheckBounds(AccountBounds{}, c)
		sent := reflect.ValueOf(c)
		for _, v := range broken {
			if !sent.FieldByNameFunc(func(name string) bool { return snake(name) == v.Field }).FieldByName("Set").Bool() {
				t.Fatalf("%+v names a member that was not sent", v)
			}
		}
		if broken != nil {
			return
		}
		after := c.Apply(AccountBounds{})
		b := operator.Narrow(after)
		for name, r := range map[string]struct {
			own ownRange
			in  Range
			of  Range
		}{"idle": {after.idle(), b.Idle, operator.Idle}, "absolute": {after.absolute(), b.Absolute, operator.Absolute}} {
			or := func(own *int, inherited int) int {
				if own != nil {
					return *own
				}
				return inherited
			}
			if want := (Range{or(r.own.min, r.of.Min), or(r.own.max, r.of.Max), or(r.own.usual, r.of.Default)}); r.in != want {
				t.Fatalf("%s: in force is %+v, set was %+v", name, r.in, want)
			}
		}
		if c.Apply(after) != after && !c.Apply(after).Equal(after) {
			t.Fatal("a second time changes something")
		}
		if operator.CheckBounds(after, c) != nil {
			t.Fatal("a second time is refused")
		}
	})
}

// snake is how a member of the API is written.
func snake(name string) string {
	var out []rune
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				out = append(out, '_')
			}
			r += 'a' - 'A'
		}
		out = append(out, r)
	}
	return string(out)
}

func TestAccountBoundsEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		own := drawOwn(t)
		copied := own
		v := reflect.ValueOf(&copied).Elem()
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsNil() {
				n := int(f.Elem().Int())
				f.Set(reflect.ValueOf(&n))
			}
		}
		if !own.Equal(copied) {
			t.Fatalf("%+v does not equal its copy", own)
		}
		i := rapid.IntRange(0, v.NumField()-1).Draw(t, "which")
		other := 300000
		v.Field(i).Set(reflect.ValueOf(&other))
		if own.Equal(copied) {
			t.Fatalf("%s is not looked at", v.Type().Field(i).Name)
		}
	})
}
