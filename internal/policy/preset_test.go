package policy

import (
	"slices"
	"testing"
)

func names(presets []Preset) []string {
	var s []string
	for _, p := range presets {
		s = append(s, p.Name)
	}
	return s
}

func TestPresets(t *testing.T) {
	bounds := func(idleMin, idleMax, absoluteMin, absoluteMax int) Bounds {
		return Bounds{Idle: Range{idleMin, idleMax, idleMax}, Absolute: Range{absoluteMin, absoluteMax, absoluteMax}}
	}
	for _, tt := range []struct {
		name   string
		b      Bounds
		strict bool
	}{
		{"the product's bounds", standardBounds, true},
		{"just inside", bounds(15, 15, 720, 720), true},
		{"idle's least above", bounds(16, 100, 60, 1000), false},
		{"idle's greatest below", bounds(1, 14, 60, 1000), false},
		{"absolute's least above", bounds(15, 100, 721, 1000), false},
		{"absolute's greatest below", bounds(15, 100, 60, 719), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want, of := []string{Standard}, Custom
			if tt.strict {
				want, of = []string{Strict, Standard}, Strict
			}
			if got := names(tt.b.Presets()); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if got := tt.b.PresetOf(Policy{ptr(15), ptr(720)}); got != of {
				t.Errorf("15/720 is %s, want %s", got, of)
			}
		})
	}
	presets := standardBounds.Presets()
	if !presets[0].Policy.Equal(Policy{ptr(15), ptr(720)}) || !presets[1].Policy.Equal(Policy{}) {
		t.Errorf("got %+v", presets)
	}
	*presets[0].Policy.IdleMinutes = 99
	if standardBounds.PresetOf(Policy{ptr(15), ptr(720)}) != Strict {
		t.Error("a caller can change the presets of others")
	}
}

func TestPresetOf(t *testing.T) {
	for _, tt := range []struct {
		p    Policy
		want string
	}{
		{Policy{}, Standard},
		{Policy{ptr(15), ptr(720)}, Strict},
		{Policy{ptr(15), nil}, Custom},
		{Policy{nil, ptr(720)}, Custom},
		{Policy{ptr(16), ptr(720)}, Custom},
		{Policy{ptr(15), ptr(719)}, Custom},
		{Policy{ptr(10080), ptr(20160)}, Custom}, // the defaults, but set
	} {
		if got := standardBounds.PresetOf(tt.p); got != tt.want {
			t.Errorf("%+v is %s, want %s", tt.p, got, tt.want)
		}
	}
}

func TestExceeds(t *testing.T) {
	for _, tt := range []struct {
		e    Effective
		want bool
	}{
		{Effective{60, 1440}, false},
		{Effective{59, 1439}, false},
		{Effective{61, 1440}, true},
		{Effective{60, 1441}, true},
		{Effective{15, 20160}, true},
	} {
		if tt.e.Exceeds(AAL2) != tt.want {
			t.Errorf("%+v: %v", tt.e, !tt.want)
		}
	}
}
