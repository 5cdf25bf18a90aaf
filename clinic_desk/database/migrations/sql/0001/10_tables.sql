-- Tables of the clinic, their checks and foreign keys. Everything here runs on PostgreSQL 14-18 without extensions.
-- The columns version and changed_* are written by the trigger stamp() (20_functions.sql), whatever a client sends.

-- Set-up: what a manager edits.

CREATE TABLE site (
    id uuid PRIMARY KEY,
    name text NOT NULL CONSTRAINT site_name CHECK (name <> ''),
    zone text NOT NULL,  -- an IANA name; the trigger check_zone() compares it with pg_timezone_names
    address text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '',
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid
);

CREATE TABLE practitioner (
    id uuid PRIMARY KEY,
    no integer GENERATED ALWAYS AS IDENTITY CONSTRAINT practitioner_no_key UNIQUE,
    name text NOT NULL CONSTRAINT practitioner_name CHECK (name <> ''),
    speciality text NOT NULL DEFAULT '',
    colour text NOT NULL DEFAULT '#3b6fd4' CONSTRAINT practitioner_colour CHECK (colour ~ '^#[0-9A-Fa-f]{6}$'),
    position integer NOT NULL DEFAULT 0,
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT practitioner_id_no_key UNIQUE (id, no)
);

CREATE TABLE room (
    id uuid PRIMARY KEY,
    no integer GENERATED ALWAYS AS IDENTITY CONSTRAINT room_no_key UNIQUE,
    site_id uuid NOT NULL CONSTRAINT room_site_id_fkey REFERENCES site,
    name text NOT NULL CONSTRAINT room_name CHECK (name <> ''),
    position integer NOT NULL DEFAULT 0,
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT room_id_no_key UNIQUE (id, no)
);

CREATE TABLE appointment_type (
    id uuid PRIMARY KEY,
    name text NOT NULL CONSTRAINT appointment_type_name CHECK (name <> ''),
    length_minutes integer NOT NULL CONSTRAINT appointment_type_length CHECK (length_minutes BETWEEN 1 AND 1440),
    buffer_before_minutes integer NOT NULL DEFAULT 0
        CONSTRAINT appointment_type_buffer_before CHECK (buffer_before_minutes BETWEEN 0 AND 240),
    buffer_after_minutes integer NOT NULL DEFAULT 0
        CONSTRAINT appointment_type_buffer_after CHECK (buffer_after_minutes BETWEEN 0 AND 240),
    colour text NOT NULL DEFAULT '#3b6fd4' CONSTRAINT appointment_type_colour CHECK (colour ~ '^#[0-9A-Fa-f]{6}$'),
    needs_room boolean NOT NULL DEFAULT false,
    position integer NOT NULL DEFAULT 0,
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid
);

-- Who may do a type. The own id makes its rows nameable in the history like all others.
CREATE TABLE appointment_type_practitioner (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    type_id uuid NOT NULL
        CONSTRAINT appointment_type_practitioner_type_id_fkey REFERENCES appointment_type ON DELETE CASCADE,
    practitioner_id uuid NOT NULL
        CONSTRAINT appointment_type_practitioner_practitioner_id_fkey REFERENCES practitioner ON DELETE CASCADE,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT appointment_type_practitioner_key UNIQUE (type_id, practitioner_id)
);

-- Weekly template rows in local wall time: minutes from midnight, 1440 = the next midnight; ISO weekday, 1 = Monday.
CREATE TABLE working_hours (
    id uuid PRIMARY KEY,
    practitioner_id uuid NOT NULL CONSTRAINT working_hours_practitioner_id_fkey REFERENCES practitioner,
    site_id uuid NOT NULL CONSTRAINT working_hours_site_id_fkey REFERENCES site,
    weekday integer NOT NULL CONSTRAINT working_hours_weekday CHECK (weekday BETWEEN 1 AND 7),
    start_minute integer NOT NULL,
    end_minute integer NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT working_hours_minutes CHECK (start_minute >= 0 AND start_minute < end_minute AND end_minute <= 1440),
    CONSTRAINT working_hours_validity CHECK (valid_to >= valid_from)
);

