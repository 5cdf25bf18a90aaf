"""Charts as records, in words, and drawn in light and dark."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic_desk.domain.figures import (
    Bookings,
    DoctorFigures,
    Figures,
    LeadTime,
    Messages,
    Outcome,
    Period,
    Span,
    Time,
    Visits,
)
from clinic_desk.domain.records import Clinic
from clinic_desk.ui.figures.charts import Chart, Number, ticks
from clinic_desk.ui.figures.painting import MOST_SERIES, ChartView, series_ink
from clinic_desk.ui.figures.paper import figures_document
from clinic_desk.ui.figures.words import charts_of, headline, listing_of_chart, number_text, period_text
from clinic_desk.ui.paper.layout import pages_of
from clinic_desk.ui.theme import DARK, LIGHT, apply_style, contrast
from tests.domain.factories import DOCTOR, OTHER_DOCTOR, SITE

CLINIC = Clinic((SITE,), (DOCTOR, OTHER_DOCTOR), (), (), (), ())
PERIOD = Period(date(2026, 11, 1), date(2026, 11, 30))
NOW = Figures(
    period=PERIOD,
    site_id=None,
    practitioner_id=None,
    read_at=datetime(2026, 12, 1, tzinfo=UTC),
    doctors=(
        DoctorFigures(
            DOCTOR.id, Time(600, 300, 30), Visits(8, 2, 1, 3, 4, 2), LeadTime(2, 6, 24, 72, (0, 1, 1, 0, 0, 0, 0))
        ),
        DoctorFigures(OTHER_DOCTOR.id, Time(0, 0, 60), Visits(attended=1)),
    ),
    lead=LeadTime(2, 6, 24, 72, (0, 1, 1, 0, 0, 0, 0)),
    bookings=tuple(Bookings(f"Desk {number}", 1 + number % 5, 8 + number, 10 - number) for number in range(9)),
    messages=(Messages("reminder", "sms", Outcome.DELIVERED, 5), Messages("reminder", "sms", Outcome.FAILED, 1)),
    messages_since=date(2026, 11, 10),
)
BEFORE = replace(NOW, doctors=NOW.doctors[:1], bookings=(), messages=())
NAMES = ("November 2026", "October 2026")
CHARTS = {chart.name: chart for chart in charts_of(NOW, BEFORE, CLINIC, NAMES)}


@given(st.floats(1e-6, 1e9))
def test_an_axis_has_a_few_round_steps_and_reaches_the_longest_bar(largest: float) -> None:
    found = ticks(largest)
    assert found[0] == 0
    assert 2 <= len(found) <= 7
    assert found[-1] >= largest * (1 - 1e-6)
    assert found[-2] < largest


def test_a_chart_and_its_table_say_the_same_and_what_is_not_known_is_no_zero() -> None:
    chart = CHARTS["utilisation"]
    assert chart.categories == ("All doctors", DOCTOR.name, OTHER_DOCTOR.name)
    assert chart.series[0].values == (50.0, 50.0, None)
    assert chart.series[1].values == (50.0, 50.0, None)
    assert chart.rows[2] == (OTHER_DOCTOR.name, Number(None, "%"), Number(None, "%"), Number(0), Number(0), Number(1))
    assert [number_text(value, "%") for value in chart.series[0].values] == ["50 %", "50 %", "–"]
    rates = CHARTS["no-shows"].series[0].values
    assert rates == (100 * 2 / 11, 20.0, 0.0)
    assert [row[0] for row in CHARTS["lead-time"].rows][:2] == ["less than a day", "1–2 days"]
    assert "24 hours ahead or less" in CHARTS["lead-time"].about
    assert [value for _, value, _ in headline(NOW, BEFORE)] == ["50 %", "18.2 %", "21.1 %", "24 hours", "54"]


def test_the_desks_with_most_bookings_have_bars_of_their_own() -> None:
    chart = CHARTS["bookings-by-hour"]
    assert [each.name for each in chart.series] == [*(f"Desk {number}" for number in range(6)), "3 other desks"]
    assert len(chart.series) <= MOST_SERIES
    assert chart.total(0) == 10
    assert chart.rows[-1][-1] == Number(2)
    assert sum(chart.total(at) for at in range(len(chart.categories))) == 54
    assert CHARTS["bookings-by-weekday"].rows[0][0] == "Monday"
    assert "not all are kept" in CHARTS["messages"].about
    assert CHARTS["messages"].series[1].values == (1.0,)


def test_for_a_spreadsheet_numbers_are_plain_and_nothing_is_a_formula() -> None:
    listing = listing_of_chart(CHARTS["utilisation"])
    assert listing.headings[:4] == ("Doctor", "November 2026 (%)", "October 2026 (%)", "Bookable hours")
    assert listing.rows[1] == (DOCTOR.name, "50", "50", "10", "5", "0.5")
    assert listing.rows[2][1] == ""
    assert listing_of_chart(CHARTS["lead-time"]).rows[-2][1:] == ("1 days", "1 days")


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (Span.WEEK, "Week 44 · 26 Oct–1 Nov 2026"),
        (Span.MONTH, "October 2026"),
        (Span.QUARTER, "Quarter 4 of 2026"),
        (Span.YEAR, "2026"),
        (Span.ANY, "26 Oct–1 Nov 2026"),
    ],
)
def test_a_period_has_a_name(span: Span, text: str) -> None:
    assert period_text(Period(date(2026, 10, 26), date(2026, 11, 1)), span) == text


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["utilisation", "bookings-by-hour"])
def test_every_bar_is_drawn_within_the_picture_and_is_seen_on_its_ground(
    name: str, dark: bool, qapp: QApplication, qtbot: QtBot
) -> None:
    theme = apply_style(qapp, dark=dark)
    view = ChartView()
    qtbot.addWidget(view)
    view.show_chart(CHARTS[name])
    view.resize(900, view.sizeHint().height())
    image = view.grab().toImage()
    inks = {series_ink(number, theme).name() for number in range(len(CHARTS[name].series))}
    seen = {image.pixelColor(x, y).name() for x in range(0, 900, 2) for y in range(image.height())}
    assert inks <= seen
    assert all(contrast(series_ink(number, each), each.panel) >= 3 for number in range(7) for each in (LIGHT, DARK))
    assert (view.accessibleName(), bool(view.accessibleDescription())) == (CHARTS[name].title, True)
    apply_style(qapp, dark=False)


def test_on_paper_each_figure_is_a_sheet_with_bars_no_longer_than_their_column() -> None:
    document = figures_document(tuple(CHARTS.values()), "November 2026", ("as of now",))
    assert [sheet.title for sheet in document.sheets] == [chart.title for chart in CHARTS.values()]
    pages = list(pages_of(document, 277, 190, lambda *_: 4.0))
    assert len(pages) == len(CHARTS)
    for page in pages:
        assert page.bars
        assert all(box.x + box.width <= 277 for box in page.bars)
    assert pages[0].bars[0].width == pages[0].bars[1].width
    empty: Chart = replace(CHARTS["messages"], categories=(), series=(), rows=())
    assert figures_document((empty,), "", ()).sheets == ()
