package sqlrules

import (
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
