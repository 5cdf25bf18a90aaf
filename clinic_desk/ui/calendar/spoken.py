"""What a cell of the calendar says aloud: whose it is, when, and what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.ui.calendar import words
from clinic_desk.ui.calendar.text import shown_name

if TYPE_CHECKING:
    from clinic_desk.domain.records import Entry
    from clinic_desk.ui.calendar.model import CalendarModel


def sentence(model: CalendarModel, row: int, column: int) -> str:
    """Return what a cell says: "Dr. Weber, 10:30–10:45, free", or who is booked there."""
    start = row * model.grid.step
    end = min(start + model.grid.step, model.axis.length)
    content = model.content(column)
    items = list(content.between(start, end))
    parts = [_booked(model, item.entry, item.start, item.end) for item in items if item.entry]
    parts += [words.hold_text(item.hold) for item in items if item.hold]
    band = content.frame.band_at(start)
    if band is not None and (not parts or band.name):
        parts.append(words.band_text(band))
    return words.cell_sentence(model.columns[column].title, words.range_text(model.axis, start, end), parts)


def _booked(model: CalendarModel, entry: Entry, start: int, end: int) -> str:
    name = shown_name(entry.patient, entry.appointment.wall_start.date()) or words.nameless()
    return words.entry_sentence(name, model.names.type_name(entry), words.range_text(model.axis, start, end), entry)
