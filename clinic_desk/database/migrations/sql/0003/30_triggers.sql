DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['appointment_type_room', 'date_override', 'block_type', 'booking_rules', 'series'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION stamp()',
            name || '_10_stamp', name);
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW '
            'EXECUTE FUNCTION record_history()', name || '_80_history', name);
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION %s()',
            name || '_90_announce', name, CASE name WHEN 'date_override' THEN 'announce_days' ELSE 'announce' END);
    END LOOP;
END $$;

CREATE TRIGGER series_20_zone BEFORE INSERT OR UPDATE OF zone ON series FOR EACH ROW EXECUTE FUNCTION check_zone();
CREATE TRIGGER room_30_check AFTER UPDATE OF kind, capacity ON room FOR EACH ROW
    WHEN ((OLD.kind, OLD.capacity) IS DISTINCT FROM (NEW.kind, NEW.capacity)) EXECUTE FUNCTION check_room();

-- As in 0001, and devices.
DROP TRIGGER appointment_10_stamp_update ON appointment;
CREATE TRIGGER appointment_10_stamp_update BEFORE UPDATE ON appointment FOR EACH ROW
    WHEN (OLD.practitioner_busy = NEW.practitioner_busy AND OLD.room_busy = NEW.room_busy
          AND OLD.device_busy = NEW.device_busy) EXECUTE FUNCTION stamp();
DROP TRIGGER appointment_20_place ON appointment;
CREATE TRIGGER appointment_20_place BEFORE INSERT OR UPDATE OF
    practitioner_id, room_id, device_id, site_id, starts_at, ends_at, wall_start, zone, buffer_before_minutes,
    buffer_after_minutes, status, squeezed_in, practitioner_no, room_no, device_no, footprint, cancelled_at
    ON appointment FOR EACH ROW EXECUTE FUNCTION place_appointment();
