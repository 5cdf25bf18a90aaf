-- What 0004 brought: what was taken back, the waiting list.
INSERT INTO taken_back (operation_id, by_operation_id)
    VALUES ('00000000-0000-7000-8000-00000000f111', '00000000-0000-7000-8000-00000000f112');
INSERT INTO wish (id, patient_id, type_id, weekdays, times, note)
    VALUES (id_of('wish', 1), id_of('patient', 12), id_of('type', 1), '{1,3}', '{480,720}', 'mornings');
