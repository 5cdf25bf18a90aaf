-- Ways of looking at the calendar that a person named, to find them again at every desk. They are nobody else's: the rows
-- of a login are seen and written by that login alone. How somebody arranges her screen is no change that the history
-- has to tell of, and there is no patient in it.
CREATE TABLE saved_view (
    id uuid PRIMARY KEY,
    login text NOT NULL DEFAULT session_user CONSTRAINT saved_view_login_fkey REFERENCES staff ON DELETE CASCADE,
    name text NOT NULL CONSTRAINT saved_view_name CHECK (name = btrim(name) AND char_length(name) BETWEEN 1 AND 40),
    place integer NOT NULL DEFAULT 0,
    at_start boolean NOT NULL DEFAULT false,
    content jsonb NOT NULL CONSTRAINT saved_view_content CHECK (
        jsonb_typeof(content) = 'object' AND octet_length(content::text) <= 20000),
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT saved_view_login_name_key UNIQUE (login, name)
);

CREATE UNIQUE INDEX saved_view_start_key ON saved_view (login) WHERE at_start;

ALTER TABLE saved_view ENABLE ROW LEVEL SECURITY;
CREATE POLICY saved_view_own ON saved_view USING (login = session_user) WITH CHECK (login = session_user);

CREATE TRIGGER saved_view_10_stamp BEFORE INSERT OR UPDATE ON saved_view FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER saved_view_90_announce AFTER INSERT OR UPDATE OR DELETE ON saved_view FOR EACH ROW
    EXECUTE FUNCTION announce();

-- The matrix goes on: tests/database/test_grants.py. Also who may only read has ways of looking.
--
--                                      reception   manager    readonly   worker
--   saved_view (own rows)              SIUD        SIUD       SIUD       S
GRANT SELECT, INSERT, UPDATE, DELETE ON saved_view TO clinic_reception, clinic_manager, clinic_readonly;
GRANT SELECT ON saved_view TO clinic_worker;