CREATE TABLE time_off (
    id uuid PRIMARY KEY,
    practitioner_id uuid NOT NULL CONSTRAINT time_off_practitioner_id_fkey REFERENCES practitioner,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    name text NOT NULL DEFAULT '',
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT time_off_end_after_start CHECK (ends_at > starts_at)
);

-- Whole local days of one site, both ends included.
CREATE TABLE closure (
    id uuid PRIMARY KEY,
    site_id uuid NOT NULL CONSTRAINT closure_site_id_fkey REFERENCES site,
    first_day date NOT NULL,
    last_day date NOT NULL,
    name text NOT NULL DEFAULT '',
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT closure_days CHECK (last_day >= first_day)
);

CREATE TABLE block (
    id uuid PRIMARY KEY,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    name text NOT NULL CONSTRAINT block_name CHECK (name <> ''),
    practitioner_id uuid CONSTRAINT block_practitioner_id_fkey REFERENCES practitioner,
    room_id uuid CONSTRAINT block_room_id_fkey REFERENCES room,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT block_end_after_start CHECK (ends_at > starts_at),
    CONSTRAINT block_practitioner_or_room CHECK (num_nonnulls(practitioner_id, room_id) = 1)
);

-- Login name of a person's role to the name shown on screen.
CREATE TABLE staff (
    login text PRIMARY KEY CONSTRAINT staff_login CHECK (octet_length(login) BETWEEN 1 AND 63),
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT staff_id_key UNIQUE,
    display_name text NOT NULL CONSTRAINT staff_display_name CHECK (display_name <> ''),
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid
);

-- The daily work: what a reception writes.

CREATE TABLE patient (
    id uuid PRIMARY KEY,
    family_name text NOT NULL DEFAULT '',
    given_name text NOT NULL DEFAULT '',
    birth_date date CONSTRAINT patient_birth_date CHECK (birth_date >= DATE '1850-01-01'),
    gender text NOT NULL DEFAULT 'unknown'
        CONSTRAINT patient_gender CHECK (gender IN ('male', 'female', 'other', 'unknown')),
    -- ITU-T E.164: a plus, then at most 15 digits that do not begin with 0
    phone text NOT NULL DEFAULT '' CONSTRAINT patient_phone CHECK (phone = '' OR phone ~ '^\+[1-9][0-9]{1,14}$'),
    email text NOT NULL DEFAULT ''
        CONSTRAINT patient_email CHECK (email = '' OR email ~ '^[^@[:space:],;<>]+@[^@[:space:],;<>]+$'),
    channel text NOT NULL DEFAULT 'none' CONSTRAINT patient_channel CHECK (channel IN ('email', 'sms', 'none')),
    language text NOT NULL DEFAULT 'en'
        CONSTRAINT patient_language CHECK (language ~ '^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$'),
    note text NOT NULL DEFAULT '',
    merged_into_id uuid CONSTRAINT patient_merged_into_id_fkey REFERENCES patient,
    search_key text NOT NULL DEFAULT '',  -- made by the program: domain.folding.search_key
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT patient_name CHECK (family_name <> '' OR given_name <> ''),
    CONSTRAINT patient_merged_into_another CHECK (merged_into_id <> id)
);

