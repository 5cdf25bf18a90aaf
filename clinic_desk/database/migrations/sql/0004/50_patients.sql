-- Two records of one person become one: the double says which record stays (FHIR Patient.link, replaced-by), and what
-- was the double's goes to the one that stays. Both are records that the reception and the managers may change.

-- Nobody books for a record that was merged away. Whoever read it before the merge waits here for its end (a merge holds
-- the row) and is told that the row was changed underfoot: the desk does the booking again, and sees where it leads.
CREATE FUNCTION refuse_merged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    merged_into uuid;
BEGIN
    SELECT merged_into_id INTO merged_into FROM public.patient WHERE id = NEW.patient_id FOR KEY SHARE;
    IF merged_into IS NOT NULL THEN
        RAISE EXCEPTION 'the patient''s record was merged into another one' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER appointment_72_merged_insert AFTER INSERT ON appointment FOR EACH ROW EXECUTE FUNCTION refuse_merged();
CREATE TRIGGER appointment_72_merged_update AFTER UPDATE OF patient_id ON appointment FOR EACH ROW
    WHEN (OLD.patient_id <> NEW.patient_id) EXECUTE FUNCTION refuse_merged();

-- What a patient was told about appointments goes with them from one record of a person to the other, what was sent
-- long ago as well: planning looks there for what she knows. Only between records of which one was merged into the
-- other at some time, and only along with the appointments.
CREATE FUNCTION move_messages(from_id uuid, to_id uuid, appointment_ids uuid[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moved integer;
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.history WHERE row_id IN (from_id, to_id) AND table_name = 'patient'
            AND (after ->> 'merged_into_id')::uuid IN (from_id, to_id)) THEN
        RAISE EXCEPTION 'these are not two records of one person' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE public.notification AS n SET patient_id = to_id FROM public.appointment AS a
    WHERE a.id = n.appointment_id AND a.id = ANY (appointment_ids) AND a.patient_id = to_id AND n.patient_id = from_id;
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved;
END $$;

-- The matrix goes on: move_messages() for the reception and the managers, who may change both records.
REVOKE ALL ON FUNCTION move_messages(uuid, uuid, uuid[]), refuse_merged() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION move_messages(uuid, uuid, uuid[]) TO clinic_reception, clinic_manager;
