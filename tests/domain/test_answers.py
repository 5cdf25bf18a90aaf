"""May this start be booked, and if not, why: one case for each reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from clinic_desk.domain.answers import Answer, NotOffered, may_book
from clinic_desk.domain.commands import Rule
from clinic_desk.domain.records import BookingRules, Closure, Hold
from clinic_desk.domain.rules import Candidate
from tests.domain.factories import CHECK_UP, DOCTOR, MONDAY, OTHER_DOCTOR, SITE, appointment, at, clinic

WHERE = clinic(
    rules=BookingRules(notice_minutes=60, horizon_days=7),
    closures=(Closure(UUID(int=1), SITE.id, MONDAY + timedelta(days=1), MONDAY + timedelta(days=1)),),
)
HELD = Hold(UUID(int=1), UUID(int=2), "Desk 2", DOCTOR.id, at(14), at(14, 15), at(15))
NEXT_WEEK = MONDAY + timedelta(days=8)


def asked(start: datetime, who: UUID = DOCTOR.id) -> Answer:
    return may_book(
        Candidate(CHECK_UP.id, who, SITE.id, start, 15),
        WHERE,
        others=[appointment(at(15))],
        holds=[HELD],
        now=at(8),
        step_minutes=15,
    )


@pytest.mark.parametrize(
    ("start", "reasons"),
    [
        (at(10), ()),
        (at(9), ()),  # exactly at now and the notice
        (at(8, 45), (NotOffered.WITHIN_NOTICE,)),
        (at(10, 5), (NotOffered.OFF_GRID,)),
        (at(8, 50), (NotOffered.OFF_GRID, NotOffered.WITHIN_NOTICE)),
        (at(10, day=MONDAY + timedelta(days=7)), ()),
        (at(10, day=NEXT_WEEK), (NotOffered.BEYOND_HORIZON,)),
        (at(14), (NotOffered.HELD,)),
        (at(13, 45), ()),  # they only touch
        (at(14, 15), ()),
    ],
)
def test_staff_may_book_what_is_only_not_offered(start: datetime, reasons: tuple[NotOffered, ...]) -> None:
    answer = asked(start)
    assert answer.not_offered == reasons
    assert (answer.offered, answer.bookable, answer.overrulable) == (not reasons, True, False)


@pytest.mark.parametrize(
    ("start", "rule", "overrulable"),
    [
        (at(15), Rule.SLOT_TAKEN, True),
        (at(7), Rule.IN_THE_PAST, False),
        (at(12), Rule.OVER_BREAK, True),
        (at(18), Rule.OUTSIDE_HOURS, True),
        (at(10, day=MONDAY + timedelta(days=1)), Rule.CLOSURE, False),
    ],
)
def test_a_broken_rule_is_named(start: datetime, rule: Rule, overrulable: bool) -> None:
    answer = asked(start)
    assert rule in {violation.rule for violation in answer.verdict.violations}
    assert (answer.offered, answer.bookable, answer.overrulable) == (False, False, overrulable)


def test_the_hold_of_one_doctor_is_not_in_the_way_of_another() -> None:
    assert NotOffered.HELD not in asked(at(14), OTHER_DOCTOR.id).not_offered
