-- Who does the work that needs doing once, whatever the number of nodes.
CREATE TABLE leases (
  name       text   NOT NULL PRIMARY KEY,
  holder     bytea  NOT NULL,
  expires_at bigint NOT NULL
) {{clustered}};

-- Where an account's audit log begins once retention has removed its oldest
-- rows: the newest row that went, sealed as the newest row of all is.
ALTER TABLE accounts ADD COLUMN audit_anchor_seq bigint NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN audit_anchor_mac bytea;
ALTER TABLE accounts ADD COLUMN audit_anchor_seal bytea;

-- When a node said that it stops; NULL while it runs, and for one that was
-- killed.
ALTER TABLE writers ADD COLUMN stopped_at bigint;

-- By what one installation is told from another: drawn once.
CREATE TABLE installation (
  one bigint NOT NULL PRIMARY KEY CHECK (one = 1),
  id  bytea  NOT NULL
);

-- That what is here is a copy of another database and was never used: the
-- installation that it is of; one row at most, with no end while not all of it
-- is here.
CREATE TABLE copies (
  one         bigint NOT NULL PRIMARY KEY CHECK (one = 1),
  source      bytea  NOT NULL,
  started_at  bigint NOT NULL,
  finished_at bigint
);
