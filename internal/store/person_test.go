package store

import (
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/authority"
)

// TestPeoplesSessionsAreFoundByThem: what is about one person does not go through
// all that their account has.
func TestPeoplesSessionsAreFoundByThem(t *testing.T) {
	db := openEmpty(t)
	for name, q := range map[string]*query{"limit": selectCrowd, "count": countActive, "list": selectUserSessions[authority.SessionsActive],
		"list of all": selectUserSessions[authority.SessionsAll], "people": selectUsers, "kept": liftAccount, "ended": countBelowUser, "ended of all": countBelowAccount} {
		steps := plan(t, db, q)
		if !strings.Contains(strings.Join(steps, "\n"), "sessions_by_user (user_id=? AND account_id=?)") {
			t.Errorf("%s: not by the person: %q", name, steps)
		}
		for _, step := range steps {
			if step == "SEARCH s USING PRIMARY KEY (account_id=?)" || step == "SEARCH p USING PRIMARY KEY (account_id=?)" {
				t.Errorf("%s: %s", name, step)
			}
		}
	}
}

// TestWhatIsTiedIsFoundByTheSession: an ending does not go through all links of
// its account.
func TestWhatIsTiedIsFoundByTheSession(t *testing.T) {
	steps := strings.Join(plan(t, openEmpty(t), selectTied), "\n")
	if !strings.Contains(steps, "portal_links_tied (tied_to=? AND account_id=?") {
		t.Errorf("the plan is %q", steps)
	}
}
