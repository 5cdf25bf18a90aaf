-- What the clinic signs in to its providers with: one row for each secret, and what it says beside it, encrypted with the
-- clinic key, which is in the keyrings of the PCs that send and never here. The history and the announcements are of the
-- row alone: who changed which secret, when, and under which key. The ciphertext has no history.
CREATE TABLE provider_secret (
    id uuid PRIMARY KEY,
    name text NOT NULL CONSTRAINT provider_secret_name_key UNIQUE CONSTRAINT provider_secret_name CHECK (name IN (
        'email_password', 'twilio_auth_token', 'twilio_api_key', 'twilio_api_secret')),
    key_id text NOT NULL CONSTRAINT provider_secret_key_id CHECK (key_id ~ '^[0-9a-f]{16}$'),
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    changed_desk_id uuid
);

CREATE TABLE provider_secret_text (
    id uuid PRIMARY KEY CONSTRAINT provider_secret_text_id_fkey REFERENCES provider_secret ON DELETE CASCADE,
    ciphertext text NOT NULL CONSTRAINT provider_secret_text_ciphertext CHECK (
        ciphertext ~ '^[A-Za-z0-9_=-]+$' AND length(ciphertext) BETWEEN 40 AND 8000)
);

CREATE TRIGGER provider_secret_10_stamp BEFORE INSERT OR UPDATE ON provider_secret FOR EACH ROW
    EXECUTE FUNCTION stamp();
CREATE TRIGGER provider_secret_80_history AFTER INSERT OR UPDATE OR DELETE ON provider_secret FOR EACH ROW
    EXECUTE FUNCTION record_history();
CREATE TRIGGER provider_secret_90_announce AFTER INSERT OR UPDATE OR DELETE ON provider_secret FOR EACH ROW
    EXECUTE FUNCTION announce();

-- A manager writes what he cannot read; who sends reads what it cannot write.
--
--                                      reception   manager    readonly   worker
--   provider_secret                    S           SIUD       -          S
--   provider_secret_text               -           IU S(id)   -          S
GRANT SELECT ON provider_secret TO clinic_reception, clinic_manager, clinic_worker;
GRANT INSERT, UPDATE, DELETE ON provider_secret TO clinic_manager;
GRANT SELECT ON provider_secret_text TO clinic_worker;
GRANT INSERT, UPDATE, SELECT (id) ON provider_secret_text TO clinic_manager;
