-- Which operation took back which: an undo is an operation of its own that names what it takes back, and a redo takes the
-- undo back. Each operation is taken back once at most, so that the chain from what was done first to how it stands now
-- has no branches.
CREATE TABLE taken_back (
    operation_id uuid PRIMARY KEY,
    by_operation_id uuid NOT NULL CONSTRAINT taken_back_by_operation_id_key UNIQUE
);

CREATE TRIGGER taken_back_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON taken_back FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();

-- What a desk did last.
CREATE INDEX operation_desk_idx ON operation (desk_id, at);

-- Continues the matrix of 0001 to 0003.
--                                      reception   manager    readonly   worker
--   taken_back                         SI          SI         -          -
GRANT SELECT, INSERT ON taken_back TO clinic_reception, clinic_manager;
