// Package internal_test holds what the packages may import: arrows point
// inward, and each outside dependency has one place.
package internal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/curfew-auth/curfew"

// pkg is a package as `go list` tells of it, without its tests.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string // direct
	Deps       []string // direct and indirect
	Calls      []string // "os.Getenv": what it uses of other packages
}

// name is the path inside the module.
func (p pkg) name() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// only lists all that a package may import directly besides the standard
// library.
var only = []struct {
	pkg     string
	allowed []string
	why     string
}{
	{"internal/curfew", nil, "the nouns know nothing"},
	{"internal/policy", nil, "the rules are pure functions over minutes and times"},
	{"internal/wire", nil, "the shapes of requests and answers are data"},
	{"internal/throttle", []string{"internal/curfew"}, "counting needs no help"},
	{"internal/device", []string{"internal/curfew", "github.com/mileusna/useragent"}, "it reads a header and nothing else"},
	{"internal/password", []string{"internal/curfew", "golang.org/x/crypto", "golang.org/x/text"}, "a small package is one that can be judged"},
	{"internal/token", []string{"internal/curfew", "github.com/golang-jwt/jwt/v5"}, "a small package is one that can be judged"},
	{"internal/audit", []string{"internal/curfew", "internal/policy"}, "the log's meaning must not hang on a store or a library"},
	{"internal/routine", nil, "a loop knows nothing of what it does"},
	{"internal/sqlrules", nil, "a judge stands apart from what it judges"},
	{"internal/demo", []string{"internal/wire", "internal/routine"}, "it is a client like any other, so that nothing is shown that could not have happened"},
	{"web", nil, "it holds files, and does nothing with them"},
	{"cmd/curfew", []string{"internal/cli"}, "the program is its command line, and main is short"},
}

// never lists what a package must not reach, not even through others.
var never = []struct {
	pkg       string
	forbidden []string
	why       string
}{
	{"internal/curfew", []string{"net/http", "database/sql"}, "the nouns know neither SQL nor HTTP"},
	{"internal/policy", []string{"net/http", "database/sql"}, "the rules know neither SQL nor HTTP"},
	{"internal/audit", []string{"net/http", "database/sql"}, "events are not rows, and not answers"},
	{"internal/token", []string{"database/sql", "internal/store"}, "keys are handed to it"},
	{"internal/password", []string{"net/http", "database/sql"}, "it hashes"},
	{"internal/authority", []string{"internal/store", "internal/mail", "net/http", "database/sql", "github.com/danielgtaylor/huma", "internal/httpapi", "internal/wire", "internal/config", "internal/server", "internal/cli"},
		"the verbs declare the store that they need, and know nothing of HTTP"},
	{"internal/store", []string{"net/http", "internal/httpapi", "internal/wire", "internal/config", "internal/server", "internal/cli"}, "it keeps, and does not ask who is asking"},
	{"internal/wire", []string{"net/http", "database/sql"}, "data has no behaviour"},
	{"internal/mail", []string{"net/http", "database/sql", "internal/store", "internal/httpapi", "internal/config", "internal/server", "internal/cli"}, "letters are handed to it"},
	{"internal/webhook", []string{"database/sql", "internal/store", "internal/httpapi", "internal/config", "internal/server", "internal/cli"}, "what there is to deliver the authority says, and the queue is handed to it"},
	{"internal/httpapi", []string{"internal/store", "database/sql", "internal/config", "internal/server", "internal/cli"}, "a request's way to the store leads through the authority"},
	{"internal/console", []string{"internal/store", "database/sql", "internal/httpapi", "github.com/danielgtaylor/huma", "internal/config", "internal/server", "internal/cli"}, "the operator's page asks the authority, and has nothing in common with the product's API"},
	{"internal/config", []string{"internal/authority", "internal/store", "internal/httpapi", "internal/server", "internal/cli", "database/sql"}, "settings are read before anything runs"},
}

// sole lists what only some packages may import, and those below them.
var sole = []struct {
	imported  string
	importers []string
	why       string
}{
	{"database/sql", []string{"internal/store"}, "all SQL is in one place"},
	{"modernc.org/sqlite", []string{"internal/store"}, "nothing else knows the engine"},
	{"github.com/jackc/pgx", []string{"internal/store", "internal/pgserver"}, "nothing else knows the engine"},
	{"github.com/pressly/goose", []string{"internal/store"}, "only the store changes its schema"},
	{"github.com/danielgtaylor/huma", []string{"internal/httpapi"}, "so that it can be replaced in one package"},
	{"github.com/golang-jwt/jwt", []string{"internal/token"}, "one place signs and verifies"},
	{"github.com/wneessen/go-mail", []string{"internal/mail"}, "one place speaks SMTP"},
	{"github.com/riverqueue/river", []string{"internal/store/jobs"}, "the queue may forget anything, and nobody but its keeper needs to know whose it is"},
	{"golang.org/x/crypto", []string{"internal/password"}, "cryptography outside the standard library has one place"},
	{"web", []string{"internal/server"}, "whoever else serves pages is handed them, and can be tested with others"},
	{"internal/pgserver", []string{"internal/pgserver", "internal/bench", "internal/cli"}, "a PostgreSQL that everybody on the machine can enter is for tests and benchmarks"},
	{"internal/store/yardstick", []string{"internal/bench"}, "it writes rows past every rule that the store keeps"},
	{"unsafe", nil, "no"},
}

