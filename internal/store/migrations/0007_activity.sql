-- The hour of a session's last activity. Lists are in the order of the activity
-- itself, which every refresh changes and therefore no index covers; this one
-- leads to the few hours that a page is from, and changes once an hour. It is a
-- partial index so that nothing else is ever planned by it: only a statement that
-- has its condition may use it, and all have one hour or another.
ALTER TABLE sessions ADD COLUMN activity_hour bigint NOT NULL DEFAULT 0;
UPDATE sessions SET activity_hour = last_active_at / 3600000000;
CREATE INDEX sessions_by_activity ON sessions (account_id, activity_hour) WHERE activity_hour >= 0;
