-- Figures ask of each visit when it was booked, and of each hour what was booked then: read from this index alone.
-- Appointments are made in the order of their ids, so an entry is added at its right edge.
CREATE INDEX history_booked_idx ON history (row_id) INCLUDE (at, desk_id, operation_id)
    WHERE table_name = 'appointment' AND action = 'insert';

-- When an imported appointment was booked is not known: imports are told apart.
CREATE INDEX operation_import_idx ON operation (id) WHERE command LIKE 'Import%';
