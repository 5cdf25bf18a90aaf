-- Rights by name where the acts are done. What a desk says of itself (squeezed in, overruled) is what can be checked: that
-- a time lies outside working hours only the desk knows. SQLSTATE 42501 with the right's name.

CREATE FUNCTION refuse_without(wanted text) RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT public.has_right(wanted) THEN
        RAISE EXCEPTION '%', wanted USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

-- What stood squeezed in, or against a rule, may be changed and cancelled, and booked again at its old place.
CREATE FUNCTION check_overruled() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    before text[] := '{slot-taken}';  -- a squeeze-in has a right of its own
    stood boolean := false;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.practitioner_id, NEW.site_id, NEW.starts_at, NEW.ends_at, NEW.buffer_before_minutes,
            NEW.buffer_after_minutes)
        = (OLD.practitioner_id, OLD.site_id, OLD.starts_at, OLD.ends_at, OLD.buffer_before_minutes,
            OLD.buffer_after_minutes) THEN
        before := before || OLD.overruled;
        stood := OLD.squeezed_in;
    END IF;
    IF NEW.squeezed_in AND NOT stood AND public.is_occupying(NEW.status) THEN
        PERFORM public.refuse_without('squeeze-in');
    END IF;
    IF NOT NEW.overruled <@ before THEN
        PERFORM public.refuse_without('outside-hours');
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER appointment_05_rights_insert BEFORE INSERT ON appointment FOR EACH ROW
    WHEN (NEW.squeezed_in OR NEW.overruled <> '{}') EXECUTE FUNCTION check_overruled();
CREATE TRIGGER appointment_05_rights_update BEFORE UPDATE OF squeezed_in, overruled, status, practitioner_id, site_id,
    starts_at, ends_at, buffer_before_minutes, buffer_after_minutes ON appointment FOR EACH ROW
    WHEN (NEW.squeezed_in OR NEW.overruled <> '{}') EXECUTE FUNCTION check_overruled();

-- To merge two records, and to make them two again.
CREATE FUNCTION check_merge() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.refuse_without('merge');
    RETURN NEW;
END $$;

CREATE TRIGGER patient_05_merge_insert BEFORE INSERT ON patient FOR EACH ROW
    WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION check_merge();
CREATE TRIGGER patient_05_merge_update BEFORE UPDATE OF merged_into_id ON patient FOR EACH ROW
    WHEN (NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id) EXECUTE FUNCTION check_merge();

-- As in 0004, for those who may merge.
CREATE OR REPLACE FUNCTION move_messages(from_id uuid, to_id uuid, appointment_ids uuid[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moved integer;
BEGIN
    PERFORM public.refuse_without('merge');
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

-- What was taken out of the program: an operation of its own says what, how many rows, into what; never the rows. A desk
-- puts the file in its place only when this is committed. (Who may read a table may copy it with another program.)
ALTER TABLE operation ADD detail jsonb
    CONSTRAINT operation_detail CHECK (jsonb_typeof(detail) = 'object' AND length(detail::text) <= 2000);

CREATE FUNCTION note_export(operation_id uuid, command text, desk_id uuid, detail jsonb) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.refuse_without('export');
    IF command IS NULL OR command !~ '^Export[A-Za-z]{1,40}$' OR detail IS NULL THEN
        RAISE EXCEPTION 'not an export' USING ERRCODE = 'check_violation', CONSTRAINT = 'operation_command';
    END IF;
    INSERT INTO public.operation (id, command, desk_id, detail)
    VALUES (operation_id, note_export.command, note_export.desk_id, note_export.detail);
END $$;

-- The matrix goes on: tests/database/test_grants.py.
--
--                                      reception   manager    readonly   worker
--   note_export                        x           x          x          -        with the right `export`
REVOKE ALL ON FUNCTION refuse_without(text), check_overruled(), check_merge(), note_export(uuid, text, uuid, jsonb)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_export(uuid, text, uuid, jsonb) TO clinic_reception, clinic_manager, clinic_readonly;