-- HL7 FHIR R5 Appointment, flat, and what became of its invariants here:
--   app-2  start and end both or neither ................ both are NOT NULL
--   app-3  only proposed, cancelled, waitlist lack them . the same, stricter: none lacks them
--   app-4  a reason only when cancelled or noshow ....... appointment_cancellation_reason
--   app-5  start <= end ................................. appointment_end_after_start, stricter: a visit takes time
--   app-6  originating appointment or template, not both  holds: this schema has neither
--   app-7  a cancellation date only when cancelled/noshow appointment_cancelled_at; the trigger writes and clears it
-- The statuses are the R5 value set without `proposed` and `pending`, which a reception's own calendar never has.
CREATE TABLE appointment (
    id uuid PRIMARY KEY,
    patient_id uuid NOT NULL CONSTRAINT appointment_patient_id_fkey REFERENCES patient,
    practitioner_id uuid NOT NULL,
    site_id uuid NOT NULL CONSTRAINT appointment_site_id_fkey REFERENCES site,
    type_id uuid NOT NULL CONSTRAINT appointment_type_id_fkey REFERENCES appointment_type,
    room_id uuid,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    wall_start timestamp NOT NULL,  -- the wall time it was agreed in, and
    zone text NOT NULL,             -- the zone that it was agreed in
    buffer_before_minutes integer NOT NULL DEFAULT 0
        CONSTRAINT appointment_buffer_before CHECK (buffer_before_minutes BETWEEN 0 AND 240),
    buffer_after_minutes integer NOT NULL DEFAULT 0
        CONSTRAINT appointment_buffer_after CHECK (buffer_after_minutes BETWEEN 0 AND 240),
    status text NOT NULL DEFAULT 'booked' CONSTRAINT appointment_status CHECK (status IN (
        'booked', 'arrived', 'checked-in', 'fulfilled', 'cancelled', 'noshow', 'entered-in-error', 'waitlist')),
    answer text NOT NULL DEFAULT 'needs-action'
        CONSTRAINT appointment_answer CHECK (answer IN ('needs-action', 'accepted', 'declined')),
    squeezed_in boolean NOT NULL DEFAULT false,
    overruled text[] NOT NULL DEFAULT '{}'
        CONSTRAINT appointment_overruled CHECK (array_position(overruled, NULL) IS NULL),
    cancellation_reason text,
    note text NOT NULL DEFAULT '',
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    -- From here on written by the trigger place_appointment() only.
    practitioner_no integer NOT NULL,
    room_no integer,
    footprint tstzrange NOT NULL,  -- buffer before + time + buffer after
    occupies boolean NOT NULL
        GENERATED ALWAYS AS (status IN ('booked', 'arrived', 'checked-in', 'fulfilled')) STORED,
    practitioner_busy tstzmultirange NOT NULL,  -- the part of the footprint that this row protects
    room_busy tstzmultirange NOT NULL,
    cancelled_at timestamptz,
    CONSTRAINT appointment_practitioner_fkey
        FOREIGN KEY (practitioner_id, practitioner_no) REFERENCES practitioner (id, no),
    CONSTRAINT appointment_room_fkey FOREIGN KEY (room_id, room_no) REFERENCES room (id, no),
    CONSTRAINT appointment_room_no CHECK ((room_id IS NULL) = (room_no IS NULL)),
    CONSTRAINT appointment_end_after_start CHECK (ends_at > starts_at),
    CONSTRAINT appointment_length CHECK (ends_at - starts_at <= INTERVAL '24 hours'),
    CONSTRAINT appointment_cancellation_reason CHECK (cancellation_reason IS NULL OR (
        status IN ('cancelled', 'noshow') AND cancellation_reason IN (
            'pat', 'pat-dec', 'pat-fb', 'pat-mv', 'pat-lwbs', 'prov', 'prov-pers', 'prov-dch', 'maint', 'oth-weath',
            'oth-err', 'other'))),
    CONSTRAINT appointment_cancelled_at CHECK (cancelled_at IS NULL OR status IN ('cancelled', 'noshow')),
    -- No double booking. What a row protects is its whole footprint; a squeeze-in protects only what nobody protected
    -- before it (place_appointment()), and inherits the rest as its neighbours leave (hand_over_place()). So what all
    -- rows protect together is always exactly the time that the search calls busy, and never protected twice.
    CONSTRAINT appointment_practitioner_excl EXCLUDE USING gist (
        int8range(practitioner_no, practitioner_no, '[]') WITH &&, practitioner_busy WITH &&) WHERE (occupies),
    CONSTRAINT appointment_room_excl EXCLUDE USING gist (
        int8range(room_no, room_no, '[]') WITH &&, room_busy WITH &&) WHERE (occupies AND room_no IS NOT NULL)
);

