-- A patient's wish to be forgotten: what tells of her is erased, also in the history and at the provider; that there
-- were appointments, when, with whom and who booked them stays, without her. There is no way back.

ALTER TABLE patient ADD erased_at timestamptz;

-- What the provider still has of messages to and from patients who were erased. The worker has each deleted there, and
-- tries again until it is gone; e-mail that left is at nobody's who could be asked.
CREATE TABLE provider_copy (
    provider_id text PRIMARY KEY,
    channel text NOT NULL CONSTRAINT provider_copy_channel CHECK (channel IN ('email', 'sms')),
    asked_at timestamptz NOT NULL DEFAULT now(),
    tries integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    code text NOT NULL DEFAULT ''  -- why it could not be deleted so far
);
CREATE INDEX provider_copy_due_idx ON provider_copy (next_try_at) WHERE deleted_at IS NULL;

-- Nobody books for somebody who was erased; see refuse_merged().
CREATE FUNCTION refuse_erased() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.patient WHERE id = NEW.patient_id AND erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the patient''s record was erased' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER appointment_73_erased_insert AFTER INSERT ON appointment FOR EACH ROW EXECUTE FUNCTION refuse_erased();
CREATE TRIGGER wish_73_erased_insert AFTER INSERT ON wish FOR EACH ROW EXECUTE FUNCTION refuse_erased();

-- A record that was erased is not filled again; and only erase_patient(), which runs for the owner, erases.
CREATE FUNCTION keep_erased() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.erased_at IS NOT NULL THEN
        RAISE EXCEPTION 'the patient''s record was erased' USING ERRCODE = 'insufficient_privilege';
    ELSIF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION 'a patient is erased by erase_patient()' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER patient_15_erased_insert BEFORE INSERT ON patient FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL)
    EXECUTE FUNCTION keep_erased();
CREATE TRIGGER patient_15_erased_update BEFORE UPDATE ON patient FOR EACH ROW
    WHEN (OLD.erased_at IS NOT NULL OR NEW.erased_at IS NOT NULL) EXECUTE FUNCTION keep_erased();
CREATE TRIGGER patient_15_erased_delete BEFORE DELETE ON patient FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL)
    EXECUTE FUNCTION refuse_change();

-- The record and those merged into it. Returns what was erased. Refused (object_in_use, 55006) while she has
-- appointments to come, or messages of which nobody knows yet whether they went.
CREATE FUNCTION erase_patient(wanted uuid)
RETURNS TABLE (records integer, appointments integer, messages integer, replies integer, copies integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    hers uuid[];
    each uuid;
    addresses text[];
BEGIN
    SELECT array_agg(p.id) INTO hers FROM (
        SELECT p.id FROM public.patient AS p WHERE p.id = wanted OR p.merged_into_id = wanted
        ORDER BY p.id FOR UPDATE) AS p;
    IF EXISTS (SELECT FROM public.appointment AS a WHERE a.patient_id = ANY (hers)
            AND a.status IN ('booked', 'arrived', 'checked-in', 'waitlist') AND a.ends_at > now()) THEN
        RAISE EXCEPTION 'there are appointments to come' USING ERRCODE = 'object_in_use';
    ELSIF EXISTS (SELECT FROM public.notification AS n WHERE n.patient_id = ANY (hers)
            AND n.status IN ('sending', 'unknown')) THEN
        RAISE EXCEPTION 'a message is just being sent' USING ERRCODE = 'object_in_use';
    END IF;
    SELECT array_agg(DISTINCT lower(part)) INTO addresses
    FROM public.patient AS p, unnest(ARRAY[p.phone, p.email]) AS part WHERE p.id = ANY (hers) AND part <> '';

    INSERT INTO public.provider_copy (provider_id, channel)
    SELECT DISTINCT n.provider_id, n.channel FROM public.notification AS n
    WHERE n.patient_id = ANY (hers) AND n.provider_id <> '' AND n.channel = 'sms'
    UNION SELECT m.provider_id, m.channel FROM public.inbound_message AS m
    WHERE m.channel = 'sms' AND (m.patient_id = ANY (hers) OR m.patient_id IS NULL AND m.sender = ANY (addresses))
    ON CONFLICT (provider_id) DO NOTHING;
    GET DIAGNOSTICS copies = ROW_COUNT;

    UPDATE public.notification AS n SET recipient = '', subject = '', body = '', last_error = '', status = CASE
        WHEN n.status IN ('pending', 'leased') THEN 'cancelled' ELSE n.status END
    WHERE n.patient_id = ANY (hers);
    GET DIAGNOSTICS messages = ROW_COUNT;
    UPDATE public.inbound_message AS m SET sender = '', body = '', status = 'done'
    WHERE m.patient_id = ANY (hers) OR m.patient_id IS NULL AND m.sender = ANY (addresses);
    GET DIAGNOSTICS replies = ROW_COUNT;
    DELETE FROM public.contact_note AS n WHERE n.address = ANY (addresses) AND NOT EXISTS (
        SELECT FROM public.patient AS p WHERE p.id <> ALL (hers) AND n.address IN (p.phone, lower(p.email)));
    UPDATE public.wish AS w SET note = '', closed = coalesce(w.closed, 'withdrawn')
    WHERE w.patient_id = ANY (hers) AND (w.note <> '' OR w.closed IS NULL);
    UPDATE public.appointment AS a SET note = '' WHERE a.patient_id = ANY (hers) AND a.note <> '';
    SELECT count(*) INTO appointments FROM public.appointment AS a WHERE a.patient_id = ANY (hers);

    FOREACH each IN ARRAY hers LOOP
        UPDATE public.patient AS p SET family_name = '–', given_name = '', birth_date = NULL, gender = 'unknown',
            phone = '', email = '', channel = 'none', language = 'en', note = '', search_key = '', erased_at = now()
        WHERE p.id = each AND p.erased_at IS NULL;
        PERFORM public.blank_history(each);
    END LOOP;
    records := cardinality(hers);
    RETURN NEXT;
END $$;

-- The matrix goes on: erase_patient() for managers.
--
--                                      reception   manager    readonly   worker
--   provider_copy                      -           S          -          SU(c)
REVOKE ALL ON FUNCTION erase_patient(uuid), refuse_erased(), keep_erased() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_patient(uuid) TO clinic_manager;
GRANT SELECT ON provider_copy TO clinic_manager, clinic_worker;
GRANT UPDATE (tries, next_try_at, deleted_at, code) ON provider_copy TO clinic_worker;
