-- Least grants. The program signs in as a role that owns nothing, through one of four group roles.
-- The full matrix, proven both ways for every table, privilege and role: tests/database/test_grants.py
--
-- S select, I insert, U update, D delete; (c) some columns, (o) own desk's rows, (v) voiding what is pending
--
--                                      reception   manager    readonly   worker
--   site practitioner room
--   appointment_type (_practitioner)
--   working_hours time_off closure
--   block staff                        S           SIUD       S          S
--   patient                            SIU         SIU        S          S
--   appointment                        SIU(c)      SIU(c)     S          S
--   operation                          SI(c)       SI(c)      S          -
--   history                            S           S          S          -
--   notification                       SI U(v)     SI U(v)    S(c)       SIUD
--   desk                               SIU(c)      SIU(c)     S          S
--   hold                               SIUD(o)     SIUD(o)    S          -
--   alembic_version                    S           S          S          S

REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;  -- those of later migrations
GRANT USAGE ON SCHEMA public TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;

GRANT SELECT ON site, practitioner, room, appointment_type, appointment_type_practitioner, working_hours, time_off,
    closure, block, staff, patient, appointment, desk, alembic_version
    TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;
GRANT SELECT ON operation, history, hold TO clinic_reception, clinic_manager, clinic_readonly;
GRANT SELECT ON notification TO clinic_reception, clinic_manager, clinic_worker;
GRANT SELECT (id, appointment_id, appointment_version, patient_id, kind, channel, dedupe_key, language, due_at,
    not_after, status, attempts, lease_owner, lease_until, sending_started_at, sent_at, provider_id, created_at,
    changed_at) ON notification TO clinic_readonly;  -- neither recipient nor text

GRANT INSERT, UPDATE, DELETE ON site, practitioner, room, appointment_type, appointment_type_practitioner,
    working_hours, time_off, closure, block, staff TO clinic_manager;

GRANT INSERT, UPDATE ON patient TO clinic_reception, clinic_manager;
GRANT INSERT ON appointment TO clinic_reception, clinic_manager;
GRANT UPDATE (patient_id, practitioner_id, site_id, type_id, room_id, starts_at, ends_at, wall_start, zone,
    buffer_before_minutes, buffer_after_minutes, status, answer, squeezed_in, overruled, cancellation_reason, note,
    version) ON appointment TO clinic_reception, clinic_manager;
GRANT INSERT (id, command, desk_id) ON operation TO clinic_reception, clinic_manager;
GRANT INSERT ON desk TO clinic_reception, clinic_manager;
GRANT UPDATE (name, db_user, last_seen_at) ON desk TO clinic_reception, clinic_manager;
GRANT INSERT, UPDATE, DELETE ON hold TO clinic_reception, clinic_manager;
GRANT INSERT ON notification TO clinic_reception, clinic_manager;
GRANT UPDATE (status, last_error) ON notification TO clinic_reception, clinic_manager;
GRANT INSERT, UPDATE, DELETE ON notification TO clinic_worker;

-- The only functions that are called by name.
GRANT EXECUTE ON FUNCTION patient_grams(text) TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;
GRANT EXECUTE ON FUNCTION lock_days(integer, integer, tstzrange) TO clinic_reception, clinic_manager;

-- A hold is written by its own desk only; anybody may clear away those that have expired.
ALTER TABLE hold ENABLE ROW LEVEL SECURITY;
CREATE POLICY hold_read ON hold FOR SELECT USING (true);
CREATE POLICY hold_insert ON hold FOR INSERT TO clinic_reception, clinic_manager
    WITH CHECK (desk_id::text = current_setting('clinic_desk.desk_id', true));
CREATE POLICY hold_update ON hold FOR UPDATE TO clinic_reception, clinic_manager
    USING (desk_id::text = current_setting('clinic_desk.desk_id', true))
    WITH CHECK (desk_id::text = current_setting('clinic_desk.desk_id', true));
CREATE POLICY hold_delete ON hold FOR DELETE TO clinic_reception, clinic_manager
    USING (desk_id::text = current_setting('clinic_desk.desk_id', true) OR expires_at < now());

-- A desk enqueues, and voids what has not left; that a message was sent only the worker can say.
ALTER TABLE notification ENABLE ROW LEVEL SECURITY;
CREATE POLICY notification_read ON notification FOR SELECT USING (true);
CREATE POLICY notification_enqueue ON notification FOR INSERT TO clinic_reception, clinic_manager
    WITH CHECK (status IN ('pending', 'failed', 'expired', 'cancelled') AND sent_at IS NULL AND lease_owner IS NULL);
CREATE POLICY notification_void ON notification FOR UPDATE TO clinic_reception, clinic_manager
    USING (status = 'pending') WITH CHECK (status = 'cancelled');
CREATE POLICY notification_work ON notification TO clinic_worker USING (true) WITH CHECK (true);
