-- A made-up clinic at work, in what 0001 knows: two sites, six doctors, their hours, 60 patients, four weeks of visits in
-- every status, some moved and cancelled, messages in every state.
SELECT set_config('clinic_desk.operation_id', '00000000-0000-7000-8000-00000000f111', true);
INSERT INTO operation (id, command) VALUES ('00000000-0000-7000-8000-00000000f111', 'Fill');
INSERT INTO staff (login, display_name) VALUES ('dump_julia', 'Julia Brandt'), ('dump_karl', 'Karl Stein');
INSERT INTO site (id, name, zone, address, phone)
    SELECT id_of('site', n), (ARRAY['Mitte', 'Lisboa'])[n]::text, (ARRAY['Europe/Berlin', 'Europe/Lisbon'])[n]::text,
        'Street ' || n, '+49301234567' || n FROM generate_series(1, 2) AS n;
INSERT INTO practitioner (id, name, speciality, position)
    SELECT id_of('doctor', n), 'Dr. ' || (ARRAY['Weber', 'O''Neill', 'Çelik', 'Müller', 'Nowak', 'Ngô'])[n], 'GP', n
    FROM generate_series(1, 6) AS n;
INSERT INTO room (id, site_id, name, position)
    SELECT id_of('room', n), id_of('site', 1), 'Room ' || n, n FROM generate_series(1, 3) AS n;
INSERT INTO appointment_type (id, name, length_minutes, buffer_after_minutes, needs_room, position)
    SELECT id_of('type', n), (ARRAY['Checkup', 'Vaccination', 'Procedure'])[n], n * 15, (n = 3)::int * 10, n = 3, n
    FROM generate_series(1, 3) AS n;
INSERT INTO appointment_type_practitioner (type_id, practitioner_id)
    SELECT id_of('type', t), id_of('doctor', d) FROM generate_series(1, 3) AS t, generate_series(1, 6) AS d;
INSERT INTO working_hours (id, practitioner_id, site_id, weekday, start_minute, end_minute, valid_from)
    SELECT id_of('hours', d * 10 + w), id_of('doctor', d), id_of('site', 1), w, 480, 1020, '2026-01-01'
    FROM generate_series(1, 6) AS d, generate_series(1, 5) AS w;
INSERT INTO time_off (id, practitioner_id, starts_at, ends_at, name)
    VALUES (id_of('off', 1), id_of('doctor', 6), '2026-03-02 07:00Z', '2026-03-06 17:00Z', 'Holiday');
INSERT INTO closure (id, site_id, first_day, last_day, name)
    VALUES (id_of('closure', 1), id_of('site', 1), '2026-12-24', '2026-12-31', 'Christmas');
INSERT INTO block (id, practitioner_id, starts_at, ends_at, name)
    VALUES (id_of('block', 1), id_of('doctor', 1), '2026-03-02 12:00Z', '2026-03-02 13:00Z', 'Team');
INSERT INTO patient (id, family_name, given_name, birth_date, gender, phone, email, channel, language, search_key)
    SELECT id_of('patient', n), (ARRAY['Meier', 'D''Angelo', 'Åberg', 'Nguyễn', '王'])[1 + n % 5] || ' ' || n, 'Ana',
        DATE '1940-01-01' + n * 300, (ARRAY['male', 'female', 'other', 'unknown'])[1 + n % 4],
        '+4930123' || 10000 + n, 'p' || n || '@example.org', (ARRAY['sms', 'email', 'none'])[1 + n % 3],
        (ARRAY['de', 'en'])[1 + n % 2], 'meier ' || n
    FROM generate_series(1, 60) AS n;
UPDATE patient SET note = 'Rings twice' WHERE id = id_of('patient', 7);
UPDATE patient SET merged_into_id = id_of('patient', 1) WHERE id = id_of('patient', 60);
INSERT INTO desk (id, name) SELECT id_of('desk', n), 'Desk ' || n FROM generate_series(1, 3) AS n;
INSERT INTO hold (id, desk_id, practitioner_id, starts_at, ends_at, expires_at)
    VALUES (id_of('hold', 1), id_of('desk', 1), id_of('doctor', 1), '2026-03-30 08:00Z', '2026-03-30 08:30Z', now());
INSERT INTO appointment (id, patient_id, practitioner_id, site_id, type_id, starts_at, ends_at)
    SELECT id_of('visit', n), id_of('patient', 1 + n % 50), id_of('doctor', 1 + n % 5), id_of('site', 1), id_of('type', 1),
        at, at + INTERVAL '15 minutes'
    FROM (SELECT n, TIMESTAMPTZ '2026-03-02 07:00Z' + (n / 30) * INTERVAL '1 day' + ((n % 30) / 5) * INTERVAL '1 hour' AS at
          FROM generate_series(0, 149) AS n) AS visits;
INSERT INTO appointment (id, patient_id, practitioner_id, site_id, type_id, room_id, starts_at, ends_at, squeezed_in)
    VALUES (id_of('visit', 900), id_of('patient', 51), id_of('doctor', 1), id_of('site', 1), id_of('type', 3),
            id_of('room', 1), '2026-03-02 08:00Z', '2026-03-02 08:45Z', true);
UPDATE appointment SET status = 'cancelled', cancellation_reason = 'pat' WHERE id IN (id_of('visit', 3), id_of('visit', 40));
UPDATE appointment SET status = 'fulfilled' WHERE id IN (id_of('visit', 0), id_of('visit', 1));
UPDATE appointment SET status = 'noshow' WHERE id = id_of('visit', 2);
UPDATE appointment SET starts_at = starts_at + INTERVAL '30 minutes', ends_at = ends_at + INTERVAL '30 minutes',
    answer = 'accepted' WHERE id = id_of('visit', 100);
INSERT INTO notification (id, appointment_id, appointment_version, patient_id, kind, channel, dedupe_key, recipient, body,
        due_at, status, attempts, lease_owner, lease_until)
    SELECT id_of('message', n::int), id_of('visit', n::int), 1, id_of('patient', (1 + n % 50)::int), 'reminder', 'sms',
        'dump ' || n, '+4930123' || 10001 + n, 'Your appointment', '2026-03-02 07:00Z', status, 1,
        CASE WHEN status IN ('leased', 'sending', 'unknown') THEN 'Desk 1' END,
        CASE WHEN status IN ('leased', 'sending', 'unknown') THEN TIMESTAMPTZ '2026-03-02 07:01Z' END
    FROM unnest(ARRAY['pending', 'leased', 'sending', 'unknown', 'sent', 'delivered', 'failed', 'expired', 'cancelled'])
         WITH ORDINALITY AS states (status, n);
