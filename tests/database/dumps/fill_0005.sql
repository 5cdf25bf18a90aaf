-- What 0005 brought: rights by name, views, pairs that are two people, offers, passwords kept encrypted, seals.
INSERT INTO staff_right (id, login, name, granted) VALUES (id_of('right', 1), 'dump_karl', 'export', true);
INSERT INTO saved_view (id, login, name, content) VALUES (id_of('view', 1), 'dump_julia', 'Mine', '{"doctors": []}');
INSERT INTO two_people (id, one_id, other_id)
    SELECT id_of('two', 1), least(id_of('patient', 2), id_of('patient', 3)), greatest(id_of('patient', 2), id_of('patient', 3));
INSERT INTO offer_round (id, practitioner_id, site_id, starts_at, ends_at, answer_minutes)
    VALUES (id_of('round', 1), id_of('doctor', 1), id_of('site', 1), '2026-04-01 08:00Z', '2026-04-01 08:30Z', 30);
INSERT INTO provider_secret (id, name, key_id) VALUES (id_of('secret', 1), 'email_password', '0123456789abcdef');
INSERT INTO provider_secret_text (id, ciphertext) VALUES (id_of('secret', 1), repeat('Z', 60));
