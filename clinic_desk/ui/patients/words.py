"""What happened to a patient's record and to her appointments, in plain words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.patients_merge import Separated
from clinic_desk.domain.patients_record import LATE, PatientChange
from clinic_desk.domain.records import (
    AdministrativeGender,
    Appointment,
    AppointmentStatus,
    CancellationReason,
    Channel,
    Clinic,
    Patient,
)
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.cancel import reason_text
from clinic_desk.ui.booking.merge_text import status_text
from clinic_desk.ui.booking.patient_choices import LANGUAGES, channels, genders
from clinic_desk.ui.booking.words import breakable, date_text, day_text, length_text, moment_text, one_line, time_text

translate = QCoreApplication.translate
_LONGEST = 60


def field_names() -> dict[str, str]:
    """Return what the fields of a patient's record are called, in the order of the form."""
    return {
        "family_name": translate("record", "Family name"),
        "given_name": translate("record", "Given name"),
        "birth_date": translate("record", "Born"),
        "gender": translate("record", "Gender"),
        "phone": translate("record", "Phone"),
        "email": translate("record", "E-mail"),
        "channel": translate("record", "Tell by"),
        "language": translate("record", "Language"),
        "note": translate("record", "Note"),
    }


def value_text(name: str, value: Any) -> str:
    """Return a field's value as people read it; a dash for nothing."""
    texts: dict[str, Callable[[], str]] = {
        "birth_date": lambda: date_text(date.fromisoformat(value) if isinstance(value, str) else value),
        "gender": lambda: _named(genders(), AdministrativeGender(value)),
        "channel": lambda: _named(channels(), Channel(value)),
        "language": lambda: dict(LANGUAGES).get(value, value),
    }
    if value in (None, ""):
        return "–"
    return texts[name]() if name in texts else shortened(one_line(str(value)))


def _named(rows: tuple[tuple[str, Any], ...], value: Any) -> str:
    return next((text for text, known in rows if known is value), str(value))


def field_text(name: str, patient: Patient) -> str:
    """Return a field of a record as people read it."""
    return value_text(name, getattr(patient, name))


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Return a text that fits into a line of a list."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def visit_status_text(row: Appointment, cancelled_at: datetime | None = None) -> str:
    """Return how an appointment stands; of a cancelled one why."""
    told = status_text(row.status)
    if row.status is AppointmentStatus.CANCELLED and row.cancellation_reason is not None:
        return f"{told}: {reason_text(row.cancellation_reason)}"
    return told


def wrote_text(at: datetime, body: str, zone: str) -> str:
    """Return what a patient wrote back, and when."""
    told = translate("record", "Wrote on {moment}: “{text}”")
    return told.format(moment=moment_text(to_wall(at, zone)), text=breakable(one_line(body), 40))


def change_text(change: PatientChange, clinic: Clinic) -> str:
    """Return one change as a sentence: `Moved from Tue 24 Nov 10:00 to Wed 25 Nov 11:30`."""
    return _record_change(change) if change.is_record else _visit_change(change, clinic)


# --- her record -------------------------------------------------------------------------------------------------------


def _record_change(change: PatientChange) -> str:
    before, after = change.before, change.after
    if before is None or after is None:
        return translate("record", "Record made")
    led, leads = before.get("merged_into_id"), after.get("merged_into_id")
    if led != leads:
        name = one_line(f"{after.get('given_name', '')} {after.get('family_name', '')}")
        if leads is None:
            return translate("record", "Record of {name} separated again").format(name=name)
        return translate("record", "Record of {name} merged into this one").format(name=name)
    was, restricted = bool(before.get("restricted")), bool(after.get("restricted"))
    if was != restricted:
        return translate("record", "Record restricted") if restricted else translate("record", "Restriction lifted")
    changed = [name for name in field_names() if before.get(name) != after.get(name)]
    told = translate("record", "{field}: {before} → {after}")
    names = field_names()
    parts = (
        told.format(
            field=names[name], before=value_text(name, before.get(name)), after=value_text(name, after.get(name))
        )
        for name in changed
    )
    unseen = translate("record", "Changed while restricted") if was else translate("record", "Saved without a change")
    return "; ".join(parts) or unseen


# --- an appointment of hers -------------------------------------------------------------------------------------------


