-- People: every person is a login role at the server, in one of the clinic's groups. Managers make them, change, disable
-- and reset them through the functions below only, which belong to clinic_owner (CREATEROLE): neither a manager nor any
-- desk may write a role or the table `staff` itself. No password comes here, only SCRAM verifiers made at the desk.
--
-- What is refused says why in one word (SQLSTATE 42501): manager, own-login, not-a-person, last-manager, disabled,
-- code-over, no-code, other-session, set-up-again (PostgreSQL 16 and later: the role is not clinic_owner's to change
-- until the set-up, `clinic-desk init-db`, was run again).

ALTER TABLE staff
    -- the group she is in; or is in again when she is enabled, or has set a password of her own
    ADD group_name text CONSTRAINT staff_group_name CHECK (group_name IN ('reception', 'manager', 'readonly', 'worker')),
    ADD disabled boolean NOT NULL DEFAULT false,
    ADD code_until timestamptz;  -- a one-time code stands in the place of a password, until then

ALTER TABLE staff DISABLE TRIGGER USER;  -- no change that a person made
UPDATE staff AS s SET group_name = (
    SELECT substr(g.rolname::text, 8) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
    WHERE m.member = r.oid AND g.rolname IN ('clinic_manager', 'clinic_reception', 'clinic_worker', 'clinic_readonly')
    ORDER BY array_position(ARRAY['clinic_manager', 'clinic_reception', 'clinic_worker'], g.rolname::text) LIMIT 1)
FROM pg_roles r WHERE r.rolname = s.login;
ALTER TABLE staff ENABLE TRIGGER USER;

-- Who signed in with a one-time code is in this group and no other: it may set a password, and nothing else.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clinic_password') THEN
        CREATE ROLE clinic_password NOLOGIN;
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO clinic_password', current_database());
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO clinic_password', current_database());  -- another database's set-up
END $$;