// calls lists functions that only some packages may use, and those below them;
// in says which packages are meant, all when empty.
var calls = []struct {
	functions []string
	in        []string
	except    []string
	why       string
}{
	{[]string{"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv", "syscall.Getenv", "syscall.Environ"}, nil, []string{"internal/config", "internal/cli"},
		"a setting that is read elsewhere is not in the documentation, and a wrong one does not stop the start"},
	{[]string{"time.Now", "time.Since", "time.Until"}, []string{"internal/curfew", "internal/policy", "internal/audit", "internal/authority", "internal/throttle"}, nil,
		"the time is an argument: a rule that reads a clock cannot be tested at the microsecond of a deadline"},
}

// under reports whether an import is a package or lies below it.
func under(imported, of string) bool {
	return imported == of || strings.HasPrefix(imported, of+"/")
}

func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

// inside turns an import path into the form of the tables.
func inside(imported string) string { return strings.TrimPrefix(imported, module+"/") }

// isTestSupport reports whether a package exists for tests: storetest and the
// like.
func isTestSupport(p pkg) bool { return strings.HasSuffix(path.Base(p.ImportPath), "test") }

// violations judges packages by the tables.
func violations(packages []pkg) []string {
	var all []string
	bad := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	for _, p := range packages {
		anyUnder := func(list []string, imported string) bool {
			return slices.ContainsFunc(list, func(of string) bool { return under(inside(imported), of) })
		}
		for _, rule := range only {
			for _, imported := range p.Imports {
				ours := imported != inside(imported)
				if p.name() == rule.pkg && (ours || !standard(imported)) && !anyUnder(rule.allowed, imported) {
					bad("%s must not import %s: %s", p.name(), inside(imported), rule.why)
				}
			}
		}
		for _, rule := range never {
			for _, imported := range p.Deps {
				if p.name() == rule.pkg && anyUnder(rule.forbidden, imported) {
					bad("%s must not reach %s: %s", p.name(), inside(imported), rule.why)
				}
			}
		}
		for _, rule := range sole {
			for _, imported := range p.Imports {
				if under(inside(imported), rule.imported) && !anyUnder(rule.importers, p.ImportPath) {
					bad("%s must not import %s, only %s may: %s", p.name(), imported, strings.Join(rule.importers, ", "), rule.why)
				}
			}
		}
		for _, rule := range calls {
			if len(rule.in) > 0 && !anyUnder(rule.in, p.ImportPath) || anyUnder(rule.except, p.ImportPath) || isTestSupport(p) {
				continue
			}
			for _, call := range p.Calls {
				if slices.Contains(rule.functions, call) {
					bad("%s must not use %s: %s", p.name(), call, rule.why)
				}
			}
		}
		for _, imported := range p.Imports {
			forTests := under(imported, "testing") || under(imported, "net/http/httptest") || under(imported, "pgregory.net/rapid") ||
				under(imported, "github.com/rogpeppe/go-internal") || under(imported, "go.uber.org/goleak") ||
				imported != inside(imported) && strings.HasSuffix(imported, "test")
			if forTests && !isTestSupport(p) {
				bad("%s must not import %s: what is for tests stays out of the program", p.name(), inside(imported))
			}
		}
	}
	return all
}

func TestImports(t *testing.T) {
	packages := load(t)
	for _, v := range violations(packages) {
		t.Error(v)
	}
	// The module is really there, and so is what reads the rules.
	for _, known := range []string{"internal/curfew", "internal/policy", "internal/audit", "internal/sqlrules"} {
		if !slices.ContainsFunc(packages, func(p pkg) bool {
			return p.name() == known && len(p.GoFiles) > 0 && len(p.Imports) > 0 && len(p.Calls) > 0
		}) {
			t.Errorf("%s was not read", known)
		}
	}
}

