-- What 0006 brought: a restricted record that was opened in an emergency, lock times, backups and their times.
INSERT INTO staff (login, display_name, group_name) VALUES (session_user, 'Owner', 'manager');
ALTER TABLE staff_right DISABLE TRIGGER staff_right_05_own;  -- the owner stands in for a manager here
INSERT INTO staff_right (id, login, name, granted) VALUES (id_of('right', 2), session_user, 'restricted', true);
UPDATE patient SET restricted = true WHERE id = id_of('patient', 5);
DELETE FROM staff_right WHERE id = id_of('right', 2);
ALTER TABLE staff_right ENABLE TRIGGER staff_right_05_own;
DELETE FROM staff WHERE login = session_user;
INSERT INTO patient_access (id, patient_id, login, by_right, reason, at, until_at, ended_at)
    VALUES (id_of('access', 1), id_of('patient', 5), 'dump_julia', false, 'Collapsed at the desk',
        '2026-03-02 09:00Z', '2026-03-02 09:15Z', '2026-03-02 09:05Z');
UPDATE lock_rules SET idle_minutes = 5, session_hours = 10;
UPDATE backup_setting SET enabled = true, folder = '/backups', zone = 'Europe/Berlin', keep_weekly = 8;
INSERT INTO backup_run (id, kind, state, started_at, ended_at, taken_at, folder, file_name, bytes, rows, schema_revision)
    VALUES (id_of('backup', 1), 'scheduled', 'good', '2026-03-02 01:10Z', '2026-03-02 01:11Z', '2026-03-02 01:10Z',
        '/backups', 'clinic.cdbackup', 123456, 789, '0006');
INSERT INTO backup_run (id, kind, state, problem, started_at, ended_at)
    VALUES (id_of('backup', 2), 'by-hand', 'failed', 'folder-gone', '2026-03-03 01:10Z', '2026-03-03 01:10Z');