CREATE FUNCTION refuse_people(why text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%', why USING ERRCODE = 'insufficient_privilege';
END $$;

-- PostgreSQL takes for a clear-text password whatever does not look like this.
CREATE FUNCTION check_verifier(verifier text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parts CONSTANT text[] := regexp_match(
        verifier, '^SCRAM-SHA-256\$([0-9]{4,7}):([A-Za-z0-9+/]{20,}={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$');
BEGIN
    IF parts IS NULL OR parts[1]::integer < 4096 OR length(parts[2]) % 4 <> 0 OR length(verifier) > 400 THEN
        RAISE EXCEPTION 'not a SCRAM verifier'
            USING ERRCODE = 'check_violation', TABLE = 'staff', CONSTRAINT = 'staff_password';
    END IF;
END $$;

-- One change of people at a time, by a manager, who is still one now.
CREATE FUNCTION people_turn() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    LOCK TABLE public.staff IN SHARE ROW EXCLUSIVE MODE;
    IF NOT pg_has_role(session_user, 'clinic_manager', 'MEMBER') THEN
        PERFORM public.refuse_people('manager');
    END IF;
END $$;

-- The same for a change of somebody: who must be another person of this clinic's staff. Never a role that has more than
-- the clinic's groups give: whoever set its password would have that, too. Disabling takes all the same.
CREATE FUNCTION another_person(who text, disabling boolean DEFAULT false) RETURNS public.staff LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    person public.staff;
BEGIN
    PERFORM public.people_turn();
    SELECT * INTO person FROM public.staff WHERE login = who;
    IF NOT FOUND OR NOT EXISTS (SELECT FROM pg_roles WHERE rolname = who) THEN
        RAISE EXCEPTION 'no such person' USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'person';
    END IF;
    IF who = session_user THEN
        PERFORM public.refuse_people('own-login');
    END IF;
    IF person.group_name IS NULL OR person.group_name = 'worker' OR EXISTS (
        SELECT FROM pg_roles r WHERE r.rolname = who AND (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb
            OR r.rolreplication OR r.rolbypassrls OR NOT disabling AND EXISTS (
                SELECT FROM pg_roles g WHERE g.oid <> r.oid AND pg_has_role(r.oid, g.oid, 'MEMBER')
                    AND g.rolname NOT IN ('clinic_manager', 'clinic_reception', 'clinic_readonly', 'clinic_password'))))
    THEN
        PERFORM public.refuse_people('not-a-person');
    END IF;
    RETURN person;
END $$;

-- Make a role a member of one of the clinic's groups and of none of the others.
CREATE FUNCTION only_group(who text, wanted text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    had text;
BEGIN
    FOR had IN SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
        WHERE m.member = (SELECT oid FROM pg_roles WHERE rolname = who) AND g.rolname IN (
            'clinic_manager', 'clinic_reception', 'clinic_readonly', 'clinic_password')
        GROUP BY g.rolname LOOP
        IF had <> wanted THEN
            EXECUTE format('REVOKE %I FROM %I', had, who);
        END IF;
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
        WHERE m.member = (SELECT oid FROM pg_roles WHERE rolname = who) AND g.rolname = wanted) THEN
        EXECUTE format('GRANT %I TO %I', wanted, who);
    END IF;
    -- PostgreSQL 16 and later only warns of a membership that somebody else than clinic_owner gave
    IF EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
        WHERE m.member = (SELECT oid FROM pg_roles WHERE rolname = who) AND g.rolname <> wanted
            AND g.rolname IN ('clinic_manager', 'clinic_reception', 'clinic_readonly', 'clinic_password')) THEN
        PERFORM public.refuse_people('set-up-again');
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    PERFORM public.refuse_people('set-up-again');
END $$;

-- An instant as every date style and zone of a session reads it.
CREATE FUNCTION plain_instant(at timestamptz) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"+00"')
$$;

CREATE FUNCTION alter_person(who text, options text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('ALTER ROLE %I %s', who, options);
EXCEPTION WHEN insufficient_privilege THEN
    PERFORM public.refuse_people('set-up-again');
END $$;

-- Somebody must be left who can manage: signed in with a password of her own whenever she wants.
CREATE FUNCTION keep_a_manager() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.staff s JOIN pg_roles r ON r.rolname = s.login AND r.rolcanlogin
            JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = m.roleid
        WHERE g.rolname = 'clinic_manager' AND NOT s.disabled AND s.code_until IS NULL) THEN
        PERFORM public.refuse_people('last-manager');
    END IF;
END $$;

-- A new person, who signs in with the code of this verifier within 24 hours, to set a password. Until when is returned.
CREATE FUNCTION create_person(who text, shown text, group_name text, verifier text) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    code_end CONSTANT timestamptz := now() + INTERVAL '24 hours';
BEGIN
    PERFORM public.people_turn();
    PERFORM public.check_verifier(verifier);
    IF group_name IS NULL OR group_name NOT IN ('reception', 'manager', 'readonly') THEN
        RAISE EXCEPTION 'no group for a person'
            USING ERRCODE = 'check_violation', TABLE = 'staff', CONSTRAINT = 'staff_group_name';
    END IF;
    -- letters and digits of any script, and . _ - between; PostgreSQL would cut off what is longer
    IF who IS NULL OR octet_length(who) NOT BETWEEN 1 AND 63 OR left(lower(who), 3) = 'pg_'
        OR who ~ '[\u0001-,/:-@\[-^`{-\u00bf\u2000-\u206f\ufe00-\ufe0f\ufeff]' OR left(who, 1) IN ('.', '-', '_')
        OR lower(who) IN ('public', 'none', 'current_user', 'current_role', 'session_user', 'user')
        OR EXISTS (SELECT FROM pg_roles WHERE lower(rolname) = lower(who))
        OR EXISTS (SELECT FROM public.staff WHERE lower(login) = lower(who)) THEN
        RAISE EXCEPTION 'a login of letters and digits that nobody has'
            USING ERRCODE = 'check_violation', TABLE = 'staff', CONSTRAINT = 'staff_login';
    END IF;
    EXECUTE format('CREATE ROLE %I LOGIN CONNECTION LIMIT 1 PASSWORD %L VALID UNTIL %L', who, verifier,
        public.plain_instant(code_end));
    PERFORM public.only_group(who, 'clinic_password');
    INSERT INTO public.staff (login, display_name, group_name, code_until)
        VALUES (who, shown, create_person.group_name, code_end);
    RETURN code_end;
END $$;

-- A new code in the place of a password that nobody here knows. Until it was used the person may nothing else.
CREATE FUNCTION reset_password(who text, verifier text) RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    person CONSTANT public.staff := public.another_person(who);
    code_end CONSTANT timestamptz := now() + INTERVAL '24 hours';
BEGIN
    PERFORM public.check_verifier(verifier);
    IF person.disabled THEN
        PERFORM public.refuse_people('disabled');
    END IF;
    PERFORM public.alter_person(
        who, format('CONNECTION LIMIT 1 PASSWORD %L VALID UNTIL %L', verifier, public.plain_instant(code_end)));
    PERFORM public.only_group(who, 'clinic_password');
    UPDATE public.staff SET code_until = code_end WHERE login = who;
    PERFORM public.keep_a_manager();
    RETURN code_end;
END $$;

-- The next three return the version of the row that they found, so that a desk can see whether it is the one it showed.
CREATE FUNCTION rename_person(who text, shown text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_version integer;
BEGIN
    PERFORM public.people_turn();
    SELECT version INTO found_version FROM public.staff WHERE login = who;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such person' USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'person';
    END IF;
    UPDATE public.staff SET display_name = shown WHERE login = who;
    RETURN found_version;
END $$;

CREATE FUNCTION set_person_group(who text, wanted text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    person CONSTANT public.staff := public.another_person(who);
BEGIN
    IF wanted IS NULL OR wanted NOT IN ('reception', 'manager', 'readonly') THEN
        RAISE EXCEPTION 'no group for a person'
            USING ERRCODE = 'check_violation', TABLE = 'staff', CONSTRAINT = 'staff_group_name';
    END IF;
    IF NOT person.disabled AND person.code_until IS NULL THEN
        PERFORM public.only_group(who, 'clinic_' || wanted);
    END IF;
    UPDATE public.staff SET group_name = wanted WHERE login = who;
    PERFORM public.keep_a_manager();
    RETURN person.version;
END $$;

-- Out at once: what a session of hers asks next is refused, because the groups' rights are gone. end_sessions() ends it.
CREATE FUNCTION set_disabled(who text, wanted boolean) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    person CONSTANT public.staff := public.another_person(who, wanted);
BEGIN
    PERFORM public.alter_person(who, CASE WHEN wanted THEN 'NOLOGIN' ELSE 'LOGIN' END);
    -- the group without rights: in none at all her statements would not even find the tables they are refused
    PERFORM public.only_group(who, CASE
        WHEN wanted OR person.code_until IS NOT NULL THEN 'clinic_password'
        ELSE 'clinic_' || person.group_name END);
    UPDATE public.staff SET disabled = wanted WHERE login = who;
    PERFORM public.keep_a_manager();
    RETURN person.version;
END $$;

-- How many sessions of a role are left, but this one, when those that may be ended are.
CREATE FUNCTION sessions_left(who text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_hers integer;
    left_over integer := 0;
BEGIN
    FOR of_hers IN SELECT pid FROM pg_stat_activity WHERE usename = who AND pid <> pg_backend_pid() LOOP
        BEGIN
            IF NOT pg_terminate_backend(of_hers, 2000)
                AND EXISTS (SELECT FROM pg_stat_get_activity(of_hers)) THEN
                left_over := left_over + 1;
            END IF;
        EXCEPTION WHEN insufficient_privilege THEN  -- the set-up gave clinic_owner no pg_signal_backend
            left_over := left_over + 1;
        END;
    END LOOP;
    RETURN left_over;
END $$;

-- Of somebody who was disabled or reset: end what she has open. How many sessions could not be ended is returned.
CREATE FUNCTION end_sessions(who text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    person CONSTANT public.staff := public.another_person(who, true);
BEGIN
    IF NOT person.disabled AND person.code_until IS NULL THEN
        PERFORM public.refuse_people('not-a-person');
    END IF;
    RETURN public.sessions_left(who);
END $$;

-- One's own password. With a code it is used up by this, and the person is in her group again: so nobody else may have
-- signed in with the code, by which one session at a time can be opened. (Who may change a password by plain SQL is PostgreSQL's: everybody her own.)
CREATE FUNCTION set_own_password(verifier text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    person public.staff;
    by_code boolean;
BEGIN
    PERFORM public.check_verifier(verifier);
    by_code := pg_has_role(session_user, 'clinic_password', 'MEMBER');
    SELECT * INTO person FROM public.staff WHERE login = session_user FOR UPDATE;
    IF NOT FOUND OR person.disabled OR person.group_name IS NULL OR person.group_name = 'worker' THEN
        PERFORM public.refuse_people('not-a-person');
    END IF;
    IF person.code_until IS NULL THEN
        IF by_code THEN  -- another session used it while this one waited
            PERFORM public.refuse_people('no-code');
        END IF;
        PERFORM public.alter_person(session_user::text, format('PASSWORD %L', verifier));
        RETURN;
    END IF;
    IF person.code_until <= clock_timestamp() THEN
        PERFORM public.refuse_people('code-over');
    END IF;
    IF public.sessions_left(session_user::text) > 0 THEN
        PERFORM public.refuse_people('other-session');
    END IF;
    PERFORM public.alter_person(
        session_user::text, format('CONNECTION LIMIT -1 PASSWORD %L VALID UNTIL ''infinity''', verifier));
    PERFORM public.only_group(session_user::text, 'clinic_' || person.group_name);
    UPDATE public.staff SET code_until = NULL WHERE login = session_user;
END $$;

-- Nobody gives herself a right, and a manager whom another one refused a right does not take it back.
CREATE FUNCTION refuse_own_right() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'DELETE' AND NEW.login = session_user OR TG_OP <> 'INSERT' AND OLD.login = session_user THEN
        RAISE EXCEPTION 'own-login' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER staff_right_05_own BEFORE INSERT OR UPDATE OR DELETE ON staff_right FOR EACH ROW
    EXECUTE FUNCTION refuse_own_right();

-- The matrix goes on: tests/database/test_grants.py.
--
--                                      reception   manager    readonly   worker   password (a code was used to sign in)
--   staff                              S           S          S          S        -
--   create_person reset_password
--   rename_person set_person_group
--   set_disabled end_sessions          -           x          -          -        -
--   set_own_password                   x           x          x          -        x
REVOKE INSERT, UPDATE, DELETE ON staff FROM clinic_manager;
REVOKE ALL ON FUNCTION refuse_people(text), check_verifier(text), people_turn(), another_person(text, boolean),
    plain_instant(timestamptz),
    only_group(text, text), alter_person(text, text), keep_a_manager(), create_person(text, text, text, text),
    reset_password(text, text), rename_person(text, text), set_person_group(text, text), set_disabled(text, boolean),
    sessions_left(text), end_sessions(text), set_own_password(text), refuse_own_right() FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO clinic_password;
GRANT EXECUTE ON FUNCTION create_person(text, text, text, text), reset_password(text, text), rename_person(text, text),
    set_person_group(text, text), set_disabled(text, boolean), end_sessions(text) TO clinic_manager;
GRANT EXECUTE ON FUNCTION set_own_password(text)
    TO clinic_reception, clinic_manager, clinic_readonly, clinic_password;
