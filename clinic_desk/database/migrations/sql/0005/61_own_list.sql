-- The patient's own list of appointments, by e-mail: a message of no single appointment. `dates` says what it names, as a
-- message about several dates of a series has it.
ALTER TABLE notification DROP CONSTRAINT notification_kind, ADD CONSTRAINT notification_kind CHECK (kind IN (
    'confirmation', 'rescheduled', 'cancelled', 'reminder', 'waitlist-offer', 'waitlist-gone', 'appointment-list'));
ALTER TABLE message_text DROP CONSTRAINT message_text_kind, ADD CONSTRAINT message_text_kind CHECK (kind IN (
    'confirmation', 'rescheduled', 'cancelled', 'reminder', 'waitlist-offer', 'waitlist-gone', 'appointment-list'));

-- What belongs to an appointment is announced with it (announce_messages); a list belongs to none, and there are few.
CREATE TRIGGER notification_90_list AFTER INSERT ON notification FOR EACH ROW
    WHEN (NEW.kind = 'appointment-list') EXECUTE FUNCTION announce();
CREATE TRIGGER notification_90_list_update AFTER UPDATE OF status ON notification FOR EACH ROW
    WHEN (NEW.kind = 'appointment-list' AND OLD.status <> NEW.status) EXECUTE FUNCTION announce();
