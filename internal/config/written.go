package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Environ is the environment, in the form of os.Environ. As an option of kong
// it lets the settings of a command come from there and from the file, and
// adds the variables to the help.
type Environ []string

// Apply makes the environment known to k.
func (e Environ) Apply(k *kong.Kong) error {
	help := kong.PostBuild(func(k *kong.Kong) error {
		return kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) error {
			if flag, ok := node.(*kong.Flag); ok && isSetting(flag) {
				flag.Help = strings.TrimSuffix(flag.Help, ".") + " ($" + variable(flag.Name) + ")."
			}
			return next(nil)
		})
	})
	return errors.Join(kong.Bind(e).Apply(k), help.Apply(k))
}

// BeforeResolve reads the environment and the settings file for the command
// that embeds s, after the command line and before the defaults count.
func (s *StoreSettings) BeforeResolve(kctx *kong.Context, environ Environ) error {
	env, err := fromEnviron(environ)
	if err != nil {
		return err
	}
	path := env["config"]
	for _, flag := range kctx.Flags() {
		if given, ok := kctx.FlagValue(flag).(Text); ok && flag.Name == "config" && given.from != "" {
			path = given
		}
	}
	all, err := fromFile(path)
	if err != nil {
		return err
	}
	maps.Copy(all, env) // the environment goes before the file
	kctx.AddResolver(all)
	return nil
}

// CheckEnviron refuses a CURFEW_ variable that is no setting. Names that begin
// with CURFEW_TEST_ belong to tests.
func CheckEnviron(environ []string) error {
	_, err := fromEnviron(environ)
	return err
}

// written holds settings by the name of their flag, and gives them to kong.
type written map[string]Text

// Validate is part of kong.Resolver: nothing is left to judge.
func (written) Validate(*kong.Application) error { return nil }

// Resolve is part of kong.Resolver: kong asks for what is not on the command line.
func (w written) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if text, ok := w[flag.Name]; ok && isSetting(flag) {
		return text, nil
	}
	return nil, nil
}

// isSetting tells settings from the other flags of a command.
func isSetting(flag *kong.Flag) bool { return flag.Target.Type() == reflect.TypeFor[Text]() }

func fromEnviron(environ []string) (written, error) {
	flags := map[string]string{}
	for name := range kinds {
		flags[variable(name)] = name
	}
	env := written{}
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || strings.HasPrefix(name, prefix+"TEST_") {
			continue
		}
		flag, ok := flags[name]
		if !ok {
			return nil, unknownVariable(name, text)
		}
		if _, twice := env[flag]; !twice { // as os.Getenv: the first counts
			env[flag] = Text{text: text, from: name}
		}
	}
	return env, nil
}

func unknownVariable(name, text string) error {
	kubernetes := strings.HasPrefix(name, prefix+"SERVICE_") || strings.HasPrefix(name, prefix+"PORT_") ||
		name == prefix+"PORT" && strings.Contains(text, "://")
	if kubernetes {
		return fmt.Errorf("%s is not a setting but what Kubernetes makes for a service named curfew: set enableServiceLinks to false in the pod's spec", name)
	}
	if near := nearest(name); near != "" {
		return fmt.Errorf("%s is not a setting: did you mean %s?", name, variable(near))
	}
	return fmt.Errorf("%s is not a setting: unset it, or look for its name in curfew serve --help", name)
}

func fromFile(path Text) (written, error) {
	if path.from == "" {
		return written{}, nil
	}
	data, err := os.ReadFile(path.text)
	if err != nil {
		if inner, ok := errors.AsType[*fs.PathError](err); ok {
			err = inner.Err
		}
		return nil, fmt.Errorf("%s names the file %q, which cannot be read (%w): correct the path or the file's permissions", path.from, path.text, err)
	}
	file, err := parseFile(path.text, data)
	if err != nil {
		return nil, err
	}
	return file, file.keptToItself(path.text)
}

