-- What 0002 brought: reminders, the clinic's own words, what is known of addresses, answers.
INSERT INTO messaging DEFAULT VALUES ON CONFLICT DO NOTHING;
UPDATE messaging SET email_by = 'folder', retention_days = 400;
INSERT INTO reminder_rule (id, lead, unit, type_id) VALUES (id_of('rule', 1), 2, 'days', id_of('type', 3));
INSERT INTO message_text (id, kind, channel, language, body)
    VALUES (id_of('text', 1), 'reminder', 'sms', 'de', 'Ihr Termin: $time');
INSERT INTO contact_note (id, channel, address, state, source)
    VALUES (id_of('contact', 1), 'sms', '+493012310009', 'opted-out', 'reply');
INSERT INTO inbound_message (id, provider_id, sender, body, received_at, meaning, patient_id)
    VALUES (id_of('reply', 1), 'SM1', '+493012310010', 'Yes', '2026-03-01 12:00Z', 'confirm', id_of('patient', 10));
