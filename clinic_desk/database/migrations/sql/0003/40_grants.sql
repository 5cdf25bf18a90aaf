-- Continues the matrix of 0001 and 0002; tests/database/test_grants.py proves it both ways.
--
--                                      reception   manager    readonly   worker
--   date_override block_type
--   appointment_type_room              S           SIUD       S          S
--   booking_rules                      S           SU         S          S
--   series                             SIU         SIU        S          S
--   notification                                               S(d)                  (d) `dates` too
--   desk                               SIU(c)      SIU(c)     S          S        (c) a manager also `named`

GRANT SELECT ON date_override, block_type, appointment_type_room, booking_rules, series
    TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;
GRANT INSERT, UPDATE, DELETE ON date_override, block_type, appointment_type_room TO clinic_manager;
GRANT UPDATE ON booking_rules TO clinic_manager;
GRANT UPDATE (named) ON desk TO clinic_manager;
GRANT EXECUTE ON FUNCTION register_reader(uuid, text) TO clinic_readonly;  -- its own row of desk, and nothing else
GRANT INSERT, UPDATE ON series TO clinic_reception, clinic_manager;
GRANT UPDATE (device_id, series_id, series_day) ON appointment TO clinic_reception, clinic_manager;
GRANT SELECT (dates) ON notification TO clinic_readonly;
