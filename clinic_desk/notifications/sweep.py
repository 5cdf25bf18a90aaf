"""Repairs the plan of reminders, hourly: what rules that were changed now want, what is missing, what is out of date.

Nothing that has left is sent again, nothing that a person cancelled or put forward is touched, and a second run finds
nothing to do. What was read without a lock is read again behind one before it is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries import sweep as queries
from clinic_desk.database.queries.desks import database_now
from clinic_desk.database.queries.messaging import contact_notes, message_texts, read_messaging, reminder_rules
from clinic_desk.notifications.planning import (
    LEFT,
    SAYINGS,
    Message,
    Occasion,
    Reminder,
    manner_of,
    reminders,
    reminding,
    rule_due,
    rules_for,
    way_to,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.database.queries.sweep import ReminderRow

Stop = Callable[[], bool]

BATCH: Final = 500
"""Appointments that are looked at in one snapshot."""
CHUNK: Final = 50
"""Appointments that are changed in one transaction: their patients' bookings wait for it."""
RULE_CHANGED: Final = "rule-changed"

_DAWN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SAYINGS: Final = {
    RULE_CHANGED: "no rule asks for it any more, or it goes another way",
    "superseded": "the appointment is not as this message says any more",
    "opted-out": "the patient wants no messages any more",
}
_OF_ADDRESS: Final = frozenset({"opted-out", "unusable-address"})
"""Of these staff are told when something is to be told at once, not with each reminder that might have been."""
_COLUMNS: Final = tuple(column.name for column in fields(Message))


