DROP INDEX notification_attention_idx;
CREATE INDEX notification_attention_idx ON notification (changed_at)
    WHERE status IN ('unknown', 'failed', 'expired') AND dealt_with_at IS NULL;
CREATE INDEX notification_check_at_idx ON notification (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX notification_finished_idx ON notification (created_at)
    WHERE status IN ('sent', 'delivered', 'failed', 'expired', 'cancelled');
-- What was never sent has no sent_at: the panel lists it by its end.
CREATE INDEX notification_unsent_idx ON notification (changed_at) WHERE status IN ('failed', 'expired', 'cancelled');
CREATE INDEX notification_provider_id_idx ON notification (provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX notification_origin_id_idx ON notification (origin_id) WHERE origin_id IS NOT NULL;
CREATE INDEX notification_rule_id_idx ON notification (rule_id) WHERE rule_id IS NOT NULL;
CREATE INDEX reminder_rule_type_id_idx ON reminder_rule (type_id);
CREATE INDEX inbound_message_open_idx ON inbound_message (received_at) WHERE status = 'open';
CREATE INDEX inbound_message_received_at_idx ON inbound_message (received_at);
CREATE INDEX inbound_message_patient_id_idx ON inbound_message (patient_id) WHERE patient_id IS NOT NULL;
CREATE INDEX inbound_message_appointment_id_idx ON inbound_message (appointment_id) WHERE appointment_id IS NOT NULL;
