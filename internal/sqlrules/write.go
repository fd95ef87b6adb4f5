package sqlrules

import (
	"slices"
	"strings"
)

// Statements that write: UPDATE, DELETE and INSERT.

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
