-- Offers of a free time to patients who wait, by message, one after the other: a round is one gap and all who are asked
-- in it, an offer one of them. The time is not reserved: whoever books it first has it, by the constraint.

ALTER TABLE messaging ADD offer_minutes integer NOT NULL DEFAULT 20  -- how long one may think about it
    CONSTRAINT messaging_offer_minutes CHECK (offer_minutes BETWEEN 5 AND 1440);

-- What is told to somebody who wanted a time that is gone; and a no, which is an answer to an offer.
ALTER TABLE notification DROP CONSTRAINT notification_kind, ADD CONSTRAINT notification_kind CHECK (kind IN (
    'confirmation', 'rescheduled', 'cancelled', 'reminder', 'waitlist-offer', 'waitlist-gone'));
ALTER TABLE message_text DROP CONSTRAINT message_text_kind, ADD CONSTRAINT message_text_kind CHECK (kind IN (
    'confirmation', 'rescheduled', 'cancelled', 'reminder', 'waitlist-offer', 'waitlist-gone'));
ALTER TABLE inbound_message DROP CONSTRAINT inbound_message_meaning, ADD CONSTRAINT inbound_message_meaning CHECK (
    meaning IN ('confirm', 'decline', 'stop', 'start', 'other'));

CREATE TABLE offer_round (
    id uuid PRIMARY KEY,
    practitioner_id uuid NOT NULL CONSTRAINT offer_round_practitioner_id_fkey REFERENCES practitioner,
    site_id uuid NOT NULL CONSTRAINT offer_round_site_id_fkey REFERENCES site,
    starts_at timestamptz NOT NULL,                 -- the gap, as it was when it was first offered
    ends_at timestamptz NOT NULL,
    answer_minutes integer NOT NULL
        CONSTRAINT offer_round_answer_minutes CHECK (answer_minutes BETWEEN 5 AND 1440),
    -- over: nobody is left to be asked; lost: the time is taken, begun, or not worked any more
    state text NOT NULL DEFAULT 'running'
        CONSTRAINT offer_round_state CHECK (state IN ('running', 'taken', 'over', 'lost', 'withdrawn')),
    started_at timestamptz NOT NULL DEFAULT now(),
    started_by text NOT NULL DEFAULT session_user,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT offer_round_end_after_start CHECK (ends_at > starts_at)
);

CREATE TABLE offer (
    id uuid PRIMARY KEY,
    round_id uuid NOT NULL CONSTRAINT offer_round_id_fkey REFERENCES offer_round,
    position integer NOT NULL,                      -- the order in which they are asked
    wish_id uuid NOT NULL CONSTRAINT offer_wish_id_fkey REFERENCES wish,
    patient_id uuid NOT NULL CONSTRAINT offer_patient_id_fkey REFERENCES patient,
    starts_at timestamptz NOT NULL,                 -- the visit that is offered
    ends_at timestamptz NOT NULL,
    -- skipped: could not be asked, `reason` says why; lost: said yes, or was asked, and somebody else has the time
    state text NOT NULL DEFAULT 'queued' CONSTRAINT offer_state CHECK (state IN (
        'queued', 'asked', 'taken', 'declined', 'lapsed', 'withdrawn', 'lost', 'skipped')),
    reason text NOT NULL DEFAULT '',
    channel text CONSTRAINT offer_channel CHECK (channel IN ('email', 'sms')),
    notification_id uuid,                           -- what asks her; it is kept when the message is pruned
    asked_at timestamptz,                           -- when the message is due
    until_at timestamptz,                           -- until when she may answer, as it told her
    answered_at timestamptz,                        -- when her yes was read; it is carried out by whoever works the queue
    reply_id uuid CONSTRAINT offer_reply_id_fkey REFERENCES inbound_message ON DELETE SET NULL,
    appointment_id uuid CONSTRAINT offer_appointment_id_fkey REFERENCES appointment,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid,
    CONSTRAINT offer_end_after_start CHECK (ends_at > starts_at),
    CONSTRAINT offer_asked CHECK (
        state NOT IN ('asked', 'lapsed') OR asked_at IS NOT NULL AND until_at IS NOT NULL AND channel IS NOT NULL),
    CONSTRAINT offer_taken CHECK (state <> 'taken' OR appointment_id IS NOT NULL),
    CONSTRAINT offer_round_position_key UNIQUE (round_id, position),
    CONSTRAINT offer_round_wish_key UNIQUE (round_id, wish_id)
);

