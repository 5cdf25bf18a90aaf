-- Everybody's changes are for who has the right `history`; PostgreSQL refuses them to others, row by row. What a desk needs
-- all day goes on: what its own person did (undo), of records that are named what was changed and by whom (an
-- appointment's changes, a conflict, what is parked, a patient's page), what one act did (taking a merge back), and
-- which records were changed since a moment (the day as it was). Absences and blocks are no secret between colleagues;
-- who may see the figures may see when and at which desk was booked.
--
-- Whoever knows ids can ask for record after record, 1000 at a time: what is refused is looking through what colleagues
-- do. Who changed a record last stands in the record itself, for everybody.

CREATE FUNCTION history_of(records uuid[]) RETURNS SETOF history LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF cardinality(records) > 1000 THEN
        RAISE EXCEPTION 'history' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY SELECT h.* FROM public.history AS h WHERE h.row_id = ANY (records);
END $$;

CREATE FUNCTION history_by(operation uuid) RETURNS SETOF history LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT h.* FROM public.history AS h WHERE h.operation_id = operation;
END $$;

-- The appointments that were changed after a moment and stood before at a wall time from `first` until `last`: no more.
CREATE FUNCTION appointments_changed(since timestamptz, first text, last text) RETURNS SETOF uuid LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT h.row_id FROM public.history AS h WHERE h.table_name = 'appointment' AND h.at > since
        AND h.before ->> 'wall_start' >= first AND h.before ->> 'wall_start' < last;
END $$;

ALTER TABLE history ENABLE ROW LEVEL SECURITY;
CREATE POLICY history_own ON history FOR SELECT USING (db_user = session_user);
CREATE POLICY history_all ON history FOR SELECT USING ((SELECT has_right('history')));
CREATE POLICY history_absences ON history FOR SELECT USING (table_name IN ('time_off', 'block', 'block_type'));
CREATE POLICY history_bookings ON history FOR SELECT
    USING (table_name = 'appointment' AND action = 'insert' AND (SELECT has_right('statistics')));

-- The matrix goes on: tests/database/test_grants.py.
--
--                                      reception   manager    readonly   worker
--   history                            S(r)        S(r)       S(r)       -        (r) see above
--   history_of history_by
--   appointments_changed               x           x          x          -
REVOKE ALL ON FUNCTION history_of(uuid[]), history_by(uuid), appointments_changed(timestamptz, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION history_of(uuid[]), history_by(uuid), appointments_changed(timestamptz, text, text)
    TO clinic_reception, clinic_manager, clinic_readonly;
