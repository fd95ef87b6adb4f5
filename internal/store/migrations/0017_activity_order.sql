-- On SQLite lists of sessions are in the order of this index, and read no more than
-- the page: a refresh changes the index there, which costs it little. On PostgreSQL it
-- would cost each refresh a new place in its page and entries in all indexes, and
-- sorting the sessions of an hour costs a fraction of what it does on SQLite.
{{only where one writes}}DROP INDEX sessions_by_activity;
{{only where one writes}}CREATE INDEX sessions_by_activity ON sessions (account_id, activity_hour, last_active_at, id) WHERE activity_hour >= 0;
