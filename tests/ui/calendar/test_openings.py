"""Where a doctor is on a day: by the hours of that very date, on the calendar and in the booking form alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from clinic_desk.domain.records import Clinic, DateOverride
from clinic_desk.domain.working_time import sites_on
from clinic_desk.ui.booking.draft import Draft
from clinic_desk.ui.booking.judging import site_for
from clinic_desk.ui.calendar.opening import Openings
from clinic_desk.ui.calendar.places import Column
from tests.domain.factories import CHECK_UP, DOCTOR, MONDAY, OTHER_DOCTOR, OTHER_SITE, SITE, clinic

SUNDAY = MONDAY - timedelta(days=1)
THERE = DateOverride(UUID(int=1), DOCTOR.id, OTHER_SITE.id, MONDAY, 600, 900)
AWAY = DateOverride(UUID(int=2), DOCTOR.id, OTHER_SITE.id, MONDAY)
WEEKLY = clinic().working_hours


def with_dates(*rows: DateOverride, weekly: bool = True) -> Clinic:
    return replace(clinic(), sites=(SITE, OTHER_SITE), working_hours=WEEKLY if weekly else (), date_overrides=rows)


CASES = [
    ("as in every week", with_dates(), MONDAY, (SITE.id,), SITE.id),
    ("at another site that day", with_dates(THERE), MONDAY, (OTHER_SITE.id,), OTHER_SITE.id),
    ("back the day after", with_dates(THERE), MONDAY + timedelta(days=1), (SITE.id,), SITE.id),
    ("not at work that day", with_dates(AWAY), MONDAY, (), SITE.id),
    ("on a Sunday by that date only", with_dates(replace(THERE, day=SUNDAY)), SUNDAY, (OTHER_SITE.id,), OTHER_SITE.id),
    ("single dates only, on one", with_dates(THERE, weekly=False), MONDAY, (OTHER_SITE.id,), OTHER_SITE.id),
    ("single dates only, beside one", with_dates(THERE, weekly=False), SUNDAY, (), OTHER_SITE.id),
    ("never", with_dates(weekly=False), MONDAY, (), SITE.id),
]


@pytest.mark.parametrize(("name", "where", "day", "sites", "column_site"), CASES)
def test_a_date_of_its_own_says_where_a_doctor_is(
    name: str, where: Clinic, day: date, sites: tuple[UUID, ...], column_site: UUID
) -> None:
    assert sites_on(where, DOCTOR.id, day) == sites, name
    opening = Openings(where).of(Column("practitioner", DOCTOR.id, day, "Dr. X"))
    assert (opening.site_id, bool(opening.windows)) == (column_site, bool(sites)), name


@pytest.mark.parametrize(("name", "where", "day", "sites", "column_site"), CASES)
def test_the_form_goes_where_the_doctor_is_and_stays_where_nobody_can_tell(
    name: str, where: Clinic, day: date, sites: tuple[UUID, ...], column_site: UUID
) -> None:
    for here in (SITE.id, OTHER_SITE.id):
        draft = Draft(CHECK_UP.id, None, here, day, 600, 15)
        assert site_for(where, DOCTOR.id, draft) == (sites[0] if sites else here), name
        assert site_for(where, None, draft) == here
        assert site_for(where, OTHER_DOCTOR.id, replace(draft, day=None)) == here


def test_of_weekly_hours_that_ended_and_others_that_hold_the_latter_say_the_zone_of_a_free_day() -> None:
    old = replace(WEEKLY[0], valid_to=MONDAY - timedelta(days=30))
    new = replace(old, id=UUID(int=77), site_id=OTHER_SITE.id, valid_from=MONDAY - timedelta(days=29), valid_to=None)
    where = replace(with_dates(), working_hours=(old, new))
    free_day = MONDAY + timedelta(days=6)
    assert Openings(where).of(Column("practitioner", DOCTOR.id, free_day, "Dr. X")).site_id == OTHER_SITE.id
