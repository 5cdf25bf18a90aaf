-- How the clinic tells its patients, and what became of it: settings, reminder rules, texts, addresses that may not be
-- used, what patients answered, the state of each channel; and what the queue needs beside its first columns.

-- One row. No secrets: those are in the keyring or the environment of the program that sends.
CREATE TABLE messaging (
    id uuid PRIMARY KEY DEFAULT '00000000-0000-7000-8000-000000000001'
        CONSTRAINT messaging_only_one CHECK (id = '00000000-0000-7000-8000-000000000001'),
    quiet_from_minute integer NOT NULL DEFAULT 1200
        CONSTRAINT messaging_quiet_from CHECK (quiet_from_minute BETWEEN 0 AND 1440),
    quiet_until_minute integer NOT NULL DEFAULT 540
        CONSTRAINT messaging_quiet_until CHECK (quiet_until_minute BETWEEN 0 AND 1440),
    wait_s integer NOT NULL DEFAULT 20 CONSTRAINT messaging_wait CHECK (wait_s BETWEEN 0 AND 900),
    retention_days integer NOT NULL DEFAULT 90
        CONSTRAINT messaging_retention CHECK (retention_days BETWEEN 1 AND 3650),
    email_by text NOT NULL DEFAULT 'off' CONSTRAINT messaging_email_by CHECK (email_by IN ('off', 'smtp', 'folder')),
    email_per_minute integer NOT NULL DEFAULT 120
        CONSTRAINT messaging_email_rate CHECK (email_per_minute BETWEEN 1 AND 60000),
    smtp_host text NOT NULL DEFAULT '',
    smtp_port integer NOT NULL DEFAULT 587 CONSTRAINT messaging_smtp_port CHECK (smtp_port BETWEEN 1 AND 65535),
    smtp_security text NOT NULL DEFAULT 'starttls'
        CONSTRAINT messaging_smtp_security CHECK (smtp_security IN ('starttls', 'tls', 'none')),
    smtp_user text NOT NULL DEFAULT '',  -- empty: the sending address, if a password is known; 'none' takes no password
    from_address text NOT NULL DEFAULT '' CONSTRAINT messaging_from_address CHECK (
        from_address = '' OR from_address ~ '^[^@[:space:],;<>]+@[^@[:space:],;<>]+$'),
    from_name text NOT NULL DEFAULT '',
    reply_to text NOT NULL DEFAULT '' CONSTRAINT messaging_reply_to CHECK (
        reply_to = '' OR reply_to ~ '^[^@[:space:],;<>]+@[^@[:space:],;<>]+$'),
    sms_by text NOT NULL DEFAULT 'off' CONSTRAINT messaging_sms_by CHECK (sms_by IN ('off', 'twilio', 'folder')),
    sms_per_minute integer NOT NULL DEFAULT 60
        CONSTRAINT messaging_sms_rate CHECK (sms_per_minute BETWEEN 1 AND 60000),
    twilio_account_sid text NOT NULL DEFAULT ''
        CONSTRAINT messaging_account CHECK (twilio_account_sid ~ '^(AC[0-9a-fA-F]{32})?$'),
    twilio_number text NOT NULL DEFAULT ''
        CONSTRAINT messaging_number CHECK (twilio_number ~ '^(\+[1-9][0-9]{1,14})?$'),
    twilio_service_sid text NOT NULL DEFAULT ''
        CONSTRAINT messaging_service CHECK (twilio_service_sid ~ '^(MG[0-9a-fA-F]{32})?$'),
    twilio_base_url text NOT NULL DEFAULT ''  -- empty: Twilio's own
        CONSTRAINT messaging_base_url CHECK (
            twilio_base_url ~ '^(https://[^[:space:]/?#@]+|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?)?/?$'),
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid
);

-- A reminder leaves `lead` `unit`s before the start. Rules of an appointment's own type replace those without a type.
-- channel NULL: the patient's own; else only over this one, if she has an address for it and wants messages at all.
CREATE TABLE reminder_rule (
    id uuid PRIMARY KEY,
    lead integer NOT NULL CONSTRAINT reminder_rule_lead CHECK (lead BETWEEN 1 AND 10000),
    unit text NOT NULL DEFAULT 'hours' CONSTRAINT reminder_rule_unit CHECK (unit IN ('minutes', 'hours', 'days')),
    type_id uuid CONSTRAINT reminder_rule_type_id_fkey REFERENCES appointment_type ON DELETE CASCADE,
    channel text CONSTRAINT reminder_rule_channel CHECK (channel IN ('email', 'sms')),
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid
);

