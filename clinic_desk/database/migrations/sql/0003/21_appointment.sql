-- An appointment's place in a room and at a device, both of which may be for several at once.

-- How many appointments (but `except_id`) have a room or device at once at most, somewhere in `place`.
CREATE FUNCTION most_at_once(its_no integer, place tstzrange, except_id uuid) RETURNS integer LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(max(at_once), 0)::integer FROM (
        SELECT sum(step) OVER (ORDER BY at, step) AS at_once FROM (  -- who leaves makes room for who comes: -1 before 1
            SELECT footprint FROM public.appointment
            WHERE its_no IN (room_no, device_no) AND occupies AND id <> except_id AND footprint && place
                AND starts_at > lower(place) - INTERVAL '28 hours'  -- 24 h and a buffer at most
                AND starts_at < upper(place) + INTERVAL '4 hours') AS near,
            LATERAL (VALUES (greatest(lower(footprint), lower(place)), 1),
                            (least(upper(footprint), upper(place)), -1)) AS steps (at, step)) AS counted
$$;

-- What of a footprint nobody else protects yet: all that is left for a squeeze-in to protect. Kind 1 is a practitioner,
-- 2 a room, 3 a device; a device is locked as a room.
CREATE OR REPLACE FUNCTION unprotected(kind integer, its_no integer, place tstzrange, except_id uuid)
RETURNS tstzmultirange LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    free tstzmultirange := tstzmultirange(place);
    taken tstzmultirange;
BEGIN
    PERFORM public.lock_days(least(kind, 2), its_no, place);
    IF kind = 1 THEN
        FOR taken IN SELECT practitioner_busy FROM public.appointment
            WHERE int8range(practitioner_no, practitioner_no, '[]') && int8range(its_no, its_no, '[]')
                AND practitioner_busy && tstzmultirange(place) AND occupies AND id <> except_id LOOP
            free := free - taken;
        END LOOP;
    ELSIF kind = 2 THEN
        FOR taken IN SELECT room_busy FROM public.appointment
            WHERE int8range(room_no, room_no, '[]') && int8range(its_no, its_no, '[]')
                AND room_busy && tstzmultirange(place) AND occupies AND room_no IS NOT NULL AND id <> except_id LOOP
            free := free - taken;
        END LOOP;
    ELSE
        FOR taken IN SELECT device_busy FROM public.appointment
            WHERE int8range(device_no, device_no, '[]') && int8range(its_no, its_no, '[]')
                AND device_busy && tstzmultirange(place) AND occupies AND device_no IS NOT NULL AND id <> except_id LOOP
            free := free - taken;
        END LOOP;
    END IF;
    RETURN free;
END $$;

-- What an appointment protects of a room (kind 2) or device (3). Where several fit, it protects nothing: instead it is
-- refused, as the exclusion constraint would, if the others leave no place at some moment. Whoever counts holds the
-- lock of the room's days, and its row, so that its capacity stays what it is.
CREATE FUNCTION busy_place(kind integer, its_no integer, place tstzrange, squeezed boolean, except_id uuid)
RETURNS tstzmultirange LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    fit integer := (SELECT capacity FROM public.room WHERE no = its_no);
BEGIN
    IF fit > 1 THEN
        SELECT capacity INTO fit FROM public.room WHERE no = its_no FOR SHARE;
    END IF;
    IF fit > 1 THEN
        IF squeezed THEN
            RETURN '{}';
        END IF;
        IF current_setting('transaction_isolation') <> 'read committed' THEN  -- it would not see who was quicker
            RAISE EXCEPTION 'where several fit, booking needs READ COMMITTED' USING ERRCODE = 'feature_not_supported';
        END IF;
        PERFORM public.lock_days(2, its_no, place);
        IF public.most_at_once(its_no, place, except_id) >= fit THEN
            RAISE EXCEPTION 'as many as fit are there already' USING
                ERRCODE = 'exclusion_violation', SCHEMA = 'public', TABLE = 'appointment',
                CONSTRAINT = CASE kind WHEN 2 THEN 'appointment_room_excl' ELSE 'appointment_device_excl' END;
        END IF;
        RETURN '{}';
    END IF;
    IF squeezed THEN
        RETURN public.unprotected(kind, its_no, place, except_id);
    END IF;
    RETURN tstzmultirange(place);
END $$;

