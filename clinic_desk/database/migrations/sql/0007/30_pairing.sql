-- Which PCs joined, and which of them send; an invitation hands the clinic key over, sealed with what only the pairing
-- text holds: neither the server nor whoever looks after it can open it. It is gone when the invitation was used, was
-- withdrawn, or is over.
--
-- Refused in one word (SQLSTATE 42501): manager, code-over (used already, withdrawn, over, or of another database).

-- A PC that joined. `login`: what it sends with; NULL: it does not send, and shows everything all the same.
CREATE TABLE clinic_pc (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL CONSTRAINT clinic_pc_name CHECK (name <> '' AND char_length(name) <= 60),
    login text CONSTRAINT clinic_pc_login_key UNIQUE CONSTRAINT clinic_pc_login CHECK (login ~ '^desk_[0-9a-f]{16}$'),
    desk_id uuid,  -- the first desk of this PC, which need not have been started yet
    joined_at timestamptz,  -- not known of those that joined before this was written down
    invited_by text NOT NULL DEFAULT '',
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid
);
INSERT INTO clinic_pc (name, login) SELECT left(display_name, 60), login FROM staff
    WHERE login ~ '^desk_[0-9a-f]{16}$' AND group_name = 'worker' AND NOT disabled AND display_name <> '';

CREATE TRIGGER clinic_pc_10_stamp BEFORE INSERT OR UPDATE ON clinic_pc FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER clinic_pc_80_history AFTER INSERT OR UPDATE OR DELETE ON clinic_pc FOR EACH ROW
    EXECUTE FUNCTION record_history();
CREATE TRIGGER clinic_pc_90_announce AFTER INSERT OR UPDATE OR DELETE ON clinic_pc FOR EACH ROW
    EXECUTE FUNCTION announce();

-- What is open. No history: the sealed key is to be nowhere when it is gone from here.
CREATE TABLE invitation (
    login text PRIMARY KEY CONSTRAINT invitation_login CHECK (login ~ '^join_[0-9a-f]{16}$'),
    invited_by text NOT NULL DEFAULT session_user,
    invited_at timestamptz NOT NULL DEFAULT now(),
    until_at timestamptz NOT NULL,
    sends boolean NOT NULL,
    sealed_key text CONSTRAINT invitation_sealed_key CHECK (sealed_key IS NULL
        OR sends AND sealed_key ~ '^[A-Za-z0-9_=-]+$' AND length(sealed_key) BETWEEN 40 AND 500)
);

-- When each program that sends was last seen at it, and over which channels: outside the history, and no news.
CREATE TABLE sending_seen (
    login text NOT NULL,
    name text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    channels text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (login, name)
);

-- Remove what is over: the one-time logins and what they would have handed over.
CREATE FUNCTION forget_invitations() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old text;
BEGIN
    DELETE FROM public.invitation WHERE until_at < clock_timestamp();
    FOR old IN SELECT r.rolname FROM pg_roles r WHERE r.rolname ~ '^join_[0-9a-f]{16}$'
        AND shobj_description(r.oid, 'pg_authid') = public.invitation_note()
        AND (NOT r.rolcanlogin OR r.rolvaliduntil < now()) LOOP
        BEGIN
            EXECUTE format('DROP ROLE %I', old);
        EXCEPTION WHEN OTHERS THEN  -- still signed in, or changed by somebody else: it can do nothing any more
            NULL;
        END;
    END LOOP;
END $$;

-- Returns until when it can be used. `sends`: the PC gets a login of its own for sending. `sealed`: the clinic key for
-- it, or NULL.
DROP FUNCTION invite_desk(text, text, integer);
CREATE FUNCTION invite_desk(who text, verifier text, hours integer, sends boolean, sealed text) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    over CONSTANT timestamptz := now() + make_interval(hours => hours);
BEGIN
    PERFORM public.people_turn();
    PERFORM public.check_verifier(verifier);
    IF who IS NULL OR who !~ '^join_[0-9a-f]{16}$' OR hours IS NULL OR hours NOT BETWEEN 1 AND 168
        OR EXISTS (SELECT FROM pg_roles WHERE rolname = who) THEN
        RAISE EXCEPTION 'not an invitation' USING ERRCODE = 'check_violation', CONSTRAINT = 'invitation';
    END IF;
    PERFORM public.forget_invitations();
    INSERT INTO public.invitation (login, until_at, sends, sealed_key) VALUES (who, over, sends, sealed);
    EXECUTE format('CREATE ROLE %I LOGIN CONNECTION LIMIT 1 PASSWORD %L VALID UNTIL %L', who, verifier,
        public.plain_instant(over));
    EXECUTE format('COMMENT ON ROLE %I IS %L', who, public.invitation_note());
    PERFORM public.only_group(who, 'clinic_password');
    RETURN over;
END $$;

-- The open invitation that is signed in, until the end of the transaction nobody else's to change.
CREATE FUNCTION own_invitation() RETURNS invitation LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who CONSTANT text := session_user::text;
    found_one public.invitation;
BEGIN
    SELECT * INTO found_one FROM public.invitation WHERE login = who AND until_at > clock_timestamp() FOR UPDATE;
    IF NOT FOUND OR NOT EXISTS (
        SELECT FROM pg_roles r WHERE r.rolname = who AND r.rolcanlogin AND r.rolvaliduntil > clock_timestamp()
            AND shobj_description(r.oid, 'pg_authid') = public.invitation_note()) THEN
        PERFORM public.refuse_people('code-over');
    END IF;
    RETURN found_one;
