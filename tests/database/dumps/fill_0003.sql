-- What 0003 brought: rooms by type, hours of a date, reserved blocks, series.
INSERT INTO appointment_type_room (type_id, room_id) VALUES (id_of('type', 3), id_of('room', 1));
INSERT INTO date_override (id, practitioner_id, site_id, day, start_minute, end_minute, name)
    VALUES (id_of('date', 1), id_of('doctor', 2), id_of('site', 2), '2026-04-04', 540, 720, 'Saturday');
INSERT INTO block_type (block_id, type_id) VALUES (id_of('block', 1), id_of('type', 2));
UPDATE booking_rules SET step_minutes = 10;
INSERT INTO series (id, rule, starts_on, wall_minute, zone)
    VALUES (id_of('series', 1), 'FREQ=WEEKLY;COUNT=4', '2026-05-04', 600, 'Europe/Berlin');
INSERT INTO appointment (id, patient_id, practitioner_id, site_id, type_id, starts_at, ends_at, series_id,
        series_day)
    SELECT id_of('visit', 1000 + n), id_of('patient', 5), id_of('doctor', 6), id_of('site', 1), id_of('type', 1),
        TIMESTAMPTZ '2026-05-04 08:00Z' + n * INTERVAL '7 days', TIMESTAMPTZ '2026-05-04 08:15Z' + n * INTERVAL '7 days',
        id_of('series', 1), DATE '2026-05-04' + n * 7 FROM generate_series(0, 3) AS n;
