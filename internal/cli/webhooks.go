package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

type webhooksListCommand struct {
	listing
	storeCommand
}

// Help is shown below the summary.
func (webhooksListCommand) Help() string {
	return `Services make and change webhooks through the API, with a service key of the scope webhooks:write. What waits are deliveries that are on their way, those included that failed and are tried again.

Examples:

    curfew webhooks list
    curfew webhooks list --json`
}

// webhookRow is an endpoint as it is listed.
type webhookRow struct {
	ID        string             `json:"id"`
	URL       string             `json:"url"`
	Events    []curfew.EventType `json:"events"`
	State     string             `json:"state"`
	Waiting   int64              `json:"waiting"`
	Oldest    *time.Time         `json:"oldest_waiting_since"`
	CreatedAt time.Time          `json:"created_at"`
}

// Run lists endpoints.
func (c *webhooksListCommand) Run(ctx context.Context, env *Env) error {
	in, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer in.close()
	hooks, err := in.Webhooks(ctx)
	if err != nil {
		return err
	}
	backlogs, err := in.Backlogs(ctx)
	if err != nil {
		return err
	}
	t := c.table(env.Stdout, "ID", "URL", "EVENTS", "STATE", "WAITING", "SINCE")
	for _, w := range hooks {
		row := webhookRow{ID: w.ID.String(), URL: w.URL, Events: w.Events, State: "active", CreatedAt: w.CreatedAt}
		switch {
		case w.DisabledReason == curfew.DisabledGone:
			row.State = "gone"
		case w.Disabled():
			row.State = "disabled"
		}
		since := "-"
		for _, b := range backlogs {
			if b.WebhookID == w.ID {
				row.Waiting, row.Oldest = b.Waiting, &b.Oldest
				since = minute(b.Oldest)
			}
		}
		words := make([]string, len(w.Events))
		for i, e := range w.Events {
			words[i] = string(e)
		}
		if err := t.add(row, row.ID, row.URL, strings.Join(words, ","), row.State, strconv.FormatInt(row.Waiting, 10), since); err != nil {
			return err
		}
	}
	return t.flush("There are no webhooks.")
}

type webhooksDeliveriesCommand struct {
	Webhook  string `arg:"" name:"webhook" help:"The webhook's id."`
	Outcome  string `enum:"all,waiting,delivered,failed,dropped,dropped_too_many" default:"all" help:"Only those with this outcome: all, waiting, delivered, failed, dropped or dropped_too_many."`
	Limit    int    `default:"50" help:"How many, the newest first: 1 to 1000."`
	Attempts bool   `help:"Show every attempt."`
	listing
	storeCommand
}

// Help is shown below the summary.
func (webhooksDeliveriesCommand) Help() string {
	return `A delivery is waiting, delivered, failed (tried for three days, or the endpoint answered 410), dropped (the webhook was disabled) or dropped_too_many (it was among the oldest when more than 100,000 waited for the webhook). Deliveries are shown for 30 days. The id is the one that the endpoint was given as webhook-id.

Examples:

    curfew webhooks deliveries 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d --outcome failed
    curfew webhooks deliveries 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d --attempts --json`
}

type deliveryRow struct {
	ID         string           `json:"id"`
	Event      curfew.EventType `json:"event"`
	AccountID  string           `json:"account_id"`
	Outcome    string           `json:"outcome"`
	Attempts   int              `json:"attempts"`
	CreatedAt  time.Time        `json:"created_at"`
	DueAt      *time.Time       `json:"next_attempt_at"`
	FinishedAt *time.Time       `json:"finished_at"`
	Made       []attemptRow     `json:"made"`
}

type attemptRow struct {
	Number       int       `json:"number"`
	At           time.Time `json:"at"`
	Milliseconds int64     `json:"milliseconds"`
	Status       int       `json:"status"`
	Error        string    `json:"error"`
}

// Run lists deliveries.
func (c *webhooksDeliveriesCommand) Run(ctx context.Context, env *Env) error {
	id, err := curfew.ParseID(c.Webhook)
	if err != nil {
		return usageError{fmt.Errorf("the webhook must be an id, not %q: 'curfew webhooks list' shows them", c.Webhook)}
	}
	if c.Limit < 1 || c.Limit > 1000 {
		return usageError{fmt.Errorf("--limit must be between 1 and 1000, not %d", c.Limit)}
	}
	in, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer in.close()
	filter := authority.DeliveryFilter{Limit: c.Limit}
	if c.Outcome != "all" {
		outcome := curfew.Outcome(strings.TrimPrefix(c.Outcome, "waiting"))
		filter.Outcome = &outcome
	}
	found, err := in.Deliveries(ctx, id, filter)
	if err != nil {
		return err
	}
	t := c.table(env.Stdout, "ID", "EVENT", "CREATED", "OUTCOME", "ATTEMPTS", "NEXT", "LAST ANSWER")
	for _, d := range found {
		if err := c.add(ctx, in, t, d); err != nil {
			return err
		}
	}
	return t.flush("There are no such deliveries.")
}

