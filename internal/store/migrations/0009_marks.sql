-- What a mark says of the database: that it is a copy, a backup, a restored one
-- whose sessions were not ended yet, or one in which a fence is under way.
ALTER TABLE copies ADD COLUMN kind text NOT NULL DEFAULT 'copy';
