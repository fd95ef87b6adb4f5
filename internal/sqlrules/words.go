package sqlrules

import (
	"slices"
	"strings"
)

// refusedWords are refused wherever they stand.
var refusedWords = map[string]string{
	"listen":            "notifications carry nothing that must arrive",
	"unlisten":          "notifications carry nothing that must arrive",
	"notify":            "notifications carry nothing that must arrive",
	"pg_notify":         "notifications carry nothing that must arrive",
	"savepoint":         "a transaction is done whole or not at all",
	"serial":            "ids are made by the program, never by a sequence",
	"smallserial":       "ids are made by the program, never by a sequence",
	"bigserial":         "ids are made by the program, never by a sequence",
	"sequence":          "ids are made by the program, never by a sequence",
	"nextval":           "ids are made by the program, never by a sequence",
	"currval":           "ids are made by the program, never by a sequence",
	"setval":            "ids are made by the program, never by a sequence",
	"lastval":           "ids are made by the program, never by a sequence",
	"autoincrement":     "ids are made by the program, never by a sequence",
	"last_insert_rowid": "ids are made by the program, never by a sequence",
	"identity":          "ids are made by the program, never by a sequence",
	"current_timestamp": "the time is a parameter, never the database's",
	"current_date":      "the time is a parameter, never the database's",
	"current_time":      "the time is a parameter, never the database's",
	"localtime":         "the time is a parameter, never the database's",
	"localtimestamp":    "the time is a parameter, never the database's",
	"rowid":             "rows are found by their keys",
	"_rowid_":           "rows are found by their keys",
	"ctid":              "rows are found by their keys",
	"glob":              "only SQLite has it",
	"regexp":            "only SQLite has it",
	"ilike":             "only PostgreSQL has it: compare lower case",
	"like":              "it ignores case on SQLite only",
	"similar":           "only PostgreSQL has it",
	"merge":             "use INSERT ... ON CONFLICT",
	"truncate":          "it removes a whole table",
	"nowait":            "rows are not locked by hand",
	"pragma":            "only SQLite has it",
	"attach":            "only SQLite has it",
}

// refusedCalls are refused as functions; as names of columns they are fine.
var refusedCalls = map[string]string{
	"now":                   "the time is a parameter, never the database's",
	"clock_timestamp":       "the time is a parameter, never the database's",
	"statement_timestamp":   "the time is a parameter, never the database's",
	"transaction_timestamp": "the time is a parameter, never the database's",
	"timeofday":             "the time is a parameter, never the database's",
	"datetime":              "the time is a parameter, never the database's",
	"date":                  "the time is a parameter, never the database's",
	"time":                  "the time is a parameter, never the database's",
	"julianday":             "the time is a parameter, never the database's",
	"unixepoch":             "the time is a parameter, never the database's",
	"strftime":              "the time is a parameter, never the database's",
	"timediff":              "the time is a parameter, never the database's",
	"age":                   "the time is a parameter, never the database's",
	"greatest":              "only PostgreSQL has it: use CASE",
	"least":                 "only PostgreSQL has it: use CASE",
	"any":                   "only PostgreSQL has it",
	"unnest":                "only PostgreSQL has it",
	"array_agg":             "only PostgreSQL has it",
	"generate_series":       "only PostgreSQL has it",
	"gen_random_uuid":       "only PostgreSQL has it",
	"date_trunc":            "only PostgreSQL has it",
	"to_timestamp":          "only PostgreSQL has it",
	"extract":               "only PostgreSQL has it",
	"ifnull":                "only SQLite has it: use coalesce",
	"iif":                   "only SQLite has it: use CASE",
	"group_concat":          "only SQLite has it",
	"printf":                "only SQLite has it",
	"instr":                 "only SQLite has it",
	"hex":                   "only SQLite has it",
	"total":                 "only SQLite has it",
	"typeof":                "only SQLite has it",
	"changes":               "only SQLite has it",
	"total_changes":         "only SQLite has it",
	"randomblob":            "only SQLite has it",
	"zeroblob":              "only SQLite has it",
	"json_each":             "only SQLite has it",
	"json_tree":             "only SQLite has it",
	"json_extract":          "only SQLite has it",
}

