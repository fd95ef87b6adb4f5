-- How many sessions one person may have, and what happens at that number: part
-- of the owner's policy.
ALTER TABLE accounts ADD COLUMN max_sessions_per_user bigint CHECK (max_sessions_per_user BETWEEN 1 AND 100);
ALTER TABLE accounts ADD COLUMN session_limit_action text NOT NULL DEFAULT 'evict_oldest' CHECK (session_limit_action IN ('evict_oldest', 'refuse_new'));

-- What the owner may choose from, where that is narrower than what the operator
-- allows everybody; NULL inherits.
ALTER TABLE accounts ADD COLUMN bounds_version bigint NOT NULL DEFAULT 1;
ALTER TABLE accounts ADD COLUMN idle_minutes_min bigint;
ALTER TABLE accounts ADD COLUMN idle_minutes_max bigint;
ALTER TABLE accounts ADD COLUMN idle_minutes_default bigint;
ALTER TABLE accounts ADD COLUMN absolute_minutes_min bigint;
ALTER TABLE accounts ADD COLUMN absolute_minutes_max bigint;
ALTER TABLE accounts ADD COLUMN absolute_minutes_default bigint;
ALTER TABLE accounts ADD COLUMN max_sessions_per_user_max bigint;
