package policy

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// standardBounds are the bounds that an operator has who sets none.
var standardBounds = Bounds{
	Idle:     Range{Min: 15, Max: 43200, Default: 10080},
	Absolute: Range{Min: 60, Max: 129600, Default: 20160},
}

func ptr(n int) *int { return &n }

// set is an edit to n minutes, inherit one to the default; the zero Edit
// leaves the field alone.
func set(n int) Edit { return Edit{Set: true, Value: &n} }

var inherit = Edit{Set: true}

func TestResolve(t *testing.T) {
	tight := Bounds{Idle: Range{30, 120, 60}, Absolute: Range{60, 480, 240}}
	low := Bounds{Idle: Range{15, 43200, 15}, Absolute: Range{1, 129600, 10}}
	for _, tt := range []struct {
		name           string
		b              Bounds
		p              Policy
		idle, absolute int
	}{
		{"nothing set", standardBounds, Policy{}, 10080, 20160},
		{"both set", standardBounds, Policy{ptr(60), ptr(720)}, 60, 720},
		{"idle set", standardBounds, Policy{ptr(60), nil}, 60, 20160},
		{"absolute set above the default idle", standardBounds, Policy{nil, ptr(10080)}, 10080, 10080},
		{"absolute set below the default idle", standardBounds, Policy{nil, ptr(10079)}, 10079, 10079},
		{"least", standardBounds, Policy{ptr(15), ptr(60)}, 15, 60},
		{"greatest", standardBounds, Policy{ptr(43200), ptr(129600)}, 43200, 129600},
		{"stored below the bounds", tight, Policy{ptr(29), ptr(59)}, 30, 60},
		{"stored far below", tight, Policy{ptr(1), ptr(1)}, 30, 60},
		{"stored above the bounds", tight, Policy{ptr(121), ptr(481)}, 120, 480},
		{"stored far above", tight, Policy{ptr(43200), ptr(129600)}, 120, 480},
		{"stored above, then above absolute", tight, Policy{ptr(43200), ptr(60)}, 60, 60},
		{"idle's least above absolute", low, Policy{nil, ptr(5)}, 5, 5},
		{"zero and negative", tight, Policy{ptr(0), ptr(-5)}, 30, 60},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, want := tt.b.Resolve(tt.p), (Effective{tt.idle, tt.absolute}); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

const (
	idleBounds     = "idle_minutes must be between 15 and 43200"
	absoluteBounds = "absolute_minutes must be between 60 and 129600"
)

func TestCheck(t *testing.T) {
	outside := Bounds{Idle: Range{30, 120, 60}, Absolute: Range{60, 480, 240}}
	type v = Violation
	for _, tt := range []struct {
		name string
		b    Bounds
		p    Policy
		c    Change
		want []Violation
	}{
		{"nothing sent", standardBounds, Policy{}, Change{}, nil},
		{"idle at its least", standardBounds, Policy{}, Change{IdleMinutes: set(15)}, nil},
		{"idle below", standardBounds, Policy{}, Change{IdleMinutes: set(14)}, []v{{"idle_minutes", idleBounds}}},
		{"idle at its greatest", standardBounds, Policy{AbsoluteMinutes: ptr(129600)}, Change{IdleMinutes: set(43200)}, nil},
		{"idle above", standardBounds, Policy{AbsoluteMinutes: ptr(129600)}, Change{IdleMinutes: set(43201)}, []v{{"idle_minutes", idleBounds}}},
		{"idle zero", standardBounds, Policy{}, Change{IdleMinutes: set(0)}, []v{{"idle_minutes", idleBounds}}},
		{"idle negative", standardBounds, Policy{}, Change{IdleMinutes: set(-1)}, []v{{"idle_minutes", idleBounds}}},
		{"absolute at its least", standardBounds, Policy{IdleMinutes: ptr(60)}, Change{AbsoluteMinutes: set(60)}, nil},
		{"absolute below", standardBounds, Policy{IdleMinutes: ptr(15)}, Change{AbsoluteMinutes: set(59)}, []v{{"absolute_minutes", absoluteBounds}}},
		{"absolute at its greatest", standardBounds, Policy{}, Change{AbsoluteMinutes: set(129600)}, nil},
		{"absolute above", standardBounds, Policy{}, Change{AbsoluteMinutes: set(129601)}, []v{{"absolute_minutes", absoluteBounds}}},
		{"both wrong", standardBounds, Policy{}, Change{set(1), set(1)}, []v{{"idle_minutes", idleBounds}, {"absolute_minutes", absoluteBounds}}},
		{"idle wrong, and above absolute too", standardBounds, Policy{}, Change{set(43201), set(60)}, []v{{"idle_minutes", idleBounds}}},
		{"both cleared", standardBounds, Policy{ptr(60), ptr(60)}, Change{inherit, inherit}, nil},

		{"idle above the default absolute", standardBounds, Policy{}, Change{IdleMinutes: set(43200)},
			[]v{{"idle_minutes", "Effective idle (43200min) cannot exceed effective absolute (20160min)"}}},
		{"idle a minute above the default absolute", standardBounds, Policy{}, Change{IdleMinutes: set(20161)},
			[]v{{"idle_minutes", "Effective idle (20161min) cannot exceed effective absolute (20160min)"}}},
		{"idle equal to the default absolute", standardBounds, Policy{}, Change{IdleMinutes: set(20160)}, nil},
		{"idle above the set absolute", standardBounds, Policy{AbsoluteMinutes: ptr(60)}, Change{IdleMinutes: set(61)},
			[]v{{"idle_minutes", "Effective idle (61min) cannot exceed effective absolute (60min)"}}},
		{"absolute below the default idle", standardBounds, Policy{}, Change{AbsoluteMinutes: set(10079)},
			[]v{{"absolute_minutes", "Effective idle (10080min) cannot exceed effective absolute (10079min)"}}},
		{"absolute equal to the default idle", standardBounds, Policy{}, Change{AbsoluteMinutes: set(10080)}, nil},
		{"absolute below the set idle", standardBounds, Policy{IdleMinutes: ptr(120)}, Change{AbsoluteMinutes: set(119)},
			[]v{{"absolute_minutes", "Effective idle (120min) cannot exceed effective absolute (119min)"}}},
		{"both sent, idle above", standardBounds, Policy{}, Change{set(121), set(120)},
			[]v{{"idle_minutes", "Effective idle (121min) cannot exceed effective absolute (120min)"}}},
		{"idle cleared under a short absolute", standardBounds, Policy{ptr(15), ptr(60)}, Change{IdleMinutes: inherit},
			[]v{{"idle_minutes", "Effective idle (10080min) cannot exceed effective absolute (60min)"}}},
		{"absolute cleared under a long idle", standardBounds, Policy{ptr(43200), ptr(129600)}, Change{AbsoluteMinutes: inherit},
			[]v{{"absolute_minutes", "Effective idle (43200min) cannot exceed effective absolute (20160min)"}}},
		{"a change that mends the pair", standardBounds, Policy{ptr(43200), nil}, Change{AbsoluteMinutes: set(43200)}, nil},

		{"stored outside, other member sent", outside, Policy{ptr(5), ptr(9999)}, Change{AbsoluteMinutes: set(60)}, nil},
		{"stored outside counts as the bound", outside, Policy{ptr(9999), nil}, Change{AbsoluteMinutes: set(119)},
			[]v{{"absolute_minutes", "Effective idle (120min) cannot exceed effective absolute (119min)"}}},
		{"stored outside, the same sent", outside, Policy{ptr(5), nil}, Change{IdleMinutes: set(5)},
			[]v{{"idle_minutes", "idle_minutes must be between 30 and 120"}}},
		{"stored pair contradicts, nothing sent", standardBounds, Policy{ptr(43200), nil}, Change{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.b.Check(tt.p, tt.c); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestSettle(t *testing.T) {
	b := Bounds{Idle: Range{30, 120, 60}, Absolute: Range{120, 480, 240}}
	for _, tt := range []struct{ p, want Policy }{
		{Policy{}, Policy{}},
		{Policy{ptr(9999), nil}, Policy{ptr(9999), nil}},
		{Policy{nil, ptr(1)}, Policy{nil, ptr(1)}},
		{Policy{ptr(120), ptr(120)}, Policy{ptr(120), ptr(120)}},
		{Policy{ptr(5), ptr(5)}, Policy{ptr(5), ptr(5)}}, // outside, but no contradiction
		{Policy{ptr(60), ptr(59)}, Policy{ptr(60), ptr(120)}},
		{Policy{ptr(9999), ptr(200)}, Policy{ptr(120), ptr(200)}},
	} {
		if got := b.Settle(tt.p); !got.Equal(tt.want) {
			t.Errorf("%+v becomes %+v", tt.p, got)
		}
	}
}

func TestApply(t *testing.T) {
	p := Policy{ptr(30), ptr(60)}
	for _, tt := range []struct {
		c    Change
		want Policy
	}{
		{Change{}, p},
		{Change{IdleMinutes: set(31)}, Policy{ptr(31), ptr(60)}},
		{Change{AbsoluteMinutes: inherit}, Policy{ptr(30), nil}},
		{Change{inherit, set(61)}, Policy{nil, ptr(61)}},
	} {
		if got := tt.c.Apply(p); !got.Equal(tt.want) {
			t.Errorf("%+v gives %+v", tt.c, got)
		}
	}
	if !p.Equal(Policy{ptr(30), ptr(60)}) {
		t.Error("Apply changed its argument")
	}
}

func TestEqual(t *testing.T) {
	values := []Policy{{}, {ptr(1), nil}, {nil, ptr(1)}, {ptr(1), ptr(1)}, {ptr(2), ptr(1)}, {ptr(1), ptr(2)}, {ptr(0), nil}}
	for i, p := range values {
		for j, q := range values {
			if p.Equal(q) != (i == j) {
				t.Errorf("%d and %d: %v", i, j, p.Equal(q))
			}
		}
		if !p.Equal(copyOf(p)) {
			t.Errorf("%d does not equal its copy", i)
		}
	}
}

func copyOf(p Policy) Policy {
	if p.IdleMinutes != nil {
		p.IdleMinutes = ptr(*p.IdleMinutes)
	}
	if p.AbsoluteMinutes != nil {
		p.AbsoluteMinutes = ptr(*p.AbsoluteMinutes)
	}
	return p
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const us = time.Microsecond

func TestDeadlines(t *testing.T) {
	absolute := AbsoluteDeadline(noon, 60)
	if !absolute.Equal(noon.Add(time.Hour)) {
		t.Errorf("absolute: %v", absolute)
	}
	for _, tt := range []struct {
		name   string
		active time.Time
		idle   int
		want   time.Time
	}{
		{"within", noon, 15, noon.Add(15 * time.Minute)},
		{"a microsecond before absolute", noon.Add(45*time.Minute - us), 15, absolute.Add(-us)},
		{"at absolute", noon.Add(45 * time.Minute), 15, absolute},
		{"a microsecond beyond absolute", noon.Add(45*time.Minute + us), 15, absolute},
		{"activity beyond absolute", absolute.Add(time.Minute), 15, absolute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := IdleDeadline(tt.active, tt.idle, absolute); !got.Equal(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	// The longest that the product's own settings allow does not overflow.
	if got := AbsoluteDeadline(noon, 129600); !got.Equal(noon.AddDate(0, 0, 90)) {
		t.Errorf("90 days: %v", got)
	}
}

func TestLastActive(t *testing.T) {
	now := noon
	for _, tt := range []struct {
		name     string
		stored   time.Time
		inactive time.Duration
		want     time.Time
	}{
		{"active now", now.Add(-time.Hour), 0, now},
		{"active a minute ago", now.Add(-time.Hour), time.Minute, now.Add(-time.Minute)},
		{"reports what is stored", now.Add(-time.Minute), time.Minute, now.Add(-time.Minute)},
		{"a microsecond later than stored", now.Add(-time.Minute - us), time.Minute, now.Add(-time.Minute)},
		{"a microsecond earlier than stored", now.Add(-time.Minute + us), time.Minute, now.Add(-time.Minute + us)},
		{"absent", now.Add(-time.Minute), 90 * 24 * time.Hour, now.Add(-time.Minute)},
		{"stored a little ahead", now.Add(us), 0, now.Add(us)},
		{"stored at the tolerance", now.Add(5 * time.Second), time.Hour, now.Add(5 * time.Second)},
		{"stored a microsecond beyond the tolerance", now.Add(5*time.Second + us), time.Hour, now},
		{"stored far ahead", now.AddDate(1, 0, 0), 0, now},
		{"input in the future", now.Add(-time.Hour), -time.Hour, now},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := LastActive(tt.stored, now, tt.inactive); !got.Equal(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestShorten(t *testing.T) {
	e := Effective{60, 720}
	for _, tt := range []struct{ idle, absolute, wantIdle, wantAbsolute int }{
		{60, 720, 60, 720},
		{59, 719, 59, 719},
		{61, 721, 60, 720},
		{15, 20160, 15, 720},
		{10080, 60, 60, 60},
	} {
		if got := e.Shorten(tt.idle, tt.absolute); got != (Effective{tt.wantIdle, tt.wantAbsolute}) {
			t.Errorf("%v: %v", tt, got)
		}
	}
}

// drawBounds draws bounds that an operator may set: min <= default <= max,
// and the default idle within the default absolute.
func drawBounds(t *rapid.T) Bounds {
	one := func(name string, most int) Range {
		r := Range{Default: rapid.IntRange(1, most).Draw(t, name+" default")}
		r.Min = rapid.IntRange(1, r.Default).Draw(t, name+" min")
		r.Max = rapid.IntRange(r.Default, 200000).Draw(t, name+" max")
		return r
	}
	absolute := one("absolute", 150000)
	return Bounds{Idle: one("idle", absolute.Default), Absolute: absolute}
}

func drawMinutes(t *rapid.T, name string) *int {
	return rapid.Ptr(rapid.OneOf(rapid.IntRange(-5, 200), rapid.IntRange(0, 250000)), true).Draw(t, name)
}

func drawPolicy(t *rapid.T) Policy {
	return Policy{IdleMinutes: drawMinutes(t, "idle"), AbsoluteMinutes: drawMinutes(t, "absolute")}
}

func TestResolveStaysInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, p := drawBounds(t), drawPolicy(t)
		e := b.Resolve(p)
		if e.AbsoluteMinutes < b.Absolute.Min || e.AbsoluteMinutes > b.Absolute.Max {
			t.Fatalf("absolute %d is outside %+v", e.AbsoluteMinutes, b.Absolute)
		}
		if e.IdleMinutes > e.AbsoluteMinutes {
			t.Fatalf("idle above absolute: %+v", e)
		}
		if e.IdleMinutes > b.Idle.Max || e.IdleMinutes < b.Idle.Min && e.IdleMinutes != e.AbsoluteMinutes {
			t.Fatalf("idle %d is outside %+v, and not for absolute's sake", e.IdleMinutes, b.Idle)
		}
		if again := b.Resolve(Policy{&e.IdleMinutes, &e.AbsoluteMinutes}); again.AbsoluteMinutes != e.AbsoluteMinutes || again.IdleMinutes != e.IdleMinutes {
			t.Fatalf("%+v resolved again is %+v", e, again)
		}
	})
}

func TestAcceptedChangesAreInForceAsSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, p := drawBounds(t), drawPolicy(t)
		c := Change{
			IdleMinutes:     Edit{rapid.Bool().Draw(t, "send idle"), drawMinutes(t, "new idle")},
			AbsoluteMinutes: Edit{rapid.Bool().Draw(t, "send absolute"), drawMinutes(t, "new absolute")},
		}
		broken := b.Check(p, c)
		for _, v := range broken {
			if v.Field == "idle_minutes" && !c.IdleMinutes.Set || v.Field == "absolute_minutes" && !c.AbsoluteMinutes.Set {
				t.Fatalf("%+v names a member that was not sent", v)
			}
		}
		if len(broken) > 0 {
			return
		}
		e := b.Resolve(c.Apply(p))
		settled := b.Settle(c.Apply(p))
		if b.Resolve(settled) != e {
			t.Fatalf("settling changes what is in force from %+v to %+v", e, b.Resolve(settled))
		}
		if settled.IdleMinutes != nil && settled.AbsoluteMinutes != nil && *settled.IdleMinutes > *settled.AbsoluteMinutes {
			t.Fatalf("%d/%d cannot be stored", *settled.IdleMinutes, *settled.AbsoluteMinutes)
		}
		if !c.Apply(settled).Equal(settled) {
			t.Fatal("settling changes what was set")
		}
		if c.IdleMinutes.Set && c.IdleMinutes.Value != nil && e.IdleMinutes != *c.IdleMinutes.Value {
			t.Fatalf("idle was set to %d and is %d", *c.IdleMinutes.Value, e.IdleMinutes)
		}
		if c.AbsoluteMinutes.Set && c.AbsoluteMinutes.Value != nil && e.AbsoluteMinutes != *c.AbsoluteMinutes.Value {
			t.Fatalf("absolute was set to %d and is %d", *c.AbsoluteMinutes.Value, e.AbsoluteMinutes)
		}
	})
}

func TestShortenNeverLengthens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawBounds(t).Resolve(drawPolicy(t))
		idle := rapid.IntRange(1, 200000).Draw(t, "session's idle")
		absolute := rapid.IntRange(idle, 200000).Draw(t, "session's absolute")
		got := e.Shorten(idle, absolute)
		if got.IdleMinutes > idle || got.AbsoluteMinutes > absolute || got.Exceeds(e) || got.IdleMinutes > got.AbsoluteMinutes {
			t.Fatalf("%+v shortens %d/%d to %+v", e, idle, absolute, got)
		}
		if e.Shorten(got.IdleMinutes, got.AbsoluteMinutes) != got {
			t.Fatal("a second time shortens further")
		}
		signIn := noon
		active := signIn.Add(time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "active")))
		before, after := AbsoluteDeadline(signIn, absolute), AbsoluteDeadline(signIn, got.AbsoluteMinutes)
		if after.After(before) || IdleDeadline(active, got.IdleMinutes, after).After(IdleDeadline(active, idle, before)) {
			t.Fatal("a deadline moved later")
		}
	})
}

func TestLastActiveProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := int64(10 * time.Second / us)
		stored := noon.Add(time.Duration(rapid.Int64Range(-span, span).Draw(t, "stored")) * us)
		inactive := time.Duration(rapid.Int64Range(-span, span).Draw(t, "inactive")) * us
		got := LastActive(stored, noon, inactive)
		if got.After(noon.Add(ClockTolerance)) {
			t.Fatalf("%v is beyond the tolerance", got)
		}
		if got.Before(stored) && !stored.After(noon.Add(ClockTolerance)) {
			t.Fatalf("moved back from %v to %v", stored, got)
		}
		if got.After(noon) && !got.Equal(stored) {
			t.Fatalf("%v is ahead of now and was not stored", got)
		}
		if again := LastActive(got, noon, inactive); !again.Equal(got) {
			t.Fatalf("the same report again moved it from %v to %v", got, again)
		}
	})
}

func TestIdleNeverAfterAbsolute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		absolute := noon.Add(time.Duration(rapid.Int64Range(-1e9, 1e9).Draw(t, "absolute")) * us)
		active := noon.Add(time.Duration(rapid.Int64Range(-1e9, 1e9).Draw(t, "active")) * us)
		minutes := rapid.IntRange(1, 200000).Draw(t, "minutes")
		got := IdleDeadline(active, minutes, absolute)
		if got.After(absolute) || got.After(active.Add(time.Duration(minutes)*time.Minute)) {
			t.Fatalf("got %v", got)
		}
	})
}
