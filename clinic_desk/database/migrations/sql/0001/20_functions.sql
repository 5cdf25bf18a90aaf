-- Functions and triggers. All run with the owner's rights and a pinned search_path; none may be called by anybody else
-- unless 40_grants.sql says so (a trigger's function needs no such right).
--
-- Transaction-local settings they read: clinic_desk.operation_id (uuid), clinic_desk.desk_id (uuid),
-- clinic_desk.quiet ('on': no NOTIFY, for imports).

-- Who changed a row last, and its own version: raised by one with each change. Never xmin, which freezing rewrites.
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.version := 1;
    ELSE
        IF NEW.id <> OLD.id THEN
            RAISE EXCEPTION 'the id of a row of % cannot be changed', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        NEW.version := OLD.version + 1;
    END IF;
    NEW.changed_at := now();
    NEW.changed_by := session_user;
    NEW.changed_desk_id := nullif(current_setting('clinic_desk.desk_id', true), '')::uuid;
    RETURN NEW;
END $$;

CREATE FUNCTION stamp_notification() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.changed_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE FUNCTION stamp_desk() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.db_user := session_user;
    RETURN NEW;
END $$;

-- Append the change to the history. A change made without an operation (a plain SQL client) is given one.
CREATE FUNCTION record_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    derived CONSTANT text[] := ARRAY['practitioner_no', 'room_no', 'footprint', 'occupies', 'practitioner_busy',
                                     'room_busy', 'search_key'];
    operation uuid := nullif(current_setting('clinic_desk.operation_id', true), '')::uuid;
    desk uuid := nullif(current_setting('clinic_desk.desk_id', true), '')::uuid;
BEGIN
    IF operation IS NULL THEN
        operation := gen_random_uuid();
        INSERT INTO public.operation (id, command, desk_id) VALUES (operation, 'sql', desk);
        PERFORM set_config('clinic_desk.operation_id', operation::text, true);
    END IF;
    INSERT INTO public.history (operation_id, table_name, row_id, action, version, before, after, db_user, desk_id)
    VALUES (
        operation, TG_TABLE_NAME, CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END, lower(TG_OP),
        CASE WHEN TG_OP = 'DELETE' THEN OLD.version + 1 ELSE NEW.version END,
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - derived END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - derived END, session_user, desk);
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Announcements: one compact JSON per changed row on channel clinic_desk; ids only, never patient data.
-- {"t": table, "i": id, "v": version, "d": [local days], "k": desk id, "o": operation id, "x": true if deleted}
CREATE FUNCTION send_change(table_name text, id uuid, version integer, days date[], deleted boolean)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    desk text := nullif(current_setting('clinic_desk.desk_id', true), '');
    operation text := nullif(current_setting('clinic_desk.operation_id', true), '');
BEGIN
    PERFORM pg_notify('clinic_desk',
        '{"t":"' || table_name || '","i":"' || id || '","v":' || version
        || ',"d":[' || coalesce('"' || array_to_string(days, '","') || '"', '') || ']'
        || coalesce(',"k":"' || desk::uuid || '"', '') || coalesce(',"o":"' || operation::uuid || '"', '')
        || CASE WHEN deleted THEN ',"x":true' ELSE '' END || '}');
END $$;

-- The local days that [starts_at, ends_at) touches in a zone.
CREATE FUNCTION local_days(starts_at timestamptz, ends_at timestamptz, zone text)
RETURNS SETOF date LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (starts_at AT TIME ZONE zone)::date + n
    FROM generate_series(
        0, ((ends_at - INTERVAL '1 microsecond') AT TIME ZONE zone)::date - (starts_at AT TIME ZONE zone)::date) AS n
$$;

-- Rows without a day of their own.
CREATE FUNCTION announce() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    changed jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
BEGIN
    IF current_setting('clinic_desk.quiet', true) IS DISTINCT FROM 'on' THEN
        PERFORM public.send_change(
            TG_TABLE_NAME, (changed ->> 'id')::uuid,
            coalesce((changed ->> 'version')::integer, 0) + (TG_OP = 'DELETE')::integer, NULL, TG_OP = 'DELETE');
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION announce_appointment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    days date[];
    day date;  -- the only one, as nearly always
BEGIN
    IF current_setting('clinic_desk.quiet', true) = 'on' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        days := ARRAY(SELECT public.local_days(OLD.starts_at, OLD.ends_at, OLD.zone));
        PERFORM public.send_change('appointment', OLD.id, OLD.version + 1, days, true);
        RETURN NULL;
    END IF;
    day := (NEW.starts_at AT TIME ZONE NEW.zone)::date;
    IF day = ((NEW.ends_at - INTERVAL '1 microsecond') AT TIME ZONE NEW.zone)::date THEN
        days := ARRAY[day];
    ELSE
        days := ARRAY(SELECT public.local_days(NEW.starts_at, NEW.ends_at, NEW.zone));
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.starts_at, OLD.ends_at, OLD.zone) <> (NEW.starts_at, NEW.ends_at, NEW.zone) THEN
        days := ARRAY(SELECT unnest(days) UNION SELECT public.local_days(OLD.starts_at, OLD.ends_at, OLD.zone)
                      ORDER BY 1);
    END IF;
    PERFORM public.send_change('appointment', NEW.id, NEW.version, days, false);
    RETURN NULL;
