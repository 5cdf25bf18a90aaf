"""A doctor's day, and her week, as a document for paper, in the user's language and the time of each site."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QLocale

from clinic_desk.domain.day_list import DoctorDay, Line, LineKind
from clinic_desk.domain.day_list_rooms import RoomDay
from clinic_desk.domain.phones import written
from clinic_desk.domain.records import AppointmentStatus, Clinic, Entry, ParticipationStatus, Site
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking import words
from clinic_desk.ui.booking.words import (
    before_figures,
    date_text,
    day_text,
    length_text,
    span_text,
    time_text,
)
from clinic_desk.ui.calendar.words import status_text
from clinic_desk.ui.paper.document import Cell, Column, Document, Ground, Row, Sheet, Style, Text
from clinic_desk.ui.shell.day_words import long_day_text, qdate, week_text

translate = QCoreApplication.translate
Day = DoctorDay | RoomDay
_FREE_PER_MINUTE: Final = 0.4
_FREE_AT_MOST: Final = 24.0
"""Millimetres: on a day without the computer, who is given a free time is written there by hand."""
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Signs that would turn the direction of what follows, beyond the name they stand in."""


def day_document(days: Sequence[Day], clinic: Clinic, desk: str) -> Document:
    """Return the lists of a day, one sheet for each doctor and site, or room. `desk`: where it was made."""
    return Document(
        name=translate("paper", "Day list"),
        sheets=tuple(_day_sheet(day, clinic, desk) for day in days),
        page_words=page_words(),
        foot=foot_words(),
    )


def one_line(text: str) -> str:
    """Return a text on one line, without signs that turn the direction of what stands beside it."""
    return words.one_line(_TURNING.sub("", text))


def page_words() -> str:
    """Return how pages are counted."""
    return translate("paper", "Page {page} of {pages}")


def foot_words() -> str:
    """Return what stands below what names patients."""
    return translate("paper", "Patient data: keep it out of sight, and destroy it when it is no longer needed.")


def _day_sheet(day: Day, clinic: Clinic, desk: str) -> Sheet:
    what = translate("paper", "Visit, doctor") if isinstance(day, RoomDay) else translate("paper", "Visit, room")
    columns = (
        Column(translate("paper", "Time"), 25),
        Column(translate("paper", "Patient"), 46, 1.2),
        Column(what, 32, 0.7),
        Column(translate("paper", "Note"), 34, 1.4),
        Column(translate("paper", "Status"), 23),
    )
    return Sheet(
        title=_title(day, clinic),
        below=" · ".join((before_figures(day.site.name), long_day_text(day.day))),
        columns=columns,
        rows=tuple(_day_row(line, day, clinic) for line in day.lines),
        aside=(_count_text(day), as_of(day.read_at, day.site, desk)),
        empty=translate("paper", "No working time and no appointments on this day."),
        ticks=True,
    )


def _title(day: Day, clinic: Clinic) -> str:
    return _room(clinic, day.room_id) if isinstance(day, RoomDay) else person_name(clinic, day.practitioner_id)


def person_name(clinic: Clinic, practitioner_id: UUID) -> str:
    """Return a doctor's name, "?" for one who is newer than the clinic's records."""
    return next((one_line(person.name) for person in clinic.practitioners if person.id == practitioner_id), "?")


def as_of(read_at: datetime, site: Site, desk: str) -> str:
    """Return when it was read, by the clocks of the site, and at which desk."""
    wall = to_wall(read_at, site.zone)
    return translate("paper", "as of {time}, {day} · {desk}").format(
        time=time_text(wall), day=day_text(wall.date()), desk=desk
    )


def _count_text(day: Day) -> str:
    count = len(day.appointments)
    if count == 1:
        return translate("paper", "1 appointment")
    return translate("paper", "{count} appointments").format(count=count)


def _day_row(line: Line, day: Day, clinic: Clinic) -> Row:
    start, end = to_wall(line.starts_at, day.site.zone), to_wall(line.ends_at, day.site.zone)
    minutes = round((line.ends_at - line.starts_at).total_seconds() / 60)
    time = before_figures(span_text(start, end))
    if line.entry is None:
        shown = translate("paper", "all day") if line.whole_day else time
        ground = Ground.PLAIN if line.kind is LineKind.FREE else Ground.AWAY
        length = "" if line.whole_day else f" · {length_text(minutes)}"
        style = Style.FAINT if line.kind is LineKind.FREE else Style.NORMAL
        least = min(_FREE_AT_MOST, minutes * _FREE_PER_MINUTE) if line.kind is LineKind.FREE else 0.0
        return Row(((Text(shown, style),), (Text(f"{_kind_text(line)}{length}", style),)), ground, least=least)
    visit = _visit(line.entry, clinic, day)
    when = (Text(time, Style.STRONG), Text(length_text(minutes), Style.SMALL))
    return Row((when, _patient(line.entry), visit, _note(line.entry), _status(line.entry)), tick=True)


def _kind_text(line: Line) -> str:
    name = one_line(line.name)
    match line.kind:
        case LineKind.FREE:
            return translate("paper", "free")
        case LineKind.BREAK:
            return translate("paper", "break")
        case LineKind.TIME_OFF:
            return translate("paper", "away: {name}").format(name=name) if name else translate("paper", "away")
        case LineKind.CLOSED:
            return translate("paper", "closed: {name}").format(name=name) if name else translate("paper", "closed")
        case _:
            return translate("paper", "kept for {name}").format(name=name) if name else translate("paper", "blocked")


def _patient(entry: Entry) -> Cell:
    patient = entry.patient
    born = date_text(patient.birth_date) if patient.birth_date else ""
    contact = " · ".join(part for part in (born, phone_text(patient.phone)) if part)
    name = Text(list_name(entry), Style.STRONG)
    return (name, Text(contact, Style.SMALL)) if contact else (name,)


