package sqlrules

import (
	"slices"
	"strings"
)

// names are the names of sub-queries (WITH) that hide tables.
type names map[string]bool

// table is a table as a statement names it.
type table struct {
	name   string // "" for what is no table: a sub-select, a function
	alias  string
	column string // the account column, "" for no tenant table
}

// scope is one SELECT, UPDATE or DELETE: its tables and what holds for each.
type scope struct {
	tables []table
	where  []node
	held   []condition // by ON
}

// condition is an expression and the tables that it filters, [from, to).
type condition struct {
	expr     []node
	from, to int
}

// statement judges one statement or sub-select.
func (c *checker) statement(list []node, hidden names) {
	if len(list) == 1 && list[0].kind == group {
		c.statement(list[0].kids, hidden)
		return
	}
	if len(list) == 0 {
		c.report(Syntax, "an empty statement")
		return
	}
	switch {
	case list[0].is("with"):
		c.with(list, hidden)
	case list[0].is("select"), list[0].kind == group:
		c.query(list, hidden)
	case list[0].is("values"):
		c.nested(list, hidden)
	case list[0].is("insert"):
		c.insert(list, hidden)
	case list[0].is("update"):
		c.update(list, hidden)
	case list[0].is("delete"):
		c.delete(list, hidden)
	default:
		c.report(Syntax, "a statement that begins with %s cannot be judged", describe(list[0]))
	}
}

func describe(n node) string {
	if n.kind == group {
		return "("
	}
	return strings.ToUpper(n.text)
}

// with reads WITH name (columns) AS (query), ... statement.
func (c *checker) with(list []node, hidden names) {
	inner := names{}
	for name := range hidden {
		inner[name] = true
	}
	i := 1
	recursive := i < len(list) && list[i].is("recursive")
	if recursive {
		i++
	}
	for {
		if i >= len(list) || list[i].kind != word {
			c.report(Syntax, "WITH without a name")
			return
		}
		name := list[i].text
		if _, ok := c.tenant[name]; ok {
			c.report(Account, "WITH %s hides the table of that name", name)
			return
		}
		i++
		if i < len(list) && list[i].kind == group {
			i++
		}
		if i < len(list) && list[i].is("as") {
			i++
		}
		if i < len(list) && list[i].is("not") {
			i++
		}
		if i < len(list) && list[i].is("materialized") {
			i++
		}
		if i >= len(list) || list[i].kind != group {
			c.report(Syntax, "WITH %s without its query", name)
			return
		}
		if recursive {
			inner[name] = true
		}
		c.statement(list[i].kids, inner)
		inner[name] = true
		i++
		if i >= len(list) || !list[i].is(",") {
			break
		}
		i++
	}
	c.statement(list[i:], inner)
}

// nested judges the sub-selects inside an expression.
func (c *checker) nested(list []node, hidden names) {
	for _, n := range list {
		if n.kind != group {
			continue
		}
		if isQuery(n.kids) {
			c.statement(n.kids, hidden)
		} else {
			c.nested(n.kids, hidden)
		}
	}
}

func isQuery(list []node) bool {
	return len(list) > 0 && list[0].is("select", "with", "values", "insert", "update", "delete")
}

// query reads one or more SELECTs that UNION and the like put together.
func (c *checker) query(list []node, hidden names) {
	from := 0
	for i := 0; i <= len(list); i++ {
		if i < len(list) && !list[i].is("union", "intersect", "except") {
			continue
		}
		core := list[from:i]
		if len(core) > 0 && core[0].is("all", "distinct") && from > 0 {
			core = core[1:]
		}
		switch {
		case len(core) > 0 && core[0].is("select"):
			c.selects(core, hidden)
		case len(core) > 0 && core[0].kind == group && isQuery(core[0].kids):
			c.statement(core[0].kids, hidden)
			c.nested(core[1:], hidden)
		case len(core) > 0 && core[0].is("values"):
			c.nested(core, hidden)
		default:
			c.report(Syntax, "a query that the check cannot follow")
		}
		from = i + 1
	}
}