END $$;

-- Intervals without a zone (time off, blocks, holds): their days in the zone of every site; closures: their own days.
-- A list of more than 366 days would burst the payload and is sent empty: it means any day.
CREATE FUNCTION announce_days() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    images jsonb[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[to_jsonb(NEW)] WHEN 'DELETE' THEN ARRAY[to_jsonb(OLD)]
                                 ELSE ARRAY[to_jsonb(OLD), to_jsonb(NEW)] END;
    last jsonb := images[array_upper(images, 1)];
    days date[];
BEGIN
    IF current_setting('clinic_desk.quiet', true) = 'on' THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(DISTINCT day ORDER BY day) INTO days FROM (
        SELECT day FROM unnest(images) AS image,
            LATERAL (SELECT (image ->> 'starts_at')::timestamptz AS a, (image ->> 'ends_at')::timestamptz AS b) AS i,
            LATERAL (SELECT zone FROM public.site UNION SELECT 'UTC') AS zones,
            LATERAL public.local_days(i.a, least(i.b, i.a + INTERVAL '400 days'), zone) AS day
        WHERE image ? 'starts_at'
        UNION ALL
        SELECT (image ->> 'first_day')::date + n FROM unnest(images) AS image,
            LATERAL generate_series(
                0, least((image ->> 'last_day')::date - (image ->> 'first_day')::date, 400)) AS n
        WHERE image ? 'first_day') AS touched;
    IF cardinality(days) > 366 THEN
        days := NULL;
    END IF;
    PERFORM public.send_change(
        TG_TABLE_NAME, (last ->> 'id')::uuid,
        coalesce((last ->> 'version')::integer, 0) + (TG_OP = 'DELETE')::integer, days, TG_OP = 'DELETE');
    RETURN NULL;
END $$;

-- Whether PostgreSQL knows an IANA zone by exactly this name.
CREATE FUNCTION is_zone(zone text) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT zone !~ '^(posix|right)/' AND EXISTS (SELECT FROM pg_timezone_names WHERE name = zone)
$$;

CREATE FUNCTION check_zone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT public.is_zone(NEW.zone) THEN
        RAISE EXCEPTION 'unknown time zone' USING
            ERRCODE = 'check_violation', SCHEMA = 'public', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_TABLE_NAME || '_zone';
    END IF;
    RETURN NEW;
END $$;

-- The trigrams of a patient's search key, for the type-ahead without an extension: of each word all that it has after
-- two blanks were put before it ("  m", " me", "mei", …). So a word's beginning is found by one letter and more, what
-- stands inside it by three and more; LIKE then decides (queries_patients.py).
CREATE FUNCTION patient_grams(search_key text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT substr('  ' || word, i, 3)), '{}')
    FROM unnest(string_to_array(search_key, ' ')) AS word, LATERAL generate_series(1, length(word)) AS i
    WHERE word <> ''
$$;
