package store

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// moveHead is nextAudit and setAudit in one, for a head that was read.
var moveHead = statement(`UPDATE accounts SET audit_seq = $2, audit_mac = $3, audit_seal = $4 WHERE id = $1 AND audit_seq = $5`)

// The statements for many, each a row of arrays.
var (
	moveHeads = &query{writes: true, text: `UPDATE accounts SET audit_seq = v.p2, audit_mac = v.p3, audit_seal = v.p4
 FROM unnest(CAST($1 AS bytea[]), CAST($2 AS bigint[]), CAST($3 AS bytea[]), CAST($4 AS bytea[]), CAST($5 AS bigint[])) AS v (p1, p2, p3, p4, p5)
 WHERE id = v.p1 AND audit_seq = v.p5`}

	revokeSessions = &query{writes: true, text: ofRow.Replace(revokeSet) + `
 FROM unnest(CAST($1 AS bytea[]), CAST($2 AS bytea[]), CAST($3 AS bigint[]), CAST($4 AS text[])) AS v (p1, p2, p3, p4)
` + ofRow.Replace(revokeWhere)}

	insertAudits = &query{writes: true, text: insertAuditInto + `
 SELECT v.p1, v.p2, v.p3, v.p4, v.p5, v.p6, v.p7, v.p8, v.p9, v.p10, v.p11, v.p12, v.p13, v.p14, v.p15, v.p16, v.p17
 FROM unnest(CAST($1 AS bytea[]), CAST($2 AS bigint[]), CAST($3 AS bytea[]), CAST($4 AS bigint[]), CAST($5 AS text[]), CAST($6 AS text[]),
 CAST($7 AS bytea[]), CAST($8 AS text[]), CAST($9 AS text[]), CAST($10 AS text[]), CAST($11 AS bytea[]), CAST($12 AS text[]),
 CAST($13 AS text[]), CAST($14 AS text[]), CAST($15 AS text[]), CAST($16 AS bigint[]), CAST($17 AS bytea[]))
 AS v (p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15, p16, p17)`}
)

// tellMany is tellWebhooksAt for many.
var tellMany = &query{writes: true, text: ofRow.Replace(tellHead+tellSeq) + `
 FROM ` + unnested(`bytea bytea text bytea bigint bigint text text bigint bigint`) + ` CROSS JOIN webhooks w` + ofRow.Replace(tellWhere)}

// atOnceParts are what a transaction writes at its end: by a statement for one row, or
// by that for many, whose columns are the parameters of the other.
var atOnceParts = [...]struct {
	one, many *query
	rows      func(conn, *untold) (want int, columns []any, err error)
}{
	{insertSession, insertSessions, beganRows}, {stampLogin, stampLogins, stampRows}, {revokeSession, revokeSessions, revokedRows},
	{insertAudit, insertAudits, eventRows}, {moveHead, moveHeads, headRows}, {claimRepeatable, claimRepeatables, claimRows},
	{tellWebhooksAt, tellMany, toldRows},
}

// tellingPart is the part that answers with the keys of what it wrote, one behind the other; the
// others with how many rows they have changed.
const tellingPart = len(atOnceParts) - 1

// chosen says for each part which statement does it, if any.
type chosen [len(atOnceParts)]*query

// atOnce are statements that do several parts, by those. The rows are of different tables
// or of different columns, so that none needs to see what another has done.
var atOnce sync.Map // of chosen and *query

func (parts chosen) atOnce() *query {
	if known, ok := atOnce.Load(parts); ok {
		return known.(*query)
	}
	var with, answers []string
	others := 0
	for i, part := range parts {
		if part == nil {
			continue
		}
		text, returning, answer := part.text, "1", "count(*)"
		if i == tellingPart {
			text, returning, answer = strings.TrimSuffix(text, tellReturning), "account_id || id || webhook_id AS key", "string_agg(key, '')"
		}
		text, others = renumbered(text, others)
		with = append(with, fmt.Sprintf("w%d AS (%s RETURNING %s)", i, text, returning))
		answers = append(answers, fmt.Sprintf("(SELECT %s FROM w%d)", answer, i))
	}
	q, _ := atOnce.LoadOrStore(parts, &query{writes: true, text: "WITH " + strings.Join(with, ",\n ") + "\n SELECT " + strings.Join(answers, ", ")})
	return q.(*query)
}

var parameter = regexp.MustCompile(`\$\d+`)

// renumbered is a statement whose parameters come after so many others, and how many
// there are then.
func renumbered(text string, others int) (string, int) {
	most := others
	return parameter.ReplaceAllStringFunc(text, func(p string) string {
		n, _ := strconv.Atoi(p[1:]) // it is digits
		most = max(most, others+n)
		return "$" + strconv.Itoa(others+n)
	}), most
}

