-- Limits that are being applied to running sessions, a part of them at a time: as
-- of when, and which; all NULL when that is done. Whoever finds them goes on.
ALTER TABLE accounts ADD COLUMN clamp_at bigint;
ALTER TABLE accounts ADD COLUMN clamp_idle_minutes bigint;
ALTER TABLE accounts ADD COLUMN clamp_absolute_minutes bigint;
CREATE INDEX accounts_clamping ON accounts (id) WHERE clamp_at IS NOT NULL;
