-- The clinic's rules: alternating weeks, other hours on single dates, blocks reserved for types, devices, rooms for
-- several at once, notice and horizon, what a reception may overrule, series.

ALTER TABLE site
    ADD country text NOT NULL DEFAULT '' CONSTRAINT site_country CHECK (country ~ '^([A-Z]{2})?$'),  -- ISO 3166-1
    ADD subdivision text NOT NULL DEFAULT ''  -- ISO 3166-2 behind the hyphen: whose public holidays are offered
        CONSTRAINT site_subdivision CHECK (subdivision = '' OR country <> '');

-- FHIR's Location and Device in one table. The exclusion constraints of `appointment` guard those of capacity 1; where
-- more fit, place_appointment() counts the largest number at once.
ALTER TABLE room
    ADD kind text NOT NULL DEFAULT 'room' CONSTRAINT room_kind CHECK (kind IN ('room', 'device')),
    ADD capacity integer NOT NULL DEFAULT 1 CONSTRAINT room_capacity CHECK (capacity BETWEEN 1 AND 1000);

ALTER TABLE appointment_type
    ADD needs_device boolean NOT NULL DEFAULT false,
    ADD notice_minutes integer  -- NULL: the clinic's, also of the next
        CONSTRAINT appointment_type_notice CHECK (notice_minutes BETWEEN 0 AND 525600),
    ADD horizon_days integer CONSTRAINT appointment_type_horizon CHECK (horizon_days BETWEEN 1 AND 3660);

-- Which rooms and devices serve a type: of a kind none of which is named, all do.
CREATE TABLE appointment_type_room (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    type_id uuid NOT NULL CONSTRAINT appointment_type_room_type_id_fkey REFERENCES appointment_type ON DELETE CASCADE,
    room_id uuid NOT NULL CONSTRAINT appointment_type_room_room_id_fkey REFERENCES room ON DELETE CASCADE,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT appointment_type_room_key UNIQUE (type_id, room_id)
);

-- A row counts in a week when the Mondays of the day and of valid_from lie a multiple of so many weeks apart.
ALTER TABLE working_hours
    ADD every_weeks integer NOT NULL DEFAULT 1 CONSTRAINT working_hours_every_weeks CHECK (every_weeks BETWEEN 1 AND 8);

-- All rows of a practitioner and date replace her weekly hours of that date, at all sites. Without minutes she does not
-- work.
CREATE TABLE date_override (
    id uuid PRIMARY KEY,
    practitioner_id uuid NOT NULL CONSTRAINT date_override_practitioner_id_fkey REFERENCES practitioner,
    site_id uuid NOT NULL CONSTRAINT date_override_site_id_fkey REFERENCES site,
    day date NOT NULL,
    start_minute integer,
    end_minute integer,
    name text NOT NULL DEFAULT '',
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT date_override_both_or_neither CHECK (num_nonnulls(start_minute, end_minute) IN (0, 2)),
    CONSTRAINT date_override_minutes CHECK (start_minute >= 0 AND start_minute < end_minute AND end_minute <= 1440)
);

-- A block with rows here is reserved for these types; one without is for nobody.
CREATE TABLE block_type (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    block_id uuid NOT NULL CONSTRAINT block_type_block_id_fkey REFERENCES block ON DELETE CASCADE,
    type_id uuid NOT NULL CONSTRAINT block_type_type_id_fkey REFERENCES appointment_type ON DELETE CASCADE,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT block_type_key UNIQUE (block_id, type_id)
);

-- One row. Notice and horizon bind what is offered; staff may type any time.
CREATE TABLE booking_rules (
    id uuid PRIMARY KEY DEFAULT '00000000-0000-7000-8000-000000000002'
        CONSTRAINT booking_rules_only_one CHECK (id = '00000000-0000-7000-8000-000000000002'),
    step_minutes integer NOT NULL DEFAULT 5 CONSTRAINT booking_rules_step CHECK (step_minutes BETWEEN 1 AND 240),
    notice_minutes integer NOT NULL DEFAULT 0
        CONSTRAINT booking_rules_notice CHECK (notice_minutes BETWEEN 0 AND 525600),
    horizon_days integer NOT NULL DEFAULT 365 CONSTRAINT booking_rules_horizon CHECK (horizon_days BETWEEN 1 AND 3660),
    -- what a reception may overrule (commands.Rule); a manager may all that can be overruled
    overrulable text[] NOT NULL
        DEFAULT '{outside-hours,over-break,time-off,blocked,patient-busy,slot-taken}'
        CONSTRAINT booking_rules_overrulable CHECK (array_position(overrulable, NULL) IS NULL),
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid
);
INSERT INTO booking_rules DEFAULT VALUES;

-- The rule by which appointments were booked together; each of them is an ordinary appointment.
CREATE TABLE series (
    id uuid PRIMARY KEY,
    rule text NOT NULL CONSTRAINT series_rule CHECK (rule <> ''),  -- an RRULE of RFC 5545
    starts_on date NOT NULL,
    wall_minute integer NOT NULL CONSTRAINT series_wall_minute CHECK (wall_minute BETWEEN 0 AND 1439),
    zone text NOT NULL,  -- the trigger check_zone() compares it with pg_timezone_names
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid
);

-- A desk that a manager named keeps that name, whatever its own settings say.
ALTER TABLE desk ADD named boolean NOT NULL DEFAULT false;

ALTER TABLE appointment
    ADD device_id uuid,
    ADD series_id uuid CONSTRAINT appointment_series_id_fkey REFERENCES series,
    ADD series_day date,  -- the date the series gave it (RECURRENCE-ID), wherever it was moved to
    -- written by the trigger place_appointment() only
    ADD device_no integer,
    ADD device_busy tstzmultirange NOT NULL DEFAULT '{}',
    ADD CONSTRAINT appointment_device_fkey FOREIGN KEY (device_id, device_no) REFERENCES room (id, no),
    ADD CONSTRAINT appointment_device_no CHECK ((device_id IS NULL) = (device_no IS NULL)),
    ADD CONSTRAINT appointment_series_day CHECK (series_id IS NULL OR series_day IS NOT NULL),
    ADD CONSTRAINT appointment_device_excl EXCLUDE USING gist (
        int8range(device_no, device_no, '[]') WITH &&, device_busy WITH &&) WHERE (occupies AND device_no IS NOT NULL);
