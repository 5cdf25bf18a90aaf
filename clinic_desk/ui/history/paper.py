"""Changes as a document for paper, with the seal of the history that it can be held against later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.history_chain import Anchor, on_paper
from clinic_desk.domain.history_list import Change
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.words import date_text, time_text
from clinic_desk.ui.history.words import by_text, what_text, when_text, whose_text
from clinic_desk.ui.paper.day_pages import as_of, foot_words, one_line, page_words
from clinic_desk.ui.paper.document import Column, Document, Row, Sheet, Style, Text

translate = QCoreApplication.translate


def history_document(
    changes: Sequence[Change],
    clinic: Clinic,
    title: str,
    below: str,
    *,
    made: tuple[datetime, str],
    seal: Anchor | None,
) -> Document:
    """Return the changes as they are listed. `below`: what narrows them; `made`: when, and at which desk."""
    site = clinic.sites[0]
    columns = (
        Column(translate("history", "When"), 36),
        Column(translate("history", "Who"), 40, 0.6),
        Column(translate("history", "Patient"), 36, 0.6),
        Column(translate("history", "What"), 60, 2.0),
    )
    sheet = Sheet(
        title=one_line(title),
        below=" · ".join(one_line(part) for part in (site.name, below) if part),
        columns=columns,
        rows=tuple(_row(change, clinic, site.zone) for change in changes),
        aside=(_count_text(len(changes)), as_of(made[0], site, one_line(made[1]))),
        empty=translate("history", "Nothing was changed by these lights."),
    )
    foot = f"{seal_text(seal, site.zone)} {foot_words()}"
    return Document(translate("history", "Changes"), (sheet,), page_words(), foot=foot, landscape=True)


def seal_text(seal: Anchor | None, zone: str) -> str:
    """Return which seal was the last when this was printed, as it is typed to have it compared."""
    if seal is None:
        return translate("history", "The history had no seal yet when this was printed.")
    at = to_wall(seal.at, zone)
    told = translate("history", "Last seal of the history: {seal} of {day}, {time}.")
    return told.format(seal=on_paper(seal), day=date_text(at.date()), time=time_text(at))


def _row(change: Change, clinic: Clinic, zone: str) -> Row:
    cells = (when_text(change, zone), by_text(change), whose_text(change), what_text(change, clinic))
    styles = (Style.NORMAL, Style.NORMAL, Style.STRONG, Style.NORMAL)
    return Row(tuple((Text(one_line(text), style),) for text, style in zip(cells, styles, strict=True)))


def _count_text(count: int) -> str:
    if count == 1:
        return translate("history", "1 change")
    return translate("history", "{count} changes").format(count=count)
