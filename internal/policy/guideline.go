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
		ID: "nist-aal1", Name: "NIST SP 800-63B-4 AAL1", AbsoluteMinutesMax: 30 * day, Force: Should,
		Caveat: "Section 2.1.3. A definite limit shall exist; 30 days should be the most. No idle limit is asked for.",
	},
	{
		ID: "nist-aal2", Name: "NIST SP 800-63B-4 AAL2", IdleMinutesMax: 60, AbsoluteMinutesMax: 24 * 60, Force: Should,
		Caveat: "Section 2.2.3. AAL2 also needs two factors, and an offer of one that resists phishing.",
	},
	{
		ID: "nist-aal3", Name: "NIST SP 800-63B-4 AAL3", IdleMinutesMax: 15, AbsoluteMinutesMax: 12 * 60, Force: Shall,
		Caveat: "Section 2.3.3. The 12 hours shall, the 15 minutes should. AAL3 also needs hardware that resists phishing.",
	},
	{
		ID: "nist-r3-aal2", Name: "NIST SP 800-63B-3 AAL2", IdleMinutesMax: 30, AbsoluteMinutesMax: 12 * 60, Force: Shall,
		Caveat: "Superseded by revision 4. FedRAMP's Moderate baseline still prints these numbers.",
	},
	{
		ID: "pci-dss", Name: "PCI DSS 4.0.1, 8.2.8", IdleMinutesMax: 15, Force: Required,
		Caveat: "For people with access to card data. The device's screen lock may meet it instead, so being over is not by itself a failure.",
	},
	{
		ID: "disa-stig", Name: "DISA ASD STIG V-222389/90", IdleMinutesMax: 15, PrivilegedIdleMinutesMax: 10, Force: Required,
		Caveat: "15 minutes, and 10 for administrators. The limit here is the same for everybody.",
	},
	{
		ID: "owasp", Name: "OWASP Session Management, low risk", IdleMinutesMax: 30, AbsoluteMinutesMax: 8 * 60, Force: Advice,
		Caveat: "Common ranges, not a requirement. Where much is at stake, 2 to 5 minutes idle.",
	},
	{
		ID: "hipaa", Name: "HIPAA 164.312(a)(2)(iii)", Force: Unnumbered,
		Caveat: "Addressable: log off after a time that you set, or document what stands in for it.",
	},
	{
		ID: "soc2", Name: "SOC 2 CC6.1", Force: Unnumbered,
		Caveat: "Auditors hold your limits against your own policy.",
	},
	{
		ID: "iso-27001", Name: "ISO/IEC 27001:2022 A.8.5", Force: Unnumbered,
		Caveat: "The limit follows from your own risk assessment.",
	},
}

const day = 24 * 60
