-- What products bring along that sign people in themselves: ids of their own for
-- accounts and people. An account of a product is found by the table, which
-- starts without an account; the column tells its id wherever the account is.
CREATE TABLE account_external_ids (
  external_id text  {{bytewise}} NOT NULL PRIMARY KEY,
  account_id  bytea NOT NULL
) {{clustered}};

ALTER TABLE accounts ADD COLUMN external_id text {{bytewise}};

ALTER TABLE users ADD COLUMN external_id text {{bytewise}};
CREATE UNIQUE INDEX users_by_external_id ON users (account_id, external_id) WHERE external_id IS NOT NULL;

-- Starts of sessions that a service may repeat for a day. The id is a digest of
-- the service key and of the text that it named the start by; the body's digest
-- tells a repetition from another request. No token is here.
CREATE TABLE idempotency_keys (
  id         bytea  NOT NULL PRIMARY KEY,
  body_hash  bytea  NOT NULL,
  account_id bytea  NOT NULL,
  session_id bytea  NOT NULL,
  made_at    bigint NOT NULL
) {{clustered}};

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (made_at);