@dataclass(frozen=True, slots=True)
class Repair:
    """What one appointment's plan lacks: messages to insert, rows to change, rows to cancel."""

    insert: list[dict[str, Any]] = field(default_factory=list)
    change: list[dict[str, Any]] = field(default_factory=list)
    void: list[dict[str, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.insert or self.change or self.void)


def never() -> bool:
    """Go on until all is done."""
    return False


def repair_plan(db: Database, stop: Stop = never) -> int:
    """Repair the reminders of all appointments still to come; return how many messages were changed.

    `db` is signed in as a role that may change messages (clinic_worker). Raises DatabaseDown, Busy, NotAllowed; what
    was repaired until then stays.
    """
    changed, after = 0, (_DAWN, UUID(int=0))
    while not stop():
        with db.reading() as connection:
            found = queries.future_appointments(connection, *after, BATCH)
            wrong = [row for row, repair in _repairs(connection, [row for row, _ in found]) if repair]
        for begin in range(0, len(wrong), CHUNK):
            if stop():
                return changed
            changed += _mend(db, wrong[begin : begin + CHUNK])
        if len(found) < BATCH:
            break
        after = (found[-1][1], found[-1][0])
    return changed


def _mend(db: Database, appointment_ids: list[UUID]) -> int:
    with db.writing() as connection:
        queries.lock_patients(connection, appointment_ids)
        repairs = [(row, repair) for row, repair in _repairs(connection, appointment_ids) if repair]
        changed = queries.void_reminders(connection, [row for _, repair in repairs for row in repair.void])
        changed += queries.change_reminders(connection, [row for _, repair in repairs for row in repair.change])
        changed += queries.insert_reminders(connection, [row for _, repair in repairs for row in repair.insert])
        if changed:
            queries.announce(connection, [row for row, _ in repairs])
    return changed


def _repairs(
    connection: Connection, appointment_ids: list[UUID], now: datetime | None = None
) -> Iterable[tuple[UUID, Repair]]:
    """Return what each appointment's plan lacks, by the database's clock unless it is told another time."""
    found = queries.booked(connection, appointment_ids)
    addresses = {address for _, patient in found for address in (patient.phone, patient.email) if address}
    manner = manner_of(
        read_messaging(connection),
        reminder_rules(connection),
        message_texts(connection),
        {(note.channel.value, note.address): note.state for note in contact_notes(connection, addresses)},
    )
    there, sites = queries.reminders_of(connection, appointment_ids), queries.sites(connection)
    now = now or database_now(connection)
    return [
        (row.id, repair(Occasion(row, patient, sites[row.site_id], now, manner), there.get(row.id, ())))
        for row, patient in found
        if row.starts_at > now
    ]


# --- pure -------------------------------------------------------------------------------------------------------------


def repair(occasion: Occasion, rows: Iterable[ReminderRow]) -> Repair:
    """Return what is wrong with the reminders (`rows`) of a booked appointment still to come."""
    rows = tuple(rows)
    made = Repair()
    way = way_to(occasion.patient, occasion.manner)
    wanted = reminders(occasion, way) if way else ()
    kept = {_settle(occasion, reminder, rows, made) for reminder in wanted}
    for row in rows:
        waiting = row.status == "pending" and row.attempts == 0 and row.due_at > occasion.now
        code = _why_void(occasion, row, wanted=way is not None) if waiting and row.id not in kept else ""
        if code:
            made.void.append({"id": row.id, "code": code, "saying": _SAYINGS[code]})
    return made


def _tells(row: ReminderRow, occasion: Occasion) -> bool:
    return row.told == occasion.told and row.patient_id == occasion.patient.id


def _settle(occasion: Occasion, reminder: Reminder, rows: Iterable[ReminderRow], made: Repair) -> UUID | None:
    """Note what one wanted reminder needs; return the pending row that is to stay for it."""
    mine = [row for row in rows if _tells(row, occasion) and row.rule_id in {None, reminder.rule.id}]
    if any(row.status in LEFT or row.status == "expired" for row in mine):
        return None
    message = reminding(occasion, reminder)
    own = [row for row in mine if row.rule_id is not None and row.channel == reminder.channel]
    for row in own:
        if row.status == "pending":
            made.change.extend([_changed(row, message)] if _is_stale(row, message) else [])
            return row.id
    returning = [row for row in own if _may_return(row, message)]
    if returning:
        made.change.append(_changed(returning[-1], message))
    elif reminder.code not in _OF_ADDRESS and not any(_is_settled(row) for row in own):
        made.insert.append(_as_row(message))
    return None


def _is_settled(row: ReminderRow) -> bool:
    """Whether a reminder failed, and staff know of it, or was cancelled by a person."""
    return row.status == "failed" or (row.status == "cancelled" and row.error_code != "superseded")


def _is_stale(row: ReminderRow, message: Message) -> bool:
    """Whether a pending row has another time or text than it would now be given; one that a person hurried has not."""
    if row.attempts or row.error_code:
        return False
    return (row.due_at, row.subject, row.body) != (message.due_at, message.subject, message.body)


def _may_return(row: ReminderRow, message: Message) -> bool:
    """Whether a row that planning itself gave up can go now: its rule is back, it can be reached, or written."""
    if row.attempts:
        return False
    if row.status == "cancelled":
        return row.error_code == RULE_CHANGED
    return row.status == "failed" and row.error_code in SAYINGS and message.error_code == ""


def _changed(row: ReminderRow, message: Message) -> dict[str, Any]:
    values = _as_row(message)
    kept = ("status", "due_at", "subject", "body", "language", "error_code", "last_error")
    return {"id": row.id, "was": row.status, **{name: values[name] for name in kept}}


def _why_void(occasion: Occasion, row: ReminderRow, *, wanted: bool) -> str:
    """Return why a pending reminder that nothing asks for is to go; empty if it is to stay."""
    if not _tells(row, occasion):
        return "superseded"
    if not wanted:
        return "opted-out"
    rules = {rule.id: rule for rule in rules_for(occasion.manner.rules, occasion.appointment.type_id)}
    rule = None if row.rule_id is None else rules.get(row.rule_id)
    if rule is not None and rule_due(rule, occasion.appointment.starts_at, occasion.site.zone) < occasion.now:
        return ""  # its time by the rule is past: the queue has it in hand
    return RULE_CHANGED


def _as_row(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in _COLUMNS}
