package policy

// Preset is a policy with a name that an owner can choose in one click.
type Preset struct {
	Name   string
	Policy Policy
}

// The names of the presets, and of a policy that is none of them.
const (
	Strict   = "strict"
	Standard = "standard"
	Custom   = "custom"
)

// Presets are the presets that lie inside the bounds, strictest first. Strict
// is 15 idle minutes and 12 hours in all, the figures of NIST SP 800-63B-4
// section 2.3.3; Standard inherits the operator's defaults.
func (b Bounds) Presets() []Preset {
	idle, absolute := 15, 720
	strict := Policy{IdleMinutes: &idle, AbsoluteMinutes: &absolute}
	presets := make([]Preset, 0, 2)
	change := Change{Edit{true, strict.IdleMinutes}, Edit{true, strict.AbsoluteMinutes}}
	if len(b.Check(Policy{}, change)) == 0 {
		presets = append(presets, Preset{Strict, strict})
	}
	return append(presets, Preset{Standard, Policy{}})
}

// PresetOf is the name of the preset that p is exactly, or Custom.
func (b Bounds) PresetOf(p Policy) string {
	for _, preset := range b.Presets() {
		if p.Equal(preset.Policy) {
			return preset.Name
		}
	}
	return Custom
}

// AAL2 are the limits that NIST SP 800-63B-4 section 2.2.3 recommends for
// authenticator assurance level 2: one hour idle, 24 hours in all.
var AAL2 = Effective{IdleMinutes: 60, AbsoluteMinutes: 24 * 60}

// Exceeds reports whether either limit is longer than the other's.
func (e Effective) Exceeds(limit Effective) bool {
	return e.IdleMinutes > limit.IdleMinutes || e.AbsoluteMinutes > limit.AbsoluteMinutes
}
