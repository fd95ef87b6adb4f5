-- {{clustered}}, {{hot}} and so on are replaced for each engine (dialect.go).
-- Times are Unix microseconds, ids 16 bytes; names sort by bytes.

CREATE TABLE accounts (
  id                bytea  NOT NULL PRIMARY KEY,
  name              text   {{bytewise}} NOT NULL,
  created_at        bigint NOT NULL,
  version           bigint NOT NULL DEFAULT 1,
  idle_minutes      bigint,
  absolute_minutes  bigint,
  policy_version    bigint NOT NULL DEFAULT 1,
  clamp_version     bigint NOT NULL DEFAULT 0,
  policy_updated_at bigint,
  policy_updated_by bytea,
  session_epoch     bigint NOT NULL DEFAULT 0,
  audit_seq         bigint NOT NULL DEFAULT 0,
  audit_mac         bytea  NOT NULL,
  audit_seal        bytea  NOT NULL,
  CHECK (idle_minutes IS NULL OR absolute_minutes IS NULL OR idle_minutes <= absolute_minutes)
) {{clustered}};

CREATE TABLE users (
  account_id    bytea  NOT NULL REFERENCES accounts (id),
  id            bytea  NOT NULL,
  name          text   NOT NULL,
  sort_name     text   {{bytewise}} NOT NULL,
  email         text   NOT NULL,
  role          text   NOT NULL CHECK (role IN ('owner', 'member')),
  password_hash text   NOT NULL DEFAULT '',
  created_at    bigint NOT NULL,
  disabled_at   bigint,
  last_login_at bigint,
  version       bigint NOT NULL DEFAULT 1,
  session_epoch bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, id)
) {{clustered}};

-- The lookup that starts without an account: a normalised email address.
CREATE TABLE login_names (
  name       text  {{bytewise}} NOT NULL PRIMARY KEY,
  account_id bytea NOT NULL,
  user_id    bytea NOT NULL
) {{clustered}};

-- No index covers a column that a refresh changes.
CREATE TABLE sessions (
  account_id          bytea  NOT NULL,
  id                  bytea  NOT NULL,
  user_id             bytea  NOT NULL,
  secret_hash         bytea  NOT NULL,
  generation          bigint NOT NULL,
  rotated_at          bigint,
  rotation_attempt    bytea,
  rotation_nonce      bytea,
  policy_version      bigint NOT NULL,
  started_at          bigint NOT NULL,
  auth_time           bigint NOT NULL,
  last_active_at      bigint NOT NULL,
  idle_minutes        bigint NOT NULL,
  absolute_minutes    bigint NOT NULL,
  idle_expires_at     bigint NOT NULL,
  absolute_expires_at bigint NOT NULL,
  account_epoch       bigint NOT NULL,
  user_epoch          bigint NOT NULL,
  revoked_at          bigint,
  revoke_reason       text   NOT NULL DEFAULT '',
  device              text   NOT NULL,
  ip                  text   NOT NULL,
  amr                 text   NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id),
  CHECK (idle_expires_at <= absolute_expires_at)
) {{clustered}} {{hot}};

CREATE INDEX sessions_by_user ON sessions (account_id, user_id);

-- Why an epoch was raised; the zero user id stands for the account's epoch.
CREATE TABLE epochs (
  account_id bytea  NOT NULL REFERENCES accounts (id),
  user_id    bytea  NOT NULL,
  epoch      bigint NOT NULL,
  raised_at  bigint NOT NULL,
  reason     text   NOT NULL,
  actor_type text   NOT NULL,
  actor_id   bytea,
  swept_at   bigint,
  PRIMARY KEY (account_id, user_id, epoch)
) {{clustered}};

CREATE TABLE invites (
  account_id  bytea  NOT NULL REFERENCES accounts (id),
  id          bytea  NOT NULL,
  email       text   NOT NULL,
  role        text   NOT NULL CHECK (role IN ('owner', 'member')),
  secret_hash bytea  NOT NULL,
  created_at  bigint NOT NULL,
  created_by  bytea  NOT NULL,
  expires_at  bigint NOT NULL,
  accepted_at bigint,
  PRIMARY KEY (account_id, id)
) {{clustered}};

-- Append only; each row's mac covers the one before it.
CREATE TABLE audit_events (
  account_id    bytea  NOT NULL REFERENCES accounts (id),
  seq           bigint NOT NULL,
  id            bytea  NOT NULL,
  occurred_at   bigint NOT NULL,
  action        text   NOT NULL,
  actor_type    text   NOT NULL,
  actor_id      bytea,
  actor_name    text   NOT NULL,
  actor_email   text   NOT NULL,
  resource_type text   NOT NULL,
  resource_id   bytea,
  request_id    text   NOT NULL,
  ip            text   NOT NULL,
  user_agent    text   NOT NULL,
  details       text   NOT NULL,
  key_id        bigint NOT NULL,
  mac           bytea  NOT NULL,
  PRIMARY KEY (account_id, seq)
);

-- Of the installation, not of an account:

CREATE TABLE signing_keys (
  kid        text   {{bytewise}} NOT NULL PRIMARY KEY,
  alg        text   NOT NULL,
  public_key bytea  NOT NULL,
  sealed     bytea  NOT NULL,
  created_at bigint NOT NULL,
  active_at  bigint NOT NULL,
  expires_at bigint
) {{clustered}};

-- One row a running node: its heartbeat keeps time from going back.
CREATE TABLE writers (
  id         bytea  NOT NULL PRIMARY KEY,
  started_at bigint NOT NULL,
  heartbeat  bigint NOT NULL,
  last_seq   bigint NOT NULL DEFAULT 0
) {{clustered}};

-- Failed sign-ins: a keyed digest of what is counted, and the time at which
-- the bucket is empty again.
CREATE TABLE throttles (
  bucket bytea  NOT NULL PRIMARY KEY,
  tat    bigint NOT NULL
) {{clustered}};
