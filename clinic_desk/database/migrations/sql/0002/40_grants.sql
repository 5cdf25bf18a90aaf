-- Continues the matrix of 0001/40_grants.sql; tests/database/test_grants.py proves it both ways.
--
--                                      reception   manager    readonly   worker
--   messaging                          S           SU         S          S
--   reminder_rule message_text         S           SIUD       S          S
--   contact_note                       SIUD        SIUD       -          SIUD
--   inbound_message                    SU(c)       SU(c)      -          SIUD
--   message_channel                    S           SU(c)      S          SU
--   notification                       SI U(d)     SI U(d)    S(c)       SIUD    (d) what has not left: void, retry,
--                                                                                send now, dealt with
--   appointment                        SIU(c)      SIU(c)     S          SU(answer)
--   operation                          SI(c)       SI(c)      S          S(c)I(c)
--   hold                               SIUD(o)     SIUD(o)    S          SD expired

GRANT SELECT ON messaging, reminder_rule, message_text, message_channel
    TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;
GRANT SELECT ON contact_note, inbound_message TO clinic_reception, clinic_manager, clinic_worker;
GRANT UPDATE ON messaging TO clinic_manager;
GRANT INSERT, UPDATE, DELETE ON reminder_rule, message_text TO clinic_manager;
GRANT INSERT, UPDATE, DELETE ON contact_note TO clinic_reception, clinic_manager, clinic_worker;
GRANT UPDATE (status, patient_id, appointment_id, meaning) ON inbound_message TO clinic_reception, clinic_manager;
GRANT INSERT, UPDATE, DELETE ON inbound_message TO clinic_worker;
GRANT UPDATE (state, failures, code, reason, since, resume_at) ON message_channel TO clinic_manager;
GRANT UPDATE ON message_channel TO clinic_worker;
GRANT SELECT (error_code, rule_id, origin_id, check_at, checks, dealt_with_at, dealt_with_by) ON notification
    TO clinic_readonly;
GRANT UPDATE (status, last_error, error_code, due_at, attempts, check_at, dealt_with_at, dealt_with_by)
    ON notification TO clinic_reception, clinic_manager;
GRANT UPDATE (answer) ON appointment TO clinic_worker;
GRANT INSERT (id, command, desk_id) ON operation TO clinic_worker;
GRANT SELECT (id) ON operation TO clinic_worker;
GRANT SELECT, DELETE ON hold TO clinic_worker;
GRANT EXECUTE ON FUNCTION announce_messages(uuid[]) TO clinic_reception, clinic_manager, clinic_worker;

CREATE POLICY hold_sweep ON hold FOR DELETE TO clinic_worker USING (expires_at < now());

-- What has left, or may be leaving at this moment, no desk changes.
DROP POLICY notification_void ON notification;
CREATE POLICY notification_desk ON notification FOR UPDATE TO clinic_reception, clinic_manager
    USING (status IN ('pending', 'leased', 'unknown', 'failed', 'expired'))
    WITH CHECK (status IN ('pending', 'unknown', 'failed', 'expired', 'cancelled'));