def list_name(entry: Entry) -> str:
    """Return `Jensen, Clara`: a list is looked through by family names."""
    patient = entry.patient
    return ", ".join(one_line(part) for part in (patient.family_name, patient.given_name) if part.strip()) or "?"


def phone_text(number: str) -> str:
    """Return a number as it is written between countries; as it is stored if nothing is known of it."""
    known = written(number) if number else None
    return known[1] if known else number


def _visit(entry: Entry, clinic: Clinic, of: Day) -> Cell:
    """What is done, and what the list does not say by itself: in which room, or on a room's list by which doctor."""
    row = entry.appointment
    kind = next((each.name for each in clinic.types if each.id == row.type_id), "?")
    if isinstance(of, RoomDay):
        return Text(one_line(kind)), Text(person_name(clinic, row.practitioner_id), Style.SMALL)
    places = [_room(clinic, place) for place in (row.present_room_id or row.room_id, row.device_id) if place]
    return (Text(one_line(kind)), *(Text(place, Style.SMALL) for place in places))


def _room(clinic: Clinic, room_id: UUID) -> str:
    return next((one_line(room.name) for room in clinic.rooms if room.id == room_id), "?")


def _note(entry: Entry) -> Cell:
    note, lasting = one_line(entry.appointment.note), one_line(entry.patient.note)
    return tuple(Text(text, style) for text, style in ((note, Style.NORMAL), (lasting, Style.SMALL)) if text)


def _status(entry: Entry) -> Cell:
    row = entry.appointment
    texts = [status_text(row.status)] if row.status is not AppointmentStatus.BOOKED else []
    if row.status is AppointmentStatus.BOOKED and row.answer is not ParticipationStatus.NEEDS_ACTION:
        is_coming = row.answer is ParticipationStatus.ACCEPTED
        texts.append(translate("paper", "confirmed") if is_coming else translate("paper", "said no"))
    if row.squeezed_in:
        texts.append(translate("paper", "squeezed in"))
    return tuple(Text(text) for text in texts)


# --- week -------------------------------------------------------------------------------------------------------------


def week_document(days: Sequence[Sequence[DoctorDay]], practitioner_id: UUID, clinic: Clinic, desk: str) -> Document:
    """Return the plan of a doctor's week: a column for each day, a row for each hour. Seven days, Monday first.

    Each day has one list for each site; Saturday and Sunday are there if something is on them.
    """
    return _week_document(days, person_name(clinic, practitioner_id), clinic, desk)


def room_week_document(days: Sequence[Sequence[RoomDay]], clinic: Clinic, desk: str) -> Document:
    """Return the plan of a room's week, as that of a doctor's."""
    return _week_document(days, _title(days[0][0], clinic), clinic, desk)


def _week_document(days: Sequence[Sequence[Day]], title: str, clinic: Clinic, desk: str) -> Document:
    shown = [lists for place, lists in enumerate(days) if place < 5 or any(each.lines for each in lists)]
    sheet = Sheet(
        title=title,
        below=week_text(days[0][0].day),
        columns=(Column("", 13), *(Column(_column_title(lists[0].day), 20, 1) for lists in shown)),
        rows=tuple(_hour_row(hour, shown, clinic) for hour in _hours(shown)),
        aside=(as_of(days[0][0].read_at, days[0][0].site, desk),),
        empty=translate("paper", "No working time and no appointments in this week."),
    )
    name = translate("paper", "Week plan")
    return Document(name=name, sheets=(sheet,), page_words=page_words(), foot=foot_words(), landscape=True)


def _column_title(day: date) -> str:
    return QLocale().toString(qdate(day), translate("paper", "ddd d MMM", "QLocale format of a day of a week plan"))


def _hours(days: Sequence[Sequence[Day]]) -> range:
    found = {_hour(line, each) for lists in days for each in lists for line in each.lines}
    return range(min(found), max(found) + 1) if found else range(0)


def _hour(line: Line, day: Day) -> int:
    """Return the hour in which a line begins; what began the day before stands in the first."""
    wall = to_wall(line.starts_at, day.site.zone)
    return 0 if wall.date() < day.day else wall.hour


def _hour_row(hour: int, days: Sequence[Sequence[Day]], clinic: Clinic) -> Row:
    cells: list[Cell] = [(Text(time_text(datetime(2000, 1, 1, hour)), Style.FAINT),)]  # noqa: DTZ001  a wall time
    for lists in days:
        several = len([each for each in lists if each.lines]) > 1
        lines = [(line, each) for each in lists for line in each.lines if _hour(line, each) == hour]
        texts: list[Text] = []
        for line, each in sorted(lines, key=lambda pair: pair[0].starts_at):
            texts += _week_texts(line, each, clinic, several=several)
        cells.append(tuple(texts))
    return Row(tuple(cells))


def _week_texts(line: Line, day: Day, clinic: Clinic, *, several: bool) -> list[Text]:
    start, end = to_wall(line.starts_at, day.site.zone), to_wall(line.ends_at, day.site.zone)
    if line.entry is None:
        when = translate("paper", "all day") if line.whole_day else span_text(start, end)
        is_quiet = line.kind in {LineKind.FREE, LineKind.BREAK}
        return [Text(f"{when} {_kind_text(line)}", Style.FAINT if is_quiet else Style.NORMAL)]
    minutes = round((line.ends_at - line.starts_at).total_seconds() / 60)
    about = [length_text(minutes), *(text.text for text in _visit(line.entry, clinic, day))]
    about += [one_line(day.site.name)] if several else []
    return [Text(f"{time_text(start)} {list_name(line.entry)}", Style.STRONG), Text(" · ".join(about), Style.SMALL)]