// clauses cuts a list where one of the words begins a clause. The part before
// the first is "".
func (c *checker) clauses(list []node, starts ...string) map[string][]node {
	parts := map[string][]node{}
	name, from := "", 0
	cases := 0
	for i := 0; i <= len(list); i++ {
		if i < len(list) {
			switch n := list[i]; {
			case n.is("case"):
				cases++
			case n.is("end"):
				cases--
			}
			if cases > 0 || !list[i].is(starts...) || isDistinctFrom(list, i) || i > 0 && list[i-1].is(".", "as") {
				continue
			}
		}
		if _, twice := parts[name]; twice {
			c.report(Syntax, "%s twice in one statement", strings.ToUpper(name))
		}
		parts[name] = list[from:i]
		if i < len(list) {
			name, from = list[i].text, i+1
		}
	}
	return parts
}

// isDistinctFrom reports the FROM of IS [NOT] DISTINCT FROM.
func isDistinctFrom(list []node, i int) bool {
	return i > 1 && list[i].is("from") && list[i-1].is("distinct") && list[i-2].is("is", "not")
}

// selects judges one SELECT and gives its scope.
func (c *checker) selects(list []node, hidden names) (columns []node, s *scope) {
	parts := c.clauses(list[1:], "from", "where", "group", "having", "window", "order", "limit", "offset", "fetch", "for")
	s = &scope{where: parts["where"]}
	if from, ok := parts["from"]; ok {
		c.from(s, from, hidden)
	}
	c.hold(s, "a SELECT")
	c.nested(list, hidden)
	return parts[""], s
}

// target reads the table of an UPDATE, DELETE or INSERT: name [AS] [alias].
func (c *checker) target(s *scope, list []node, hidden names) bool {
	n := len(s.tables)
	c.from(s, list, hidden)
	if len(s.tables) != n+1 || s.tables[n].name == "" {
		c.report(Syntax, "the table to change is not named plainly")
		return false
	}
	return true
}

func (c *checker) update(list []node, hidden names) {
	parts := c.clauses(list[1:], "set", "from", "where", "returning", "order", "limit")
	c.noLimit(parts)
	s := &scope{where: parts["where"]}
	if !c.target(s, parts[""], hidden) {
		return
	}
	changed := s.tables[0]
	c.where("UPDATE "+changed.name, parts)
	c.assigns(changed, parts["set"])
	if from, ok := parts["from"]; ok {
		c.from(s, from, hidden)
	}
	c.hold(s, "an UPDATE")
	c.nested(list, hidden)
}

func (c *checker) delete(list []node, hidden names) {
	parts := c.clauses(list[1:], "from", "using", "where", "returning", "order", "limit")
	c.noLimit(parts)
	s := &scope{where: parts["where"]}
	if len(parts[""]) > 0 || !c.target(s, parts["from"], hidden) {
		c.report(Syntax, "a DELETE is DELETE FROM a table")
		return
	}
	c.where("DELETE FROM "+s.tables[0].name, parts)
	if using, ok := parts["using"]; ok {
		c.report(Portable, "DELETE ... USING: only PostgreSQL has it")
		c.from(s, using, hidden)
	}
	c.hold(s, "a DELETE")
	c.nested(list, hidden)
}

func (c *checker) noLimit(parts map[string][]node) {
	for _, clause := range []string{"order", "limit"} {
		if _, ok := parts[clause]; ok {
			c.report(Portable, "%s in an UPDATE or DELETE: only SQLite has it", strings.ToUpper(clause))
		}
	}
}

// constants are the words of a condition that name no column.
var constants = []string{"true", "false", "null", "not", "and", "or", "is", "exists", "in", "between", "like"}

// where demands a condition that names a column.
func (c *checker) where(what string, parts map[string][]node) {
	condition, ok := parts["where"]
	if !ok {
		c.report(Where, "%s without WHERE", what)
		return
	}
	var namesColumn func(list []node) bool
	namesColumn = func(list []node) bool {
		for _, n := range list {
			if n.kind == word && !slices.Contains(constants, n.text) || namesColumn(n.kids) {
				return true
			}
		}
		return false
	}
	if !namesColumn(condition) {
		c.report(Where, "%s with a WHERE that names no column", what)
	}
}

