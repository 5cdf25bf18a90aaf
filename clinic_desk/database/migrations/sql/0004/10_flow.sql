-- The way of a patient through the house: when she came, when she was in the room, when she was done, by the
-- database's clock; and after how many minutes of waiting a kind of visit is called to mind.

ALTER TABLE appointment_type
    ADD waiting_limit_minutes integer NOT NULL DEFAULT 20  -- 0: never
        CONSTRAINT appointment_type_waiting_limit CHECK (waiting_limit_minutes BETWEEN 0 AND 480);

-- A step that was left out has no time: who is done straight away may never have been seen to arrive. Who is in the room
-- has arrived, at that moment at the latest. A step that is taken back loses its time; the history keeps it.
ALTER TABLE appointment
    ADD arrived_at timestamptz,
    ADD in_room_at timestamptz,
    ADD finished_at timestamptz,
    ADD present_room_id uuid  -- where she is, if not in the room that was booked
        CONSTRAINT appointment_present_room_id_fkey REFERENCES room;

-- The times are those of the change that gave the status: the transaction's, as stamp() wrote it. They never run
-- backwards, whatever the server's clock does.
CREATE FUNCTION stamp_flow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    was jsonb;
    times text := current_setting('clinic_desk.times', true);
BEGIN
    NEW.arrived_at := CASE WHEN TG_OP = 'UPDATE' THEN OLD.arrived_at END;
    NEW.in_room_at := CASE WHEN TG_OP = 'UPDATE' THEN OLD.in_room_at END;
    NEW.finished_at := CASE WHEN TG_OP = 'UPDATE' THEN OLD.finished_at END;
    IF TG_OP = 'UPDATE' AND times <> '' THEN
        -- A change of the status is undone: the times are again what they were before the version that it made.
        SELECT before INTO was FROM public.history
        WHERE row_id = OLD.id AND table_name = 'appointment' AND version = times::integer ORDER BY id DESC LIMIT 1;
        NEW.arrived_at := (was ->> 'arrived_at')::timestamptz;
        NEW.in_room_at := (was ->> 'in_room_at')::timestamptz;
        NEW.finished_at := (was ->> 'finished_at')::timestamptz;
        NEW.present_room_id := (was ->> 'present_room_id')::uuid;
    END IF;
    IF NEW.status IN ('arrived', 'checked-in') THEN
        NEW.arrived_at := coalesce(NEW.arrived_at, NEW.changed_at);
    ELSIF NEW.status <> 'fulfilled' THEN
        NEW.arrived_at := NULL;
    END IF;
    IF NEW.status = 'checked-in' THEN
        NEW.in_room_at := coalesce(NEW.in_room_at, greatest(NEW.changed_at, NEW.arrived_at));
    ELSIF NEW.status <> 'fulfilled' THEN
        NEW.in_room_at := NULL;
        NEW.present_room_id := NULL;
    END IF;
    IF NEW.status <> 'fulfilled' THEN
        NEW.finished_at := NULL;
    ELSIF TG_OP = 'UPDATE' THEN  -- what is stored as done already (an import) was done nobody knows when
        NEW.finished_at := coalesce(NEW.finished_at, greatest(NEW.changed_at, NEW.arrived_at, NEW.in_room_at));
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.site_id <> OLD.site_id AND NEW.present_room_id = OLD.present_room_id THEN
        NEW.present_room_id := NULL;
    END IF;
    IF NOT EXISTS (SELECT FROM public.room WHERE id = NEW.present_room_id AND kind = 'room' AND site_id = NEW.site_id)
        AND NEW.present_room_id IS NOT NULL THEN
        RAISE EXCEPTION 'not a room of this site' USING
            ERRCODE = 'check_violation', SCHEMA = 'public', TABLE = 'appointment',
            CONSTRAINT = 'appointment_present_room';
    END IF;
    RETURN NEW;
END $$;

-- Who is in the house while this is installed: when she came as the history tells it, else as of the last change. No
-- change that a person made, so neither a new version nor an announcement.
ALTER TABLE appointment DISABLE TRIGGER USER;
UPDATE appointment AS a SET
    arrived_at = came.at, in_room_at = CASE WHEN a.status = 'checked-in' THEN greatest(a.changed_at, came.at) END
FROM (
    SELECT w.id, coalesce(min(h.at), w.changed_at) AS at FROM appointment AS w
    LEFT JOIN LATERAL (
        SELECT at FROM history WHERE row_id = w.id AND table_name = 'appointment'
            AND after ->> 'status' = 'arrived' AND before ->> 'status' IS DISTINCT FROM 'arrived'
        ORDER BY id DESC LIMIT 1) AS h ON true
    WHERE w.status IN ('arrived', 'checked-in') GROUP BY w.id) AS came
WHERE came.id = a.id;
ALTER TABLE appointment ENABLE TRIGGER USER;

ALTER TABLE appointment
    ADD CONSTRAINT appointment_arrived_at CHECK (
        CASE WHEN status IN ('arrived', 'checked-in') THEN arrived_at IS NOT NULL
             ELSE arrived_at IS NULL OR status = 'fulfilled' END),
    ADD CONSTRAINT appointment_in_room_at CHECK (
        CASE WHEN status = 'checked-in' THEN in_room_at IS NOT NULL
             ELSE in_room_at IS NULL OR status = 'fulfilled' END),
    ADD CONSTRAINT appointment_finished_at CHECK (finished_at IS NULL OR status = 'fulfilled'),
    ADD CONSTRAINT appointment_flow CHECK (in_room_at >= arrived_at AND finished_at >= greatest(arrived_at, in_room_at)),
    ADD CONSTRAINT appointment_present_room CHECK (present_room_id IS NULL OR status IN ('checked-in', 'fulfilled'));

-- After stamp(), whose time it takes.
CREATE TRIGGER appointment_15_flow_insert BEFORE INSERT ON appointment FOR EACH ROW
    WHEN (NEW.status <> 'booked') EXECUTE FUNCTION stamp_flow();
CREATE TRIGGER appointment_15_flow_update
    BEFORE UPDATE OF status, present_room_id, site_id, arrived_at, in_room_at, finished_at ON appointment FOR EACH ROW
    WHEN ((OLD.status, OLD.present_room_id, OLD.site_id, OLD.arrived_at, OLD.in_room_at, OLD.finished_at)
          IS DISTINCT FROM
          (NEW.status, NEW.present_room_id, NEW.site_id, NEW.arrived_at, NEW.in_room_at, NEW.finished_at))
    EXECUTE FUNCTION stamp_flow();

-- The room where somebody is can be looked up when it is removed.
CREATE INDEX appointment_present_room_idx ON appointment (present_room_id) WHERE present_room_id IS NOT NULL;

--                                      reception   manager    readonly   worker
--   appointment                        SIU(c)      SIU(c)     S          S        (c) not the times
GRANT UPDATE (present_room_id) ON appointment TO clinic_reception, clinic_manager;
