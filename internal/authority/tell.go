package authority

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// What webhooks are told, in the transaction of what it tells. Of people, only
// ids: what else there is to know of them the product knows, or may ask for.

// told is an event as it is sent.
type told struct {
	Type      curfew.EventType `json:"type"`
	Timestamp moment           `json:"timestamp"`
	Data      any              `json:"data"`
}

// moment is a time as it is sent.
type moment time.Time

// MarshalJSON writes a time as the rest of the API does.
func (m moment) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(m).UTC().Format(`"2006-01-02T15:04:05.999999Z"`)), nil
}

// toldID names an account or a person.
type toldID struct {
	ID string `json:"id"`
}

// toldWho names one also by the product's own id, where there is one.
type toldWho struct {
	ID         string  `json:"id"`
	ExternalID *string `json:"external_id"`
}

func whoOf(id curfew.ID, external string) toldWho {
	who := toldWho{ID: id.String()}
	if external != "" {
		who.ExternalID = &external
	}
	return who
}

// toldStart is the data of session.started.
type toldStart struct {
	Account toldWho     `json:"account"`
	User    toldWho     `json:"user"`
	Session toldSession `json:"session"`
}

type toldSession struct {
	ID                string     `json:"id"`
	StartedAt         moment     `json:"started_at"`
	AuthTime          moment     `json:"auth_time"`
	AMR               []string   `json:"amr"`
	IdleMinutes       int        `json:"idle_minutes"`
	AbsoluteMinutes   int        `json:"absolute_minutes"`
	IdleExpiresAt     moment     `json:"idle_expires_at"`
	AbsoluteExpiresAt moment     `json:"absolute_expires_at"`
	AccountEpoch      int64      `json:"account_epoch"`
	UserEpoch         int64      `json:"user_epoch"`
	Device            toldDevice `json:"device"`
}

type toldDevice struct {
	Browser string `json:"browser"`
	OS      string `json:"os"`
	Kind    string `json:"kind"`
}

// toldEnd is the data of session.ended and session.expired.
type toldEnd struct {
	Account toldID        `json:"account"`
	User    toldID        `json:"user"`
	Session toldID        `json:"session"`
	Reason  curfew.Reason `json:"reason"`
	EndedAt moment        `json:"ended_at"`
}

// toldBulk is the data of sessions.revoked_bulk: every session of the account,
// or of the person, with an epoch below this one is over, but for those in
// except.
type toldBulk struct {
	Account      toldID        `json:"account"`
	User         *toldID       `json:"user"`
	Reason       curfew.Reason `json:"reason"`
	RevokedAt    moment        `json:"revoked_at"`
	Epoch        int64         `json:"epoch"`
	Except       []string      `json:"except"`
	RevokedCount int           `json:"revoked_count"`
}

// toldPolicy is the data of policy.updated.
type toldPolicy struct {
	Account      toldID     `json:"account"`
	Version      int64      `json:"version"`
	Old          toldLimits `json:"old"`
	New          toldLimits `json:"new"`
	EffectiveOld toldLimits `json:"effective_old"`
	EffectiveNew toldLimits `json:"effective_new"`
	ApplyTo      ApplyTo    `json:"apply_to"`
	UpdatedBy    toldActor  `json:"updated_by"`
}

// toldLimits are those of a policy; null inherits.
type toldLimits struct {
	IdleMinutes     *int `json:"idle_minutes"`
	AbsoluteMinutes *int `json:"absolute_minutes"`

	MaxSessionsPerUser *int               `json:"max_sessions_per_user"`
	SessionLimitAction policy.LimitAction `json:"session_limit_action"`
}

func limitsOf(s policy.Settings) toldLimits {
	return toldLimits{s.IdleMinutes, s.AbsoluteMinutes, s.MaxSessionsPerUser, s.SessionLimitAction}
}

func limitsInForce(f policy.InForce) toldLimits {
	return toldLimits{&f.IdleMinutes, &f.AbsoluteMinutes, f.MaxSessionsPerUser, f.SessionLimitAction}
}

type toldActor struct {
	Type curfew.ActorType `json:"type"`
	ID   *string          `json:"id"`
}