// assigns judges the list of SET.
func (c *checker) assigns(t table, set []node) {
	if len(set) == 0 {
		c.report(Syntax, "a change of %s without SET", t.name)
	}
	for _, item := range split(set, ",") {
		if len(item) == 0 {
			c.report(Syntax, "an empty assignment")
			continue
		}
		left := item[:1]
		for i, n := range item {
			if n.is("=") {
				left = item[:i]
				break
			}
		}
		if len(left) == 1 && left[0].kind == group {
			left = left[0].kids
		}
		for _, column := range split(left, ",") {
			if len(column) == 0 || column[len(column)-1].kind != word && column[len(column)-1].kind != quoted {
				c.report(Syntax, "an assignment that the check cannot follow")
			} else if t.column != "" && column[len(column)-1].text == t.column {
				c.report(Move, "%s.%s is assigned", t.name, t.column)
			}
		}
	}
}

// insert reads INSERT INTO table (columns) values-or-query [ON CONFLICT ...]
// [RETURNING ...].
func (c *checker) insert(list []node, hidden names) {
	columnsAt := slices.IndexFunc(list, func(n node) bool { return n.kind == group || n.is("values", "select", "with", "default") })
	if columnsAt < 0 || len(list) < 3 || !list[1].is("into") {
		if !list[min(1, len(list)-1)].is("or") {
			c.report(Syntax, "an INSERT is INSERT INTO a table")
		}
		return
	}
	s := &scope{}
	if !c.target(s, list[2:columnsAt], hidden) {
		return
	}
	to := s.tables[0]
	if list[columnsAt].kind != group {
		c.report(Star, "INSERT INTO %s does not list its columns", to.name)
		return
	}
	place := -1
	for i, column := range split(list[columnsAt].kids, ",") {
		if len(column) == 1 && column[0].text == to.column {
			place = i
		}
	}
	if to.column != "" && place < 0 {
		c.report(Account, "INSERT INTO %s does not set %s", to.name, to.column)
	}

	rest := list[columnsAt+1:]
	end := len(rest)
	for i, n := range rest {
		if n.is("returning") || n.is("on") && i+1 < len(rest) && rest[i+1].is("conflict") {
			end = i
			break
		}
	}
	source, tail := rest[:end], rest[end:]
	switch {
	case len(source) > 0 && source[0].is("values"):
		for _, row := range split(source[1:], ",") {
			if len(row) != 1 || row[0].kind != group {
				c.report(Syntax, "VALUES that the check cannot follow")
				continue
			}
			if place < 0 {
				continue
			}
			values := split(row[0].kids, ",")
			if place >= len(values) || len(values[place]) != 1 || values[place][0].kind != param {
				c.report(Account, "INSERT INTO %s: the value of %s is not a placeholder", to.name, to.column)
				continue
			}
			c.account(values[place][0].text)
		}
		c.nested(source, hidden)
	case len(source) > 0 && source[0].is("select"):
		if slices.ContainsFunc(source, func(n node) bool { return n.is("union", "intersect", "except") }) {
			c.report(Syntax, "INSERT of several SELECTs")
		}
		columns, from := c.selects(source, hidden)
		if place >= 0 {
			c.selected(to, columns, place, from)
		}
	default:
		c.report(Syntax, "INSERT INTO %s without VALUES or SELECT", to.name)
	}
	c.conflict(to, tail, hidden)
}

// selected judges what an INSERT ... SELECT puts into the account column.
func (c *checker) selected(to table, columns []node, place int, from *scope) {
	values := split(columns, ",")
	if place < len(values) {
		value := values[place]
		tenants := 0
		for _, t := range from.tables {
			if t.column == "" {
				continue
			}
			tenants++
			if t.isColumn(value, len(from.tables) == 1) {
				return
			}
		}
		if tenants == 0 && len(value) == 1 && value[0].kind == param {
			c.account(value[0].text)
			return
		}
	}
	c.report(Account, "INSERT INTO %s ... SELECT does not select the account column of the table it reads for %s", to.name, to.column)
}

