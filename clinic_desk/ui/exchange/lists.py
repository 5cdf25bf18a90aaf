"""Which list somebody means who saves "this list": the one with the keyboard, the one of the open sheet, or the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

from clinic_desk.domain.records import AppointmentStatus, Clinic, Entry
from clinic_desk.domain.wall import to_wall
from clinic_desk.services.exporting.lists import Listing
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import date_text, list_name, one_line, time_text
from clinic_desk.ui.calendar.view import CalendarView
from clinic_desk.ui.calendar.words import status_text
from clinic_desk.ui.exchange.desk import exchange_of
from clinic_desk.ui.exchange.saving import listing_of
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.pinboard.listing import SlipList
from clinic_desk.ui.shell.day_words import days_text, long_day_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate


def save_list_here(space: Workspace) -> None:
    """Ask into which file the list goes that is looked at; who may not export is told so there."""
    found = list_in_sight(space.window)
    exchange_of(space).open_list(listing_of(found) if found is not None else day_listing(space))


def list_in_sight(window: QWidget) -> QAbstractItemView | None:
    """Return the list that has the keyboard, else the only one of the sheet on top; None: the calendar is meant."""
    focused = QApplication.focusWidget()
    if isinstance(focused, MessageList | SlipList):
        return focused
    sheets = [each for each in window.findChildren(Sheet) if each.isVisible()]
    place = next((each for each in sheets if focused is not None and each.isAncestorOf(focused)), None)
    return _only_list(place or (sheets[-1] if sheets else _page_of(focused)))


def _page_of(focused: QWidget | None) -> QWidget | None:
    """Return the nearest part around the keyboard that has a list: a page, a panel beside the calendar."""
    part = None if isinstance(focused, CalendarView) else focused
    while part is not None and not part.isWindow() and part.findChild(CalendarView) is None:
        if _lists(part):
            return part
        part = part.parentWidget()
    return None


def _only_list(place: QWidget | None) -> QAbstractItemView | None:
    """Return the list that is shown; where nothing is in it, and it is not shown for that, that one."""
    found = _lists(place) if place is not None else []
    return next((each for each in found if each.isVisible()), found[0] if found else None)


def _lists(place: QWidget) -> list[QAbstractItemView]:
    return [*place.findChildren(MessageList), *place.findChildren(SlipList)]


# --- the calendar -----------------------------------------------------------------------------------------------------


def day_listing(space: Workspace) -> Listing:
    """Return the appointments of the days on screen as a list, as the calendar has them in memory."""
    days, store = space.navigator.view.days, space.store
    first, last = days[0], days[-1]
    entries = {entry.id: entry for day in days if day in store.boards for entry in store.boards[day].entries}
    title = long_day_text(first) if first == last else days_text(first, last)
    return Listing(
        "calendar", title, _headings(), tuple(_row(each, store.clinic) for each in _in_order(entries.values()))
    )


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    shown = [entry for entry in entries if entry.appointment.status is not AppointmentStatus.ENTERED_IN_ERROR]
    return sorted(shown, key=lambda entry: (entry.appointment.starts_at, entry.appointment.practitioner_id))


def _headings() -> tuple[str, ...]:
    return (
        translate("exchange", "Day"),
        translate("exchange", "From"),
        translate("exchange", "To"),
        translate("exchange", "Patient"),
        translate("exchange", "Birth date"),
        translate("exchange", "Phone"),
        translate("exchange", "Visit"),
        translate("exchange", "Doctor"),
        translate("exchange", "Site"),
        translate("exchange", "Room"),
        translate("exchange", "Status"),
        translate("exchange", "Note"),
    )


def _row(entry: Entry, clinic: Clinic) -> tuple[str, ...]:
    visit, patient = entry.appointment, entry.patient
    names = {row.id: row.name for rows in (clinic.practitioners, clinic.rooms, clinic.types) for row in rows}
    site = clinic.site(visit.site_id)
    start, end = to_wall(visit.starts_at, site.zone), to_wall(visit.ends_at, site.zone)
    room = visit.present_room_id or visit.room_id
    return (
        date_text(start.date()),
        time_text(start),
        time_text(end),
        list_name(patient),
        date_text(patient.birth_date) if patient.birth_date else "",
        patient.phone,
        one_line(names.get(visit.type_id, "?")),
        one_line(names.get(visit.practitioner_id, "?")),
        one_line(site.name),
        one_line(names.get(room, "?")) if room else "",
        status_text(visit.status),
        one_line(visit.note),
    )
