package sqlrules

import (
	"slices"
	"strings"
)

// The tables that a statement reads, and what holds each to one account.

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
