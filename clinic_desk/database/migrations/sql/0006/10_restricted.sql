-- Restricted records (a celebrity, a colleague): what the calendar needs of the patient stays where everybody reads it,
-- all else is taken out of it, and nobody but the owner can read the place where it is kept.
--
--   stays (name, the channel and language of messages, appointments)   closed (phone, e-mail, birth date, gender, note)
--   the words of messages: clinic, day, time, place                     to which address a message went
--   that a reply came                                                   who wrote it, and what
--   who changed the record, when                                        what it said before and after, also long ago
--
-- So no list, search, export, or statement of somebody's own has to be careful, and the calendar reads as fast as ever.
-- What is closed is given out by read_record() alone, to who opened the record by open_record(): that is written down,
-- and committed, before. The worker's role, which has to send, can ask for the one address that it needs.

ALTER TABLE patient ADD restricted boolean NOT NULL DEFAULT false;
ALTER TABLE history_blank ADD kept boolean NOT NULL DEFAULT false;  -- the record was restricted: closed, not erased

CREATE TABLE closed_data (
    table_name text NOT NULL,  -- patient, inbound_message, notification, history
    row_id text NOT NULL,
    patient_id uuid NOT NULL CONSTRAINT closed_data_patient_id_fkey REFERENCES patient,
    data jsonb NOT NULL,  -- the fields that were taken out of that row
    PRIMARY KEY (table_name, row_id)
);
CREATE INDEX closed_data_patient_id_idx ON closed_data (patient_id);
CREATE INDEX closed_data_phone_idx ON closed_data ((data ->> 'phone')) WHERE table_name = 'patient';

-- Who opened a restricted record, why, until when. Tells nothing of the patient but the id; the reason is the person's
-- own. Append only: it can be ended before its time, and that is all.
CREATE TABLE patient_access (
    id uuid PRIMARY KEY,
    patient_id uuid NOT NULL,
    login text NOT NULL DEFAULT session_user,
    desk_id uuid,
    by_right boolean NOT NULL,  -- false: in an emergency
    reason text NOT NULL,
    at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    ended_at timestamptz,
    -- What is being written down in a transaction that may yet be rolled back opens nothing.
    transaction_id bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT patient_access_reason CHECK (length(reason) <= 500 AND (by_right OR length(btrim(reason)) >= 10)),
    CONSTRAINT patient_access_time CHECK (until_at > at AND until_at <= at + INTERVAL '1 hour')
);
CREATE INDEX patient_access_at_idx ON patient_access (at, id);
CREATE INDEX patient_access_login_idx ON patient_access (login, at, id);
CREATE INDEX patient_access_patient_id_idx ON patient_access (patient_id, at);

CREATE FUNCTION keep_access() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
            AND to_jsonb(NEW) - 'ended_at' = to_jsonb(OLD) - 'ended_at' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER patient_access_05_keep BEFORE UPDATE OR DELETE ON patient_access FOR EACH ROW
    EXECUTE FUNCTION keep_access();
CREATE TRIGGER patient_access_05_keep_all BEFORE TRUNCATE ON patient_access FOR EACH STATEMENT
    EXECUTE FUNCTION keep_access();
CREATE TRIGGER patient_access_10_stamp BEFORE INSERT OR UPDATE ON patient_access FOR EACH ROW
    EXECUTE FUNCTION stamp();
CREATE TRIGGER patient_access_80_history AFTER INSERT OR UPDATE OR DELETE ON patient_access FOR EACH ROW
    EXECUTE FUNCTION record_history();

-- --- taking data out, and putting it back ---

