// Package sqlrules checks SQL statements against the house rules: what runs
// unchanged on every engine, and what keeps one customer's data from another.
// It is for tests. It reads statements lightly and refuses what it cannot
// follow, so that nothing passes unread.
package sqlrules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Rule names a rule.
type Rule string

// The rules.
const (
	// Account: every SELECT, UPDATE, DELETE and sub-select that names a tenant
	// table holds that table's account column to a placeholder in its own WHERE
	// or ON, `t.account_id = $1`, and all tables of a statement to the same
	// one. An INSERT gives the account column a value: the placeholder, or the
	// account column of the tenant table that it selects from.
	Account Rule = "account"
	// Move: no statement assigns an account column, so no row ever moves from
	// one account to another.
	Move Rule = "move"
	// Where: no UPDATE and no DELETE of a whole table.
	Where Rule = "where"
	// Star: columns are named, in SELECT and in RETURNING.
	Star Rule = "star"
	// Portable: nothing that one of the engines lacks, reads otherwise or does
	// not do on a sharded table, and no use of the database's clock.
	Portable Rule = "portable"
	// Syntax: nothing that the check cannot follow.
	Syntax Rule = "syntax"
)

// Check gives what a text of one or more statements violates, each as "rule:
// sentence"; nothing for a text that is in order. tenantTables has the account
// column of every table whose rows belong to one account. Table and column
// names are in lower case.
//
// Definitions (CREATE, ALTER, DROP) are held to Portable only.
func Check(sql string, tenantTables map[string]string) []string {
	var all []string
	for _, v := range check(sql, tenantTables) {
		all = append(all, string(v.rule)+": "+v.text)
	}
	return all
}

// Exempt lets one statement break one rule on purpose.
type Exempt struct {
	Statement string // its name
	Rule      Rule
	Reason    string
}

// CheckAll checks statements by name and gives what they violate, each behind
// the statement's name. An exemption without a reason, of a statement that
// does not exist, or of a rule that the statement keeps is a violation itself,
// so the list of exemptions cannot rot.
func CheckAll(statements, tenantTables map[string]string, exempt []Exempt) []string {
	var all []string
	used := make([]bool, len(exempt))
	for _, name := range slices.Sorted(maps.Keys(statements)) {
		for _, v := range check(statements[name], tenantTables) {
			excused := false
			for i, e := range exempt {
				if e.Statement == name && e.Rule == v.rule {
					used[i], excused = true, true
				}
			}
			if !excused {
				all = append(all, fmt.Sprintf("%s: %s: %s", name, v.rule, v.text))
			}
		}
	}
	for i, e := range exempt {
		if strings.TrimSpace(e.Reason) == "" {
			all = append(all, fmt.Sprintf("%s: exempt from %q without a reason", e.Statement, e.Rule))
		}
		if _, ok := statements[e.Statement]; !ok {
			all = append(all, fmt.Sprintf("%s: exempt from %q, but there is no such statement", e.Statement, e.Rule))
		} else if !used[i] {
			all = append(all, fmt.Sprintf("%s: exempt from %q, which it does not break", e.Statement, e.Rule))
		}
	}
	return all
}

type violation struct {
	rule Rule
	text string
}

// checker judges one text.
type checker struct {
	tenant map[string]string
	found  []violation
	// seen are the ids of names that were taken for tables.
	seen map[int]bool
	// accounts are the placeholders that a statement holds account columns to.
	accounts []string
}

func (c *checker) report(rule Rule, format string, args ...any) {
	v := violation{rule, fmt.Sprintf(format, args...)}
	if !slices.Contains(c.found, v) {
		c.found = append(c.found, v)
	}
}

func check(sql string, tenantTables map[string]string) []violation {
	c := &checker{tenant: tenantTables, seen: map[int]bool{}}
	l := &lexer{in: sql, report: c.report}
	l.run()
	c.words(l.tokens)
	tree := l.tree()
	any := false
	for _, statement := range split(tree, ";") {
		if len(statement) == 0 {
			continue
		}
		any = true
		c.accounts = nil
		c.groups(statement)
		if statement[0].is("create", "alter", "drop") {
			continue
		}
		c.statement(statement, nil)
		if len(c.accounts) > 1 {
			c.report(Account, "one statement for the accounts of %s", strings.Join(c.accounts, " and "))
		}
		c.unseen(statement)
	}
	if !any {
		c.report(Syntax, "no statement")
	}
	return c.found
}

// unseen complains about tenant tables that stand where tables stand, but were
// not found by the reading of the statement.
func (c *checker) unseen(list []node) {
	for i, n := range list {
		c.unseen(n.kids)
		if _, ok := c.tenant[n.text]; !ok || n.kind != word && n.kind != quoted || c.seen[n.id] || i == 0 {
			continue
		}
		before := list[i-1]
		if before.is(".") && i > 2 {
			before = list[i-3]
		}
		if before.is("from", "join", "into", "update", "table", "only", "lateral", "using", "in") {
			c.report(Syntax, "%s is named where the check cannot follow", n.text)
		}
	}
}

// groups checks the parentheses that are not read as part of a statement's
// shape: function calls, and changes hidden in a query.
func (c *checker) groups(list []node) {
	for i, n := range list {
		if n.kind != group {
			continue
		}
		c.groups(n.kids)
		if len(n.kids) > 0 && n.kids[0].is("insert", "update", "delete", "merge") {
			c.report(Portable, "%s inside another statement", strings.ToUpper(n.kids[0].text))
		}
		if i > 0 && list[i-1].is("max", "min") && len(split(n.kids, ",")) > 1 {
			c.report(Portable, "%s of several values is an aggregate elsewhere: use CASE", list[i-1].text)
		}
	}
}