-- The number of a room or device; 0, which the composite foreign key refuses by its name, if it is not there.
CREATE FUNCTION resource_no(its_id uuid, wanted text) RETURNS integer LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found record;
BEGIN
    IF its_id IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT no, kind INTO found FROM public.room WHERE id = its_id;
    IF found.kind <> wanted THEN
        RAISE EXCEPTION 'a room is no device, and a device no room' USING
            ERRCODE = 'check_violation', SCHEMA = 'public', TABLE = 'appointment',
            CONSTRAINT = 'appointment_' || wanted || '_id';
    END IF;
    RETURN coalesce(found.no, 0);
END $$;

CREATE OR REPLACE FUNCTION place_appointment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    nothing CONSTANT tstzmultirange := '{}';
    site_zone text;
BEGIN
    SELECT zone INTO site_zone FROM public.site WHERE id = NEW.site_id;
    NEW.zone := coalesce(NEW.zone, site_zone);
    IF NEW.zone IS DISTINCT FROM site_zone AND (TG_OP = 'INSERT' OR NEW.zone IS DISTINCT FROM OLD.zone)
        AND NOT public.is_zone(NEW.zone) THEN
        RAISE EXCEPTION 'unknown time zone' USING
            ERRCODE = 'check_violation', SCHEMA = 'public', TABLE = 'appointment', CONSTRAINT = 'appointment_zone';
    END IF;
    IF NEW.wall_start IS NULL
        OR (TG_OP = 'UPDATE' AND NEW.starts_at <> OLD.starts_at AND NEW.wall_start = OLD.wall_start
            AND current_setting('clinic_desk.wall_times', true) IS DISTINCT FROM 'kept') THEN  -- a zone's rules changed
        NEW.wall_start := NEW.starts_at AT TIME ZONE NEW.zone;  -- a client that set the instant alone
    END IF;

    -- an id that is not there becomes number 0, which the composite foreign key refuses by its name
    NEW.practitioner_no := coalesce((SELECT no FROM public.practitioner WHERE id = NEW.practitioner_id), 0);
    NEW.room_no := public.resource_no(NEW.room_id, 'room');
    NEW.device_no := public.resource_no(NEW.device_id, 'device');
    NEW.footprint := CASE WHEN NEW.ends_at > NEW.starts_at THEN tstzrange(
        NEW.starts_at - make_interval(mins => NEW.buffer_before_minutes),
        NEW.ends_at + make_interval(mins => NEW.buffer_after_minutes)) ELSE 'empty' END;  -- then the CHECK refuses it

    NEW.cancelled_at := CASE WHEN NEW.status IN ('cancelled', 'noshow') THEN now() END;
    IF TG_OP = 'UPDATE' AND NEW.cancelled_at IS NOT NULL THEN
        NEW.cancelled_at := coalesce(OLD.cancelled_at, NEW.cancelled_at);
    END IF;

    NEW.practitioner_busy := nothing;
    NEW.room_busy := nothing;
    NEW.device_busy := nothing;
    IF NOT public.is_occupying(NEW.status) OR isempty(NEW.footprint) THEN
        RETURN NEW;
    END IF;
    NEW.practitioner_busy := CASE
        WHEN NOT NEW.squeezed_in THEN tstzmultirange(NEW.footprint)
        ELSE public.unprotected(1, NEW.practitioner_no, NEW.footprint, NEW.id) END;
    IF NEW.room_no IS NOT NULL THEN
        NEW.room_busy := public.busy_place(2, NEW.room_no, NEW.footprint, NEW.squeezed_in, NEW.id);
    END IF;
    IF NEW.device_no IS NOT NULL THEN
        NEW.device_busy := public.busy_place(3, NEW.device_no, NEW.footprint, NEW.squeezed_in, NEW.id);
    END IF;
    RETURN NEW;
END $$;