-- One row per change a desk asked for. Its id makes a repetition after a lost COMMIT harmless.
CREATE TABLE operation (
    id uuid PRIMARY KEY,
    command text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    db_user text NOT NULL DEFAULT session_user,
    desk_id uuid
);

-- Who changed what and when, before and after: append only, written by record_history() alone.
CREATE TABLE history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operation_id uuid NOT NULL,
    table_name text NOT NULL,
    row_id uuid NOT NULL,
    action text NOT NULL CONSTRAINT history_action CHECK (action IN ('insert', 'update', 'delete')),
    version integer NOT NULL,
    before jsonb,
    after jsonb,
    at timestamptz NOT NULL DEFAULT now(),
    db_user text NOT NULL DEFAULT session_user,
    desk_id uuid,
    CONSTRAINT history_operation_key UNIQUE (operation_id, table_name, row_id, version)
);

-- The queue of messages: one row is one message to one recipient over one channel. Works as NOTIFICATIONS demands:
-- enqueued in the transaction of the change, claimed under a lease, unique for good by dedupe_key.
CREATE TABLE notification (
    id uuid PRIMARY KEY,
    appointment_id uuid CONSTRAINT notification_appointment_id_fkey REFERENCES appointment,
    appointment_version integer,
    patient_id uuid NOT NULL CONSTRAINT notification_patient_id_fkey REFERENCES patient,
    kind text NOT NULL CONSTRAINT notification_kind CHECK (kind IN (
        'confirmation', 'rescheduled', 'cancelled', 'reminder', 'waitlist-offer')),
    channel text NOT NULL CONSTRAINT notification_channel CHECK (channel IN ('email', 'sms', 'none')),
    dedupe_key text NOT NULL CONSTRAINT notification_dedupe_key_key UNIQUE,
    recipient text NOT NULL DEFAULT '',  -- read from the patient when it is sent, kept for the record
    subject text NOT NULL DEFAULT '',
    body text NOT NULL DEFAULT '',       -- rendered when it is enqueued
    language text NOT NULL DEFAULT 'en',
    due_at timestamptz NOT NULL DEFAULT now(),
    not_after timestamptz,
    status text NOT NULL DEFAULT 'pending' CONSTRAINT notification_status CHECK (status IN (
        'pending', 'leased', 'sending', 'unknown', 'sent', 'delivered', 'failed', 'expired', 'cancelled')),
    attempts integer NOT NULL DEFAULT 0 CONSTRAINT notification_attempts CHECK (attempts >= 0),
    lease_owner text,
    lease_until timestamptz,
    sending_started_at timestamptz,
    sent_at timestamptz,
    provider_id text,
    last_error text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT notification_lease CHECK (
        status NOT IN ('leased', 'sending') OR (lease_owner IS NOT NULL AND lease_until IS NOT NULL))
);

-- One running program on one PC. It lives while its listener's connection holds pg_advisory_lock_shared(20261, no).
CREATE TABLE desk (
    id uuid PRIMARY KEY,
    no integer GENERATED ALWAYS AS IDENTITY CONSTRAINT desk_no_key UNIQUE,
    name text NOT NULL CONSTRAINT desk_name CHECK (name <> ''),
    db_user text NOT NULL DEFAULT session_user,
    last_seen_at timestamptz NOT NULL DEFAULT now()
);

-- An open booking form. Warns, never decides; counts while its desk lives and it has not expired.
CREATE TABLE hold (
    id uuid PRIMARY KEY,
    desk_id uuid NOT NULL CONSTRAINT hold_desk_id_fkey REFERENCES desk ON DELETE CASCADE,
    practitioner_id uuid NOT NULL CONSTRAINT hold_practitioner_id_fkey REFERENCES practitioner ON DELETE CASCADE,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT hold_end_after_start CHECK (ends_at > starts_at)
);