// TestTheMovableClockIsNotBuilt: a clock that a request can move is in builds
// for browser tests, which ask for it by a tag, and in no other.
func TestTheMovableClockIsNotBuilt(t *testing.T) {
	const movable = module + "/internal/clocktest"
	list := func(args ...string) []string {
		t.Helper()
		out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
		if err != nil {
			t.Fatalf("go list %q: %v", args, err)
		}
		return strings.Split(strings.TrimSpace(string(out)), "\n")
	}
	if slices.Contains(list("-deps", module+"/cmd/curfew"), movable) {
		t.Errorf("%s is in every build", movable)
	}
	if !slices.Contains(list("-deps", "-tags", "curfewtest", module+"/cmd/curfew"), movable) {
		t.Errorf("%s is in no build, so this test looks for the wrong thing", movable)
	}
	// Nothing else depends on the tag.
	const files = "{{.ImportPath}} {{.GoFiles}}"
	without := list("-f", files, module+"/...")
	with := list("-f", files, "-tags", "curfewtest", module+"/...")
	for i, line := range with {
		if line != without[i] && !strings.HasPrefix(line, module+"/cmd/curfew ") {
			t.Errorf("the tag changes %s into %s", without[i], line)
		}
	}
}

// load reads every package of the module.
func load(t *testing.T) []pkg {
	t.Helper()
	list := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,GoFiles,Imports,Deps", module+"/...")
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var packages []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Logf("%s is not judged: %v", name, err) // the compiler says so too
				continue
			}
			p.Calls = append(p.Calls, uses(file)...)
		}
		packages = append(packages, p)
	}
}

// uses are the names that a file uses of the packages it imports, under the
// packages' own paths.
func uses(file *ast.File) []string {
	paths := map[string]string{}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		paths[name] = imported
	}
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && paths[x.Name] != "" {
				all = append(all, paths[x.Name]+"."+sel.Sel.Name)
			}
		}
		return true
	})
	slices.Sort(all)
	return slices.Compact(all)
}

// TestTheRulesCanFail breaks each rule once.
func TestTheRulesCanFail(t *testing.T) {
	of := func(name string) pkg { return pkg{ImportPath: module + "/" + name} }
	full := func(imported string) string {
		if strings.HasPrefix(imported, "internal/") || strings.HasPrefix(imported, "cmd/") {
			return module + "/" + imported
		}
		return imported
	}
	breaks := func(p pkg, words string) {
		t.Helper()
		got := violations([]pkg{p})
		if !slices.ContainsFunc(got, func(v string) bool { return strings.Contains(v, words) }) {
			t.Errorf("%+v does not break the rule %q: %q", p, words, got)
		}
	}
	keeps := func(p pkg) {
		t.Helper()
		if got := violations([]pkg{p}); len(got) > 0 {
			t.Errorf("%+v: %q", p, got)
		}
	}
	for _, rule := range only {
		p := of(rule.pkg)
		p.Imports = []string{"fmt", "crypto/sha256"}
		for _, allowed := range rule.allowed {
			p.Imports = append(p.Imports, full(allowed))
		}
		keeps(p)
		for _, imported := range []string{"internal/authority", "internal/store", "example.com/x"} {
			p.Imports = []string{full(imported)}
			breaks(p, rule.pkg+" must not import "+imported)
		}
	}
	for _, rule := range never {
		for _, forbidden := range rule.forbidden {
			p := of(rule.pkg)
			p.Deps = []string{"fmt", full(forbidden) + "/below"}
			breaks(p, rule.pkg+" must not reach "+forbidden)
		}
	}
	for _, rule := range sole {
		p := of("internal/anything")
		p.Imports = []string{rule.imported}
		breaks(p, "internal/anything must not import "+rule.imported)
		p.Imports = []string{rule.imported + "/v9"}
		breaks(p, "internal/anything must not import "+rule.imported)
		for _, importer := range rule.importers {
			if rule.imported == "golang.org/x/crypto" || rule.imported == "github.com/golang-jwt/jwt" {
				continue // those packages' own lists are stricter
			}
			p := of(importer)
			p.Imports = []string{rule.imported}
			keeps(p)
		}
	}
	for _, rule := range calls {
		in := append(slices.Clone(rule.in), "internal/anything/below")[0]
		for _, function := range rule.functions {
			p := of(in)
			p.Calls = []string{function}
			breaks(p, in+" must not use "+function)
		}
		for _, except := range append(slices.Clone(rule.except), "internal/clocktest") {
			p := of(except)
			p.Calls = rule.functions
			keeps(p)
		}
	}
	for _, imported := range []string{"testing", "testing/quick", "net/http/httptest", "pgregory.net/rapid", "internal/store/storetest"} {
		p := of("internal/anything")
		p.Imports = []string{full(imported)}
		breaks(p, "internal/anything must not import "+imported)
		p = of("internal/store/storetest")
		p.Imports = []string{full(imported)}
		keeps(p)
	}

	file, err := parser.ParseFile(token.NewFileSet(), "x.go", `package x
import (
	"os"
	clock "time"
)
var now, _ = clock.Now, os.Getenv`, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := uses(file); !slices.Equal(got, []string{"os.Getenv", "time.Now"}) {
		t.Errorf("found the uses %v", got)
	}
}
