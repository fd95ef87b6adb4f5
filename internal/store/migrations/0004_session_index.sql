-- The user first: an index that began with the account would serve a refresh's
-- search by (account_id, id) badly, and a plan made while the table is small
-- would take it all the same.
DROP INDEX sessions_by_user;
CREATE INDEX sessions_by_user ON sessions (user_id, account_id);

-- For people at the prompt: sessions with their times readable.
CREATE VIEW sessions_readable AS
SELECT account_id, id, user_id, generation,
 {{time(}}started_at{{)}} AS started, {{time(}}last_active_at{{)}} AS last_active, {{time(}}rotated_at{{)}} AS rotated,
 {{time(}}idle_expires_at{{)}} AS idle_expires, {{time(}}absolute_expires_at{{)}} AS absolute_expires,
 {{time(}}revoked_at{{)}} AS revoked, revoke_reason, idle_minutes, absolute_minutes, account_epoch, user_epoch, policy_version, device, ip, amr
FROM sessions;
