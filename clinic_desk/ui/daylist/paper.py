"""The list of the day as it stands on screen, as a document for paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.records import Clinic
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.words import before_figures, day_text, time_text
from clinic_desk.ui.columns import View, heading
from clinic_desk.ui.daylist.rows import COLUMNS, DayRow, count_text, titles
from clinic_desk.ui.paper.day_pages import foot_words, one_line, page_words
from clinic_desk.ui.paper.document import Column, Document, Row, Sheet, Style, Text

if TYPE_CHECKING:
    from datetime import datetime

translate = QCoreApplication.translate
_ON_PAPER: Final = {
    "time": (22, 0.2),
    "patient": (36, 1.0),
    "born": (21, 0.0),
    "phone": (28, 0.1),
    "doctor": (26, 0.7),
    "room": (17, 0.3),
    "visit": (25, 0.7),
    "status": (19, 0.2),
    "flags": (22, 0.6),
    "note": (22, 1.2),
}
"""Millimetres, and the part of what is left; how long somebody waits is no news on paper."""


def list_document(rows: Sequence[DayRow], view: View, clinic: Clinic, desk: str, now: datetime) -> Document:
    """Return the rows in their order. `desk`: where it was made; `now`: when."""
    named = titles()
    wall = to_wall(now, clinic.sites[0].zone) if clinic.sites else now
    as_of = translate("paper", "as of {time}, {day} · {desk}").format(
        time=time_text(wall), day=day_text(wall.date()), desk=desk
    )
    count = count_text(len(rows))
    sheet = Sheet(
        title=heading(view, clinic),
        below=translate("daylist", "List of the day"),
        columns=tuple(Column(named[name], width, grows) for name, (width, grows) in _ON_PAPER.items()),
        rows=tuple(_row(row) for row in rows),
        aside=(count, as_of),
        empty=translate("daylist", "No appointments"),
        ticks=True,
    )
    return Document(
        name=translate("daylist", "List of the day"),
        sheets=(sheet,),
        page_words=page_words(),
        foot=foot_words(),
        landscape=True,
    )


def _row(row: DayRow) -> Row:
    cells = dict(zip(COLUMNS, row.cells, strict=True))
    styles = {"time": Style.STRONG, "patient": Style.STRONG}
    return Row(
        tuple((Text(before_figures(one_line(cells[name])), styles.get(name, Style.NORMAL)),) for name in _ON_PAPER),
        tick=True,
    )
