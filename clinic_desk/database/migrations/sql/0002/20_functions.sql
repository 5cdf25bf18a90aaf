-- Each step of a message's way is noted on its row: {"at", "s": status, "n": attempts, "by", "c": code, "e": error}.
-- `by` is who has the lease, or the login that changed it. The latest 40 steps are kept.
CREATE OR REPLACE FUNCTION stamp_notification() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.changed_at := clock_timestamp();
    IF TG_OP = 'INSERT' THEN
        IF NEW.log <> '[]' AND current_setting('clinic_desk.quiet', true) = 'on' THEN
            RETURN NEW;  -- an import knows what happened before
        END IF;
        NEW.log := '[]';
    ELSIF NEW.status = OLD.status AND NEW.attempts = OLD.attempts AND NEW.last_error = OLD.last_error
            AND NEW.dealt_with_by = OLD.dealt_with_by THEN
        NEW.log := OLD.log;
        RETURN NEW;
    ELSE
        NEW.log := CASE WHEN jsonb_array_length(OLD.log) >= 40 THEN OLD.log - 1 ELSE OLD.log END;
    END IF;
    NEW.log := NEW.log || jsonb_strip_nulls(jsonb_build_object(
        'at', NEW.changed_at, 's', NEW.status, 'n', NEW.attempts,
        'by', coalesce(NEW.lease_owner, nullif(NEW.dealt_with_by, ''), session_user),
        'c', nullif(NEW.error_code, ''), 'e', nullif(NEW.last_error, '')));
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

-- Tells the desks, once for all of a worker's tick, that the messages about these appointments have another state.
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