CREATE INDEX offer_round_running_idx ON offer_round (practitioner_id, starts_at) WHERE state = 'running';
CREATE INDEX offer_round_changed_at_idx ON offer_round (changed_at);
CREATE UNIQUE INDEX offer_asked_idx ON offer (round_id) WHERE state = 'asked';  -- one patient at a time
CREATE INDEX offer_wish_id_idx ON offer (wish_id);
CREATE INDEX offer_patient_id_idx ON offer (patient_id);
CREATE INDEX offer_notification_id_idx ON offer (notification_id);
CREATE INDEX offer_appointment_id_idx ON offer (appointment_id);
CREATE INDEX offer_reply_id_idx ON offer (reply_id);

-- Who was asked and did not take it waits behind those who were not asked yet.
CREATE FUNCTION note_asked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.wish SET asked_at = now() WHERE id = NEW.wish_id AND closed IS NULL;
    RETURN NULL;
END $$;

-- A hint to whoever works the queue that an offer may be over: somebody else was put into its time.
CREATE FUNCTION wake_offers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('clinic_desk.quiet', true) IS DISTINCT FROM 'on' AND EXISTS (
            SELECT FROM public.offer_round WHERE state = 'running' AND practitioner_id = NEW.practitioner_id
                AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at) THEN
        PERFORM pg_notify('clinic_desk_queue', '');
    END IF;
    RETURN NULL;
END $$;

-- Books the visit of an offer to which its patient said yes, or moves forward what she has; false if the time is taken.
-- All that is booked stands in the offer, which a desk made: who, with whom, where, when. What the rules say to it is
-- judged before, by the same code as for any booking; the constraints decide. The wish is closed by it.
CREATE FUNCTION take_offer(offered uuid, booked uuid, room uuid, device uuid, seen integer)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o record;
    was timestamptz;
    written integer;
BEGIN
    SELECT f.starts_at, f.ends_at, f.patient_id, r.practitioner_id, r.site_id, s.zone, w.id AS wish_id, w.type_id,
        w.appointment_id AS forward, t.buffer_before_minutes AS before, t.buffer_after_minutes AS after, f.round_id
    INTO o FROM public.offer f JOIN public.offer_round r ON r.id = f.round_id JOIN public.wish w ON w.id = f.wish_id
        JOIN public.site s ON s.id = r.site_id JOIN public.appointment_type t ON t.id = w.type_id
    WHERE f.id = offered AND f.state IN ('asked', 'lapsed') AND f.answered_at IS NOT NULL AND r.state = 'running'
        AND w.closed IS NULL AND w.patient_id = f.patient_id AND f.starts_at > now()
        AND f.starts_at >= r.starts_at AND f.ends_at <= r.ends_at
    FOR UPDATE OF f, r, w;
    IF NOT FOUND OR EXISTS (SELECT FROM unnest(ARRAY[room, device]) AS needed WHERE needed IS NOT NULL AND NOT EXISTS (
            SELECT FROM public.room p WHERE p.id = needed AND p.site_id = o.site_id AND p.active)) THEN
        RAISE EXCEPTION 'no such offer was said yes to' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF o.forward IS NULL THEN
        INSERT INTO public.appointment (id, patient_id, practitioner_id, site_id, type_id, room_id, device_id, starts_at,
            ends_at, zone, buffer_before_minutes, buffer_after_minutes)
        VALUES (booked, o.patient_id, o.practitioner_id, o.site_id, o.type_id, room, device, o.starts_at,
            o.ends_at, o.zone, o.before, o.after)
        ON CONFLICT DO NOTHING;
    ELSE
        SELECT starts_at INTO was FROM public.appointment WHERE id = o.forward;
        UPDATE public.appointment a SET practitioner_id = o.practitioner_id, site_id = o.site_id, room_id = room,
            device_id = device, starts_at = o.starts_at, ends_at = o.ends_at, wall_start = NULL, zone = o.zone,
            squeezed_in = false, overruled = '{}', answer = 'needs-action',
            present_room_id = CASE WHEN a.site_id = o.site_id THEN a.present_room_id END
        WHERE a.id = o.forward AND a.id = booked AND a.version = seen AND a.status = 'booked'
            AND a.patient_id = o.patient_id AND a.starts_at > o.starts_at
            AND a.ends_at - a.starts_at = o.ends_at - o.starts_at;
    END IF;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written = 0 THEN
        RETURN false;
    END IF;
    UPDATE public.wish SET closed = 'booked', booked_id = booked, moved_from = was WHERE id = o.wish_id;
    UPDATE public.offer SET state = 'taken', reason = '', appointment_id = booked WHERE id = offered;
    UPDATE public.offer_round SET state = 'taken' WHERE id = o.round_id;
    RETURN true;
