"""What a change was, in plain words: of an appointment, a patient, a wish, an absence, the set-up, a right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.history_list import Change, ChangeKind
from clinic_desk.domain.patients_record import PatientChange
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.rights import Right
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.words import date_text, day_text, one_line, time_text
from clinic_desk.ui.patients.words import change_text, shortened
from clinic_desk.ui.rights_words import right_name

translate = QCoreApplication.translate
_QUIET = frozenset({"id", "no", "version", "changed_at", "changed_by", "changed_desk_id", "added_at", "position"})
_MOST_FIELDS = 4


def kind_text(kind: ChangeKind) -> str:
    """Return what a kind of change is called."""
    return {
        ChangeKind.APPOINTMENTS: translate("history", "Appointments"),
        ChangeKind.PATIENTS: translate("history", "Patients"),
        ChangeKind.WAITING: translate("history", "Waiting list"),
        ChangeKind.AWAY: translate("history", "Absences and blocks"),
        ChangeKind.SETUP: translate("history", "Set-up"),
        ChangeKind.MESSAGES: translate("history", "Messages and their rules"),
        ChangeKind.PEOPLE: translate("history", "People and rights"),
        ChangeKind.ACCESSES: translate("history", "Restricted records opened"),
    }[kind]


def what_text(change: Change, clinic: Clinic) -> str:
    """Return a change as a sentence: `Moved from Tue 24 Nov 10:15 to Wed 25 Nov 09:00`."""
    if change.table in {"appointment", "patient"}:
        as_hers = PatientChange(
            change.id,
            change.at,
            change.person,
            change.desk,
            change.command,
            change.row_id,
            change.table == "patient",
            change.before,
            change.after,
        )
        return change_text(as_hers, clinic)
    if change.table == "history_blank":
        if (change.after or {}).get("kept"):
            return translate("history", "What the history said of a patient was closed")
        return translate("history", "What the history said of a patient was erased")
    if change.table == "patient_access":
        return _access(change, clinic)
    return _sentence(change, clinic)


def whose_text(change: Change) -> str:
    """Return whose record, appointment or wish it was; a dash for nobody's."""
    return one_line(change.patient_name) or "–"


def by_text(change: Change) -> str:
    """Return who did it, and at which desk."""
    return ", ".join(part for part in (one_line(change.person), one_line(change.desk)) if part)


def when_text(change: Change, zone: str) -> str:
    """Return when it was done, at the clinic."""
    wall = to_wall(change.at, zone)
    return f"{date_text(wall.date())} {time_text(wall)}"


def _access(change: Change, clinic: Clinic) -> str:
    """Return that a restricted record was opened, how, until when and why; or that it was closed before its time."""
    image = change.after or change.before or {}
    if change.after is None:
        return translate("history", "What tells that a restricted record was opened was removed")
    if change.before is not None:
        return translate("history", "Restricted record closed before its time")
    until = _moment(str(image["until_at"]))
    wall = to_wall(until, clinic.sites[0].zone) if until is not None and clinic.sites else until
    if image["by_right"]:
        told = translate("history", "Restricted record opened until {time}")
    else:
        told = translate("history", "Restricted record opened in an emergency until {time}")
    text = told.format(time="" if wall is None else time_text(wall))
    reason = one_line(str(image["reason"]))
    return f"{text}: “{reason}”" if reason else text


# --- what is not an appointment or a patient --------------------------------------------------------------------------


def _sentence(change: Change, clinic: Clinic) -> str:
    image = change.after or change.before or {}
    what = _thing(change.table)
    name = _name(change.table, image, clinic)
    called = f"{what} {name}" if name else what
    if change.before is None:
        return translate("history", "{what} added").format(what=called)
    if change.after is None:
        return translate("history", "{what} removed").format(what=called)
    fields = [
        name
        for name in change.after
        if name not in _QUIET and change.before.get(name) != change.after[name] and name in change.before
    ]
    told = [_field(name, change.before[name], change.after[name], clinic) for name in fields[:_MOST_FIELDS]]
    if len(fields) > _MOST_FIELDS:
        told.append(translate("history", "and {n} more").format(n=len(fields) - _MOST_FIELDS))
    if not told:
        return translate("history", "{what} saved without a change").format(what=called)
    return translate("history", "{what}: {changes}").format(what=called, changes="; ".join(told))


def _thing(table: str) -> str:
    texts: dict[str, str] = {
        "series": translate("history", "Series"),
        "wish": translate("history", "Wish for an earlier time"),
        "offer_round": translate("history", "Offers of a free time"),
        "offer": translate("history", "Offer"),
        "time_off": translate("history", "Time off"),
        "closure": translate("history", "Closure"),
        "block": translate("history", "Block"),
        "block_type": translate("history", "Kind of visit that a block is kept for"),
        "date_override": translate("history", "Other hours"),
        "site": translate("history", "Site"),
        "practitioner": translate("history", "Doctor"),
        "room": translate("history", "Room or device"),
        "appointment_type": translate("history", "Kind of visit"),
        "appointment_type_practitioner": translate("history", "Who does a kind of visit:"),
        "appointment_type_room": translate("history", "Where a kind of visit is done:"),
        "working_hours": translate("history", "Working hours"),
        "booking_rules": translate("history", "Booking rules"),
        "lock_rules": translate("history", "When desks lock"),
        "messaging": translate("history", "Settings of messages"),
        "reminder_rule": translate("history", "Reminder rule"),
        "message_text": translate("history", "Text of a message"),
        "contact_note": translate("history", "Note about an address"),
        "staff": translate("history", "Person"),
        "staff_right": translate("history", "Right"),
    }
    return texts.get(table, table.replace("_", " "))


