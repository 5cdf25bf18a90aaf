-- The waiting list: what patients wish who would come sooner. (An appointment of status `waitlist` is something else:
-- it is parked.) A wish is closed, never deleted.

CREATE TABLE wish (
    id uuid PRIMARY KEY,
    patient_id uuid NOT NULL CONSTRAINT wish_patient_id_fkey REFERENCES patient,
    type_id uuid NOT NULL CONSTRAINT wish_type_id_fkey REFERENCES appointment_type,
    site_id uuid CONSTRAINT wish_site_id_fkey REFERENCES site,  -- NULL: any
    appointment_id uuid                             -- to be moved forward; NULL: she has none yet
        CONSTRAINT wish_appointment_id_fkey REFERENCES appointment,
    practitioner_ids uuid[] NOT NULL DEFAULT '{}',  -- empty: any who does it
    weekdays integer[] NOT NULL DEFAULT '{}'        -- ISO, 1 = Monday; empty: any
        CONSTRAINT wish_weekdays CHECK (weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]),
    -- Spans of local wall time in which the visit is to lie: from, to, from, to … in minutes; empty: any
    times integer[] NOT NULL DEFAULT '{}' CONSTRAINT wish_times CHECK (
        cardinality(times) % 2 = 0 AND 0 <= ALL (times) AND 1440 >= ALL (times)),
    until_day date,                                 -- the last local day that serves; NULL: any
    priority text NOT NULL DEFAULT 'routine'        -- FHIR R5 request-priority
        CONSTRAINT wish_priority CHECK (priority IN ('routine', 'urgent', 'asap')),
    note text NOT NULL DEFAULT '',
    added_at timestamptz NOT NULL DEFAULT now(),
    asked_at timestamptz,                           -- when a time was last offered that she did not take
    closed text CONSTRAINT wish_closed CHECK (closed IN ('booked', 'withdrawn', 'expired')),  -- NULL: she waits
    booked_id uuid CONSTRAINT wish_booked_id_fkey REFERENCES appointment,  -- kept when that was taken back
    moved_from timestamptz,                         -- the start that it was moved forward from
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT wish_booked CHECK (closed IS DISTINCT FROM 'booked' OR booked_id IS NOT NULL),
    CONSTRAINT wish_moved CHECK (moved_from IS NULL OR booked_id IS NOT NULL)
);

CREATE INDEX wish_waiting_idx ON wish (added_at) WHERE closed IS NULL;
CREATE INDEX wish_patient_id_idx ON wish (patient_id);
CREATE INDEX wish_appointment_id_idx ON wish (appointment_id);
CREATE INDEX wish_booked_id_idx ON wish (booked_id);

-- Whoever takes back what a wish was closed by (undo: the new appointment was entered in error, the other is where it
-- was) finds the patient waiting again, by whatever way it was taken back; and waiting no more if it is done again.
CREATE FUNCTION reopen_wish() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- Taken back after she was told, a booking is cancelled instead; whoever cancels it otherwise does not wait again.
    taken_back CONSTANT boolean := NEW.status = 'entered-in-error' OR NEW.status = 'cancelled' AND EXISTS (
        SELECT FROM public.operation WHERE command = 'TakeBack'
            AND id = nullif(current_setting('clinic_desk.operation_id', true), '')::uuid);
BEGIN
    UPDATE public.wish SET closed = NULL
    WHERE booked_id = NEW.id AND closed = 'booked' AND CASE
        WHEN moved_from IS NULL THEN taken_back ELSE moved_from = NEW.starts_at END;
    UPDATE public.wish SET closed = 'booked'
    WHERE booked_id = NEW.id AND closed IS NULL AND CASE
        WHEN moved_from IS NULL THEN NEW.status NOT IN ('entered-in-error', 'cancelled')
        ELSE moved_from = OLD.starts_at AND NEW.starts_at < OLD.starts_at END;
    RETURN NULL;
END $$;

CREATE TRIGGER wish_10_stamp BEFORE INSERT OR UPDATE ON wish FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER wish_80_history AFTER INSERT OR UPDATE OR DELETE ON wish FOR EACH ROW
    EXECUTE FUNCTION record_history();
CREATE TRIGGER wish_90_announce AFTER INSERT OR UPDATE OR DELETE ON wish FOR EACH ROW EXECUTE FUNCTION announce();
CREATE TRIGGER appointment_75_wish AFTER UPDATE ON appointment FOR EACH ROW
    WHEN (NEW.starts_at <> OLD.starts_at
          OR (NEW.status IN ('entered-in-error', 'cancelled')) <> (OLD.status IN ('entered-in-error', 'cancelled')))
    EXECUTE FUNCTION reopen_wish();

-- The matrix goes on: tests/database/test_grants.py.
--
--                                      reception   manager    readonly   worker
--   wish                               SIU(c)      SIU(c)     S          S
GRANT SELECT ON wish TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;
GRANT INSERT ON wish TO clinic_reception, clinic_manager;
GRANT UPDATE (patient_id, type_id, site_id, appointment_id, practitioner_ids, weekdays, times, until_day, priority,
    note, asked_at, closed, booked_id, moved_from) ON wish TO clinic_reception, clinic_manager;
