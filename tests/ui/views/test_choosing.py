"""The rows of the list of the day: in the order of the user's language, stable, and filtered by what is asked."""

from __future__ import annotations

import pytest

from clinic_desk.domain.records import AppointmentStatus as Status
from clinic_desk.domain.records import MessageState, ParticipationStatus
from clinic_desk.ui.daylist.choosing import Order, Wanted, arranged
from clinic_desk.ui.daylist.rows import DayRow, RowMaker
from tests.ui.calendar import sample

CLINIC = sample.clinic()
ENTRIES = (
    sample.entry(1, 1, 540, "Zoë Zimmer", status=Status.ARRIVED),
    sample.entry(2, 0, 540, "Jörg Ökonom", answer=ParticipationStatus.ACCEPTED),
    sample.entry(3, 0, 480, "Ulf Ohm", messages=MessageState.FAILED),
    sample.entry(4, 0, 600, "Max Äbel", kind="Echo", status=Status.NOSHOW),
    sample.entry(5, 1, 495, "Eva Abel", messages=MessageState.UNKNOWN),
)


def rows() -> list[DayRow]:
    maker = RowMaker(CLINIC, several_days=False)
    return [maker.row(entry, sample.instant(577)) for entry in ENTRIES]


@pytest.mark.parametrize(
    ("order", "numbers"),
    [
        (Order(), [3, 5, 2, 1, 4]),
        (Order("time", backwards=True), [4, 2, 1, 5, 3]),
        (Order("patient"), [5, 4, 3, 2, 1]),
        (Order("doctor"), [3, 2, 4, 5, 1]),
        (Order("doctor", backwards=True), [5, 1, 3, 2, 4]),
        (Order("status"), [3, 5, 2, 1, 4]),
        (Order("waiting", backwards=True), [1, 3, 5, 2, 4]),
    ],
)
def test_rows_that_are_alike_in_a_column_stand_by_time_either_way(order: Order, numbers: list[int]) -> None:
    assert [row.id for row in arranged(rows(), Wanted(), order)] == [sample.uid(6, number) for number in numbers]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Wanted("okono"), [2]),
        (Wanted("weber 8:15"), [5]),
        (Wanted(status=Status.ARRIVED), [1]),
        (Wanted(doctor_id=sample.uid(2, 1)), [5, 1]),
        (Wanted(not_arrived=True), [3, 5, 2]),
        (Wanted(unconfirmed=True), [3, 5]),
        (Wanted(failed=True), [3, 5]),
        (Wanted("ohm", failed=True, not_arrived=True), [3]),
    ],
)
def test_only_rows_that_are_all_that_is_asked_are_listed(wanted: Wanted, numbers: list[int]) -> None:
    found = [row.id for row in arranged(rows(), wanted, Order())]
    assert found == [sample.uid(6, number) for number in numbers]
