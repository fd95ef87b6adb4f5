package policy

import (
	"encoding/json"
	"os"
	"testing"
)

func TestGuidelinesCompareAtTheEdges(t *testing.T) {
	tests := []struct {
		id             string
		idle, absolute int
		want           Standing
	}{
		{"nist-aal1", 43200, 43200, Within},
		{"nist-aal1", 43200, 43201, Over},
		{"nist-aal2", 60, 1440, Within},
		{"nist-aal2", 61, 1440, Over},
		{"nist-aal2", 60, 1441, Over},
		{"nist-aal3", 15, 720, Within},
		{"nist-aal3", 16, 720, Over},
		{"nist-aal3", 15, 721, Over},
		{"nist-r3-aal2", 30, 720, Within},
		{"nist-r3-aal2", 31, 720, Over},
		{"pci-dss", 15, 129600, Within},
		{"pci-dss", 16, 129600, Over},
		{"disa-stig", 10, 60, Within},
		{"disa-stig", 11, 60, Undecidable},
		{"disa-stig", 15, 60, Undecidable},
		{"disa-stig", 16, 60, Over},
		{"owasp", 30, 480, Within},
		{"owasp", 30, 481, Over},
		{"hipaa", 1, 1, Undecidable},
		{"hipaa", 43200, 129600, Undecidable},
		{"soc2", 1, 1, Undecidable},
		{"iso-27001", 15, 720, Undecidable},
	}
	for _, tt := range tests {
		got := Standing("no such standard")
		for _, s := range Guidelines {
			if s.ID == tt.id {
				got = s.Compare(Effective{IdleMinutes: tt.idle, AbsoluteMinutes: tt.absolute})
			}
		}
		if got != tt.want {
			t.Errorf("%s with %d idle and %d in all: %s, want %s", tt.id, tt.idle, tt.absolute, got, tt.want)
		}
	}
}

// The vectors are what the pages are held to as well.
func TestGuidelinesAgreeWithTheVectors(t *testing.T) {
	raw, err := os.ReadFile("../../vectors/standards.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		IdleMinutes     int                 `json:"idle_minutes"`
		AbsoluteMinutes int                 `json:"absolute_minutes"`
		Standings       map[string]Standing `json:"standings"`
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatal("there is no vector")
	}
	for _, v := range vectors {
		if len(v.Standings) != len(Guidelines) {
			t.Errorf("%d standings at %d/%d, want %d", len(v.Standings), v.IdleMinutes, v.AbsoluteMinutes, len(Guidelines))
		}
		for _, s := range Guidelines {
			if got := s.Compare(Effective{IdleMinutes: v.IdleMinutes, AbsoluteMinutes: v.AbsoluteMinutes}); got != v.Standings[s.ID] {
				t.Errorf("%s at %d/%d: %s, the vectors say %s", s.ID, v.IdleMinutes, v.AbsoluteMinutes, got, v.Standings[s.ID])
			}
		}
	}
}

func TestGuidelinesNeverClaimCompliance(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Guidelines {
		if s.ID == "" || s.Name == "" || s.Caveat == "" || s.Force == "" {
			t.Errorf("%q is not told whole", s.ID)
		}
		if seen[s.ID] {
			t.Errorf("%q is there twice", s.ID)
		}
		seen[s.ID] = true
		if numbers := s.IdleMinutesMax+s.AbsoluteMinutesMax > 0; numbers == (s.Force == Unnumbered) {
			t.Errorf("%q: numbers and force disagree", s.ID)
		}
	}
}
