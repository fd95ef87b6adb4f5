package authority

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// TestWhatChangesSessionsTellsWebhooks: no use case starts or ends sessions, or
// sets a policy, and leaves it to somebody else to tell of it.
func TestWhatChangesSessionsTellsWebhooks(t *testing.T) {
	changes := map[string]bool{"InsertSession": true, "RevokeSession": true, "RaiseAccountEpoch": true, "RaiseUserEpoch": true,
		"RaiseAccountEpochTo": true, "RaiseUserEpochTo": true, "FenceAccount": true, "ClampSome": true, "ClampSession": true, "SetPolicy": true}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			changed, tells := "", false
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				switch fn := call.Fun.(type) {
				case *ast.SelectorExpr:
					if on, ok := fn.X.(*ast.Ident); ok && on.Name == "tx" && changes[fn.Sel.Name] {
						changed = fn.Sel.Name
					}
				case *ast.Ident:
					tells = tells || strings.HasPrefix(fn.Name, "tell")
				}
				return true
			})
			if changed == "" {
				continue
			}
			if found++; !tells {
				t.Errorf("%s, %s: it uses %s, and tells nobody", name, f.Name.Name, changed)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d use cases were found: the reading of the code needs a look", found)
	}
}

// TestRetryPauses: three days in all, and what an endpoint asks for within bounds.
func TestRetryPauses(t *testing.T) {
	var all time.Duration
	tries := 1
	for ; ; tries++ {
		pause, more := retryPause(tries, 0)
		if !more {
			break
		}
		least := retryPauses[tries-1]
		if pause < least || pause > least+least/10 {
			t.Errorf("after %d tries: %s", tries, pause)
		}
		all += least
	}
	if all < 70*time.Hour || all > 74*time.Hour {
		t.Errorf("%d tries in %s", tries, all)
	}
	for asked, want := range map[time.Duration]time.Duration{time.Hour: time.Hour, 48 * time.Hour: longestRetryAfter} {
		if pause, _ := retryPause(1, asked); pause != want {
			t.Errorf("asked for %s: %s", asked, pause)
		}
	}
}

// overheard is a transaction of which only what it tells is heard.
type overheard struct {
	Tx
	body string
}

func (o *overheard) Tell(_ context.Context, e curfew.Telling) (err error) {
	o.body, err = e.Body()
	return err
}

// A list is a list for whoever reads it, also where nothing is in it.
func TestAStartToldWithoutMethodsHasAnEmptyList(t *testing.T) {
	var tx overheard
	if err := tellStarted(t.Context(), &tx, curfew.Session{}, curfew.User{}, curfew.Account{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(tx.body, `"amr":[]`) {
		t.Error(tx.body)
	}
}
