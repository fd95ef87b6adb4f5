-- What verifiers last said of themselves: who they are, and up to which cursor
-- of the revocation log they have come. Each has a row, written once a second.
CREATE TABLE verifiers (
  id       bytea  NOT NULL PRIMARY KEY,
  name     text   NOT NULL,
  mode     text   NOT NULL,
  applied  text   NOT NULL,
  heard_at bigint NOT NULL
) {{hot}} {{clustered}};
