-- What verifiers must refuse, for as long as a token that it speaks of can be
-- alive. A writer numbers its own rows, without gaps and in the order in which
-- they are committed: writers.last_seq is the number of its newest. except_ids
-- holds ids of sessions, one behind the other.
CREATE TABLE revocation_log (
  writer_id     bytea  NOT NULL,
  seq           bigint NOT NULL,
  account_id    bytea  NOT NULL,
  session_id    bytea,
  refused_from  bigint,
  user_id       bytea,
  epoch         bigint,
  except_ids    bytea,
  minted_before bigint,
  until         bigint NOT NULL,
  PRIMARY KEY (writer_id, seq)
) {{clustered}};
