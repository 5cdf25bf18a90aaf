-- What a person may do beyond what the tables' grants say, or less than her group may: a group has rights by default,
-- and one row overrules one right for one login. A right is asked of the database where the act is done: has_right().
CREATE TABLE staff_right (
    id uuid PRIMARY KEY,
    login text NOT NULL CONSTRAINT staff_right_login_fkey REFERENCES staff ON DELETE CASCADE,
    name text NOT NULL CONSTRAINT staff_right_name CHECK (name IN (
        'squeeze-in', 'outside-hours', 'merge', 'export', 'statistics', 'history', 'restricted')),
    granted boolean NOT NULL,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT staff_right_login_name_key UNIQUE (login, name)
);

-- Read anew with each act: what a manager takes away is gone at once, also for who is signed in.
--
--                    reception   manager   readonly   worker
--   squeeze-in       yes         yes       -          -        book beside another appointment
--   outside-hours    yes         yes       -          -        overrule working hours and rules
--   merge            yes         yes       -          -        make two records of one person one
--   export           -           yes       -          -        take lists out of the program
--   statistics       -           yes       -          -        see the clinic's figures
--   history          -           yes       -          -        look through everybody's changes
--   restricted       -           yes       -          -        open restricted records without an emergency
CREATE FUNCTION has_right(wanted text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(
        (SELECT granted FROM public.staff_right WHERE login = session_user AND name = wanted),
        pg_has_role(session_user, 'clinic_manager', 'MEMBER')
        OR wanted IN ('squeeze-in', 'outside-hours', 'merge')
            AND pg_has_role(session_user, 'clinic_reception', 'MEMBER'))
$$;

CREATE TRIGGER staff_right_10_stamp BEFORE INSERT OR UPDATE ON staff_right FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER staff_right_80_history AFTER INSERT OR UPDATE OR DELETE ON staff_right FOR EACH ROW
    EXECUTE FUNCTION record_history();
CREATE TRIGGER staff_right_90_announce AFTER INSERT OR UPDATE OR DELETE ON staff_right FOR EACH ROW
    EXECUTE FUNCTION announce();

-- The matrix goes on: tests/database/test_grants.py.
--
--                                      reception   manager    readonly   worker
--   staff_right                        S           SIUD       S          S
REVOKE ALL ON FUNCTION has_right(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION has_right(text) TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;
GRANT SELECT ON staff_right TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;
GRANT INSERT, UPDATE, DELETE ON staff_right TO clinic_manager;
