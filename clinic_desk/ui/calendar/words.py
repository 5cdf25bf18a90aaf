"""The calendar's words: marks on blocks, names of bands, and the sentence a screen reader says for a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from clinic_desk.domain.records import AppointmentStatus, Channel, MessageState, ParticipationStatus
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.calendar.bands import Band, BandKind

if TYPE_CHECKING:
    from clinic_desk.domain.records import Entry, Hold
    from clinic_desk.ui.calendar.geometry import DayAxis


translate = QCoreApplication.translate
_STATUS: dict[AppointmentStatus, str] = {
    AppointmentStatus.BOOKED: str(QT_TRANSLATE_NOOP("calendar", "booked")),
    AppointmentStatus.ARRIVED: str(QT_TRANSLATE_NOOP("calendar", "waiting")),
    AppointmentStatus.CHECKED_IN: str(QT_TRANSLATE_NOOP("calendar", "in room")),
    AppointmentStatus.FULFILLED: str(QT_TRANSLATE_NOOP("calendar", "done")),
    AppointmentStatus.CANCELLED: str(QT_TRANSLATE_NOOP("calendar", "cancelled")),
    AppointmentStatus.NOSHOW: str(QT_TRANSLATE_NOOP("calendar", "no-show")),
}


def time_text(axis: DayAxis, position: int) -> str:
    """Return the wall time at a position, "09:45"; the second time an hour comes is marked."""
    label = axis.label(position)
    return translate("calendar", "{time} again").format(time=label) if label.second else str(label)


def range_text(axis: DayAxis, start: int, end: int) -> str:
    """Return "09:45–10:00"; an end is named by the clock that runs up to it (24:00 for midnight)."""
    last = axis.label(end - 1) if end > start else axis.label(start)
    minute = last.minute + (1 if end > start else 0)
    return f"{axis.label(start)}–{minute // 60:02d}:{minute % 60:02d}"


def to_book(time: str, *, keyboard: bool) -> str:
    """Return what the time cursor says."""
    return translate("calendar", "{time} · Enter to book").format(time=time) if keyboard else time


def length_text(times: str, minutes: int) -> str:
    """Return what a chosen range says."""
    return translate("calendar", "{times} · {minutes} min").format(times=times, minutes=minutes)


def hold_text(hold: Hold) -> str:
    """Return what stands on time another desk is booking, or that is offered by message."""
    if hold.offered_to:
        until = f"{to_wall(hold.expires_at, hold.zone):%H:%M}"
        return translate("calendar", "Offered until {until} to 1 patient").format(until=until)
    return translate("calendar", "{desk} is booking here…").format(
        desk=hold.desk_name or translate("calendar", "Another desk")
    )


def band_text(band: Band) -> str:
    """Return what stands on a band: its own name, or what it is."""
    if band.name:
        return band.name
    if band.kind == BandKind.BREAK:
        return (
            translate("calendar", "Lunch")
            if 660 <= band.start <= 840 and band.end - band.start >= 30
            else translate("calendar", "Break")
        )
    return {
        BandKind.CLOSED: translate("calendar", "closed"),
        BandKind.BLOCK: translate("calendar", "Reserved"),
        BandKind.TIME_OFF: translate("calendar", "Not in"),
        BandKind.CLOSURE: translate("calendar", "Closed"),
        BandKind.NO_SUCH_TIME: translate("calendar", "No such time: the clocks change"),
    }.get(band.kind, "")


def nameless() -> str:
    """Return what stands for a patient whose record has no name."""
    return translate("calendar", "(no name)")


def no_columns() -> str:
    """Return what an empty calendar says."""
    return translate("calendar", "No doctors are shown")


def status_text(status: AppointmentStatus) -> str:
    """Return a status in words."""
    return translate("calendar", _STATUS.get(status, str(status)))


def waiting_text(minutes: int, *, short: bool = False) -> str:
    """Return what the pill of a waiting patient says; `short`: beside a name that has no room."""
    if short and minutes < 180:
        return str(minutes)
    return (
        translate("calendar", "{minutes} min").format(minutes=minutes)
        if minutes < 180
        else translate("calendar", "{hours} h").format(hours=minutes // 60)
    )


def message_text(entry: Entry) -> str:
    """Return what went wrong with an appointment's messages; "" when nothing did."""
    if entry.message_state == MessageState.FAILED:
        return {
            Channel.SMS: translate("calendar", "SMS failed"),
            Channel.EMAIL: translate("calendar", "e-mail failed"),
        }.get(entry.patient.channel, translate("calendar", "message failed"))
    return translate("calendar", "message unclear") if entry.message_state == MessageState.UNKNOWN else ""


def answer_text(entry: Entry) -> str:
    """Return the patient's own answer; "" while there is none."""
    if entry.appointment.answer == ParticipationStatus.ACCEPTED:
        return translate("calendar", "confirmed")
    return translate("calendar", "declined") if entry.appointment.answer == ParticipationStatus.DECLINED else ""


def changed_text(entry: Entry) -> str:
    """Return who changed it last: "Desk 2 · Karl"."""
    if entry.changed is None:
        return translate("calendar", "changed")
    return " · ".join(part for part in (entry.changed.desk, entry.changed.person) if part) or translate(
        "calendar", "changed"
    )


def changed_where(entry: Entry) -> str:
    """Return at which desk it was changed last."""
    return (entry.changed.desk or entry.changed.person) if entry.changed else ""


def entry_sentence(name: str, type_name: str, times: str, entry: Entry) -> str:
    """Return how an appointment is read out: who, what, when, how it stands."""
    parts = [name, type_name, times, status_text(entry.appointment.status), answer_text(entry), message_text(entry)]
    if entry.appointment.squeezed_in:
        parts.append(translate("calendar", "squeezed in"))
    if entry.patient.restricted:
        parts.append(translate("calendar", "restricted record"))
    return ", ".join(part for part in parts if part)


def cell_sentence(column: str, times: str, parts: list[str]) -> str:
    """Return how a cell is read out: whose it is, when, and what is in it."""
    return f"{column}, {times}, " + ("; ".join(parts) if parts else translate("calendar", "free"))


def table_name() -> str:
    """Return the accessible name of the calendar."""
    return translate("calendar", "Calendar")


def jump_text(typed: str, time: str | None) -> str:
    """Return what the hint says while digits are typed."""
    if time is None:
        return translate("calendar", "Go to {typed}…").format(typed=typed)
    return translate("calendar", "Go to {time}").format(time=time)
