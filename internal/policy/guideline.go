package policy

// Guideline is what a standard says about session limits, as far as numbers go.
// A limit of 0 is one that it sets no number for.
type Guideline struct {
	ID   string
	Name string
	// IdleMinutesMax and AbsoluteMinutesMax are the most that it names, in
	// minutes.
	IdleMinutesMax     int
	AbsoluteMinutesMax int
	// PrivilegedIdleMinutesMax is its idle limit for administrators where that
	// is a number of its own. Curfew has one idle limit for all of an account.
	PrivilegedIdleMinutesMax int
	Force                    Force
	// Caveat is what the numbers alone do not tell.
	Caveat string
}

// Force is how binding a standard's numbers are, in its own words.
type Force string

// The forces of standards.
const (
	Should   Force = "should"
	Shall    Force = "shall"
	Required Force = "required"
	Advice   Force = "advice"
	// Unnumbered asks for a limit and leaves the number to whoever sets it.
	Unnumbered Force = "unnumbered"
)

// Standing is how limits compare with a standard's numbers. It never says that
// anything complies: no standard is met by two numbers.
type Standing string

// The standings.
const (
	Within Standing = "within"
	Over   Standing = "over"
	// Undecidable is for what numbers alone cannot tell.
	Undecidable Standing = "undecidable"
)

// Compare judges limits by a standard's numbers alone.
func (g Guideline) Compare(e Effective) Standing {
	over := func(minutes, limit int) bool { return limit > 0 && minutes > limit }
	switch {
	case g.IdleMinutesMax == 0 && g.AbsoluteMinutesMax == 0:
		return Undecidable
	case over(e.IdleMinutes, g.IdleMinutesMax) || over(e.AbsoluteMinutes, g.AbsoluteMinutesMax):
		return Over
	case over(e.IdleMinutes, g.PrivilegedIdleMinutesMax):
		return Undecidable // it depends on who is an administrator
	}
	return Within
}

// Guidelines are the standards that owners are told about, with the figures and
// sections read in their texts.
var Guidelines = []Guideline{
	{
		ID: "nist-aal1", Name: "NIST SP 800-63B-4, AAL1", AbsoluteMinutesMax: 30 * day, Force: Should,
		Caveat: "Section 2.1.3. A definite limit shall exist; 30 days is the figure that it should not exceed. No idle limit is asked for.",
	},
	{
		ID: "nist-aal2", Name: "NIST SP 800-63B-4, AAL2", IdleMinutesMax: 60, AbsoluteMinutesMax: 24 * 60, Force: Should,
		Caveat: "Section 2.2.3. AAL2 also needs two factors at sign-in, which limits alone do not give.",
	},
	{
		ID: "nist-aal3", Name: "NIST SP 800-63B-4, AAL3", IdleMinutesMax: 15, AbsoluteMinutesMax: 12 * 60, Force: Shall,
		Caveat: "Section 2.3.3. The 12 hours shall, the 15 minutes should. AAL3 also needs hardware that resists phishing.",
	},
	{
		ID: "nist-r3-aal2", Name: "NIST SP 800-63B-3, AAL2", IdleMinutesMax: 30, AbsoluteMinutesMax: 12 * 60, Force: Shall,
		Caveat: "The edition before the one in force. FedRAMP's Moderate baseline still prints these figures.",
	},
	{
		ID: "pci-dss", Name: "PCI DSS 4.0.1, 8.2.8", IdleMinutesMax: 15, Force: Required,
		Caveat: "For people with access to card data. The screen lock of the device may meet it instead, so a longer limit here does not by itself miss it.",
	},
	{
		ID: "disa-stig", Name: "DISA Application Security STIG", IdleMinutesMax: 15, PrivilegedIdleMinutesMax: 10, Force: Required,
		Caveat: "V-222389 and V-222390: 15 minutes, and 10 for administrators. The limit here is the same for everybody.",
	},
	{
		ID: "owasp", Name: "OWASP Session Management, low risk", IdleMinutesMax: 30, AbsoluteMinutesMax: 8 * 60, Force: Advice,
		Caveat: "Common ranges, not a requirement: 15 to 30 minutes idle and a working day of 4 to 8 hours; 2 to 5 minutes idle where much is at stake.",
	},
	{
		ID: "hipaa", Name: "HIPAA, 45 CFR 164.312(a)(2)(iii)", Force: Unnumbered,
		Caveat: "It asks for automatic logoff after a time that you set yourself, and names no number.",
	},
	{
		ID: "soc2-iso27001", Name: "SOC 2 CC6.1 and ISO/IEC 27001 A.8.5", Force: Unnumbered,
		Caveat: "They name no number: an auditor holds your limits against your own written policy.",
	},
}

const day = 24 * 60
