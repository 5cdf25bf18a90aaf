-- Each time a backup became this clinic: by whom, when, and how far the history reached that it brought. What PCs saw of
-- the history beyond `seals` before `at` went with what was replaced: without a row here it was cut off, and they say so.
-- Only whoever owns the database writes here, and nobody changes what is written; who forges a row to hide a cut shows
-- every manager a restore that nobody made.
CREATE TABLE restore (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    login text NOT NULL,  -- whoever had it restored, as the program said
    desk text NOT NULL,
    taken_at timestamptz NOT NULL,  -- the moment whose state the backup holds
    file_name text NOT NULL,
    seals bigint NOT NULL CONSTRAINT restore_seals CHECK (seals >= 0),
    db_user text NOT NULL DEFAULT session_user
);
CREATE TRIGGER restore_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON restore FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
GRANT SELECT ON restore TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;