END $$;

-- What the invitation that is signed in gives: whether the PC is to send, and the sealed key. Uses nothing up: a PC that
-- was switched off before join_clinic() asks again.
CREATE FUNCTION read_invitation(OUT sends boolean, OUT sealed text) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own CONSTANT public.invitation := public.own_invitation();
BEGIN
    sends := own.sends;
    sealed := own.sealed_key;
END $$;

-- Called by the invitation's own session. Returns the new login of the PC; without a verifier, or where it is not to
-- send, it gets none. A PC that joins once more takes its former place.
DROP FUNCTION join_clinic(text, text);
CREATE FUNCTION join_clinic(desk_name text, verifier text, desk uuid) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own CONSTANT public.invitation := public.own_invitation();
    named text := nullif(btrim(left(desk_name, 60)), '');
    made text;
    former public.clinic_pc;
BEGIN
    IF verifier IS NOT NULL AND own.sends THEN
        PERFORM public.check_verifier(verifier);
        made := 'desk_' || substr(own.login, 6);
        EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L', made, verifier);
        EXECUTE format('GRANT clinic_worker TO %I', made);
        INSERT INTO public.staff (login, display_name, group_name) VALUES (made, coalesce(named, made), 'worker');
    END IF;
    FOR former IN SELECT * FROM public.clinic_pc AS p WHERE p.desk_id = desk LOOP
        PERFORM public.close_sending(former.login);
        DELETE FROM public.clinic_pc AS p WHERE p.id = former.id;
    END LOOP;
    INSERT INTO public.clinic_pc (name, login, desk_id, joined_at, invited_by)
        VALUES (coalesce(named, 'PC'), made, desk, now(), own.invited_by);
    DELETE FROM public.invitation AS i WHERE i.login = own.login;
    PERFORM public.alter_person(own.login, 'NOLOGIN PASSWORD NULL');
    RETURN coalesce(made, '');
END $$;

-- Nobody signs in with this login of a PC any more.
CREATE FUNCTION close_sending(who text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF who IS NOT NULL THEN
        PERFORM public.alter_person(who, 'NOLOGIN PASSWORD NULL');
        UPDATE public.staff SET disabled = true WHERE login = who;
        DELETE FROM public.sending_seen WHERE login = who;
    END IF;
END $$;

-- A PC that is gone, or lost, sends no more, and is no PC of the clinic's any more; or (`only_sending`) it stays one, and
-- leaves sending to others. Returns how many of its sessions could not be ended.
DROP FUNCTION dismiss_desk(text);
CREATE FUNCTION dismiss_pc(which uuid, only_sending boolean) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    pc public.clinic_pc;
BEGIN
    PERFORM public.people_turn();
    SELECT * INTO pc FROM public.clinic_pc WHERE id = which FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such desk' USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'desk';
    END IF;
    PERFORM public.close_sending(pc.login);
    IF only_sending THEN
        UPDATE public.clinic_pc SET login = NULL WHERE id = which AND login IS NOT NULL;
    ELSE
        DELETE FROM public.clinic_pc WHERE id = which;
    END IF;
    RETURN CASE WHEN pc.login IS NULL THEN 0 ELSE public.sessions_left(pc.login) END;
END $$;

-- An invitation that nobody is to use any more; one that is gone already is no fault.
CREATE FUNCTION withdraw_invitation(who text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.people_turn();
    DELETE FROM public.invitation WHERE login = who;
    IF FOUND THEN
        PERFORM public.alter_person(who, 'NOLOGIN PASSWORD NULL');
        PERFORM public.sessions_left(who);
        PERFORM public.forget_invitations();
    END IF;
END $$;

-- A program of this login works through the queue, over these channels.
CREATE FUNCTION note_sending(program text, over text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.sending_seen (login, name, channels) VALUES (session_user, left(program, 60), over)
    ON CONFLICT (login, name) DO UPDATE SET seen_at = now(), channels = excluded.channels;
    DELETE FROM public.sending_seen WHERE seen_at < now() - INTERVAL '30 days';
END $$;

-- The matrix goes on: tests/database/test_grants.py.
--
--                                         reception   manager    readonly   worker   password
--   clinic_pc                             -           S          -          -        -
--   invitation (but its sealed_key)       -           s          -          -        -
--   sending_seen                          S           S          S          S        -
--   invite_desk dismiss_pc withdraw_…     -           x          -          -        -
--   read_invitation join_clinic           -           -          -          -        x (an invitation signs in as this)
--   note_sending forget_invitations       -           -          -          x        -
REVOKE ALL ON FUNCTION forget_invitations(), invite_desk(text, text, integer, boolean, text), own_invitation(),
    read_invitation(), join_clinic(text, text, uuid), close_sending(text), dismiss_pc(uuid, boolean),
    withdraw_invitation(text), note_sending(text, text[]) FROM PUBLIC;
GRANT SELECT ON clinic_pc TO clinic_manager;
GRANT SELECT (login, invited_by, invited_at, until_at, sends) ON invitation TO clinic_manager;
GRANT SELECT ON sending_seen TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;
GRANT EXECUTE ON FUNCTION invite_desk(text, text, integer, boolean, text), dismiss_pc(uuid, boolean),
    withdraw_invitation(text) TO clinic_manager;
GRANT EXECUTE ON FUNCTION read_invitation(), join_clinic(text, text, uuid) TO clinic_password;
GRANT EXECUTE ON FUNCTION note_sending(text, text[]), forget_invitations() TO clinic_worker;
