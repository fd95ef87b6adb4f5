-- Links by which people come from the product to the hosted pages. Each works
-- once, for a minute, under the epochs that it was made under. session_id is the
-- session that came of it; that ends with tied_to, a session of the product's,
-- where there is one, and for that long the row is kept.
CREATE TABLE portal_links (
  account_id    bytea  NOT NULL,
  id            bytea  NOT NULL,
  user_id       bytea  NOT NULL,
  secret_hash   bytea  NOT NULL,
  created_at    bigint NOT NULL,
  expires_at    bigint NOT NULL,
  account_epoch bigint NOT NULL,
  user_epoch    bigint NOT NULL,
  page          text   NOT NULL,
  return_url    text   NOT NULL,
  tied_to       bytea,
  session_id    bytea,
  kept_until    bigint NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
) {{clustered}};

-- All that is asked of it, so that it is worth more than the key, which begins
-- with the account.
CREATE INDEX portal_links_tied ON portal_links (tied_to, account_id, session_id) WHERE tied_to IS NOT NULL;
CREATE INDEX portal_links_kept ON portal_links (kept_until);