-- What an appointment no longer protects goes to the squeeze-ins that stand there, the oldest id first. These
-- updates touch nothing a person sees: no new version, no history, no announcement.
CREATE OR REPLACE FUNCTION hand_over_place() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    freed tstzmultirange := OLD.practitioner_busy;
    freed_room tstzmultirange := OLD.room_busy;
    freed_device tstzmultirange := OLD.device_busy;
    heir record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.practitioner_no = OLD.practitioner_no THEN
            freed := freed - NEW.practitioner_busy;
        END IF;
        IF NEW.room_no = OLD.room_no THEN
            freed_room := freed_room - NEW.room_busy;
        END IF;
        IF NEW.device_no = OLD.device_no THEN
            freed_device := freed_device - NEW.device_busy;
        END IF;
    END IF;
    IF NOT isempty(freed) THEN
        PERFORM public.lock_days(1, OLD.practitioner_no, OLD.footprint);
        FOR heir IN SELECT id, tstzmultirange(footprint) AS place FROM public.appointment
            WHERE practitioner_no = OLD.practitioner_no AND squeezed_in AND occupies AND id <> OLD.id
                AND starts_at > lower(OLD.footprint) - INTERVAL '28 hours'  -- 24 h and a buffer at most
                AND starts_at < upper(OLD.footprint) + INTERVAL '4 hours'
                AND footprint && OLD.footprint ORDER BY id LOOP
            UPDATE public.appointment SET practitioner_busy = practitioner_busy + (heir.place * freed)
            WHERE id = heir.id;
            freed := freed - heir.place;
        END LOOP;
    END IF;
    IF NOT isempty(freed_room) THEN
        PERFORM public.lock_days(2, OLD.room_no, OLD.footprint);
        FOR heir IN SELECT id, tstzmultirange(footprint) AS place FROM public.appointment
            WHERE room_no = OLD.room_no AND squeezed_in AND occupies AND id <> OLD.id
                AND starts_at > lower(OLD.footprint) - INTERVAL '28 hours'
                AND starts_at < upper(OLD.footprint) + INTERVAL '4 hours'
                AND footprint && OLD.footprint ORDER BY id LOOP
            UPDATE public.appointment SET room_busy = room_busy + (heir.place * freed_room) WHERE id = heir.id;
            freed_room := freed_room - heir.place;
        END LOOP;
    END IF;
    IF NOT isempty(freed_device) THEN
        PERFORM public.lock_days(2, OLD.device_no, OLD.footprint);
        FOR heir IN SELECT id, tstzmultirange(footprint) AS place FROM public.appointment
            WHERE device_no = OLD.device_no AND squeezed_in AND occupies AND id <> OLD.id
                AND starts_at > lower(OLD.footprint) - INTERVAL '28 hours'
                AND starts_at < upper(OLD.footprint) + INTERVAL '4 hours'
                AND footprint && OLD.footprint ORDER BY id LOOP
            UPDATE public.appointment SET device_busy = device_busy + (heir.place * freed_device) WHERE id = heir.id;
            freed_device := freed_device - heir.place;
        END LOOP;
    END IF;
    RETURN NULL;
END $$;

-- A room does not become a device. One in which fewer fit from now on must not be fuller than that in what is to come;
-- one for a single appointment is guarded by the exclusion constraints again.
CREATE FUNCTION check_room() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    to_come CONSTANT tstzrange := tstzrange(now(), NULL);
BEGIN
    IF NEW.kind <> OLD.kind THEN
        RAISE EXCEPTION 'a room does not become a device' USING
            ERRCODE = 'check_violation', SCHEMA = 'public', TABLE = 'room', CONSTRAINT = 'room_kind';
    END IF;
    IF NEW.capacity >= OLD.capacity THEN
        RETURN NULL;
    END IF;
    IF EXISTS (
        SELECT FROM (
            SELECT sum(step) OVER (ORDER BY at, step) AS at_once FROM public.appointment AS a,
                LATERAL (VALUES (lower(footprint), 1), (upper(footprint), -1)) AS steps (at, step)
            WHERE NEW.no IN (room_no, device_no) AND occupies AND footprint && to_come) AS counted
        WHERE at_once > NEW.capacity) THEN
        RAISE EXCEPTION 'more are booked there at once' USING
            ERRCODE = 'check_violation', SCHEMA = 'public', TABLE = 'room', CONSTRAINT = 'room_capacity';
    END IF;
    IF NEW.capacity = 1 THEN
        UPDATE public.appointment SET room_busy = tstzmultirange(footprint * to_come)
        WHERE room_no = NEW.no AND occupies AND footprint && to_come;
        UPDATE public.appointment SET device_busy = tstzmultirange(footprint * to_come)
        WHERE device_no = NEW.no AND occupies AND footprint && to_come;
    END IF;
    RETURN NULL;
END $$;