// add adds a delivery and, where they are wanted, its attempts.
func (c *webhooksDeliveriesCommand) add(ctx context.Context, in *installation, t *table, d curfew.Delivery) error {
	made, err := in.Attempts(ctx, d.DeliveryKey)
	if err != nil {
		return err
	}
	row := deliveryRow{ID: d.EventID.String(), Event: d.Type, AccountID: d.AccountID.String(), Outcome: string(d.Outcome),
		Attempts: d.Attempts, CreatedAt: d.CreatedAt, Made: []attemptRow{}}
	next, last := "-", "-"
	if d.FinishedAt.IsZero() {
		row.Outcome, row.DueAt, next = "waiting", &d.DueAt, minute(d.DueAt)
	} else {
		row.FinishedAt = &d.FinishedAt
	}
	for _, a := range made {
		row.Made = append(row.Made, attemptRow{a.Number, a.At, a.Milliseconds, a.Status, a.Error})
		last = answerOf(a)
	}
	if err := t.add(row, row.ID, string(row.Event), minute(d.CreatedAt), inWords(row.Outcome), strconv.Itoa(d.Attempts), next, last); err != nil {
		return err
	}
	if c.JSON || !c.Attempts {
		return nil
	}
	for _, a := range made {
		if err := t.add(nil, "", "  attempt "+strconv.Itoa(a.Number), minute(a.At), "", strconv.FormatInt(a.Milliseconds, 10)+" ms", "", answerOf(a)); err != nil {
			return err
		}
	}
	return nil
}

// inWords says what became of a delivery, in a table.
func inWords(outcome string) string {
	if outcome == string(curfew.OutcomeTooMany) {
		return "dropped: too many waiting"
	}
	return outcome
}

func answerOf(a curfew.Attempt) string {
	if a.Error == "" {
		return strconv.Itoa(a.Status)
	}
	return a.Error
}

type webhooksReplayCommand struct {
	Delivery string `arg:"" optional:"" name:"delivery" help:"A delivery's id."`
	Webhook  string `placeholder:"ID" help:"Only to this webhook."`
	Since    moment `placeholder:"TIME" help:"All of since a time, such as 2026-01-31T12:00:00Z, to the webhook of --webhook."`
	Outcome  string `enum:"all,delivered,failed,dropped,dropped_too_many" default:"all" help:"With --since only those with this outcome: all, delivered, failed, dropped or dropped_too_many."`
	storeCommand
}

// Help is shown below the summary.
func (webhooksReplayCommand) Help() string {
	return `Deliveries that are over begin anew, with the same webhook-id; those that are on their way go on as they are. A running server makes them at once.

Examples:

    curfew webhooks replay 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
    curfew webhooks replay --webhook 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d --since 2026-01-31T12:00:00Z --outcome failed`
}

// Run replays deliveries.
func (c *webhooksReplayCommand) Run(ctx context.Context, env *Env) error {
	var delivery, webhook curfew.ID
	var err error
	switch {
	case (c.Delivery == "") == time.Time(c.Since).IsZero():
		return usageError{fmt.Errorf("give the id of a delivery, or --since and --webhook")}
	case !time.Time(c.Since).IsZero() && c.Webhook == "":
		return usageError{fmt.Errorf("--since needs --webhook")}
	}
	if c.Delivery != "" {
		if delivery, err = curfew.ParseID(c.Delivery); err != nil {
			return usageError{fmt.Errorf("the delivery must be an id, not %q", c.Delivery)}
		}
	}
	if c.Webhook != "" {
		if webhook, err = curfew.ParseID(c.Webhook); err != nil {
			return usageError{fmt.Errorf("--webhook must be an id, not %q: 'curfew webhooks list' shows them", c.Webhook)}
		}
	}
	in, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer in.close()
	replayed := 0
	if c.Delivery != "" {
		replayed, err = c.one(ctx, in, delivery, webhook)
	} else {
		replayed, err = c.since(ctx, in, webhook)
	}
	if err != nil {
		return err
	}
	if replayed == 1 {
		fmt.Fprintln(env.Stdout, "Began 1 delivery anew.")
		return nil
	}
	fmt.Fprintf(env.Stdout, "Began %d deliveries anew.\n", replayed)
	return nil
}

func (c *webhooksReplayCommand) one(ctx context.Context, in *installation, delivery, webhook curfew.ID) (int, error) {
	found, err := in.FindDeliveries(ctx, delivery)
	if err != nil {
		return 0, err
	}
	var chosen []curfew.Delivery
	for _, d := range found {
		if webhook.IsZero() || d.WebhookID == webhook {
			chosen = append(chosen, d)
		}
	}
	if len(chosen) == 0 {
		return 0, fmt.Errorf("there is no delivery %s", delivery)
	}
	return in.Replay(ctx, chosen)
}

// since replays page by page, the newest first.
func (c *webhooksReplayCommand) since(ctx context.Context, in *installation, webhook curfew.ID) (replayed int, err error) {
	const together = 500
	filter := authority.DeliveryFilter{From: authority.FirstEventAfter(time.Time(c.Since)), Limit: together}
	if c.Outcome != "all" {
		outcome := curfew.Outcome(c.Outcome)
		filter.Outcome = &outcome
	}
	for {
		found, err := in.Deliveries(ctx, webhook, filter)
		if err != nil {
			return replayed, err
		}
		n, err := in.Replay(ctx, found)
		replayed += n
		if err != nil || len(found) < together {
			return replayed, err
		}
		filter.Before = found[len(found)-1].EventID
	}
}
