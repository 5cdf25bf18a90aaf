-- The board as it was: which appointments once stood on a day is asked of the history by the wall time they had, whose
-- text sorts as time does. A booking adds nothing to it; each later change adds one entry.
CREATE INDEX history_wall_start_idx ON history ((before ->> 'wall_start'))
    WHERE table_name = 'appointment' AND before IS NOT NULL;

-- Absences and blocks change seldom, among very many changes of appointments.
CREATE INDEX history_absence_idx ON history (at) WHERE table_name IN ('time_off', 'block', 'block_type');
