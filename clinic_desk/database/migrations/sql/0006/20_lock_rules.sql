-- When a desk locks by itself, for the whole clinic: one row, changed by a manager. A person, or the environment of a PC,
-- can have it sooner, and nobody later. There is no "never": whoever comes by could be anybody.
CREATE TABLE lock_rules (
    id uuid PRIMARY KEY DEFAULT '00000000-0000-7000-8000-000000000004'
        CONSTRAINT lock_rules_only_one CHECK (id = '00000000-0000-7000-8000-000000000004'),
    idle_minutes integer NOT NULL DEFAULT 10 CONSTRAINT lock_rules_idle CHECK (idle_minutes BETWEEN 1 AND 240),
    -- so long after the password was typed it is asked again, however busy the desk is
    session_hours integer NOT NULL DEFAULT 12 CONSTRAINT lock_rules_session CHECK (session_hours BETWEEN 1 AND 24),
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid
);
INSERT INTO lock_rules DEFAULT VALUES;

CREATE TRIGGER lock_rules_10_stamp BEFORE INSERT OR UPDATE ON lock_rules FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER lock_rules_80_history AFTER INSERT OR UPDATE OR DELETE ON lock_rules FOR EACH ROW
    EXECUTE FUNCTION record_history();
CREATE TRIGGER lock_rules_90_announce AFTER INSERT OR UPDATE OR DELETE ON lock_rules FOR EACH ROW
    EXECUTE FUNCTION announce();

--                                      reception   manager    readonly   worker
--   lock_rules                         S           SU         S          S
GRANT SELECT ON lock_rules TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;
GRANT UPDATE ON lock_rules TO clinic_manager;
