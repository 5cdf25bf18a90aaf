-- Two records that look like one person's and are two people's: somebody looked, and no list of doubles names them again
-- at any desk. The ids in their order, so that a pair is known by one row however it was found.
CREATE TABLE two_people (
    id uuid PRIMARY KEY,
    one_id uuid NOT NULL CONSTRAINT two_people_one_id_fkey REFERENCES patient,
    other_id uuid NOT NULL CONSTRAINT two_people_other_id_fkey REFERENCES patient,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT two_people_order CHECK (one_id < other_id),
    CONSTRAINT two_people_key UNIQUE (one_id, other_id)
);

CREATE INDEX two_people_other_id_idx ON two_people (other_id);

CREATE TRIGGER two_people_10_stamp BEFORE INSERT OR UPDATE ON two_people FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER two_people_80_history AFTER INSERT OR UPDATE OR DELETE ON two_people FOR EACH ROW
    EXECUTE FUNCTION record_history();
CREATE TRIGGER two_people_90_announce AFTER INSERT OR UPDATE OR DELETE ON two_people FOR EACH ROW
    EXECUTE FUNCTION announce();

-- The matrix goes on: tests/database/test_grants.py.
--
--                                      reception   manager    readonly   worker
--   two_people                         SIUD        SIUD       S          -
GRANT SELECT ON two_people TO clinic_reception, clinic_manager, clinic_readonly;
GRANT INSERT, UPDATE, DELETE ON two_people TO clinic_reception, clinic_manager;