// keptToItself refuses a file that holds a secret and that others may read.
func (w written) keptToItself(path string) error {
	_, secret := w["secret"]
	_, previous := w["secret-previous"]
	_, mail := w["smtp-url"]
	database := Store{DatabaseURL: Secret(w["database-url"].text)}.hasPassword()
	if !secret && !previous && !mail && !database || runtime.GOOS == "windows" { // where modes mean nothing
		return nil
	}
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = fmt.Errorf("the settings file %s holds a secret and may be read by others: chmod 600 it", path)
	}
	return err
}

// parseFile reads one JSON object of settings. Its errors name keys and lines,
// never a value.
func parseFile(path string, data []byte) (written, error) {
	var members map[string]jsontext.Value
	err := json.Unmarshal(data, &members)
	syntax, wrong := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case wrong && syntax.Err == jsontext.ErrDuplicateName:
		return nil, fmt.Errorf("the settings file %s has %q twice: keep one of them", path, syntax.JSONPointer.LastToken())
	case wrong:
		line := 1 + bytes.Count(data[:min(int(syntax.ByteOffset), len(data))], []byte("\n"))
		return nil, fmt.Errorf("the settings file %s is not valid JSON: correct line %d", path, line)
	case err != nil || members == nil:
		return nil, fmt.Errorf(`the settings file %s must be one JSON object, such as {"addr": "127.0.0.1:8080"}`, path)
	}
	flags := map[string]string{}
	for name := range kinds {
		flags[key(name)] = name
	}
	file := written{}
	for _, member := range slices.Sorted(maps.Keys(members)) {
		flag, ok := flags[member]
		near := nearest(member)
		switch {
		case member == "config":
			return nil, fmt.Errorf("the settings file %s has the key \"config\", but one file cannot name another: remove it", path)
		case !ok && near != "" && near != "config":
			return nil, fmt.Errorf("the settings file %s has the unknown key %q: did you mean %q?", path, member, key(near))
		case !ok:
			return nil, fmt.Errorf("the settings file %s has the unknown key %q: remove it, or look for its name in curfew serve --help", path, member)
		}
		text, ok := plain(kinds[flag], members[member])
		from := member + " in " + path
		if !ok {
			return nil, fmt.Errorf("%s must be %s", from, jsonKinds[kinds[flag]])
		}
		file[flag] = Text{text: text, from: from}
	}
	return file, nil
}

// jsonKinds says in words what plain takes.
var jsonKinds = map[string]string{
	"":       "a string",
	"number": "a number or a string",
	"switch": "true, false, or a string",
	"list":   "an array of strings, or a string with commas",
}

// plain gives a value of the file the form it has in the environment.
func plain(kind string, value jsontext.Value) (text string, ok bool) {
	switch k := value.Kind(); {
	case k == jsontext.KindString:
		return text, json.Unmarshal(value, &text) == nil
	case k == jsontext.KindNumber && kind == "number":
		return string(value), true
	case k == jsontext.KindTrue && kind == "switch":
		return "on", true
	case k == jsontext.KindFalse && kind == "switch":
		return "off", true
	case k == jsontext.KindBeginArray && kind == "list":
		var items []jsontext.Value
		err := json.Unmarshal(value, &items)
		texts := make([]string, len(items))
		for i, item := range items {
			if item.Kind() != jsontext.KindString || json.Unmarshal(item, &texts[i]) != nil {
				return "", false
			}
		}
		return strings.Join(texts, ","), err == nil
	}
	return "", false
}

// nearest is the flag whose name is most like a wrong variable or key, or "".
func nearest(wrong string) string {
	name := strings.ToLower(strings.ReplaceAll(wrong, "_", "-"))
	name = strings.TrimPrefix(strings.TrimPrefix(name, "curfew-"), "--")
	best, least := "", 2+len(name)/5
	for _, candidate := range slices.Sorted(maps.Keys(kinds)) {
		if d := distance(name, candidate); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance counts the bytes to insert, delete or replace between a and b
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
