-- Programs of other versions on this schema. Each connection of a program says which revision it was built for
-- (clinic_desk.schema, in its start-up options); the upgrade itself, and whoever looks after the database, say nothing.

-- The oldest revision whose programs may still read this schema. A migration that takes away or means anew what they
-- read replaces this function; one that only adds leaves it.
CREATE FUNCTION readable_from() RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT '0006' $$;
REVOKE ALL ON FUNCTION readable_from() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION readable_from() TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;

-- A program that was open while the schema was upgraded knows nothing of it: its next write is refused by the database
-- itself, before anything is done. Every change begins with a row of `operation`; the others are written without one.
CREATE FUNCTION refuse_other_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    program text := nullif(current_setting('clinic_desk.schema', true), '');
    found text;
BEGIN
    IF program IS NOT NULL THEN
        SELECT version_num INTO found FROM public.alembic_version;
        IF program IS DISTINCT FROM found THEN
            RAISE EXCEPTION '%', found USING ERRCODE = 'CDV01';
        END IF;
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION refuse_other_version() FROM PUBLIC;

CREATE TRIGGER operation_00_version BEFORE INSERT ON operation FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_other_version();
CREATE TRIGGER desk_00_version BEFORE INSERT OR UPDATE ON desk FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_other_version();
CREATE TRIGGER hold_00_version BEFORE INSERT OR UPDATE ON hold FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_other_version();
CREATE TRIGGER notification_00_version BEFORE INSERT OR UPDATE ON notification FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_other_version();
