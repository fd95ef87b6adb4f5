package internal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheSecurityModelNamesTests holds that each test that the security model
// leans on exists: a test function, or a scenario of the store's suite under the
// name of its group.
func TestTheSecurityModelNamesTests(t *testing.T) {
	page, err := os.ReadFile("../docs/security-model.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests, suite strings.Builder
	for _, root := range []string{".", "../cmd", "../verify"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
				return err
			}
			into := &tests
			switch {
			case filepath.Base(filepath.Dir(path)) == "storetest":
				into = &suite
			case !strings.HasSuffix(path, "_test.go"):
				return nil
			}
			text, err := os.ReadFile(path)
			into.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	named := 0
	for _, m := range regexp.MustCompile("`(Test[A-Za-z0-9]+|[A-Z][A-Za-z]+/[^`]+)`").FindAllStringSubmatch(string(page), -1) {
		name := strings.Join(strings.Fields(m[1]), " ")
		named++
		group, scenario, inSuite := strings.Cut(name, "/")
		switch {
		case inSuite && (!strings.Contains(suite.String(), `{"`+group+`",`) || !strings.Contains(suite.String(), `"`+scenario+`"`)):
			t.Errorf("the store's suite has no %s", name)
		case !inSuite && !strings.Contains(tests.String(), "func "+name+"(t *testing.T)"):
			t.Errorf("there is no %s", name)
		}
	}
	if named < 50 {
		t.Errorf("only %d tests were found on the page: the reading of it needs a look", named)
	}
}