CREATE FUNCTION is_restricted(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((SELECT p.restricted FROM public.patient AS p WHERE p.id = wanted), false)
$$;

-- Whether who is signed in may write what is closed: by right, or because she has the record open.
CREATE FUNCTION may_open(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT public.has_right('restricted') OR EXISTS (
        SELECT FROM public.patient_access AS a WHERE a.patient_id = wanted AND a.login = session_user
            AND a.ended_at IS NULL AND a.until_at > clock_timestamp())
$$;

-- Of all the words by which a patient is found, those of her name: the others are made of digits (domain/folding.py).
CREATE FUNCTION name_words(search_key text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(string_agg(word, ' ' ORDER BY place), '')
    FROM unnest(string_to_array(search_key, ' ')) WITH ORDINALITY AS words (word, place) WHERE word !~ '^[bm]?[0-9]+$'
$$;

-- Of a restricted record only who has it open writes what is closed, and says so (clinic_desk.opened: the patient's id):
-- else a form that never saw the data would write its emptiness over it.
CREATE FUNCTION close_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kept jsonb := jsonb_build_object('phone', NEW.phone, 'email', NEW.email, 'birth_date', NEW.birth_date,
        'gender', NEW.gender, 'note', NEW.note, 'search_key', NEW.search_key);
    names constant text[] := ARRAY['family_name', 'given_name', 'phone', 'email', 'birth_date', 'gender', 'note',
        'search_key', 'channel', 'language'];
    name text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        RAISE EXCEPTION 'restricted' USING ERRCODE = 'insufficient_privilege';
    ELSIF NOT OLD.restricted THEN
        PERFORM public.refuse_without('restricted');
        INSERT INTO public.closed_data (table_name, row_id, patient_id, data)
        VALUES ('patient', NEW.id::text, NEW.id, kept);
    ELSIF NOT NEW.restricted THEN
        PERFORM public.refuse_without('restricted');
        DELETE FROM public.closed_data AS c WHERE c.table_name = 'patient' AND c.row_id = OLD.id::text
        RETURNING c.data INTO kept;
        NEW.phone := kept ->> 'phone';
        NEW.email := kept ->> 'email';
        NEW.birth_date := (kept ->> 'birth_date')::date;
        NEW.gender := kept ->> 'gender';
        NEW.note := kept ->> 'note';
        NEW.search_key := kept ->> 'search_key';
        RETURN NEW;
    ELSIF current_setting('clinic_desk.opened', true) = OLD.id::text AND public.may_open(OLD.id) THEN
        UPDATE public.closed_data AS c SET data = kept WHERE c.table_name = 'patient' AND c.row_id = OLD.id::text;
    ELSE
        FOREACH name IN ARRAY names LOOP
            IF to_jsonb(NEW) -> name IS DISTINCT FROM to_jsonb(OLD) -> name THEN
                RAISE EXCEPTION 'restricted' USING ERRCODE = 'insufficient_privilege';
            END IF;
        END LOOP;
    END IF;
    NEW.phone := '';
    NEW.email := '';
    NEW.birth_date := NULL;
    NEW.gender := 'unknown';
    NEW.note := '';
    NEW.search_key := public.name_words(NEW.search_key);
    RETURN NEW;
END $$;
CREATE TRIGGER patient_20_restricted_insert BEFORE INSERT ON patient FOR EACH ROW WHEN (NEW.restricted)
    EXECUTE FUNCTION close_patient();
CREATE TRIGGER patient_20_restricted_update BEFORE UPDATE ON patient FOR EACH ROW
    WHEN (OLD.restricted OR NEW.restricted) EXECUTE FUNCTION close_patient();

-- What other tables say of her goes the same way, and so do the records that were merged into hers. Of the history each
-- row leaves the digest of what it said, as when it is erased (0005/70_history.sql): the chain holds, both ways.
CREATE FUNCTION close_around() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    act CONSTANT uuid := gen_random_uuid();
    names CONSTANT text[] := ARRAY['phone', 'email', 'birth_date', 'gender', 'note'];
    ids bigint[];
BEGIN
    INSERT INTO public.closed_data (table_name, row_id, patient_id, data)
    SELECT 'inbound_message', m.id::text, NEW.id, jsonb_build_object(
        'sender', m.sender, 'body', m.body, 'received_at', m.received_at)
    FROM public.inbound_message AS m WHERE m.patient_id = NEW.id AND (m.sender <> '' OR m.body <> '')
    UNION ALL
    SELECT 'notification', n.id::text, NEW.id, jsonb_build_object('recipient', n.recipient)
    FROM public.notification AS n WHERE n.patient_id = NEW.id AND n.recipient <> '';
    UPDATE public.inbound_message SET sender = '', body = ''
    WHERE patient_id = NEW.id AND (sender <> '' OR body <> '');
    UPDATE public.notification SET recipient = '' WHERE patient_id = NEW.id AND recipient <> '';

    SELECT array_agg(h.id) INTO ids FROM public.history AS h
    WHERE h.row_id = NEW.id AND h.table_name = 'patient' AND h.blanked IS NULL;
    INSERT INTO public.closed_data (table_name, row_id, patient_id, data)
    SELECT 'history', h.id::text, NEW.id, jsonb_build_object('salt', h.salt,
        'before', (SELECT jsonb_object_agg(f.key, f.value) FROM jsonb_each(h.before) AS f WHERE f.key = ANY (names)),
        'after', (SELECT jsonb_object_agg(f.key, f.value) FROM jsonb_each(h.after) AS f WHERE f.key = ANY (names)))
    FROM public.history AS h WHERE h.id = ANY (ids);
    PERFORM set_config('clinic_desk.blanking', 'on', true);
    UPDATE public.history AS h SET blanked = sha256(convert_to(c.personal, 'UTF8')), salt = NULL, blank_id = act,
        before = h.before || m.mask, after = h.after || m.mask
    FROM public.history_content(ids) AS c CROSS JOIN (SELECT
        '{"phone": "", "email": "", "birth_date": null, "gender": "unknown", "note": ""}'::jsonb AS mask) AS m
    WHERE h.id = c.id;
    PERFORM set_config('clinic_desk.blanking', 'off', true);
    INSERT INTO public.history_blank (id, patient_id, row_count, kept)
    VALUES (act, NEW.id, coalesce(cardinality(ids), 0), true);

    UPDATE public.patient SET restricted = true WHERE merged_into_id = NEW.id AND NOT restricted;
    RETURN NULL;
END $$;
CREATE TRIGGER patient_85_close AFTER UPDATE OF restricted ON patient FOR EACH ROW
    WHEN (NOT OLD.restricted AND NEW.restricted) EXECUTE FUNCTION close_around();

CREATE FUNCTION reopen_around() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.inbound_message AS m SET sender = c.data ->> 'sender', body = c.data ->> 'body'
    FROM public.closed_data AS c
    WHERE c.patient_id = NEW.id AND c.table_name = 'inbound_message' AND m.id = c.row_id::uuid;
    UPDATE public.notification AS n SET recipient = c.data ->> 'recipient' FROM public.closed_data AS c
    WHERE c.patient_id = NEW.id AND c.table_name = 'notification' AND n.id = c.row_id::uuid;
    PERFORM set_config('clinic_desk.blanking', 'on', true);
    UPDATE public.history AS h SET blanked = NULL, blank_id = NULL, salt = (c.data ->> 'salt')::uuid,
        before = h.before || nullif(c.data -> 'before', 'null'), after = h.after || nullif(c.data -> 'after', 'null')
    FROM public.closed_data AS c
    WHERE c.patient_id = NEW.id AND c.table_name = 'history' AND h.id = c.row_id::bigint;
    PERFORM set_config('clinic_desk.blanking', 'off', true);
    DELETE FROM public.closed_data AS c WHERE c.patient_id = NEW.id AND c.table_name <> 'patient';
    UPDATE public.patient SET restricted = false WHERE merged_into_id = NEW.id AND restricted;
    RETURN NULL;
END $$;
CREATE TRIGGER patient_85_reopen AFTER UPDATE OF restricted ON patient FOR EACH ROW
    WHEN (OLD.restricted AND NOT NEW.restricted) EXECUTE FUNCTION reopen_around();

-- Two records of one person, one of them restricted: both are. Who may not restrict cannot merge, or part, such ones.
CREATE FUNCTION restrict_merged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other CONSTANT uuid := coalesce(NEW.merged_into_id, OLD.merged_into_id);
BEGIN
    IF NEW.restricted OR public.is_restricted(other) THEN
        PERFORM public.refuse_without('restricted');
        UPDATE public.patient SET restricted = true WHERE id IN (NEW.id, other) AND NOT restricted;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER patient_86_merged AFTER UPDATE OF merged_into_id ON patient FOR EACH ROW
    WHEN (NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id) EXECUTE FUNCTION restrict_merged();

-- What comes in while the record is restricted. Whose reply it is cannot be changed by who may not read it.
CREATE FUNCTION close_reply() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.patient_id IS DISTINCT FROM OLD.patient_id AND public.is_restricted(OLD.patient_id) THEN
            RAISE EXCEPTION 'restricted' USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    IF (NEW.sender <> '' OR NEW.body <> '') AND public.is_restricted(NEW.patient_id) THEN
        INSERT INTO public.closed_data (table_name, row_id, patient_id, data)
        VALUES ('inbound_message', NEW.id::text, NEW.patient_id,
            jsonb_build_object('sender', NEW.sender, 'body', NEW.body, 'received_at', NEW.received_at))
        ON CONFLICT (table_name, row_id) DO UPDATE SET data = excluded.data, patient_id = excluded.patient_id;
        NEW.sender := '';
        NEW.body := '';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER inbound_message_20_restricted BEFORE INSERT OR UPDATE ON inbound_message FOR EACH ROW
    EXECUTE FUNCTION close_reply();

CREATE FUNCTION close_recipient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF public.is_restricted(NEW.patient_id) THEN
        INSERT INTO public.closed_data (table_name, row_id, patient_id, data)
        VALUES ('notification', NEW.id::text, NEW.patient_id, jsonb_build_object('recipient', NEW.recipient))
        ON CONFLICT (table_name, row_id) DO UPDATE SET data = excluded.data;
        NEW.recipient := '';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER notification_20_restricted_insert BEFORE INSERT ON notification FOR EACH ROW
    WHEN (NEW.recipient <> '') EXECUTE FUNCTION close_recipient();
CREATE TRIGGER notification_20_restricted_update BEFORE UPDATE OF recipient, patient_id ON notification FOR EACH ROW
    WHEN (NEW.recipient <> '') EXECUTE FUNCTION close_recipient();

-- What is deleted when it is old enough (notifications/retention.py) leaves nothing behind.
CREATE FUNCTION forget_closed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.closed_data) THEN
        DELETE FROM public.closed_data AS c USING gone AS g
        WHERE c.table_name = TG_TABLE_NAME AND c.row_id = g.id::text;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER inbound_message_85_forget AFTER DELETE ON inbound_message REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION forget_closed();
CREATE TRIGGER notification_85_forget AFTER DELETE ON notification REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION forget_closed();

-- --- opening ---

-- Write down that who is signed in opens a record, and until when. Nothing is given out: that is read_record()'s, once
-- this is committed. `access`: made by the desk; the same one again changes nothing. Whoever lacks the right `restricted`
-- says why: at least ten characters (23514 otherwise).
CREATE FUNCTION open_record(access uuid, wanted uuid, desk uuid, reason text, minutes integer DEFAULT 15)
RETURNS TABLE (at timestamptz, until_at timestamptz) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    began CONSTANT timestamptz := clock_timestamp();
BEGIN
    IF NOT public.is_restricted(wanted) THEN
        RAISE EXCEPTION 'the record is not restricted' USING ERRCODE = 'no_data_found';
    END IF;
    IF NOT EXISTS (SELECT FROM public.patient_access AS a WHERE a.id = access) THEN
        PERFORM set_config('clinic_desk.desk_id', desk::text, true);
        IF coalesce(current_setting('clinic_desk.operation_id', true), '') = '' THEN
            INSERT INTO public.operation (id, command, desk_id) VALUES (access, 'OpenRecord', desk)
            ON CONFLICT (id) DO NOTHING;
            PERFORM set_config('clinic_desk.operation_id', access::text, true);
        END IF;
        INSERT INTO public.patient_access (id, patient_id, desk_id, by_right, reason, at, until_at)
        VALUES (access, wanted, desk, public.has_right('restricted'), btrim(coalesce(open_record.reason, '')), began,
            began + make_interval(mins => least(greatest(minutes, 1), 60)));
    END IF;
    RETURN QUERY SELECT a.at, a.until_at FROM public.patient_access AS a
    WHERE a.id = access AND a.patient_id = wanted AND a.login = session_user;
END $$;

-- What is closed of a record, and of those merged into it, to who has it open. SQLSTATE 42501 `restricted` when nobody
-- opened it so, or it is over.
CREATE FUNCTION read_record(access uuid, wanted uuid) RETURNS TABLE (table_name text, row_id text, data jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.patient_access AS a WHERE a.id = access AND a.patient_id = wanted
            AND a.login = session_user AND a.ended_at IS NULL AND a.until_at > clock_timestamp()
            AND a.transaction_id <> coalesce(pg_current_xact_id_if_assigned()::text::bigint, 0)) THEN
        RAISE EXCEPTION 'restricted' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY SELECT c.table_name, c.row_id, c.data FROM public.closed_data AS c
    WHERE c.patient_id IN (SELECT p.id FROM public.patient AS p WHERE p.id = wanted OR p.merged_into_id = wanted);
END $$;

-- Close it before its time; false if it was closed, or not one's own.
CREATE FUNCTION end_access(access uuid, desk uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('clinic_desk.desk_id', desk::text, true);
    UPDATE public.patient_access AS a SET ended_at = clock_timestamp()
    WHERE a.id = access AND a.login = session_user AND a.ended_at IS NULL AND a.until_at > clock_timestamp();
    RETURN FOUND;
END $$;

-- What the worker needs to send, to ask the provider, and to know who replied; nothing else of what is closed.
CREATE FUNCTION closed_address(wanted uuid, channel text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((
        SELECT c.data ->> CASE channel WHEN 'email' THEN 'email' ELSE 'phone' END FROM public.closed_data AS c
        WHERE c.table_name = 'patient' AND c.row_id = wanted::text), '')
$$;
CREATE FUNCTION closed_recipient(message uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((
        SELECT c.data ->> 'recipient' FROM public.closed_data AS c
        WHERE c.table_name = 'notification' AND c.row_id = message::text), '')
$$;
CREATE FUNCTION closed_owners(number text) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.patient_id FROM public.closed_data AS c
    WHERE c.table_name = 'patient' AND c.data ->> 'phone' = number AND number <> ''
$$;

-- Erasing begins with taking the closed data back to where erase_patient() finds it: it is erased with the rest.
ALTER FUNCTION erase_patient(uuid) RENAME TO erase_open_patient;
REVOKE ALL ON FUNCTION erase_open_patient(uuid) FROM clinic_manager;
CREATE FUNCTION erase_patient(wanted uuid)
RETURNS TABLE (records integer, appointments integer, messages integer, replies integer, copies integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.patient SET restricted = false WHERE id = wanted AND restricted;
    RETURN QUERY SELECT * FROM public.erase_open_patient(wanted);
END $$;

-- The matrix goes on: tests/database/test_grants.py.
--
--                                      reception   manager    readonly   worker
--   closed_data                        -           -          -          -
--   patient_access                     S(r)        S(r)       S(r)       -        (r) one's own, all with `history`
--   open_record read_record end_access x           x          x          -
--   closed_address _recipient _owners  -           -          -          x
REVOKE ALL ON FUNCTION keep_access(), is_restricted(uuid), may_open(uuid), name_words(text), close_patient(),
    close_around(), reopen_around(), restrict_merged(), close_reply(), close_recipient(), forget_closed(),
    open_record(uuid, uuid, uuid, text, integer), read_record(uuid, uuid), end_access(uuid, uuid),
    closed_address(uuid, text), closed_recipient(uuid), closed_owners(text), erase_patient(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_record(uuid, uuid, uuid, text, integer), read_record(uuid, uuid),
    end_access(uuid, uuid) TO clinic_reception, clinic_manager, clinic_readonly;
GRANT EXECUTE ON FUNCTION closed_address(uuid, text), closed_recipient(uuid), closed_owners(text) TO clinic_worker;
GRANT EXECUTE ON FUNCTION erase_patient(uuid) TO clinic_manager;
GRANT SELECT ON patient_access TO clinic_reception, clinic_manager, clinic_readonly;
ALTER TABLE patient_access ENABLE ROW LEVEL SECURITY;
CREATE POLICY patient_access_read ON patient_access FOR SELECT
    USING (login = session_user OR (SELECT has_right('history')));
