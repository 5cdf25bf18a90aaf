"""The statements that read the history through from end to end; nothing of it is left to functions of the database.

Who looks must not trust the database's owner: the content of a row's digest is put together here, from functions of
PostgreSQL itself, and hashed by the program.
"""

from __future__ import annotations

from typing import Final

from clinic_desk.database.tables import metadata
from clinic_desk.domain.history_chain import MADE_WITH_THE_SCHEMA, PERSONAL

_NOT_RECORDED: Final = frozenset({"history", "inbound_message", "saved_view"})
RECORDED: Final = tuple(
    sorted(name for name, table in metadata.tables.items() if "version" in table.c and name not in _NOT_RECORDED)
)
"""The tables whose every change the history tells."""

_DERIVED: Final = (
    "ARRAY['practitioner_no', 'room_no', 'device_no', 'footprint', 'occupies', 'practitioner_busy', 'room_busy', "
    "'device_busy', 'search_key']"
)
_AT: Final = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"


def _personal(table: str) -> str:
    def part(image: str) -> str:
        pairs = ", ".join(f"'{name}', h.{image} -> '{name}'" for name in PERSONAL[table])
        return f"jsonb_strip_nulls(jsonb_build_object({pairs}))"

    return f"WHEN '{table}' THEN jsonb_build_array({part('before')}, {part('after')})"


def _fields(table: str) -> str:
    return f"WHEN '{table}' THEN ARRAY[{', '.join(repr(name) for name in PERSONAL[table])}]"


SEALS: Final = f"""
SELECT no, first_id, last_id, count, digest, marks, {_AT.format("at")} FROM history_seal ORDER BY no
"""  # noqa: S608  # constants of this module only
ROWS: Final = f"""
SELECT h.id, jsonb_build_array(h.id, h.operation_id, h.table_name, h.row_id, h.action, h.version, h.before - f.fields,
           h.after - f.fields, {_AT.format("h.at")}, h.db_user, h.desk_id)::text,
       h.salt::text || CASE h.table_name {" ".join(map(_personal, PERSONAL))} ELSE '[]' END::text, h.blanked, h.blank_id
FROM history h CROSS JOIN LATERAL (
    SELECT CASE h.table_name {" ".join(map(_fields, PERSONAL))} ELSE '{{}}' END::text[] AS fields) f
ORDER BY h.id
"""  # noqa: S608  # constants of this module only
BLANKS: Final = "SELECT id FROM history_blank"
COUNT: Final = "SELECT count(*) FROM history"
RESTORES: Final = "SELECT at, login, desk, taken_at, seals FROM restore ORDER BY at"

STEPS: Final = f"""
SELECT id, table_name, row_id, action, version, at, before, was, was_version, was_action, blanked OR was_blanked
FROM (
    SELECT h.id, h.table_name, h.row_id, h.action, h.version, h.at, h.before, h.blanked IS NOT NULL AS blanked,
           lag(h.after) OVER w AS was, lag(h.version) OVER w AS was_version, lag(h.action) OVER w AS was_action,
           lag(h.blanked) OVER w IS NOT NULL AS was_blanked, lag(h.table_name) OVER w AS was_table
    FROM history h WINDOW w AS (PARTITION BY h.row_id ORDER BY h.id)
) x
WHERE CASE WHEN was_action IS NULL
               THEN action <> 'insert' AND NOT (version = 2 AND row_id::text LIKE '{MADE_WITH_THE_SCHEMA}%%')
           WHEN was_action = 'delete' THEN action <> 'insert'
           ELSE action = 'insert' OR version <> was_version + 1 OR before IS DISTINCT FROM was END
"""  # noqa: S608  # constants of this program only
"""Changes that do not go on from where the one before left the record, or may not: `differing` decides."""

AS_IT_STANDS: Final = {
    table: f"""
SELECT t.id, t.version, to_jsonb(t) - {_DERIVED}, h.id, h.action, h.after, h.blanked IS NOT NULL, h.at
FROM {table} t LEFT JOIN LATERAL (
    SELECT h.id, h.action, h.after, h.blanked, h.at FROM history h WHERE h.row_id = t.id AND h.table_name = '{table}'
    ORDER BY h.id DESC LIMIT 1) h ON true
WHERE h.after IS DISTINCT FROM to_jsonb(t) - {_DERIVED}
"""  # noqa: S608  # names of this program's tables
    for table in RECORDED
}
GONE: Final = f"""
SELECT h.id, h.table_name, h.row_id, h.at FROM history h
WHERE h.action = 'insert' AND NOT CASE h.table_name
        {" ".join(f"WHEN '{table}' THEN EXISTS (SELECT FROM {table} t WHERE t.id = h.row_id)" for table in RECORDED)}
        ELSE true END
  AND NOT EXISTS (SELECT FROM history d WHERE d.row_id = h.row_id AND d.id > h.id AND d.action = 'delete')
"""  # noqa: S608  # names of this program's tables
SWITCHED_OFF: Final = """
SELECT t.name FROM unnest(%(tables)s::text[]) AS t(name)
WHERE NOT EXISTS (SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
                  WHERE g.tgrelid = to_regclass('public.' || t.name) AND p.proname = 'record_history'
                    AND g.tgenabled IN ('O', 'A'))
   OR EXISTS (SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
              WHERE g.tgrelid = to_regclass('public.' || t.name) AND p.proname IN ('record_history', 'record_added')
                AND g.tgenabled NOT IN ('O', 'A'))
UNION ALL
SELECT g.tgrelid::regclass::text FROM pg_trigger g
WHERE g.tgname IN ('history_append_only', 'history_seal_append_only', 'restore_append_only')
  AND g.tgenabled NOT IN ('O', 'A')
"""
