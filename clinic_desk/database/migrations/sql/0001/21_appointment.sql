-- The appointment's place: who and what is busy when, filled in before each write, handed on when it is given up.

-- Serialise what squeezes in and what leaves, per practitioner (kind 1) or room (kind 2) and UTC day that a footprint
-- touches, in ascending order. Booking takes the same locks first, so that desks that race for one slot queue up
-- instead of running into the deadlock detector; the exclusion constraints decide all the same.
CREATE FUNCTION lock_days(kind integer, no integer, footprint tstzrange) RETURNS void LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_advisory_xact_lock((kind::bigint << 56) + (no::bigint << 24) + day) FROM (
        SELECT n AS day FROM generate_series(
            (lower(footprint) AT TIME ZONE 'UTC')::date - DATE '1970-01-01',
            ((upper(footprint) - INTERVAL '1 microsecond') AT TIME ZONE 'UTC')::date - DATE '1970-01-01') AS n
        ORDER BY n) AS days
$$;

CREATE FUNCTION is_occupying(status text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT status IN ('booked', 'arrived', 'checked-in', 'fulfilled')
$$;

-- What of a footprint nobody else protects yet: all that is left for a squeeze-in to protect.
CREATE FUNCTION unprotected(kind integer, its_no integer, place tstzrange, except_id uuid)
RETURNS tstzmultirange LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    free tstzmultirange := tstzmultirange(place);
    taken tstzmultirange;
BEGIN
    PERFORM public.lock_days(kind, its_no, place);
    IF kind = 1 THEN
        FOR taken IN SELECT practitioner_busy FROM public.appointment
            WHERE int8range(practitioner_no, practitioner_no, '[]') && int8range(its_no, its_no, '[]')
                AND practitioner_busy && tstzmultirange(place) AND occupies AND id <> except_id LOOP
            free := free - taken;
        END LOOP;
    ELSE
        FOR taken IN SELECT room_busy FROM public.appointment
            WHERE int8range(room_no, room_no, '[]') && int8range(its_no, its_no, '[]')
                AND room_busy && tstzmultirange(place) AND occupies AND room_no IS NOT NULL AND id <> except_id LOOP
            free := free - taken;
        END LOOP;
    END IF;
    RETURN free;
END $$;

CREATE FUNCTION place_appointment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
        OR (TG_OP = 'UPDATE' AND NEW.starts_at <> OLD.starts_at AND NEW.wall_start = OLD.wall_start) THEN
        NEW.wall_start := NEW.starts_at AT TIME ZONE NEW.zone;  -- a client that set the instant alone
    END IF;

    -- an id that is not there becomes number 0, which the composite foreign key refuses by its name
    NEW.practitioner_no := coalesce((SELECT no FROM public.practitioner WHERE id = NEW.practitioner_id), 0);
    NEW.room_no := CASE WHEN NEW.room_id IS NOT NULL
        THEN coalesce((SELECT no FROM public.room WHERE id = NEW.room_id), 0) END;
    NEW.footprint := CASE WHEN NEW.ends_at > NEW.starts_at THEN tstzrange(
        NEW.starts_at - make_interval(mins => NEW.buffer_before_minutes),
        NEW.ends_at + make_interval(mins => NEW.buffer_after_minutes)) ELSE 'empty' END;  -- then the CHECK refuses it

    NEW.cancelled_at := CASE WHEN NEW.status IN ('cancelled', 'noshow') THEN now() END;
    IF TG_OP = 'UPDATE' AND NEW.cancelled_at IS NOT NULL THEN
        NEW.cancelled_at := coalesce(OLD.cancelled_at, NEW.cancelled_at);
    END IF;

    IF NOT public.is_occupying(NEW.status) OR isempty(NEW.footprint) THEN
        NEW.practitioner_busy := nothing;
        NEW.room_busy := nothing;
        RETURN NEW;
    END IF;
    NEW.practitioner_busy := CASE
        WHEN NOT NEW.squeezed_in THEN tstzmultirange(NEW.footprint)
        ELSE public.unprotected(1, NEW.practitioner_no, NEW.footprint, NEW.id) END;
    NEW.room_busy := CASE
        WHEN NEW.room_no IS NULL THEN nothing
        WHEN NOT NEW.squeezed_in THEN tstzmultirange(NEW.footprint)
        ELSE public.unprotected(2, NEW.room_no, NEW.footprint, NEW.id) END;
    RETURN NEW;
END $$;

-- What an appointment no longer protects goes to the squeeze-ins that stand there, the oldest id first. These
-- updates touch nothing a person sees: no new version, no history, no announcement.
CREATE FUNCTION hand_over_place() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    freed tstzmultirange := OLD.practitioner_busy;
    freed_room tstzmultirange := OLD.room_busy;
    heir record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.practitioner_no = OLD.practitioner_no THEN
            freed := freed - NEW.practitioner_busy;
        END IF;
        IF NEW.room_no = OLD.room_no THEN
            freed_room := freed_room - NEW.room_busy;
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
    RETURN NULL;
END $$;