// clockWords are strings that PostgreSQL reads as a time that passes.
var clockWords = []string{"'now'", "'today'", "'tomorrow'", "'yesterday'"}

// refusedOps are refused operators.
var refusedOps = map[string]string{
	"?":  "placeholders are $1, $2, ...",
	":":  "placeholders are $1, $2, ...",
	"@":  "placeholders are $1, $2, ...",
	"#":  "only PostgreSQL has it",
	"::": "use CAST",
	"==": "equality is =",
	"=>": "only PostgreSQL has it",
	"~":  "patterns differ between engines",
	"~*": "patterns differ between engines",
	"!~": "patterns differ between engines", "!~*": "patterns differ between engines",
	"@>": "only PostgreSQL has it", "<@": "only PostgreSQL has it", "&&": "only PostgreSQL has it",
	"#>": "only PostgreSQL has it", "#>>": "only PostgreSQL has it",
}

// words judges a text token by token, whatever its shape.
func (c *checker) words(tokens []node) {
	at := func(i int) node {
		if i < 0 || i >= len(tokens) {
			return node{}
		}
		return tokens[i]
	}
	refuse := func(what, why string) { c.report(Portable, "%s: %s", what, why) }
	depth := 0
	limits := map[int]bool{} // the depths at which a LIMIT is open
	for i, t := range tokens {
		before, next := at(i-1), at(i+1)
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			delete(limits, depth)
			depth--
		case t.is(";"):
			limits = map[int]bool{}
		}
		if t.kind == op {
			if why, ok := refusedOps[t.text]; ok {
				refuse(t.text, why)
			}
		}
		if t.kind == text && t.glued && before.kind == word {
			refuse(strings.ToUpper(before.text)+"'...'", "strings have no prefix")
		}
		if t.kind == text && slices.Contains(clockWords, strings.ToLower(t.text)) {
			refuse(t.text, "the time is a parameter, never the database's")
		}
		if t.is("*") && (before.is("select", "distinct", "all", "returning", ".", ",")) {
			c.report(Star, "columns are named one by one, never *")
		}
		if limits[depth] && t.is(",") {
			refuse("LIMIT x, y", "use LIMIT and OFFSET")
		}
		if t.kind != word {
			continue
		}
		if why, ok := refusedWords[t.text]; ok {
			refuse(strings.ToUpper(t.text), why)
		}
		if why, ok := refusedCalls[t.text]; ok && next.is("(") {
			refuse(t.text+"()", why)
		}
		switch {
		case strings.HasPrefix(t.text, "pg_advisory"), strings.HasPrefix(t.text, "pg_try_advisory"):
			refuse(t.text, "advisory locks do not hold on a sharded engine")
		case t.is("skip") && next.is("locked"):
			refuse("SKIP LOCKED", "rows are not locked by hand")
		case t.is("for") && (next.is("update", "share", "no", "key")):
			refuse("FOR "+strings.ToUpper(next.text), "rows are not locked by hand")
		case t.is("insert", "update") && next.is("or"):
			refuse(strings.ToUpper(t.text)+" OR", "use ON CONFLICT")
		case t.is("replace") && next.is("into"):
			refuse("REPLACE INTO", "use ON CONFLICT")
		case t.is("release") && (i == 0 || before.is(";")), t.is("rollback") && next.is("to"):
			refuse(strings.ToUpper(t.text), "a transaction is done whole or not at all")
		case t.is("is") && !isNullTest(at(i+1), at(i+2)):
			refuse("IS", "between values only SQLite has it: use IS NOT DISTINCT FROM")
		case t.is("limit"):
			limits[depth] = true
		case t.is("offset", "returning", "union", "intersect", "except"):
			delete(limits, depth)
		}
	}
}

// isNullTest reports what may follow IS on every engine.
func isNullTest(next, after node) bool {
	if next.is("not") {
		next = after
	}
	return next.is("null", "true", "false", "distinct")
}
