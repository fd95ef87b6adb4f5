package store

// Kind is what a column holds.
type Kind string

// The kinds of columns: the same names on every engine.
const (
	Bytes  Kind = "bytea"
	Text   Kind = "text"
	Number Kind = "bigint"
)

// Column is a column of a table.
type Column struct {
	Name string
	Kind Kind
}

// Table is a table of the schema.
type Table struct {
	Name string
	// Key are the columns of the primary key, which orders a copy.
	Key     []string
	Columns []Column
	// Here says that the rows are of this database, and not of the
	// installation that it holds: they are not copied.
	Here bool
}

// Tables are all tables, in an order in which rows can be put in: what others
// refer to comes first.
var Tables = func() []Table {
	b := func(name string) Column { return Column{name, Bytes} }
	t := func(name string) Column { return Column{name, Text} }
	n := func(name string) Column { return Column{name, Number} }
	table := func(name string, key []string, columns ...Column) Table {
		return Table{Name: name, Key: key, Columns: columns}
	}
	return []Table{
		table("signing_keys", []string{"kid"},
			t("kid"), t("alg"), b("public_key"), b("sealed"), n("created_at"), n("active_at"), n("expires_at")),
		table("service_keys", []string{"id"},
			b("id"), t("name"), t("scopes"), b("secret_hash"), b("previous_hash"), n("previous_until"), n("created_at"), n("rotated_at"),
			n("last_used_at"), n("expires_at"), n("revoked_at")),
		table("installation", []string{"one"}, n("one"), b("id")),
		table("writers", []string{"id"}, b("id"), n("started_at"), n("heartbeat"), n("last_seq"), n("stopped_at")),
		table("revocation_log", []string{"writer_id", "seq"},
			b("writer_id"), n("seq"), b("account_id"), b("session_id"), n("refused_from"), b("user_id"), n("epoch"), b("except_ids"),
			n("minted_before"), n("until")),
		table("accounts", []string{"id"},
			b("id"), t("name"), n("created_at"), n("version"), n("idle_minutes"), n("absolute_minutes"), n("policy_version"), n("clamp_version"),
			n("clamp_at"), n("clamp_idle_minutes"), n("clamp_absolute_minutes"),
			n("policy_updated_at"), b("policy_updated_by"), n("session_epoch"), n("audit_seq"), b("audit_mac"), b("audit_seal"),
			n("audit_anchor_seq"), b("audit_anchor_mac"), b("audit_anchor_seal"), t("external_id"), n("max_sessions_per_user"), t("session_limit_action"),
			n("bounds_version"), n("idle_minutes_min"), n("idle_minutes_max"), n("idle_minutes_default"), n("absolute_minutes_min"),
			n("absolute_minutes_max"), n("absolute_minutes_default"), n("max_sessions_per_user_max"), n("local_sign_in")),
		table("users", []string{"account_id", "id"},
			b("account_id"), b("id"), t("name"), t("sort_name"), t("email"), t("role"), t("password_hash"), n("created_at"), n("disabled_at"),
			n("last_login_at"), n("version"), n("session_epoch"), t("external_id")),
		table("login_names", []string{"name"}, t("name"), b("account_id"), b("user_id")),
		table("account_external_ids", []string{"external_id"}, t("external_id"), b("account_id")),
		table("idempotency_keys", []string{"id"}, b("id"), b("body_hash"), b("account_id"), b("session_id"), n("made_at")),
		table("sessions", []string{"account_id", "id"},
			b("account_id"), b("id"), b("user_id"), b("secret_hash"), n("generation"), n("rotated_at"), b("rotation_attempt"), b("rotation_nonce"),
			n("policy_version"), n("started_at"), n("auth_time"), n("last_active_at"), n("idle_minutes"), n("absolute_minutes"),
			n("idle_expires_at"), n("absolute_expires_at"), n("account_epoch"), n("user_epoch"), n("revoked_at"), t("revoke_reason"),
			t("device"), t("ip"), t("amr"), n("activity_hour")),
		table("epochs", []string{"account_id", "user_id", "epoch"},
			b("account_id"), b("user_id"), n("epoch"), n("raised_at"), t("reason"), t("actor_type"), b("actor_id"), n("swept_at")),
		table("invites", []string{"account_id", "id"},
			b("account_id"), b("id"), t("email"), t("role"), b("secret_hash"), n("created_at"), b("created_by"), n("expires_at"), n("accepted_at")),
		table("reset_tokens", []string{"account_id", "user_id"},
			b("account_id"), b("user_id"), b("secret_hash"), n("created_at"), b("created_by"), n("expires_at"), n("used_at"), n("user_epoch")),
		table("portal_links", []string{"account_id", "id"},
			b("account_id"), b("id"), b("user_id"), b("secret_hash"), n("created_at"), n("expires_at"), n("account_epoch"), n("user_epoch"),
			t("page"), t("return_url"), b("tied_to"), b("session_id"), n("kept_until")),
		table("audit_events", []string{"account_id", "seq"},
			b("account_id"), n("seq"), b("id"), n("occurred_at"), t("action"), t("actor_type"), b("actor_id"), t("actor_name"), t("actor_email"),
			t("resource_type"), b("resource_id"), t("request_id"), t("ip"), t("user_agent"), t("details"), n("key_id"), b("mac")),
		table("receipts", []string{"account_id", "id"},
			b("account_id"), b("id"), t("scope"), n("revoked_count"), n("acknowledged_at"), n("worst_case_at"), b("token_hash"), n("expires_at"),
			b("writer_id"), n("seq"), t("expected"), n("final_at"), t("outcome")),
		table("receipt_acks", []string{"account_id", "receipt_id", "verifier_id"},
			b("account_id"), b("receipt_id"), b("verifier_id"), t("name"), t("mode"), n("noted_at"), n("milliseconds")),
		table("webhooks", []string{"id"},
			b("id"), t("url"), t("events"), b("sealed"), b("previous_sealed"), n("previous_until"), n("created_at"), n("updated_at"),
			n("disabled_at"), t("disabled_reason"), n("expired_until")),
		table("outbox", []string{"account_id", "id", "webhook_id"},
			b("account_id"), b("id"), b("webhook_id"), t("type"), b("subject"), n("seq"), n("created_at"), t("body"), n("attempts"), n("tries"),
			n("due_at"), n("watch_at"), n("finished_at"), t("outcome")),
		table("outbox_attempts", []string{"account_id", "event_id", "webhook_id", "number"},
			b("account_id"), b("event_id"), b("webhook_id"), n("number"), n("at"), n("milliseconds"), n("status"), t("error")),
		table("throttles", []string{"bucket"}, b("bucket"), n("tat")),
		{Name: "verifiers", Key: []string{"id"}, Columns: []Column{b("id"), t("name"), t("mode"), t("applied"), n("heard_at")}, Here: true},
		{Name: "leases", Key: []string{"name"}, Columns: []Column{t("name"), b("holder"), n("expires_at")}, Here: true},
		{Name: "copies", Key: []string{"one"}, Columns: []Column{n("one"), b("source"), n("started_at"), n("finished_at"), t("kind")}, Here: true},
	}
}()
