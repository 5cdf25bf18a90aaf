-- Pairing: a manager has a one-time login made for one more PC, whose secret is in the pairing text. It is a role in the
-- group without rights, for one session at a time, until a time, and all it may do is call join_clinic() once: that makes
-- the PC a login of its own for sending messages, and closes the one-time login for good. No password comes here, only
-- SCRAM verifiers made at the PCs.
--
-- Refused in one word (SQLSTATE 42501): manager, code-over (used already, over, or no invitation to this database).

CREATE FUNCTION invitation_note() RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'Clinic Desk: an invitation to ' || current_database()
$$;

-- Returns until when it can be used. Those that were used, or are over, are removed.
CREATE FUNCTION invite_desk(who text, verifier text, hours integer) RETURNS timestamptz LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    over CONSTANT timestamptz := now() + make_interval(hours => hours);
    old text;
BEGIN
    PERFORM public.people_turn();
    PERFORM public.check_verifier(verifier);
    IF who IS NULL OR who !~ '^join_[0-9a-f]{16}$' OR hours IS NULL OR hours NOT BETWEEN 1 AND 168
        OR EXISTS (SELECT FROM pg_roles WHERE rolname = who) THEN
        RAISE EXCEPTION 'not an invitation' USING ERRCODE = 'check_violation', CONSTRAINT = 'invitation';
    END IF;
    FOR old IN SELECT r.rolname FROM pg_roles r WHERE r.rolname ~ '^join_[0-9a-f]{16}$'
        AND shobj_description(r.oid, 'pg_authid') = public.invitation_note()
        AND (NOT r.rolcanlogin OR r.rolvaliduntil < now()) LOOP
        BEGIN
            EXECUTE format('DROP ROLE %I', old);
        EXCEPTION WHEN OTHERS THEN  -- still signed in, or changed by somebody else: it can do nothing any more
            NULL;
        END;
    END LOOP;
    EXECUTE format('CREATE ROLE %I LOGIN CONNECTION LIMIT 1 PASSWORD %L VALID UNTIL %L', who, verifier,
        public.plain_instant(over));
    EXECUTE format('COMMENT ON ROLE %I IS %L', who, public.invitation_note());
    PERFORM public.only_group(who, 'clinic_password');
    RETURN over;
END $$;

-- Called by the invitation's own session. Returns the new login of the PC; without a verifier it gets none.
CREATE FUNCTION join_clinic(desk_name text, verifier text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who CONSTANT text := session_user::text;
    login text := '';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(who, 0));
    IF NOT EXISTS (
        SELECT FROM pg_roles r WHERE r.rolname = who AND who ~ '^join_[0-9a-f]{16}$' AND r.rolcanlogin
            AND r.rolvaliduntil > clock_timestamp()
            AND shobj_description(r.oid, 'pg_authid') = public.invitation_note()) THEN
        PERFORM public.refuse_people('code-over');
    END IF;
    IF verifier IS NOT NULL THEN
        PERFORM public.check_verifier(verifier);
        login := 'desk_' || substr(who, 6);
        EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L', login, verifier);
        EXECUTE format('GRANT clinic_worker TO %I', login);
        INSERT INTO public.staff (login, display_name, group_name)
            VALUES (login, coalesce(nullif(btrim(left(desk_name, 60)), ''), login), 'worker');
    END IF;
    PERFORM public.alter_person(who, 'NOLOGIN PASSWORD NULL');
    RETURN login;
END $$;

-- A PC that is gone, or lost, sends no more. Returns how many of its sessions could not be ended.
CREATE FUNCTION dismiss_desk(who text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.people_turn();
    IF who IS NULL OR who !~ '^desk_[0-9a-f]{16}$' OR NOT EXISTS (
        SELECT FROM public.staff WHERE login = who AND group_name = 'worker') THEN
        RAISE EXCEPTION 'no such desk' USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'desk';
    END IF;
    PERFORM public.alter_person(who, 'NOLOGIN PASSWORD NULL');
    UPDATE public.staff SET disabled = true WHERE login = who;
    RETURN public.sessions_left(who);
END $$;

-- The matrix goes on: tests/database/test_grants.py.
--
--                                      reception   manager    readonly   worker   password (an invitation signs in as this)
--   invite_desk dismiss_desk           -           x          -          -        -
--   join_clinic                        -           -          -          -        x
REVOKE ALL ON FUNCTION invitation_note(), invite_desk(text, text, integer), join_clinic(text, text), dismiss_desk(text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION invite_desk(text, text, integer), dismiss_desk(text) TO clinic_manager;
GRANT EXECUTE ON FUNCTION join_clinic(text, text) TO clinic_password;
