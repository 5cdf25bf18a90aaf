DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['messaging', 'reminder_rule', 'message_text', 'contact_note', 'inbound_message'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION stamp()',
            name || '_10_stamp', name);
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION %s()',
            name || '_90_announce', name, 'announce');
        -- What a patient wrote is no change that a desk made, and is to be erased some day.
        IF name <> 'inbound_message' THEN
            EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW '
                'EXECUTE FUNCTION record_history()', name || '_80_history', name);
        END IF;
    END LOOP;
END $$;

CREATE TRIGGER messaging_85_resume AFTER UPDATE ON messaging FOR EACH ROW EXECUTE FUNCTION resume_channels();
CREATE TRIGGER messaging_95_wake AFTER UPDATE ON messaging FOR EACH STATEMENT EXECUTE FUNCTION wake_queue();
CREATE TRIGGER message_channel_90_announce AFTER UPDATE ON message_channel FOR EACH ROW
    WHEN (OLD.state <> NEW.state OR OLD.code <> NEW.code) EXECUTE FUNCTION announce();
CREATE TRIGGER message_channel_95_wake AFTER UPDATE ON message_channel FOR EACH ROW
    WHEN (OLD.state <> 'working' AND NEW.state = 'working') EXECUTE FUNCTION wake_queue();
CREATE TRIGGER notification_95_wake AFTER INSERT ON notification FOR EACH STATEMENT EXECUTE FUNCTION wake_queue();
-- By a desk: retry, send now. What the worker puts back itself it knows of.
CREATE TRIGGER notification_95_wake_update AFTER UPDATE ON notification FOR EACH ROW
    WHEN (NEW.status = 'pending' AND OLD.status NOT IN ('leased', 'sending')
          AND (OLD.status <> 'pending' OR NEW.due_at < OLD.due_at)) EXECUTE FUNCTION wake_queue();
