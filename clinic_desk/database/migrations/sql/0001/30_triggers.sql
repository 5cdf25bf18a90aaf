-- Triggers fire in the order of their names: stamp before write, then place, then record and announce.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['site', 'practitioner', 'room', 'appointment_type', 'appointment_type_practitioner',
        'working_hours', 'time_off', 'closure', 'block', 'staff', 'patient'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION stamp()',
            name || '_10_stamp', name);
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW '
            'EXECUTE FUNCTION record_history()', name || '_80_history', name);
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION %s()',
            name || '_90_announce', name,
            CASE WHEN name IN ('time_off', 'closure', 'block') THEN 'announce_days' ELSE 'announce' END);
    END LOOP;
END $$;

CREATE TRIGGER site_20_zone BEFORE INSERT OR UPDATE OF zone ON site FOR EACH ROW EXECUTE FUNCTION check_zone();

-- An update of practitioner_busy or room_busy is hand_over_place()'s own: it is no change that a person made.
-- (Nobody but the owner has the right to set these two columns.)
CREATE TRIGGER appointment_10_stamp_insert BEFORE INSERT ON appointment FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER appointment_10_stamp_update BEFORE UPDATE ON appointment FOR EACH ROW
    WHEN (OLD.practitioner_busy = NEW.practitioner_busy AND OLD.room_busy = NEW.room_busy) EXECUTE FUNCTION stamp();
CREATE TRIGGER appointment_20_place BEFORE INSERT OR UPDATE OF
    practitioner_id, room_id, site_id, starts_at, ends_at, wall_start, zone, buffer_before_minutes,
    buffer_after_minutes, status, squeezed_in, practitioner_no, room_no, footprint, cancelled_at
    ON appointment FOR EACH ROW EXECUTE FUNCTION place_appointment();
CREATE TRIGGER appointment_70_hand_over_update AFTER UPDATE ON appointment FOR EACH ROW
    WHEN (OLD.occupies AND OLD.version <> NEW.version) EXECUTE FUNCTION hand_over_place();
CREATE TRIGGER appointment_70_hand_over_delete AFTER DELETE ON appointment FOR EACH ROW
    WHEN (OLD.occupies) EXECUTE FUNCTION hand_over_place();
CREATE TRIGGER appointment_80_history AFTER INSERT OR DELETE ON appointment FOR EACH ROW
    EXECUTE FUNCTION record_history();
CREATE TRIGGER appointment_80_history_update AFTER UPDATE ON appointment FOR EACH ROW
    WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION record_history();
CREATE TRIGGER appointment_90_announce AFTER INSERT OR DELETE ON appointment FOR EACH ROW
    EXECUTE FUNCTION announce_appointment();
CREATE TRIGGER appointment_90_announce_update AFTER UPDATE ON appointment FOR EACH ROW
    WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION announce_appointment();

-- Renewing a hold and a desk's sign of life are not news; the queue's own bookkeeping is not either.
CREATE TRIGGER hold_90_announce AFTER INSERT OR DELETE ON hold FOR EACH ROW EXECUTE FUNCTION announce_days();
CREATE TRIGGER hold_90_announce_update AFTER UPDATE ON hold FOR EACH ROW
    WHEN ((OLD.practitioner_id, OLD.starts_at, OLD.ends_at) IS DISTINCT FROM
          (NEW.practitioner_id, NEW.starts_at, NEW.ends_at)) EXECUTE FUNCTION announce_days();
CREATE TRIGGER desk_10_stamp BEFORE INSERT OR UPDATE ON desk FOR EACH ROW EXECUTE FUNCTION stamp_desk();
CREATE TRIGGER desk_90_announce AFTER INSERT OR DELETE ON desk FOR EACH ROW EXECUTE FUNCTION announce();
CREATE TRIGGER desk_90_announce_update AFTER UPDATE ON desk FOR EACH ROW
    WHEN ((OLD.name, OLD.db_user) IS DISTINCT FROM (NEW.name, NEW.db_user)) EXECUTE FUNCTION announce();
CREATE TRIGGER notification_10_stamp BEFORE INSERT OR UPDATE ON notification FOR EACH ROW
    EXECUTE FUNCTION stamp_notification();

CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON history FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER operation_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operation FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
