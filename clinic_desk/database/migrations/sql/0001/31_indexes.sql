-- Indexes beyond the keys and exclusion constraints, and storage settings.

-- The day: every appointment lasts 24 hours at most (appointment_length), so starts_at alone bounds it.
CREATE INDEX appointment_starts_at_idx ON appointment (starts_at);
CREATE INDEX appointment_practitioner_starts_at_idx ON appointment (practitioner_id, starts_at);
CREATE INDEX appointment_patient_starts_at_idx ON appointment (patient_id, starts_at);
-- The heirs of a place: few rows, so cheap to keep.
CREATE INDEX appointment_squeezed_practitioner_idx ON appointment (practitioner_no, starts_at)
    WHERE squeezed_in AND occupies;
CREATE INDEX appointment_squeezed_room_idx ON appointment (room_no, starts_at) WHERE squeezed_in AND occupies;

CREATE INDEX working_hours_practitioner_idx ON working_hours (practitioner_id, weekday);
CREATE INDEX time_off_ends_at_idx ON time_off (ends_at);
CREATE INDEX block_ends_at_idx ON block (ends_at);
CREATE INDEX closure_last_day_idx ON closure (last_day);

-- The type-ahead: any word's beginning or inside; and what a key begins with (the family name), in order.
CREATE INDEX patient_search_idx ON patient USING gin (patient_grams(search_key));
CREATE INDEX patient_search_key_idx ON patient (search_key text_pattern_ops);
CREATE INDEX patient_phone_idx ON patient (phone) WHERE phone <> '';
CREATE INDEX patient_birth_date_idx ON patient (birth_date);
CREATE INDEX patient_merged_into_id_idx ON patient (merged_into_id) WHERE merged_into_id IS NOT NULL;

CREATE INDEX history_row_idx ON history (row_id, id);
CREATE INDEX history_at_idx ON history USING brin (at);

CREATE INDEX notification_pending_idx ON notification (due_at) WHERE status = 'pending';
CREATE INDEX notification_leased_idx ON notification (lease_until) WHERE status IN ('leased', 'sending', 'unknown');
CREATE INDEX notification_attention_idx ON notification (changed_at) WHERE status IN ('unknown', 'failed', 'expired');
CREATE INDEX notification_sent_at_idx ON notification (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX notification_appointment_id_idx ON notification (appointment_id);
CREATE INDEX notification_patient_id_idx ON notification (patient_id);

CREATE INDEX hold_desk_id_idx ON hold (desk_id);

-- A queue is updated many times a row: leave room on the page, vacuum by count and not by share of the table.
ALTER TABLE notification SET (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE hold SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);
ALTER TABLE desk SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);
ALTER TABLE appointment SET (fillfactor = 90, autovacuum_analyze_scale_factor = 0.02);
