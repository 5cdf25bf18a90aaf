-- The history is sealed: a chain of digests over it shows later whether a row was changed, removed or slipped in.
--
-- A chain from row to row would make every booking of all desks wait for the one before it. So rows are sealed
-- afterwards, many at once, by whichever program asks first: a seal is the SHA-256 of the seal before it and of what
-- its rows say. Writers wait for nothing; each row only gets 16 random bytes.
--
-- What it proves: against the chain nobody changes, removes or adds a sealed row unseen. Whoever owns the database can
-- turn triggers off and make the whole chain anew; so each desk keeps, outside the database, the seals that it has seen
-- (database/anchors.py), and `clinic-desk verify-history` holds the chain against them, and each record against its own
-- history (versions without a hole, nothing between one change and the next), which also covers what is not sealed
-- yet. What it does not prove: that what was written was true; and an owner who takes away the rows of the last
-- minute, before any seal, together with the record they tell of, leaves no trace.

ALTER TABLE history
    -- What a patient's fields said goes into a row's digest by a digest of its own, and that with these random bytes:
    -- when her data is erased the row keeps only that digest, from which nobody can guess a name or a phone number.
    ADD salt uuid DEFAULT gen_random_uuid(),
    ADD blanked bytea,  -- the digest that the erased fields leave behind; NULL: nothing was erased
    ADD blank_id uuid,  -- by which act: history_blank
    ADD CONSTRAINT history_blanked CHECK (
        (blanked IS NULL) = (blank_id IS NULL) AND (blanked IS NULL) = (salt IS NOT NULL));

-- What a row's digest is made of: sha256(fixed || coalesce(blanked, sha256(salt || personal))). `fields`: the keys of
-- before and after that tell of a patient; absent is as null, so that a column that is added later changes no digest of
-- a row written before. domain/history_chain.py says the same in the verifier's words; a test compares.
CREATE FUNCTION history_content(ids bigint[])
RETURNS TABLE (id bigint, table_name text, blanked bytea, fixed text, personal text) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
SELECT h.id, h.table_name, h.blanked,
    jsonb_build_array(h.id, h.operation_id, h.table_name, h.row_id, h.action, h.version, h.before - f.fields,
        h.after - f.fields, to_char(h.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), h.db_user,
        h.desk_id)::text AS fixed,
    h.salt::text || CASE h.table_name
        WHEN 'patient' THEN jsonb_build_array(
            jsonb_strip_nulls(jsonb_build_object(
                'family_name', h.before -> 'family_name', 'given_name', h.before -> 'given_name',
                'birth_date', h.before -> 'birth_date', 'gender', h.before -> 'gender', 'phone', h.before -> 'phone',
                'email', h.before -> 'email', 'note', h.before -> 'note')),
            jsonb_strip_nulls(jsonb_build_object(
                'family_name', h.after -> 'family_name', 'given_name', h.after -> 'given_name',
                'birth_date', h.after -> 'birth_date', 'gender', h.after -> 'gender', 'phone', h.after -> 'phone',
                'email', h.after -> 'email', 'note', h.after -> 'note')))
        WHEN 'appointment' THEN jsonb_build_array(
            jsonb_strip_nulls(jsonb_build_object('note', h.before -> 'note')),
            jsonb_strip_nulls(jsonb_build_object('note', h.after -> 'note')))
        WHEN 'wish' THEN jsonb_build_array(
            jsonb_strip_nulls(jsonb_build_object('note', h.before -> 'note')),
            jsonb_strip_nulls(jsonb_build_object('note', h.after -> 'note')))
        WHEN 'contact_note' THEN jsonb_build_array(
            jsonb_strip_nulls(jsonb_build_object('address', h.before -> 'address', 'reason', h.before -> 'reason')),
            jsonb_strip_nulls(jsonb_build_object('address', h.after -> 'address', 'reason', h.after -> 'reason')))
        ELSE '[]' END::text AS personal
FROM public.history AS h CROSS JOIN LATERAL (SELECT CASE h.table_name
    WHEN 'patient' THEN ARRAY['family_name', 'given_name', 'birth_date', 'gender', 'phone', 'email', 'note']
    WHEN 'appointment' THEN ARRAY['note']
    WHEN 'wish' THEN ARRAY['note']
    WHEN 'contact_note' THEN ARRAY['address', 'reason']
    ELSE '{}' END::text[] AS fields) AS f
WHERE h.id = ANY (ids)
$$;