END $$;

-- Wishes whose last day is over, at every site where they could have been granted. (An instant is turned into a local
-- day here, never the other way.)
CREATE FUNCTION expire_wishes() RETURNS integer LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    WITH expired AS (
        UPDATE public.wish w SET closed = 'expired' WHERE closed IS NULL AND until_day < ALL (
            SELECT (now() AT TIME ZONE s.zone)::date FROM public.site s WHERE w.site_id IS NULL OR s.id = w.site_id)
        RETURNING 1)
    SELECT count(*)::integer FROM expired
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['offer_round', 'offer'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION stamp()',
            name || '_10_stamp', name);
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW '
            'EXECUTE FUNCTION record_history()', name || '_80_history', name);
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW '
            'EXECUTE FUNCTION announce_days()', name || '_90_announce', name);
    END LOOP;
END $$;

CREATE TRIGGER offer_75_asked AFTER UPDATE ON offer FOR EACH ROW
    WHEN (OLD.state = 'asked' AND NEW.state IN ('declined', 'lapsed')) EXECUTE FUNCTION note_asked();
CREATE TRIGGER offer_95_wake AFTER UPDATE ON offer FOR EACH ROW
    WHEN (OLD.answered_at IS NULL AND NEW.answered_at IS NOT NULL OR OLD.state = 'asked' AND NEW.state = 'declined')
    EXECUTE FUNCTION wake_queue();
CREATE TRIGGER wish_95_wake AFTER UPDATE ON wish FOR EACH ROW
    WHEN (OLD.closed IS NULL AND NEW.closed IS NOT NULL) EXECUTE FUNCTION wake_queue();
CREATE TRIGGER appointment_95_offers AFTER INSERT OR UPDATE OF status, starts_at, ends_at, practitioner_id ON appointment
    FOR EACH ROW WHEN (NEW.occupies) EXECUTE FUNCTION wake_offers();

-- The matrix goes on: tests/database/test_grants.py. What a worker writes of an offer says who is asked and what she
-- answered; take_offer() alone lets it book, and nothing but what a desk offered.
--
--                                      reception   manager    readonly   worker
--   offer_round                        SIU(c)      SIU(c)     S          SU(c)
--   offer                              SIU(c)      SIU(c)     S          SU(c)
REVOKE ALL ON FUNCTION note_asked(), wake_offers(), take_offer(uuid, uuid, uuid, uuid, integer), expire_wishes()
    FROM PUBLIC;
GRANT SELECT ON offer_round, offer TO clinic_reception, clinic_manager, clinic_readonly, clinic_worker;
GRANT INSERT ON offer_round, offer TO clinic_reception, clinic_manager;
GRANT UPDATE (state) ON offer_round TO clinic_reception, clinic_manager, clinic_worker;
GRANT UPDATE (state, reason, channel, notification_id, asked_at, until_at, answered_at, reply_id, appointment_id,
    starts_at, ends_at) ON offer TO clinic_reception, clinic_manager;
GRANT UPDATE (state, reason, channel, notification_id, asked_at, until_at, answered_at, reply_id,
    starts_at, ends_at) ON offer TO clinic_worker;
GRANT EXECUTE ON FUNCTION take_offer(uuid, uuid, uuid, uuid, integer), expire_wishes() TO clinic_worker;
