-- What other services prove themselves with; of the installation. The text of
-- a key is nowhere: only hashes, of the newest and of the one before it.
CREATE TABLE service_keys (
  id             bytea  NOT NULL PRIMARY KEY,
  name           text   NOT NULL,
  scopes         text   NOT NULL,
  secret_hash    bytea  NOT NULL,
  previous_hash  bytea,
  previous_until bigint,
  created_at     bigint NOT NULL,
  rotated_at     bigint,
  last_used_at   bigint,
  expires_at     bigint,
  revoked_at     bigint
) {{clustered}};
