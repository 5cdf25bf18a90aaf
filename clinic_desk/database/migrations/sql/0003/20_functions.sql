-- As in 0001, with what a device's place derives left out.
CREATE OR REPLACE FUNCTION record_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    derived CONSTANT text[] := ARRAY['practitioner_no', 'room_no', 'device_no', 'footprint', 'occupies',
                                     'practitioner_busy', 'room_busy', 'device_busy', 'search_key'];
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

-- As in 0001, and date overrides, which have one day.
CREATE OR REPLACE FUNCTION announce_days() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
        WHERE image ? 'first_day'
        UNION ALL
        SELECT (image ->> 'day')::date FROM unnest(images) AS image WHERE image ? 'day') AS touched;
    IF cardinality(days) > 366 THEN
        days := NULL;
    END IF;
    PERFORM public.send_change(
        TG_TABLE_NAME, (last ->> 'id')::uuid,
        coalesce((last ->> 'version')::integer, 0) + (TG_OP = 'DELETE')::integer, days, TG_OP = 'DELETE');
    RETURN NULL;
END $$;

-- Who is signed in at a desk is who gives its sign of life; whoever renames it from elsewhere is not.
CREATE OR REPLACE FUNCTION stamp_desk() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.last_seen_at = OLD.last_seen_at THEN
        NEW.db_user := OLD.db_user;
    ELSE
        NEW.db_user := session_user;
    END IF;
    RETURN NEW;
END $$;

-- Somebody who may only read has a desk all the same: others see it, and its listener has a number. Only that row is
-- written, only under a name, only as the person's own: a desk that somebody else signed in at is no reader's to take.
CREATE FUNCTION register_reader(desk_id uuid, desk_name text) RETURNS TABLE (no integer, name text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    most CONSTANT integer := 100;  -- PCs of one person; more is somebody filling the table
BEGIN
    IF desk_id IS NULL OR desk_name IS NULL OR length(desk_name) > 63 OR desk_name !~ '[^[:space:]]'
        OR desk_name ~ '[[:cntrl:]]' THEN
        RAISE EXCEPTION 'a desk needs an id and a name of at most 63 printable characters'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN QUERY INSERT INTO public.desk AS d (id, name)
        SELECT desk_id, desk_name
        WHERE EXISTS (SELECT FROM public.desk o WHERE o.id = desk_id)
            OR (SELECT count(*) FROM public.desk o WHERE o.db_user = session_user) < most
        ON CONFLICT (id) DO UPDATE
            SET name = CASE WHEN d.named THEN d.name ELSE excluded.name END, last_seen_at = now()
            WHERE d.db_user = session_user
        RETURNING d.no, d.name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this desk is somebody else''s, or there are too many' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;
