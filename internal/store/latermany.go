package store

import (
	"context"

	"github.com/curfew-auth/curfew/internal/audit"
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

// exactly holds what a statement has changed to the rows that there had to be.
func exactly(want int, n int64, err error) error {
	if err == nil && n != int64(want) {
		err = errMoved
	}
	return err
}

func (c conn) revokeAll(ctx context.Context, all []revokedSession) error {
	if len(all) == 0 {
		return nil
	}
	n := len(all)
	accounts, sessions, ats, reasons := make([][]byte, n), make([][]byte, n), make([]int64, n), make([]string, n)
	for i := range all {
		r := &all[i]
		accounts[i], sessions[i], ats[i], reasons[i] = r.account[:], r.session[:], r.at.UnixMicro(), string(r.reason)
	}
	changed, err := c.exec(ctx, revokeSessions, accounts, sessions, ats, reasons)
	return exactly(n, changed, err)
}

func (c conn) insertEvents(ctx context.Context, events []audit.Sealed) error {
	if len(events) == 0 {
		return nil
	}
	if len(events) == 1 || c.db.dialect.apart || c.db.dialect.oneWriter { // there, the statement finds its shard by itself
		for i := range events {
			if err := c.insertEvent(ctx, &events[i]); err != nil {
				return err
			}
		}
		return nil
	}
	n := len(events)
	accounts, ids, actors, resources, macs := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)
	seqs, times, keys := make([]int64, n), make([]int64, n), make([]int64, n)
	actions, actorTypes, names, emails, resourceTypes := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	requests, addresses, agents, details := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i := range events {
		e := &events[i]
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
	_, err := c.exec(ctx, insertAudits, accounts, seqs, ids, times, actions, actorTypes, actors, names, emails,
		resourceTypes, resources, requests, addresses, agents, details, keys, macs)
	return err
}

// moveHeads brings the heads of chains to where the events are that were written.
func (c conn) moveHeads(ctx context.Context, heads map[curfew.ID]*chainHead) error {
	var ids, macs, seals [][]byte
	var seqs, before []int64
	for id, h := range heads {
		if h.next == h.stored {
			continue
		}
		// A head that was tampered with is never made good by what comes after it.
		var seal audit.HeadSeal
		if c.db.chain.HeadHolds(id, h.stored, h.seal) {
			seal = c.db.chain.SealHead(id, h.next)
		}
		ids, seqs, macs, seals, before = append(ids, id[:]), append(seqs, h.next.Seq), append(macs, h.next.MAC[:]), append(seals, seal[:]), append(before, h.stored.Seq)
		h.stored, h.seal = h.next, seal
	}
	if len(ids) == 0 {
		return nil
	}
	if len(ids) == 1 || c.db.dialect.oneWriter {
		for i := range ids {
			n, err := c.exec(ctx, moveHead, ids[i], seqs[i], macs[i], seals[i], before[i])
			if err := exactly(1, n, err); err != nil {
				return err
			}
		}
		return nil
	}
	n, err := c.exec(ctx, moveHeads, ids, seqs, macs, seals, before)
	return exactly(len(ids), n, err)
}