// tellAtOnce writes everything but new people by one statement: each is a trip to the
// server, for which its process and this one have to be woken. A single row is not said by arrays: of how
// many rows those are the server has no idea, and would plan them anew each time.
func tellAtOnce(ctx context.Context, c conn, t *untold) error {
	if err := c.makeAll(ctx, t.made); err != nil {
		return err
	}
	var parts chosen
	var args, answers []any
	var want, changed [len(atOnceParts)]int
	var keys []byte
	for i, part := range atOnceParts {
		n, columns, err := part.rows(c, t)
		switch {
		case err != nil:
			return err
		case n == 0:
			continue
		case n == 1:
			parts[i], args = part.one, append(args, firstOf(columns)...)
		default:
			parts[i], args = part.many, append(args, columns...)
		}
		if i == tellingPart {
			answers = append(answers, &keys)
			continue
		}
		want[i] = n
		answers = append(answers, &changed[i])
	}
	if parts == (chosen{}) { // but people, of whom nothing is told yet
		return nil
	}
	if err := c.row(ctx, parts.atOnce(), args...).Scan(answers...); err != nil {
		return err
	}
	if changed != want {
		return errMoved
	}
	const size = len(curfew.ID{})
	for key := range slices.Chunk(keys, 3*size) {
		c.handsOver(curfew.DeliveryKey{AccountID: curfew.ID(key), EventID: curfew.ID(key[size:]), WebhookID: curfew.ID(key[2*size:])})
	}
	return nil
}

// firstOf are the values of the first row.
func firstOf(columns []any) []any {
	values := make([]any, len(columns))
	for i, column := range columns {
		switch column := column.(type) {
		case [][]byte:
			values[i] = column[0]
		case []int64:
			values[i] = column[0]
		case []string:
			values[i] = column[0]
		default: // the same for all
			values[i] = column
		}
	}
	return values
}

func toldRows(c conn, t *untold) (int, []any, error) {
	n := len(t.tellings)
	accounts, ids, subjects := make([][]byte, n), make([][]byte, n), make([][]byte, n)
	types, bodies := make([]string, n), make([]string, n)
	ats, watches, untils, seqs := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	for i := range t.tellings {
		e := &t.tellings[i]
		body, err := e.Body()
		if err != nil {
			return 0, nil, err
		}
		accounts[i], ids[i], types[i], subjects[i], bodies[i] = e.AccountID[:], e.ID[:], string(e.Type), e.Subject[:], body
		ats[i], watches[i], untils[i], seqs[i] = e.OccurredAt.UnixMicro(), c.watchAt(e.Telling).UnixMicro(), notUntil(e.Telling).UnixMicro(), e.seq
	}
	return n, []any{accounts, ids, types, subjects, ats, watches, bodies, types, untils, seqs}, nil
}

func revokedRows(_ conn, t *untold) (int, []any, error) {
	n := len(t.revoked)
	accounts, sessions, ats, reasons := make([][]byte, n), make([][]byte, n), make([]int64, n), make([]string, n)
	for i := range t.revoked {
		r := &t.revoked[i]
		accounts[i], sessions[i], ats[i], reasons[i] = r.account[:], r.session[:], r.at.UnixMicro(), string(r.reason)
	}
	return n, []any{accounts, sessions, ats, reasons}, nil
}

func eventRows(_ conn, t *untold) (int, []any, error) {
	n := len(t.events)
	accounts, ids, actors, resources, macs := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)
	seqs, times, keys := make([]int64, n), make([]int64, n), make([]int64, n)
	actions, actorTypes, names, emails, resourceTypes := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	requests, addresses, agents, details := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i := range t.events {
		e := &t.events[i]
		accounts[i], ids[i], macs[i] = e.AccountID[:], e.ID[:], e.MAC[:]
		seqs[i], times[i], keys[i] = e.Seq, e.OccurredAt.UnixMicro(), int64(e.KeyID)
		actions[i], resourceTypes[i], requests[i], addresses[i], agents[i], details[i] = string(e.Action), e.ResourceType, e.RequestID, e.IP, e.UserAgent, string(e.Details)
		if a := e.Actor; a != nil {
			actorTypes[i], names[i], emails[i] = string(a.Type), a.Name, a.Email
			if !a.ID.IsZero() {
				actors[i] = a.ID[:]
			}
		}
		if !e.ResourceID.IsZero() {
			resources[i] = e.ResourceID[:]
		}
	}
	return n, []any{accounts, seqs, ids, times, actions, actorTypes, actors, names, emails,
		resourceTypes, resources, requests, addresses, agents, details, keys, macs}, nil
}

func headRows(_ conn, t *untold) (int, []any, error) {
	n := len(t.heads)
	accounts, macs, seals, seqs, before := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([]int64, n), make([]int64, n)
	for i := range t.heads {
		h := &t.heads[i]
		accounts[i], seqs[i], macs[i], seals[i], before[i] = h.account[:], h.to.Seq, h.to.MAC[:], h.seal[:], h.from
	}
	return n, []any{accounts, seqs, macs, seals, before}, nil
}
