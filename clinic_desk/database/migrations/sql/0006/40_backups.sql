-- How the clinic's backups are made: one row. The passphrase is in the keyrings of the PCs that make them, never here.
CREATE TABLE backup_setting (
    id uuid PRIMARY KEY DEFAULT '00000000-0000-7000-8000-000000000003'
        CONSTRAINT backup_setting_only_one CHECK (id = '00000000-0000-7000-8000-000000000003'),
    enabled boolean NOT NULL DEFAULT false,
    folder text NOT NULL DEFAULT '' CONSTRAINT backup_setting_folder CHECK (char_length(folder) <= 1000),
    at_minute integer NOT NULL DEFAULT 130 CONSTRAINT backup_setting_at CHECK (at_minute BETWEEN 0 AND 1439),
    zone text NOT NULL DEFAULT 'UTC',  -- whose clock at_minute is of
    keep_daily integer NOT NULL DEFAULT 7 CONSTRAINT backup_setting_daily CHECK (keep_daily BETWEEN 1 AND 366),
    keep_weekly integer NOT NULL DEFAULT 4 CONSTRAINT backup_setting_weekly CHECK (keep_weekly BETWEEN 0 AND 260),
    keep_monthly integer NOT NULL DEFAULT 12 CONSTRAINT backup_setting_monthly CHECK (keep_monthly BETWEEN 0 AND 240),
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT backup_setting_whole CHECK (NOT enabled OR folder <> '')
);
INSERT INTO backup_setting DEFAULT VALUES;

-- Each backup that was begun, and each restore: what became of it, where the file is, and how much is in it; nothing of
-- any patient. One that is running is under a lease, by the database's clock: when it has run out the program is gone,
-- and another desk may take the turn.
CREATE TABLE backup_run (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT backup_run_kind CHECK (
        kind IN ('scheduled', 'by-hand', 'before-upgrade', 'before-restore', 'restore')),
    state text NOT NULL DEFAULT 'running' CONSTRAINT backup_run_state CHECK (state IN ('running', 'good', 'failed')),
    problem text NOT NULL DEFAULT '' CONSTRAINT backup_run_problem CHECK ((state = 'failed') = (problem <> '')),
    desk text NOT NULL DEFAULT '',
    db_user text NOT NULL DEFAULT session_user,
    started_at timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz,
    ended_at timestamptz CONSTRAINT backup_run_ended CHECK ((ended_at IS NULL) = (state = 'running')),
    taken_at timestamptz CONSTRAINT backup_run_taken CHECK (state <> 'good' OR taken_at IS NOT NULL),
    folder text NOT NULL DEFAULT '',
    file_name text NOT NULL DEFAULT '',
    bytes bigint NOT NULL DEFAULT 0,
    rows bigint NOT NULL DEFAULT 0,
    schema_revision text NOT NULL DEFAULT '',
    findings integer NOT NULL DEFAULT 0,
    removed_at timestamptz,  -- the file was deleted, by the retention or by somebody
    CONSTRAINT backup_run_lease CHECK (state <> 'running' OR lease_until IS NOT NULL)
);
CREATE INDEX backup_run_started_at ON backup_run (started_at);

CREATE TRIGGER backup_setting_05_zone BEFORE INSERT OR UPDATE OF zone ON backup_setting FOR EACH ROW
    EXECUTE FUNCTION check_zone();
CREATE TRIGGER backup_setting_10_stamp BEFORE INSERT OR UPDATE ON backup_setting FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER backup_setting_80_history AFTER INSERT OR UPDATE OR DELETE ON backup_setting FOR EACH ROW
    EXECUTE FUNCTION record_history();
CREATE TRIGGER backup_setting_90_announce AFTER INSERT OR UPDATE OR DELETE ON backup_setting FOR EACH ROW
    EXECUTE FUNCTION announce();
-- renewing a lease is no news
CREATE TRIGGER backup_run_90_announce AFTER INSERT OR DELETE ON backup_run FOR EACH ROW EXECUTE FUNCTION announce();
CREATE TRIGGER backup_run_90_announce_update AFTER UPDATE ON backup_run FOR EACH ROW
    WHEN ((OLD.state, OLD.removed_at) IS DISTINCT FROM (NEW.state, NEW.removed_at)) EXECUTE FUNCTION announce();

-- Who made it is not what a program may say of itself; what has ended stays as it ended.
CREATE FUNCTION guard_backup_run() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.db_user := session_user;
    ELSIF OLD.state <> 'running' AND to_jsonb(OLD) - 'removed_at' <> to_jsonb(NEW) - 'removed_at' THEN
        RAISE EXCEPTION 'a backup that has ended is not changed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER backup_run_10_guard BEFORE INSERT OR UPDATE ON backup_run FOR EACH ROW
    EXECUTE FUNCTION guard_backup_run();

-- The matrix goes on: tests/database/test_grants.py.
--
--                                      reception   manager    readonly   worker
--   backup_setting                     S           SU         S          S
--   backup_run                         S           SIU        S          SIU
REVOKE ALL ON FUNCTION guard_backup_run() FROM PUBLIC;
GRANT SELECT ON backup_setting, backup_run TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;
GRANT UPDATE ON backup_setting TO clinic_manager;
GRANT INSERT, UPDATE ON backup_run TO clinic_manager, clinic_worker;