def _name(table: str, image: dict[str, Any], clinic: Clinic) -> str:
    """Return what tells one row of a table from another, in words."""
    if table == "staff_right":
        told = translate("history", "“{right}” of {person}, {given}")
        given = translate("history", "given") if image.get("granted") else translate("history", "taken away")
        login = str(image.get("login", ""))
        return told.format(right=_right(image), person=one_line(clinic.staff.get(login, login)), given=given)
    parts = [
        _known(field, image[field], clinic)
        for field in ("practitioner_id", "type_id", "room_id", "site_id")
        if image.get(field) and table not in {"wish", "offer"}
    ]
    parts += [f"“{shortened(one_line(str(image[field])))}”" for field in ("name", "display_name") if image.get(field)]
    if image.get("starts_at") and image.get("ends_at") and clinic.sites:
        parts.append(_span(image, clinic.sites[0].zone))
    parts += [_value(field, image[field], clinic) for field in ("day", "first_day") if image.get(field)]
    if table == "working_hours":
        parts.append(_hours(image))
    return ", ".join(part for part in parts if part)


def _right(image: dict[str, Any]) -> str:
    try:
        return right_name(Right(str(image.get("name", ""))))
    except ValueError:
        return str(image.get("name", ""))


def _field(name: str, before: Any, after: Any, clinic: Clinic) -> str:
    told = translate("history", "{field}: {before} → {after}")
    texts = _fields()
    return told.format(
        field=texts.get(name, name.removesuffix("_id").replace("_", " ")),
        before=_value(name, before, clinic),
        after=_value(name, after, clinic),
    )


def _fields() -> dict[str, str]:
    return {
        "name": translate("history", "name"),
        "display_name": translate("history", "name"),
        "active": translate("history", "in use"),
        "starts_at": translate("history", "from"),
        "ends_at": translate("history", "until"),
        "first_day": translate("history", "first day"),
        "last_day": translate("history", "last day"),
        "start_minute": translate("history", "from"),
        "end_minute": translate("history", "until"),
        "valid_from": translate("history", "valid from"),
        "valid_to": translate("history", "valid until"),
        "length_minutes": translate("history", "minutes long"),
        "colour": translate("history", "colour"),
        "phone": translate("history", "phone"),
        "address": translate("history", "address"),
        "zone": translate("history", "time zone"),
        "granted": translate("history", "given"),
        "closed": translate("history", "closed"),
        "note": translate("history", "note"),
        "priority": translate("history", "priority"),
        "practitioner_id": translate("history", "doctor"),
        "site_id": translate("history", "site"),
        "room_id": translate("history", "room"),
        "type_id": translate("history", "kind of visit"),
        "asked_at": translate("history", "asked"),
        "state": translate("history", "state"),
        "body": translate("history", "text"),
        "subject": translate("history", "subject"),
    }


def _value(name: str, value: Any, clinic: Clinic) -> str:
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, bool):
        return translate("history", "yes") if value else translate("history", "no")
    if isinstance(value, int):
        return _clock(value) if name.endswith("_minute") else str(value)
    if isinstance(value, list):
        return shortened(", ".join(_value("", each, clinic) for each in value))
    if name.endswith("_id"):
        return _known(name, str(value), clinic)
    return _day_or_moment(str(value), clinic) or shortened(one_line(str(value)))


def _day_or_moment(value: str, clinic: Clinic) -> str:
    """Return a date, or an instant at the clinic; nothing for any other text."""
    moment = _moment(value)
    if moment is not None and moment.tzinfo is not None and clinic.sites:
        wall = to_wall(moment, clinic.sites[0].zone)
        return f"{day_text(wall.date())} {time_text(wall)}"
    return date_text(moment.date()) if moment is not None and len(value) == len("2026-11-24") else ""


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text[:4].isdigit() else None
    except ValueError:
        return None


def _known(field: str, value: str, clinic: Clinic) -> str:
    rows: dict[str, Callable[[], Any]] = {
        "practitioner_id": lambda: clinic.practitioners,
        "type_id": lambda: clinic.types,
        "room_id": lambda: clinic.rooms,
        "site_id": lambda: clinic.sites,
    }
    if field not in rows:
        return "…"
    return next((one_line(row.name) for row in rows[field]() if row.id == UUID(value)), "?")


def _span(image: dict[str, Any], zone: str) -> str:
    first, last = (to_wall(datetime.fromisoformat(image[name]), zone) for name in ("starts_at", "ends_at"))
    return f"{day_text(first.date())} {time_text(first)} – {day_text(last.date())} {time_text(last)}"


def _hours(image: dict[str, Any]) -> str:
    names = (
        translate("history", "Mon"),
        translate("history", "Tue"),
        translate("history", "Wed"),
        translate("history", "Thu"),
        translate("history", "Fri"),
        translate("history", "Sat"),
        translate("history", "Sun"),
    )
    start, end = (_clock(int(image.get(name) or 0)) for name in ("start_minute", "end_minute"))
    return f"{names[int(image.get('weekday', 1)) - 1]} {start}–{end}"