-- One link of the chain: all rows of the history with first_id <= id <= last_id.
CREATE TABLE history_seal (
    no bigint PRIMARY KEY CONSTRAINT history_seal_no CHECK (no > 0),
    first_id bigint NOT NULL,
    last_id bigint NOT NULL,
    count integer NOT NULL CONSTRAINT history_seal_count CHECK (count > 0),
    -- sha256(digest of the seal before, if any || 'no|first_id|last_id|count|at' || the digests of its rows by id)
    digest bytea NOT NULL CONSTRAINT history_seal_digest CHECK (octet_length(digest) = 32),
    -- of each row its id (8 bytes) and the first 8 bytes of its digest: only to say which row a broken seal is about
    marks bytea NOT NULL,
    at timestamptz NOT NULL,
    db_user text NOT NULL DEFAULT session_user,
    CONSTRAINT history_seal_ids CHECK (first_id <= last_id)
);

CREATE TRIGGER history_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON history_seal FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();

-- How far the history may be sealed, once every transaction with a lower id than `xid` has ended.
CREATE TABLE history_horizon (
    one boolean PRIMARY KEY DEFAULT true CONSTRAINT history_horizon_only_one CHECK (one),
    last_id bigint NOT NULL,
    xid bigint NOT NULL
);

-- Seal what can be, `most` rows at once; return the last seal, and whether more rows wait that could be sealed now.
--
-- Ids come from a sequence: a transaction may take one and commit long after others with higher ones. So first the
-- highest id that was given out is read, and then this transaction takes its own transaction id. Whoever took an id up
-- to the first has a lower transaction id (a row is inserted before it is told of in the history); and once no such
-- transaction runs any more, no row up to that id can ever come. (The xmax of a snapshot would not do: it is one more
-- than the last that has ended, and others may run already.) In between bookings go on; nothing is locked but against
-- others who seal, who find nothing to do.
CREATE FUNCTION seal_history(most integer DEFAULT 5000)
RETURNS TABLE (no bigint, digest bytea, at timestamptz, more boolean) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    last record;
    horizon record;
    given bigint;
    sealed bigint;
    ids bigint[];
    until bigint;
    links bytea;
    marks bytea;
    many integer;
    this timestamptz := clock_timestamp();
    rest boolean := false;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' OR pg_current_xact_id_if_assigned() IS NOT NULL THEN
        RAISE EXCEPTION 'the history is sealed in a transaction of its own that sees what others commit'
            USING ERRCODE = 'invalid_transaction_state';
    END IF;
    IF pg_try_advisory_xact_lock(20262, 70) THEN
        SELECT s.no, s.last_id, s.digest, s.at INTO last FROM public.history_seal AS s ORDER BY s.no DESC LIMIT 1;
        sealed := coalesce(last.last_id, 0);
        SELECT h.last_id, h.xid INTO horizon FROM public.history_horizon AS h;
        -- A mark from the future is another server's: this database was restored here, and who wrote there is gone.
        IF horizon IS NULL OR horizon.last_id <= sealed
            OR horizon.xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint THEN
            SELECT CASE WHEN q.is_called THEN q.last_value ELSE 0 END INTO given FROM public.history_id_seq AS q;
            SELECT sealed AS last_id, 0::bigint AS xid INTO horizon;
            IF EXISTS (SELECT FROM public.history AS h WHERE h.id > sealed) THEN
                horizon.last_id := given;
                horizon.xid := pg_current_xact_id()::text::bigint;
                INSERT INTO public.history_horizon (last_id, xid) VALUES (horizon.last_id, horizon.xid)
                ON CONFLICT (one) DO UPDATE SET last_id = excluded.last_id, xid = excluded.xid;
            END IF;
        END IF;
        IF horizon.last_id > sealed AND horizon.xid <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint THEN
            SELECT array_agg(r.id), max(r.id), count(*) INTO ids, until, many FROM (
                SELECT h.id FROM public.history AS h WHERE h.id > sealed AND h.id <= horizon.last_id
                ORDER BY h.id LIMIT most) AS r;
            rest := many = most AND until < horizon.last_id;
            SELECT string_agg(r.digest, ''::bytea ORDER BY r.id),
                string_agg(int8send(r.id) || substr(r.digest, 1, 8), ''::bytea ORDER BY r.id)
            INTO links, marks FROM (
                SELECT c.id, sha256(convert_to(c.fixed, 'UTF8')
                    || coalesce(c.blanked, sha256(convert_to(c.personal, 'UTF8')))) AS digest
                FROM public.history_content(ids) AS c) AS r;
            IF many > 0 THEN
                until := CASE WHEN rest THEN until ELSE horizon.last_id END;
                INSERT INTO public.history_seal (no, first_id, last_id, count, digest, marks, at)
                VALUES (coalesce(last.no, 0) + 1, sealed + 1, until, many, sha256(
                    coalesce(last.digest, ''::bytea) || convert_to(concat_ws('|', coalesce(last.no, 0) + 1, sealed + 1,
                        until, many, to_char(this AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')), 'UTF8')
                    || links), marks, this);
            ELSE  -- only numbers whose transactions were rolled back: there is nothing to seal up to here
                DELETE FROM public.history_horizon;
            END IF;
            rest := rest OR (SELECT q.last_value > horizon.last_id FROM public.history_id_seq AS q);
        END IF;
    END IF;
    RETURN QUERY SELECT s.no, s.digest, s.at, rest FROM public.history_seal AS s ORDER BY s.no DESC LIMIT 1;
END $$;

-- The one way in which something in the history may change: what it says of a patient is erased, and that it was is
-- itself in the history (a row of history_blank, with who and when).
CREATE TABLE history_blank (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    patient_id uuid NOT NULL,
    row_count integer NOT NULL,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid
);
CREATE TRIGGER history_blank_10_stamp BEFORE INSERT OR UPDATE ON history_blank FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER history_blank_80_history AFTER INSERT OR UPDATE OR DELETE ON history_blank FOR EACH ROW
    EXECUTE FUNCTION record_history();

CREATE FUNCTION refuse_history_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR current_setting('clinic_desk.blanking', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER history_append_only ON history;
CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON history FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_history_change();

-- Erase what the history says of one patient: names, birth date, gender, phone, e-mail and notes in each `before` and
-- `after` of her record, of her appointments and wishes, and the notes about addresses that only she had. Ids, times,
-- who, where, and the names of the fields stay; the chain holds. Returns how many rows were blanked.
--
-- The contract. Whoever erases calls this as the owner (from a function that runs for the owner), LAST in the
-- transaction that erases her own row: the change that blanks the row itself is then blanked as well. Once for each
-- record that was merged into hers. It may be called again. It reads the whole history once (about 2 s a million).
CREATE FUNCTION blank_history(wanted uuid) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    act CONSTANT uuid := gen_random_uuid();
    ids bigint[];
BEGIN
    SELECT array_agg(hers.id) INTO ids FROM (
        SELECT h.id FROM public.history AS h WHERE h.table_name = 'patient' AND h.row_id = wanted
        UNION
        SELECT h.id FROM public.history AS h WHERE h.table_name IN ('appointment', 'wish')
            AND wanted::text IN (h.before ->> 'patient_id', h.after ->> 'patient_id')
        UNION
        SELECT n.id FROM public.history AS n WHERE n.table_name = 'contact_note'
            AND coalesce(n.after, n.before) ->> 'address' IN (
                SELECT lower(coalesce(h.after, h.before) ->> part)
                FROM public.history AS h, unnest(ARRAY['phone', 'email']) AS part
                WHERE h.table_name = 'patient' AND h.row_id = wanted)
            AND NOT EXISTS (SELECT FROM public.patient AS p WHERE p.id <> wanted
                AND coalesce(n.after, n.before) ->> 'address' IN (p.phone, lower(p.email)))
    ) AS hers JOIN public.history AS h ON h.id = hers.id WHERE h.blanked IS NULL;
    PERFORM set_config('clinic_desk.blanking', 'on', true);
    UPDATE public.history AS h SET
        blanked = sha256(convert_to(c.personal, 'UTF8')), salt = NULL, blank_id = act,
        before = h.before || m.mask, after = h.after || m.mask
    FROM public.history_content(ids) AS c CROSS JOIN LATERAL (SELECT CASE c.table_name
        WHEN 'patient' THEN '{"family_name": "", "given_name": "", "birth_date": null, "gender": "unknown",
            "phone": "", "email": "", "note": ""}'::jsonb
        WHEN 'contact_note' THEN '{"address": "", "reason": ""}'
        ELSE '{"note": ""}' END AS mask) AS m
    WHERE h.id = c.id;
    PERFORM set_config('clinic_desk.blanking', 'off', true);
    INSERT INTO public.history_blank (id, patient_id, row_count) VALUES (act, wanted, coalesce(cardinality(ids), 0));
    RETURN coalesce(cardinality(ids), 0);
END $$;

-- The matrix goes on: tests/database/test_grants.py. Blanking is the owner's: the function that erases a patient calls it.
--
--                                      reception   manager    readonly   worker
--   history_seal                       S           S          S          S
--   history_blank                      S           S          S          -
--   history_horizon                    -           -          -          -
REVOKE ALL ON FUNCTION seal_history(integer), blank_history(uuid), history_content(bigint[]), refuse_history_change()
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seal_history(integer) TO clinic_reception, clinic_manager, clinic_worker;
GRANT SELECT ON history_seal TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;
GRANT SELECT ON history_blank TO clinic_reception, clinic_manager, clinic_readonly;
