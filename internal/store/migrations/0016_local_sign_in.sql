-- Whether people sign in to an account with a password that is kept here, and
-- its owners invite such people: 0 where a product keeps that to itself.
ALTER TABLE accounts ADD COLUMN local_sign_in bigint NOT NULL DEFAULT 1 CHECK (local_sign_in IN (0, 1));
