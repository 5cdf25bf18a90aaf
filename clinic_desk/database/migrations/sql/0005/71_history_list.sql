-- Everybody's changes, the latest first, by when, who, desk, and for what is rare by kind: each is walked from its end,
-- so that a page of a million changes is read like one of a thousand.
CREATE INDEX history_latest_idx ON history (at, id);
CREATE INDEX history_person_idx ON history (db_user, at, id);
CREATE INDEX history_desk_idx ON history (desk_id, at, id);
CREATE INDEX history_kind_idx ON history (table_name, at, id) WHERE table_name NOT IN ('appointment', 'patient');