-- The clinic's own words; where there is no row, or a broken one, the program's default stands.
CREATE TABLE message_text (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT message_text_kind CHECK (kind IN (
        'confirmation', 'rescheduled', 'cancelled', 'reminder', 'waitlist-offer')),
    channel text NOT NULL CONSTRAINT message_text_channel CHECK (channel IN ('email', 'sms')),
    language text NOT NULL CONSTRAINT message_text_language CHECK (language ~ '^[a-z]{2}$'),
    subject text NOT NULL DEFAULT '',
    body text NOT NULL CONSTRAINT message_text_body CHECK (body <> ''),
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT message_text_key UNIQUE (kind, channel, language)
);

-- What is known of an address: its owner wants nothing more, or the provider cannot reach it. Not a patient's property:
-- a family shares a number, and a patient with a new number is reachable again by herself.
CREATE TABLE contact_note (
    id uuid PRIMARY KEY,
    channel text NOT NULL CONSTRAINT contact_note_channel CHECK (channel IN ('email', 'sms')),
    address text NOT NULL  -- in small letters: messaging.noted_address()
        CONSTRAINT contact_note_address CHECK (address <> '' AND address = lower(address)),
    state text NOT NULL CONSTRAINT contact_note_state CHECK (state IN ('opted-out', 'unusable')),
    source text NOT NULL CONSTRAINT contact_note_source CHECK (source IN ('reply', 'provider', 'desk')),
    reason text NOT NULL DEFAULT '',
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT contact_note_key UNIQUE (channel, address)
);

-- What patients wrote back. `open` rows are the desks' inbox.
CREATE TABLE inbound_message (
    id uuid PRIMARY KEY,
    channel text NOT NULL DEFAULT 'sms' CONSTRAINT inbound_message_channel CHECK (channel IN ('email', 'sms')),
    provider_id text NOT NULL CONSTRAINT inbound_message_provider_id_key UNIQUE,
    sender text NOT NULL,
    body text NOT NULL DEFAULT '',
    received_at timestamptz NOT NULL,
    meaning text NOT NULL DEFAULT 'other' CONSTRAINT inbound_message_meaning CHECK (meaning IN (
        'confirm', 'stop', 'start', 'other')),
    status text NOT NULL DEFAULT 'open' CONSTRAINT inbound_message_status CHECK (status IN ('open', 'done')),
    patient_id uuid CONSTRAINT inbound_message_patient_id_fkey REFERENCES patient,
    appointment_id uuid CONSTRAINT inbound_message_appointment_id_fkey REFERENCES appointment,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid
);

-- The state of each channel, shared by all who send: circuit breaker and rate limit.
CREATE TABLE message_channel (
    channel text PRIMARY KEY CONSTRAINT message_channel_channel CHECK (channel IN ('email', 'sms')),
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT message_channel_id_key UNIQUE,
    -- working; pausing (transient trouble, tried again at resume_at); stopped (configuration: somebody must act)
    state text NOT NULL DEFAULT 'working'
        CONSTRAINT message_channel_state CHECK (state IN ('working', 'pausing', 'stopped')),
    failures integer NOT NULL DEFAULT 0,
    code text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    since timestamptz NOT NULL DEFAULT now(),
    resume_at timestamptz,
    next_send_at timestamptz NOT NULL DEFAULT '-infinity',
    CONSTRAINT message_channel_resume CHECK ((state = 'pausing') = (resume_at IS NOT NULL))
);

ALTER TABLE notification
    ADD error_code text NOT NULL DEFAULT '',  -- the provider's code (21614, 550 …) or a word of ours (quiet-hours)
    ADD rule_id uuid CONSTRAINT notification_rule_id_fkey REFERENCES reminder_rule ON DELETE SET NULL,
    ADD origin_id uuid CONSTRAINT notification_origin_id_fkey REFERENCES notification ON DELETE SET NULL,
    ADD check_at timestamptz,                 -- when to ask the provider what became of it (unknown, sent)
    ADD checks integer NOT NULL DEFAULT 0,
    ADD dealt_with_at timestamptz,            -- somebody took note of a failure: it needs no attention any more
    ADD dealt_with_by text NOT NULL DEFAULT '',
    ADD log jsonb NOT NULL DEFAULT '[]',      -- what happened to it, oldest first: written by stamp_notification() only
    ADD CONSTRAINT notification_dealt_with CHECK ((dealt_with_at IS NULL) = (dealt_with_by = ''));

INSERT INTO messaging DEFAULT VALUES;
INSERT INTO message_channel (channel) VALUES ('email'), ('sms');
INSERT INTO reminder_rule (id, lead, unit) VALUES ('00000000-0000-7000-8000-000000000024', 24, 'hours');
