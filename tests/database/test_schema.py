"""What the schema as a whole promises: no extension, pinned functions, plans that stay flat, storage for a queue."""

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from clinic_desk.database.schema import MIGRATIONS
from clinic_desk.database.setup import OWNER
from tests.plugins.postgres import PostgresServer
from tests.support.small_clinic import SmallClinic
from tests.support.sql import at, connected

BY_WHOEVER_CHANGES = {"refuse_change()", "keep_erased()"}
"""Triggers that run for whoever changes a row: one only refuses, the other looks who that is."""


def test_it_needs_no_extension(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        assert set(connection.scalars(text("SELECT extname FROM pg_extension"))) <= {"plpgsql"}
    written = "".join(path.read_text(encoding="utf-8") for path in MIGRATIONS.rglob("*.sql"))
    assert "CREATE EXTENSION" not in written.upper()


def test_every_function_has_its_search_path_pinned_and_runs_for_the_owner(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        functions = connection.execute(
            text(
                "SELECT oid::regprocedure::text, proconfig, prosecdef, prorettype = 'trigger'::regtype AS is_trigger,"
                " proowner::regrole::text AS owner FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            )
        ).all()
    assert len(functions) >= 15
    for name, config, definer, is_trigger, owner in functions:
        assert owner == OWNER
        assert name == "is_occupying(text)" or config == ["search_path=pg_catalog, pg_temp"], name
        assert definer or not is_trigger or name in BY_WHOEVER_CHANGES, name


def test_tables_are_singular_with_a_primary_key_and_instants_with_a_zone(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        without_key = text(
            "SELECT relname FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p')"
        )
        assert connection.scalars(without_key).all() == []
        zoneless = text(
            "SELECT table_name || '.' || column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type = 'timestamp without time zone'"
        )
        assert connection.scalars(zoneless).all() == ["appointment.wall_start"]
        badly_named = text(
            "SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'"
            " AND NOT starts_with(conname, conrelid::regclass::text) AND conrelid <> 'alembic_version'::regclass"
        )
        assert connection.scalars(badly_named).all() == []


def test_every_foreign_key_to_what_can_be_deleted_daily_has_an_index(owner_engine: Engine) -> None:
    """Else each release of a hold or pruning of a message would read whole tables."""
    with owner_engine.connect() as connection:
        unindexed = text(
            "SELECT conname FROM pg_constraint AS f WHERE contype = 'f'"
            " AND confrelid IN ('appointment'::regclass, 'patient'::regclass, 'desk'::regclass)"
            " AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = f.conrelid AND indkey[0] = f.conkey[1])"
        )
        assert connection.scalars(unindexed).all() == []


def test_the_queue_is_stored_as_a_queue(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        options = connection.scalar(text("SELECT reloptions FROM pg_class WHERE relname = 'notification'"))
        assert options is not None
        settings = dict(option.split("=") for option in options)
        assert settings["autovacuum_vacuum_scale_factor"] == "0"
        assert int(settings["autovacuum_vacuum_threshold"]) <= 1000
        assert int(settings["fillfactor"]) < 100
        partial = "SELECT indexname FROM pg_indexes WHERE tablename = 'notification' AND indexdef LIKE '%WHERE%status%'"
        assert {"notification_pending_idx", "notification_leased_idx"} <= set(connection.scalars(text(partial)))


def test_a_frozen_desk_cannot_hold_a_transaction_open_for_ever(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "1min"
        assert connection.scalar(text("SHOW timezone")) == "UTC"


# --- plans ------------------------------------------------------------------------------------------------------------

_ROWS = 30_000
_FILL = """
INSERT INTO appointment (id, patient_id, practitioner_id, site_id, type_id, starts_at, ends_at, wall_start, zone,
    practitioner_no, footprint, practitioner_busy, room_busy, squeezed_in)
SELECT gen_random_uuid(), :patient, p.id, :site, :type, s, s + interval '15 minutes', s, 'UTC', p.no,
    tstzrange(s, s + interval '15 minutes'), tstzmultirange(tstzrange(s, s + interval '15 minutes')), '{}', n % 50 = 0
FROM practitioner AS p, generate_series(0, :each - 1) AS n,
    LATERAL (SELECT timestamptz '2030-01-01 06:00+0'
        + n / 40 * interval '1 day' + n % 40 * interval '15 minutes' AS s) AS t
"""
_FILL_HISTORY = """
INSERT INTO history (operation_id, table_name, row_id, action, version)
SELECT gen_random_uuid(), 'appointment', id, 'insert', 1 FROM appointment
"""
_FILL_QUEUE = """
INSERT INTO notification (id, appointment_id, patient_id, kind, channel, dedupe_key, due_at, status, sent_at)
SELECT gen_random_uuid(), id, patient_id, 'reminder', 'sms', id::text, starts_at,
    CASE WHEN n % 500 = 0 THEN 'pending' WHEN n % 501 = 0 THEN 'failed' ELSE 'sent' END, starts_at
FROM (SELECT *, row_number() OVER () AS n FROM appointment LIMIT 50000) AS a
"""
_FILL_PATIENTS = """
INSERT INTO patient (id, family_name, phone, birth_date, search_key)
SELECT gen_random_uuid(), 'x' || n, '+49' || 30000000 + n, date '1930-01-01' + n % 30000,
    substr(md5(n::text), 1, 7) || ' ' || substr(md5(n::text), 9, 6)
FROM generate_series(1, 20000) AS n
"""


_QUERIES = {
    "the day": """
        SELECT * FROM appointment JOIN patient ON patient.id = patient_id
        WHERE starts_at > :start - interval '24 hours' AND starts_at < :end AND ends_at > :start
            AND status <> 'entered-in-error'""",
    "a practitioner's day": """
        SELECT * FROM appointment WHERE practitioner_id = :who AND starts_at BETWEEN :start AND :end""",
    "what is in the way": """
        SELECT * FROM appointment WHERE practitioner_id = :who AND occupies AND footprint && tstzrange(:start, :end)
            AND starts_at > :start - interval '28 hours' AND starts_at < :end + interval '4 hours'""",
    "who never arrived": """
        SELECT id FROM appointment WHERE status = 'booked' AND ends_at <= now() AND starts_at < now()
        AND starts_at > now() - make_interval(days => 7)""",
    "a patient's appointments": """
        SELECT * FROM appointment WHERE patient_id = :patient AND starts_at > :start ORDER BY starts_at LIMIT 20""",
    "an appointment's history": "SELECT * FROM history WHERE row_id = :id ORDER BY id",
    "an appointment's messages": "SELECT * FROM notification WHERE appointment_id = :id",
    "what is due": """
        SELECT id FROM notification WHERE status = 'pending' AND due_at <= :end ORDER BY due_at LIMIT 10""",
    "leases that ran out": """
        SELECT id FROM notification WHERE status IN ('leased', 'sending', 'unknown') AND lease_until < :end""",
    "sent today": "SELECT count(*) FROM notification WHERE sent_at >= :start AND sent_at < :end",
    "a family's phone": "SELECT * FROM patient WHERE phone = '+4930000017' AND phone <> ''",
    "born on": "SELECT * FROM patient WHERE birth_date = '1987-03-14'",
    "the heirs of a place": """
        SELECT id FROM appointment WHERE practitioner_no = 1 AND squeezed_in AND occupies
            AND starts_at > :start - interval '28 hours' AND starts_at < :end""",
    "what is protected": """
        SELECT practitioner_busy FROM appointment
        WHERE int8range(practitioner_no, practitioner_no, '[]') && int8range(1, 1, '[]')
            AND practitioner_busy && tstzmultirange(tstzrange(:start, :end)) AND occupies""",
}
_TYPED = {
    "a word's beginning": "patient_grams(search_key) @> ARRAY['  7', ' 7f', '7f3'] AND search_key LIKE '%7f3%'",
    "inside a word": "patient_grams(search_key) @> ARRAY['7f3']",
    "the family name": "search_key LIKE '7f%' ORDER BY search_key USING ~<~",
}


def _plan(connection: Connection, statement: str, **parameters: Any) -> str:
    return "\n".join(connection.scalars(text(f"EXPLAIN {statement}"), parameters))


def test_no_query_of_the_day_reads_a_whole_table(
    postgres_server: PostgresServer, owner_engine: Engine, clinic: SmallClinic
) -> None:
    """30,000 appointments of three practitioners; the planner knows them."""
    with connected(postgres_server.superuser_url.set(database=owner_engine.url.database)) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # filled at once, triggers off
        ids = {"patient": clinic.patients[0], "site": clinic.berlin, "type": clinic.checkup}
        connection.execute(text(_FILL), ids | {"each": _ROWS // 3})
        for fill in (_FILL_HISTORY, _FILL_QUEUE, _FILL_PATIENTS):
            connection.execute(text(fill))
        for table in ("appointment", "history", "notification", "patient"):
            connection.execute(text(f"ANALYZE {table}"))
        one = connection.scalar(text("SELECT id FROM appointment LIMIT 1"))
        values = {"start": at(0), "end": at(24), "who": clinic.weber, "patient": clinic.patients[1], "id": one}
        for name, statement in _QUERIES.items():
            used = {key: value for key, value in values.items() if f":{key}" in statement}
            plan = _plan(connection, statement, **used)
            assert "Seq Scan" not in plan, f"{name}:\n{plan}"
            # newer servers skip through an index of more columns, older ones do not
            assert name != "the day" or "appointment_starts_at_idx" in plan, plan
        for name, condition in _TYPED.items():
            plan = _plan(connection, f"SELECT * FROM patient WHERE {condition} LIMIT 12")
            assert "patient_search" in plan, f"{name}:\n{plan}"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["  m"], {"Meier", "Obermeier"}),  # the given name Max
        (["  m", " me", "mei"], {"Meier"}),
        (["mei"], {"Meier", "Obermeier"}),
        (["  b", " b1", "b19"], {"Meier"}),
        (["xyz"], set()),
    ],
)
def test_trigrams_find_the_beginning_of_a_word_or_its_inside(
    owner_engine: Engine, wanted: list[str], found: set[str]
) -> None:
    with owner_engine.connect() as connection:
        for name, key in (("Meier", "meier anna b19870314"), ("Obermeier", "obermeier max"), ("Li", "li")):
            row = {"name": name, "key": key}
            connection.execute(
                text("INSERT INTO patient (id, family_name, search_key) VALUES (gen_random_uuid(), :name, :key)"), row
            )
        query = text("SELECT family_name FROM patient WHERE patient_grams(search_key) @> CAST(:wanted AS text[])")
        assert set(connection.scalars(query, {"wanted": wanted})) == found
        assert connection.scalar(text("SELECT patient_grams('')")) == []
        assert sorted(connection.scalar(text("SELECT patient_grams(' ab  c ')"))) == ["  a", "  c", " ab"]