def _visit_change(change: PatientChange, clinic: Clinic) -> str:
    before, after = change.before, change.after
    if after is None:
        return translate("record", "Appointment removed")
    if before is None:
        told = translate("record", "Booked: {when}, {visit} with {doctor}")
        return told.format(when=_when(after), visit=_visit(after, clinic), doctor=_doctor(after, clinic))
    parts = [part for part in (_status(before, after), *_moves(before, after, clinic)) if part]
    if before.get("answer") != after.get("answer"):
        parts.append(_answer(after))
    told = ", ".join(parts) or translate("record", "Changed")
    told = told[0].upper() + told[1:]
    if before["starts_at"] != after["starts_at"]:
        return told
    return translate("record", "{what} ({when})").format(what=told, when=_when(after))


def _status(before: dict[str, Any], after: dict[str, Any]) -> str:
    if before["status"] == after["status"]:
        return ""
    now = AppointmentStatus(after["status"])
    if now is AppointmentStatus.BOOKED:
        was = AppointmentStatus(before["status"])
        back = translate("record", "booked again, was {status}")
        return back.format(status=status_text(was))
    if now is AppointmentStatus.CANCELLED and after.get("cancellation_reason"):
        return f"{status_text(now)}: {reason_text(CancellationReason(after['cancellation_reason']))}"
    return status_text(now)


def _moves(before: dict[str, Any], after: dict[str, Any], clinic: Clinic) -> list[str]:
    """Say what else is different, the place in time first."""
    parts = []
    if before["starts_at"] != after["starts_at"]:
        told = translate("record", "moved from {before} to {after}")
        parts.append(told.format(before=_when(before), after=_when(after)))
    elif before["ends_at"] != after["ends_at"]:
        told = translate("record", "{before} became {after} long")
        parts.append(told.format(before=_length(before), after=_length(after)))
    for name, words in (("practitioner_id", _doctor), ("type_id", _visit), ("room_id", _room)):
        if before.get(name) != after.get(name):
            told = translate("record", "{before} → {after}")
            parts.append(told.format(before=words(before, clinic), after=words(after, clinic)))
    if before.get("note") != after.get("note"):
        parts.append(translate("record", "note: {note}").format(note=shortened(one_line(after.get("note", "")) or "–")))
    if before.get("patient_id") != after.get("patient_id"):
        parts.append(translate("record", "came from another patient's record"))
    return parts


def _answer(after: dict[str, Any]) -> str:
    if after["answer"] == "accepted":
        return translate("record", "confirmed by the patient")
    if after["answer"] == "declined":
        return translate("record", "declined by the patient")
    return translate("record", "no longer confirmed by the patient")


def _when(image: dict[str, Any]) -> str:
    wall = to_wall(datetime.fromisoformat(image["starts_at"]), image["zone"])
    return f"{day_text(wall.date())} {time_text(wall)}"


def _length(image: dict[str, Any]) -> str:
    span = datetime.fromisoformat(image["ends_at"]) - datetime.fromisoformat(image["starts_at"])
    return length_text(int(span.total_seconds()) // 60)


def _doctor(image: dict[str, Any], clinic: Clinic) -> str:
    known = {one.id: one.name for one in clinic.practitioners}
    return one_line(known.get(UUID(image["practitioner_id"]), "?"))


def _visit(image: dict[str, Any], clinic: Clinic) -> str:
    known = {kind.id: kind.name for kind in clinic.types}
    return one_line(known.get(UUID(image["type_id"]), "?"))


def _room(image: dict[str, Any], clinic: Clinic) -> str:
    known = {str(room.id): room.name for room in clinic.rooms}
    return one_line(known.get(image.get("room_id") or "", "")) or translate("record", "no room")


def late_text() -> str:
    """Return what counts as a late cancellation."""
    hours = int(LATE.total_seconds()) // 3600
    return translate("record", "Cancelled by the patient less than {hours} hours before").format(hours=hours)


def separated_text(done: Separated) -> str:
    """Return what came of taking a merge back, with what stayed."""
    name, other = (one_line(each.display_name) for each in (done.kept, done.double))
    parts = [translate("merge", "Separated again: {name} and {other}").format(name=name, other=other)]
    if done.since:
        told = translate("merge", "Booked since, and staying with {name}: {count}")
        parts.append(told.format(count=done.since, name=name))
    if done.kept_fields:
        fields = ", ".join(field_names()[each] for each in done.kept_fields)
        parts.append(translate("merge", "changed since and left as it is: {fields}").format(fields=fields))
    return ". ".join(parts)
