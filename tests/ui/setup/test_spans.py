"""Time off and blocks are typed by the clock of where they happen, and read the same again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Clinic, Site, WorkingHours
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.setup.spans import span_text, span_values, typed_span, zone_of

BERLIN, HOWE, WHO = new_id(), new_id(), new_id()
HOURS = WorkingHours(new_id(), WHO, HOWE, 1, 480, 720, date(2026, 1, 1))
SITES = (Site(BERLIN, "Mitte", "Europe/Berlin"), Site(HOWE, "Island", "Australia/Lord_Howe"))
SETUP = Setup(Clinic(SITES, (), (), (), (HOURS,), ()), (), (), (), datetime(2026, 11, 22, 9, tzinfo=UTC))


def typed(first: str, begins: str = "", last: str = "", ends: str = "") -> dict[str, str]:
    return {"from_day": first, "from_time": begins, "until_day": last, "until_time": ends}


def test_whole_days_last_from_midnight_to_midnight_by_the_clock_there() -> None:
    start, end = typed_span(typed("7.12.2026", last="11.12.2026"), "Europe/Berlin", SETUP)
    assert (start, end) == (datetime(2026, 12, 6, 23, tzinfo=UTC), datetime(2026, 12, 11, 23, tzinfo=UTC))
    assert span_text(start, end, "Europe/Berlin") == "Mon 7 Dec – 11 Dec 2026"


def test_a_day_on_which_the_clocks_change_is_whole_too() -> None:
    start, end = typed_span(typed("25.10.2026"), "Europe/Berlin", SETUP)
    assert (end - start).total_seconds() == 25 * 3600
    start, end = typed_span(typed("4.10.2026"), "Australia/Lord_Howe", SETUP)
    assert (end - start).total_seconds() == 23.5 * 3600


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (typed("x"), "from_day"),
        (typed("7.12.2026", last="6.12.2026"), "until_day"),
        (typed("7.12.2026", "9", "", "8"), "until_time"),
        (typed("7.12.2026", "9", "", "9"), "until_time"),
        (typed("7.12.2026", "soon"), "from_time"),
        (typed("7.12.2026", "", "", "25"), "until_time"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(values: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        typed_span(values, "Europe/Berlin", SETUP)
    assert refused.value.field == field


@given(
    st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    st.integers(0, 1439),
    st.integers(1, 20_000),
    st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "America/New_York"]),
)
def test_what_is_shown_is_read_the_same_again(day: date, minute: int, length: int, zone: str) -> None:
    start = minute_to_instant(day, minute, zone)
    wall_end = divmod(minute + length, 1440)
    end = minute_to_instant(date.fromordinal(day.toordinal() + wall_end[0]), wall_end[1], zone)
    if start < end:
        shown = span_values(start, end, zone, SETUP)
        again = typed_span(shown, zone, SETUP)
        assert span_values(*again, zone, SETUP) == shown


@pytest.mark.parametrize(("who", "zone"), [(WHO, "Australia/Lord_Howe"), (new_id(), "Europe/Berlin")])
def test_the_clock_is_that_of_where_the_doctor_works(who: UUID, zone: str) -> None:
    assert zone_of(who, None, SETUP) == zone