// conflict reads ON CONFLICT (columns) [WHERE ...] DO NOTHING | DO UPDATE SET
// ... [WHERE ...], and RETURNING.
func (c *checker) conflict(to table, tail []node, hidden names) {
	c.nested(tail, hidden)
	if len(tail) == 0 || !tail[0].is("on") {
		return
	}
	do := slices.IndexFunc(tail, func(n node) bool { return n.is("do") })
	if do < 0 || do+1 >= len(tail) {
		c.report(Syntax, "ON CONFLICT without DO")
		return
	}
	if tail[do+1].is("nothing") {
		return
	}
	parts := c.clauses(tail[do+1:], "set", "where", "returning")
	if len(parts[""]) != 1 || !tail[do+1].is("update") {
		c.report(Syntax, "ON CONFLICT DO what the check cannot follow")
		return
	}
	c.assigns(to, parts["set"])
	if to.column == "" {
		return
	}
	for _, n := range tail[2:do] {
		if n.kind != group {
			continue
		}
		for _, column := range split(n.kids, ",") {
			if len(column) == 1 && column[0].text == to.column {
				return
			}
		}
	}
	c.report(Account, "INSERT INTO %s changes a row that may be another account's: ON CONFLICT does not name %s", to.name, to.column)
}

// from reads the tables of FROM, USING or a change into a scope.
func (c *checker) from(s *scope, list []node, hidden names) {
	for _, item := range split(list, ",") {
		c.joined(s, item, hidden)
	}
}

var joinWords = []string{"natural", "left", "right", "full", "inner", "cross", "outer", "join"}

// joinsAt is the length of the words of a join that begin at i, 0 for none.
func joinsAt(list []node, i int) int {
	n := 0
	for i+n < len(list) && list[i+n].is(joinWords...) {
		n++
		if list[i+n-1].is("join") {
			return n
		}
	}
	return 0
}

// joined reads table JOIN table ON condition JOIN ...
func (c *checker) joined(s *scope, list []node, hidden names) {
	first := len(s.tables)
	i := c.primary(s, list, hidden)
	for i < len(list) {
		n := joinsAt(list, i)
		if n == 0 {
			c.report(Syntax, "tables that the check cannot follow: %s", describe(list[i]))
			return
		}
		left, right, full := false, false, false
		for _, w := range list[i : i+n] {
			left = left || w.is("left")
			right = right || w.is("right")
			full = full || w.is("full")
		}
		i += n
		second := len(s.tables)
		i += c.primary(s, list[i:], hidden)
		switch {
		case i < len(list) && list[i].is("on"):
			i++
			end := i
			for end < len(list) && joinsAt(list, end) == 0 && !list[end].is("on", "using") {
				end++
			}
			// An outer join keeps the rows of its outer side whatever ON says.
			on := condition{list[i:end], first, len(s.tables)}
			switch {
			case full:
				on.to = on.from
			case left:
				on.from = second
			case right:
				on.to = second
			}
			s.held = append(s.held, on)
			i = end
		case i < len(list) && list[i].is("using"):
			i += 2
		}
	}
}

// primary reads one table and gives how many nodes it takes.
func (c *checker) primary(s *scope, list []node, hidden names) int {
	i := 0
	for i < len(list) && list[i].is("lateral", "only") {
		c.report(Portable, "%s: only PostgreSQL has it", strings.ToUpper(list[i].text))
		i++
	}
	if i >= len(list) {
		c.report(Syntax, "a table is missing")
		return i
	}
	var t table
	switch n := list[i]; {
	case n.kind == group && !isQuery(n.kids):
		// Tables joined in parentheses share the scope.
		c.from(s, n.kids, hidden)
		i++
		if i < len(list) && (list[i].is("as") || isAlias(list[i])) {
			c.report(Syntax, "a join in parentheses with a name")
		}
		return i
	case n.kind == group: // a sub-select, judged by itself
		i++
	case n.kind == word || n.kind == quoted:
		if i+2 < len(list) && list[i+1].is(".") {
			c.report(Portable, "%s.%s: tables are named without a schema", n.text, list[i+2].text)
			i += 2
			n = list[i]
		}
		i++
		if i < len(list) && list[i].kind == group && !hiddenOrTenant(c, n.text, hidden) {
			i++ // a function
			t.alias = n.text
			break
		}
		t.name, t.alias = n.text, n.text
		c.seen[n.id] = true
		if !hidden[n.text] {
			t.column = c.tenant[n.text]
		}
	default:
		c.report(Syntax, "tables that the check cannot follow: %s", describe(n))
		return len(list)
	}
	if i < len(list) && list[i].is("as") {
		i++
		if i >= len(list) || list[i].kind != word && list[i].kind != quoted {
			c.report(Syntax, "AS without a name")
			return len(list)
		}
		t.alias = list[i].text
		i++
	} else if i < len(list) && isAlias(list[i]) {
		t.alias = list[i].text
		i++
	}
	if i < len(list) && list[i].kind == group && t.name == "" {
		i++ // names of columns
	}
	s.tables = append(s.tables, t)
	return i
}

