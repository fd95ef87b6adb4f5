-- Endpoints of other services that are told of events: of the installation.
-- sealed holds the secret that signs, previous_sealed the one before it;
-- events are words. Sessions that expired were told of up to expired_until.
CREATE TABLE webhooks (
  id              bytea  NOT NULL PRIMARY KEY,
  url             text   NOT NULL,
  events          text   NOT NULL,
  sealed          bytea  NOT NULL,
  previous_sealed bytea,
  previous_until  bigint,
  created_at      bigint NOT NULL,
  updated_at      bigint NOT NULL,
  disabled_at     bigint,
  disabled_reason text   NOT NULL DEFAULT '',
  expired_until   bigint NOT NULL
) {{clustered}};

-- Events on their way to endpoints, and those that arrived lately: a row for
-- each event and endpoint, written in the transaction of what it tells. seq is
-- where the account's audit log was then: what is about one subject goes to an
-- endpoint in that order. An attempt is due at due_at; by watch_at somebody has
-- to look whether it was made: NULL when the delivery is over.
CREATE TABLE outbox (
  account_id  bytea  NOT NULL REFERENCES accounts (id),
  id          bytea  NOT NULL,
  webhook_id  bytea  NOT NULL,
  type        text   NOT NULL,
  subject     bytea  NOT NULL,
  seq         bigint NOT NULL,
  created_at  bigint NOT NULL,
  body        text   NOT NULL,
  attempts    bigint NOT NULL DEFAULT 0,
  tries       bigint NOT NULL DEFAULT 0,
  due_at      bigint NOT NULL,
  watch_at    bigint,
  finished_at bigint,
  outcome     text   NOT NULL DEFAULT '',
  PRIMARY KEY (account_id, id, webhook_id)
);

CREATE INDEX outbox_watch ON outbox (watch_at) WHERE watch_at IS NOT NULL;
CREATE INDEX outbox_order ON outbox (account_id, webhook_id, subject, seq, id) WHERE finished_at IS NULL;
CREATE INDEX outbox_by_webhook ON outbox (webhook_id, id);

-- What came of each attempt.
CREATE TABLE outbox_attempts (
  account_id   bytea  NOT NULL REFERENCES accounts (id),
  event_id     bytea  NOT NULL,
  webhook_id   bytea  NOT NULL,
  number       bigint NOT NULL,
  at           bigint NOT NULL,
  milliseconds bigint NOT NULL,
  status       bigint NOT NULL,
  error        text   NOT NULL,
  PRIMARY KEY (account_id, event_id, webhook_id, number)
) {{clustered}};

CREATE INDEX outbox_attempts_at ON outbox_attempts (at);
