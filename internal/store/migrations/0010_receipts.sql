-- What an owner who ended many sessions can see of who has heard: receipts,
-- open until final_at. expected are the verifiers known at that time, outcome
-- what had become of them at the end, both JSON. The entry of the revocation
-- log that verifiers must have applied is seq of writer_id; none where nothing
-- was to be told.
CREATE TABLE receipts (
  account_id      bytea  NOT NULL REFERENCES accounts (id),
  id              bytea  NOT NULL,
  scope           text   NOT NULL,
  revoked_count   bigint NOT NULL,
  acknowledged_at bigint NOT NULL,
  worst_case_at   bigint NOT NULL,
  token_hash      bytea  NOT NULL,
  expires_at      bigint NOT NULL,
  writer_id       bytea,
  seq             bigint,
  expected        text   NOT NULL,
  final_at        bigint,
  outcome         text,
  PRIMARY KEY (account_id, id)
) {{clustered}};

CREATE INDEX receipts_final ON receipts (final_at);

-- What was heard from a verifier while a receipt was open: milliseconds from
-- its acknowledgement until the verifier had applied the entry, NULL for one
-- that had not yet.
CREATE TABLE receipt_acks (
  account_id   bytea  NOT NULL REFERENCES accounts (id),
  receipt_id   bytea  NOT NULL,
  verifier_id  bytea  NOT NULL,
  name         text   NOT NULL,
  mode         text   NOT NULL,
  noted_at     bigint NOT NULL,
  milliseconds bigint,
  PRIMARY KEY (account_id, receipt_id, verifier_id)
) {{clustered}};

CREATE INDEX receipt_acks_noted ON receipt_acks (noted_at);