// tell writes an event for the webhooks that want to know of it.
func tell(ctx context.Context, tx Tx, e curfew.Telling, data any) error {
	if e.ID.IsZero() {
		e.ID = curfew.NewID(e.OccurredAt)
	}
	e.Body = func() (string, error) {
		body, err := json.Marshal(told{e.Type, moment(e.OccurredAt), data})
		return string(body), err
	}
	return tx.Tell(ctx, e)
}

func tellStarted(ctx context.Context, tx Tx, s curfew.Session, user curfew.User, account curfew.Account) error {
	return tell(ctx, tx, curfew.Telling{AccountID: s.AccountID, Type: curfew.EventSessionStarted, Subject: s.ID, OccurredAt: s.StartedAt},
		toldStart{Account: whoOf(s.AccountID, account.ExternalID), User: whoOf(s.UserID, user.ExternalID), Session: toldSession{
			ID: s.ID.String(), StartedAt: moment(s.StartedAt), AuthTime: moment(s.AuthTime), AMR: append([]string{}, s.AMR...),
			IdleMinutes: s.IdleMinutes, AbsoluteMinutes: s.AbsoluteMinutes,
			IdleExpiresAt: moment(s.IdleExpiresAt), AbsoluteExpiresAt: moment(s.AbsoluteExpiresAt),
			AccountEpoch: s.AccountEpoch, UserEpoch: s.UserEpoch,
			Device: toldDevice{s.Device.Browser, s.Device.OS, s.Device.Kind},
		}})
}

// tellEnded tells of a session that somebody or something ended.
func tellEnded(ctx context.Context, tx Tx, accountID, userID, id curfew.ID, reason curfew.Reason, at time.Time) error {
	return tell(ctx, tx, curfew.Telling{AccountID: accountID, Type: curfew.EventSessionEnded, Subject: id, OccurredAt: at},
		toldEnd{Account: toldID{accountID.String()}, User: toldID{userID.String()}, Session: toldID{id.String()}, Reason: reason, EndedAt: moment(at)})
}

// tellClamped tells of the sessions that new limits ended. There may be very
// many, so it looks first whether anybody wants to know.
func tellClamped(ctx context.Context, tx Tx, now time.Time, accountID curfew.ID, clamped Clamped) error {
	if len(clamped.Ended) == 0 {
		return nil
	}
	hooks, err := tx.Webhooks(ctx)
	if err != nil || !slices.ContainsFunc(hooks, func(w curfew.Webhook) bool { return w.Wants(curfew.EventSessionEnded) }) {
		return err
	}
	for _, s := range clamped.Ended {
		if err := tellEnded(ctx, tx, accountID, s.UserID, s.ID, curfew.ReasonPolicyTightened, now); err != nil {
			return err
		}
	}
	return nil
}

// tellRevoked tells of the raising of an epoch: the account's, or that of the
// person whom ending names.
func tellRevoked(ctx context.Context, tx Tx, ending curfew.Revocation, reason curfew.Reason, count int, at time.Time) error {
	data := toldBulk{Account: toldID{ending.AccountID.String()}, Reason: reason, RevokedAt: moment(at), Epoch: ending.Epoch,
		Except: []string{}, RevokedCount: count}
	if !ending.UserID.IsZero() {
		data.User = &toldID{ending.UserID.String()}
	}
	for _, id := range ending.Except {
		data.Except = append(data.Except, id.String())
	}
	return tell(ctx, tx, curfew.Telling{AccountID: ending.AccountID, Type: curfew.EventSessionsRevokedBulk, Subject: ending.AccountID, OccurredAt: at}, data)
}

func tellPolicy(ctx context.Context, tx Tx, actor curfew.Actor, accountID curfew.ID, at time.Time, data toldPolicy) error {
	data.Account, data.UpdatedBy = toldID{accountID.String()}, toldActor{Type: actor.Type}
	if id := by(actor).ID; !id.IsZero() {
		text := id.String()
		data.UpdatedBy.ID = &text
	}
	return tell(ctx, tx, curfew.Telling{AccountID: accountID, Type: curfew.EventPolicyUpdated, Subject: accountID, OccurredAt: at}, data)
}
