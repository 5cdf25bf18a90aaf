"""The figures as a document for paper: one sheet for each, its table with a bar at each of the first values."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.figures.charts import Chart
from clinic_desk.ui.figures.words import cell_text
from clinic_desk.ui.paper.day_pages import page_words
from clinic_desk.ui.paper.document import Column, Document, Row, Sheet, Style, Text

translate = QCoreApplication.translate


def figures_document(charts: Sequence[Chart], below: str, aside: Sequence[str]) -> Document:
    """Return a sheet for each figure that has something to show. `below`: of what days, site and doctor."""
    return Document(
        name=translate("figures", "Figures"),
        sheets=tuple(_sheet(chart, below, tuple(aside)) for chart in charts if not chart.is_empty),
        page_words=page_words(),
        landscape=True,
    )


def _sheet(chart: Chart, below: str, aside: tuple[str, ...]) -> Sheet:
    columns = [Column(one_line(heading), 17, 0.3) for heading in chart.headings[1:]]
    rows = []
    for place, cells in enumerate(chart.rows):
        texts = [(Text(cell_text(cell), Style.STRONG if not at else Style.NORMAL),) for at, cell in enumerate(cells)]
        rows.append(Row((*texts, ()), bar=_share(chart, place)))
    return Sheet(
        title=chart.title,
        below=below,
        columns=(Column(one_line(chart.headings[0]), 42, 1), *columns, Column("", 50, 1.6)),
        rows=(*rows, Row(((Text(chart.about, Style.SMALL),),))),
        aside=aside,
    )


def _share(chart: Chart, place: int) -> float:
    """Return how long a row's bar is: of all series together where they are stacked, else of the first."""
    if place >= len(chart.categories) or chart.largest <= 0:
        return 0.0
    value = chart.total(place) if chart.stacked else chart.series[0].values[place]
    return (value or 0.0) / chart.largest