func hiddenOrTenant(c *checker, name string, hidden names) bool {
	_, tenant := c.tenant[name]
	return tenant || hidden[name]
}

func isAlias(n node) bool {
	return (n.kind == word && !n.is(joinWords...) && !n.is("on", "using", "where", "set", "indexed", "not", "tablesample")) || n.kind == quoted
}

// hold demands a condition on the account column of every tenant table.
func (c *checker) hold(s *scope, what string) {
	for i, t := range s.tables {
		if t.column == "" {
			continue
		}
		alone := len(s.tables) == 1
		placeholder := t.heldBy(s.where, alone)
		for _, on := range s.held {
			if placeholder == "" && on.from <= i && i < on.to {
				placeholder = t.heldBy(on.expr, alone)
			}
		}
		if placeholder == "" {
			who := t.name
			if t.alias != t.name {
				who += " " + t.alias
			}
			c.report(Account, "%s of %s does not hold %s.%s to a placeholder in its own WHERE or ON", what, who, t.alias, t.column)
			continue
		}
		c.account(placeholder)
	}
}

func (c *checker) account(placeholder string) {
	if !slices.Contains(c.accounts, placeholder) {
		c.accounts = append(c.accounts, placeholder)
	}
}

// heldBy is the placeholder to which a condition holds the account column, ""
// for none. Only what must be true for every row counts: parts joined by AND.
func (t table) heldBy(expr []node, alone bool) string {
	for len(expr) == 1 && expr[0].kind == group {
		expr = expr[0].kids
	}
	parts := conjuncts(expr)
	if len(parts) > 1 {
		for _, part := range parts {
			if p := t.heldBy(part, alone); p != "" {
				return p
			}
		}
		return ""
	}
	for i, n := range expr {
		if !n.is("=") {
			continue
		}
		left, right := expr[:i], expr[i+1:]
		if len(left) == 1 && left[0].kind == param {
			left, right = right, left
		}
		if len(right) == 1 && right[0].kind == param && t.isColumn(left, alone) {
			return right[0].text
		}
		return ""
	}
	return ""
}

// isColumn reports whether an expression is the account column and no more.
// Alone in its scope, a table needs no name before the column.
func (t table) isColumn(expr []node, alone bool) bool {
	switch len(expr) {
	case 1:
		return alone && expr[0].kind == word && expr[0].text == t.column
	case 3:
		return expr[0].kind == word && expr[0].text == t.alias && expr[1].is(".") &&
			expr[2].kind == word && expr[2].text == t.column
	}
	return false
}

// conjuncts cuts an expression at its ANDs. An expression with an OR is whole:
// nothing in it must be true.
func conjuncts(expr []node) [][]node {
	var parts [][]node
	from, cases, between := 0, 0, 0
	for i, n := range expr {
		switch {
		case n.is("case"):
			cases++
		case n.is("end"):
			cases--
		case cases > 0:
		case n.is("or"):
			return [][]node{expr}
		case n.is("between"):
			between++
		case n.is("and") && between > 0:
			between--
		case n.is("and"):
			parts = append(parts, expr[from:i])
			from = i + 1
		}
	}
	return append(parts, expr[from:])
}
