-- The way to a new password without the old one. A person has at most one link:
-- the row of a newer one takes the place of the older.
CREATE TABLE reset_tokens (
  account_id  bytea  NOT NULL,
  user_id     bytea  NOT NULL,
  secret_hash bytea  NOT NULL,
  created_at  bigint NOT NULL,
  created_by  bytea,
  expires_at  bigint NOT NULL,
  used_at     bigint,
  user_epoch  bigint NOT NULL,
  PRIMARY KEY (account_id, user_id),
  FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
) {{clustered}};
