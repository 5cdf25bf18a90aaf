-- Each step of a message's way is noted on its row:
-- {"at", "s": status, "n": attempts, "by", "c": error_code, "e": last_error, "d": when it is now due, if that changed,
-- "w": who dealt with it, if somebody just did}. `by` is the login of the person at a desk who changed it, else who has
-- or had the lease. The first and the latest 39 are kept.
CREATE OR REPLACE FUNCTION stamp_notification() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who text := session_user;
    due timestamptz;
    dealt text;
BEGIN
    NEW.changed_at := clock_timestamp();
    IF TG_OP = 'INSERT' THEN
        IF NEW.log <> '[]' AND current_setting('clinic_desk.quiet', true) = 'on' THEN
            NEW.changed_at := coalesce((NEW.log -> -1 ->> 'at')::timestamptz, NEW.changed_at);
            RETURN NEW;  -- an import knows what happened before
        END IF;
        NEW.log := '[]';
    ELSIF NEW.status = OLD.status AND NEW.attempts = OLD.attempts AND NEW.last_error = OLD.last_error
            AND NEW.due_at = OLD.due_at AND NEW.dealt_with_by = OLD.dealt_with_by THEN
        NEW.log := OLD.log;
        RETURN NEW;
    ELSE
        NEW.log := CASE WHEN jsonb_array_length(OLD.log) >= 40 THEN OLD.log - 1 ELSE OLD.log END;
        IF coalesce(current_setting('clinic_desk.desk_id', true), '') = '' THEN
            who := coalesce(NEW.lease_owner, OLD.lease_owner, session_user);
        END IF;
        IF NEW.due_at <> OLD.due_at THEN
            due := NEW.due_at;
        END IF;
        IF NEW.dealt_with_by <> OLD.dealt_with_by THEN
            dealt := nullif(NEW.dealt_with_by, '');
        END IF;
    END IF;
    NEW.log := NEW.log || jsonb_strip_nulls(jsonb_build_object(
        'at', NEW.changed_at, 's', NEW.status, 'n', NEW.attempts, 'by', who,
        'c', nullif(NEW.error_code, ''), 'e', nullif(NEW.last_error, ''), 'd', due, 'w', dealt));
    RETURN NEW;
END $$;

-- A hint to whoever works the queue that something is due earlier than it knows. Polling is the truth.
CREATE FUNCTION wake_queue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('clinic_desk.quiet', true) IS DISTINCT FROM 'on' THEN
        PERFORM pg_notify('clinic_desk_queue', '');
    END IF;
    RETURN NULL;
END $$;

-- Tells the desks, once for all of a worker's tick, that the messages about these appointments have another state: 50 of
-- them at most, who has more calls it again.
CREATE FUNCTION announce_messages(appointment_ids uuid[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.send_change(
        'notification', a.id, 0, ARRAY(SELECT public.local_days(a.starts_at, a.ends_at, a.zone)), false)
    FROM public.appointment a WHERE a.id = ANY (appointment_ids[1:50]);
END $$;

-- New settings deserve a new try.
CREATE FUNCTION resume_channels() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.message_channel SET state = 'working', failures = 0, code = '', reason = '', since = now(),
        resume_at = NULL WHERE state <> 'working';
    RETURN NULL;
END $$;
