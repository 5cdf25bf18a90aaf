"""The changes of the history as a list, page by page from the latest, and who may see everybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clinic_desk.domain.history_chain import Anchor
from clinic_desk.domain.history_list import TABLES, Change, Page, Wanted, Writer

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MAY: Final = "SELECT has_right('history')"
_COLUMNS: Final = """
SELECT h.id, h.at, h.db_user, coalesce(s.display_name, h.db_user), coalesce(d.name, ''), coalesce(o.command, ''),
       h.table_name, h.row_id, h.version, p.id, coalesce(concat_ws(' ', nullif(p.given_name, ''),
       nullif(p.family_name, '')), ''), h.before, h.after
FROM ({picked}) h
LEFT JOIN operation o ON o.id = h.operation_id LEFT JOIN staff s ON s.login = h.db_user
LEFT JOIN desk d ON d.id = h.desk_id
LEFT JOIN patient p ON p.id = CASE h.table_name WHEN 'patient' THEN h.row_id
    ELSE (coalesce(h.after, h.before) ->> 'patient_id')::uuid END
ORDER BY h.at DESC, h.id DESC
"""
_PICKED: Final = "SELECT * FROM {rows} h WHERE {where} ORDER BY h.at DESC, h.id DESC LIMIT %(limit)s"
_OF_RECORD: Final = """history_of(ARRAY(
    SELECT %(record)s::uuid UNION ALL SELECT a.id FROM appointment a WHERE a.patient_id = %(record)s::uuid
    UNION ALL SELECT w.id FROM wish w WHERE w.patient_id = %(record)s::uuid LIMIT 1000))"""
_OF_DOCTOR: Final = "%(doctor)s IN (h.before ->> 'practitioner_id', h.after ->> 'practitioner_id')"
_LAST_SEAL: Final = "SELECT no, digest, at FROM history_seal ORDER BY no DESC LIMIT 1"
_DIGEST: Final = "SELECT digest FROM history_seal WHERE no = %s"
_WRITERS: Final = "SELECT id, name FROM desk ORDER BY name, id"


def may_see_all(connection: Connection) -> bool:
    """Whether who is signed in may look through everybody's changes."""
    return bool(connection.exec_driver_sql(_MAY).scalar_one())


def last_seal(connection: Connection) -> Anchor | None:
    """Return the last seal of the history; None while there is none."""
    row = connection.exec_driver_sql(_LAST_SEAL).first()
    return None if row is None else Anchor(row[0], bytes(row[1]), row[2])


def digest_of_seal(connection: Connection, no: int) -> bytes | None:
    """Return the digest of a seal; None if there is no such seal."""
    found = connection.exec_driver_sql(_DIGEST, (no,)).scalar()
    return None if found is None else bytes(found)


def changes(connection: Connection, wanted: Wanted, before: Change | None, limit: int) -> Page:
    """Return the latest changes that are wanted, earlier than `before`; at most `limit`."""
    conditions, values = _conditions(wanted)
    if before is not None:
        conditions.append("(h.at, h.id) < (%(at)s, %(id)s)")
        values |= {"at": before.at, "id": before.id}
    rows_of = "history"
    if wanted.record is not None:
        rows_of, values = _OF_RECORD, values | {"record": str(wanted.record)}
    picked = _PICKED.format(rows=rows_of, where=" AND ".join(conditions) or "true")
    rows = connection.exec_driver_sql(_COLUMNS.format(picked=picked), values | {"limit": limit + 1}).all()
    return Page(tuple(Change(*row) for row in rows[:limit]), more=len(rows) > limit)


def _conditions(wanted: Wanted) -> tuple[list[str], dict[str, Any]]:
    tables = list(TABLES[wanted.kind]) if wanted.kind is not None else None
    asked: tuple[tuple[str, str, Any], ...] = (
        ("h.db_user = %(login)s", "login", wanted.login),
        ("h.desk_id = %(desk)s::uuid", "desk", wanted.desk_id and str(wanted.desk_id)),
        ("h.at >= %(since)s", "since", wanted.since),
        ("h.at < %(until)s", "until", wanted.until),
        ("h.table_name = ANY(%(tables)s)", "tables", tables),
        (_OF_DOCTOR, "doctor", wanted.practitioner_id and str(wanted.practitioner_id)),
    )
    given = [(condition, name, value) for condition, name, value in asked if value is not None]
    conditions = [condition for condition, _, _ in given]
    if tables is not None and not {"appointment", "patient"} & set(tables):
        conditions.append("h.table_name NOT IN ('appointment', 'patient')")  # what the index of the rare says
    return conditions, {name: value for _, name, value in given}


def writers(connection: Connection) -> tuple[Writer, ...]:
    """Return the desks there are or were, by name."""
    return tuple(Writer(*row) for row in connection.exec_driver_sql(_WRITERS))
