"""Which appointments no longer fit: a table of what can change since they were made, and two laws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_desk.domain.candidates import candidate_of_appointment
from clinic_desk.domain.commands import OVERRULABLE, Rule
from clinic_desk.domain.recheck import MOST_AT_ONCE, Misfit, in_turn, keeping, misfits
from clinic_desk.domain.records import Appointment, Block, Clinic, Closure, TimeOff
from clinic_desk.domain.rules import judge
from clinic_desk.domain.wall import to_instant, to_wall
from tests.domain.factories import (
    CHECK_UP,
    DOCTOR,
    ECHO,
    IN_ROOM,
    LONG_AGO,
    MONDAY,
    OTHER_DOCTOR,
    OTHER_ECHO,
    OTHER_ROOM,
    OTHER_SITE,
    ROOM,
    SITE,
    WITH_DEVICE,
    appointment,
    at,
    clinic,
    hours,
    instead,
)
from tests.domain.test_availability_laws import Case, cases

NINE = appointment(at(9))
TYPES = (CHECK_UP, IN_ROOM, WITH_DEVICE)
DEVICES = clinic(rooms=(ROOM, OTHER_ROOM, ECHO, OTHER_ECHO), types=TYPES)
ECHOED = appointment(at(9), 30, kind=WITH_DEVICE, room_id=ROOM.id, device_id=ECHO.id)
LISBON = replace(SITE, zone="Europe/Lisbon")


@dataclass(frozen=True)
class Row:
    """One case: what changed, and what is then said of the appointment."""

    what: str
    where: Clinic
    rules: tuple[Rule, ...] = ()
    row: Appointment = NINE
    time_off: tuple[TimeOff, ...] = ()
    blocks: tuple[Block, ...] = ()
    keeps: datetime | None = None


def off(begin: datetime, end: datetime) -> tuple[TimeOff, ...]:
    return (TimeOff(UUID(int=1), DOCTOR.id, begin, end, "Course"),)


def block(begin: datetime, end: datetime, *types: UUID, room: UUID | None = None) -> tuple[Block, ...]:
    who = None if room else DOCTOR.id
    return (Block(UUID(int=1), begin, end, "Repair", who, room, frozenset(types)),)


def shifted(row: Appointment, minutes: int) -> Appointment:
    """Return it with an instant at which the clocks show another time than was agreed."""
    by = timedelta(minutes=minutes)
    return replace(row, starts_at=row.starts_at + by, ends_at=row.ends_at + by)


SQUEEZED = replace(appointment(at(9), 30, kind=IN_ROOM), squeezed_in=True, overruled=frozenset({Rule.SLOT_TAKEN.value}))
NIGHT = clinic(working_hours=hours((1200, 1440), (0, 360)))
SECOND_PASS = replace(
    appointment(to_instant(datetime.combine(date(2026, 10, 25), time(2, 30)), SITE.zone) + timedelta(hours=1)),
    wall_start=datetime.combine(date(2026, 10, 25), time(2, 30)),
)
CASES = [
    Row("nothing changed", clinic()),
    Row("hours begin later", clinic(working_hours=hours((570, 1020))), (Rule.OUTSIDE_HOURS,)),
    Row("hours end in the middle of it", clinic(working_hours=hours((480, 550))), (Rule.OUTSIDE_HOURS,)),
    Row("no hours at all", clinic(working_hours=()), (Rule.OUTSIDE_HOURS,)),
    Row("a break was put there", clinic(working_hours=hours((480, 540), (600, 1020))), (Rule.OVER_BREAK,)),
    Row("hours end before that day", clinic(working_hours=hours((480, 720), valid_to=MONDAY - timedelta(days=1))),
        (Rule.OUTSIDE_HOURS,)),
    Row("only every other week", clinic(working_hours=hours((480, 720), valid_from=MONDAY - timedelta(days=7),
        every_weeks=2)), (Rule.OUTSIDE_HOURS,)),
    Row("other hours on that date", clinic(overrides=instead(MONDAY, (780, 900))), (Rule.OUTSIDE_HOURS,)),
    Row("the same hours on that date", clinic(overrides=instead(MONDAY, (480, 600)))),
    Row("at another site that date", clinic(overrides=instead(MONDAY, (480, 720), site_id=OTHER_SITE.id)),
        (Rule.OUTSIDE_HOURS,)),
    Row("not working on that date", clinic(overrides=instead(MONDAY)), (Rule.OUTSIDE_HOURS,)),
    Row("the site is closed", clinic(closures=(Closure(UUID(int=1), SITE.id, MONDAY, MONDAY),)), (Rule.CLOSURE,)),
    Row("another site is closed", clinic(closures=(Closure(UUID(int=1), OTHER_SITE.id, MONDAY, MONDAY),))),
    Row("the doctor is away", clinic(), (Rule.TIME_OFF,), time_off=off(at(8), at(12))),
    Row("the doctor is away until then", clinic(), time_off=off(at(8), at(9))),
    Row("blocked", clinic(), (Rule.BLOCKED,), blocks=block(at(9, 10), at(10))),
    Row("kept for its own type", clinic(), blocks=block(at(9), at(10), CHECK_UP.id)),
    Row("a room that is not its own is blocked", clinic(), blocks=block(at(9), at(10), room=ROOM.id)),
    Row("its room is blocked", DEVICES, (Rule.BLOCKED,), ECHOED, blocks=block(at(9), at(10), room=ROOM.id)),
    Row("its device is blocked", DEVICES, (Rule.BLOCKED,), ECHOED, blocks=block(at(9), at(10), room=ECHO.id)),
    Row("the doctor left", clinic(practitioners=(replace(DOCTOR, active=False), OTHER_DOCTOR)), (Rule.INACTIVE,)),
    Row("the site was given up", clinic(sites=(replace(SITE, active=False), OTHER_SITE)), (Rule.INACTIVE,)),
    Row("the type is no more", clinic(types=(replace(CHECK_UP, active=False),)), (Rule.INACTIVE,)),
    Row("she no longer does it", clinic(types=(replace(CHECK_UP, practitioner_ids=frozenset({OTHER_DOCTOR.id})),)),
        (Rule.WRONG_TYPE,)),
    Row("room and device serve it", DEVICES, (), ECHOED),
    Row("the room was given up", replace(DEVICES, rooms=(replace(ROOM, active=False), ECHO)), (Rule.INACTIVE,), ECHOED),
    Row("the device moved house", replace(DEVICES, rooms=(ROOM, replace(ECHO, site_id=OTHER_SITE.id))),
        (Rule.NO_DEVICE,), ECHOED),
    Row("another device serves it now", replace(DEVICES, types=(replace(WITH_DEVICE,
        room_ids=frozenset({OTHER_ECHO.id})),)), (Rule.WRONG_ROOM,), ECHOED),
    Row("it needs a device now", DEVICES, (Rule.NO_DEVICE,), replace(ECHOED, device_id=None)),
    Row("squeezed in without a room", clinic(), (), SQUEEZED),
    Row("overruled when it was booked", clinic(working_hours=()), (),
        replace(NINE, overruled=frozenset({Rule.OUTSIDE_HOURS.value}))),
    Row("another rule overruled", clinic(working_hours=()), (Rule.OUTSIDE_HOURS,),
        replace(NINE, overruled=frozenset({Rule.TIME_OFF.value}))),
    Row("a night duty across midnight", NIGHT, (), appointment(at(23, 45), 30)),
    Row("the zone's rules changed", clinic(), (), shifted(NINE, 60), keeps=at(9)),
    Row("they changed by half an hour, earlier", clinic(), (), shifted(NINE, -30), keeps=at(9)),
    Row("they changed, and the agreed time is closed now", clinic(working_hours=hours((600, 720))),
        (Rule.OUTSIDE_HOURS,), shifted(NINE, 60), keeps=at(9)),
    Row("they changed, where it lies now is closed", clinic(working_hours=hours((480, 560))), (), shifted(NINE, 60),
        keeps=at(9)),
    Row("the site's zone was put right", clinic(sites=(LISBON, OTHER_SITE)), (), NINE,
        keeps=at(9, zone="Europe/Lisbon")),
    Row("a zone of the same time", clinic(sites=(replace(SITE, zone="Europe/Vienna"), OTHER_SITE))),
    Row("the second pass of a repeated hour", clinic(working_hours=hours((0, 1440))), (), SECOND_PASS),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_what_no_longer_fits_is_listed_with_why(case: Row) -> None:
    found = misfits([case.row], case.where, time_off=case.time_off, blocks=case.blocks, now=LONG_AGO)
    told = [(tuple(violation.rule for violation in one.violations), one.keeps) for one in found]
    assert told == ([(case.rules, case.keeps)] if case.rules or case.keeps else [])
    assert all(one.appointment == case.row for one in found)


def test_what_the_clinic_as_it_was_read_does_not_have_is_newer_and_passed_over() -> None:
    newer = replace(NINE, practitioner_id=UUID(int=77))
    assert misfits([newer], clinic(), now=LONG_AGO) == ()


def test_only_what_was_shifted_is_put_back() -> None:
    (closed,) = misfits([shifted(NINE, 60)], clinic(working_hours=()), now=LONG_AGO)
    (command,) = keeping([Misfit(replace(NINE, id=UUID(int=5))), closed])
    assert [(step.appointment_id, step.version, step.starts_at) for step in command.steps] == [(NINE.id, 1, at(9))]


@pytest.mark.parametrize("by", [-60, 60], ids=["they go later", "they go earlier"])
def test_more_than_fit_one_transaction_go_part_by_part_none_in_the_way_of_one_before_it(by: int) -> None:
    rows = [
        replace(shifted(NINE, by + 15 * number), id=UUID(int=5000 + number)) for number in range(2 * MOST_AT_ONCE + 1)
    ]
    later = timedelta(minutes=-by)
    parts = keeping(Misfit(row, (), row.starts_at + later) for row in rows)
    assert [len(part.steps) for part in parts] == [MOST_AT_ONCE, MOST_AT_ONCE, 1]
    order = [step.appointment_id for part in parts for step in part.steps]
    assert order == [row.id for row in (rows if by > 0 else reversed(rows))]


def test_those_beside_each_other_are_never_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinic_desk.domain.recheck.MOST_AT_ONCE", 3)
    rows = [appointment(at(9, 30 * number), 20, number=number) for number in range(1, 5)]
    beside = appointment(at(10, 35), 20, number=9, squeezed_in=True)  # shares time with the third
    parts = keeping(Misfit(row, (), row.starts_at - timedelta(minutes=60)) for row in (*rows, beside))
    assert [[step.appointment_id.int for step in part.steps] for part in parts] == [[1, 2], [3, 9, 4]]


def test_those_beside_each_other_go_together_and_the_squeezed_in_last() -> None:
    rows = {
        "first": appointment(at(9), 30, number=1),
        "second": appointment(at(9, 30), 30, number=2),
        "beside": appointment(at(9, 20), 20, number=3, squeezed_in=True),
        "apart": appointment(at(11), 30, number=4),
        "other": appointment(at(9, 40), 30, number=5, practitioner_id=OTHER_DOCTOR.id),
    }
    names = {row.id: name for name, row in rows.items()}
    earlier = [names[row_id] for row_id in in_turn(rows.values(), frozenset())]
    later = [names[row_id] for row_id in in_turn(rows.values(), frozenset(names))]
    assert earlier == ["first", "second", "beside", "other", "apart"]
    assert later == ["apart", "other", "second", "first", "beside"]


@settings(max_examples=150)
@given(cases())
def test_what_was_just_booked_on_an_offered_start_is_never_listed(case: Case) -> None:
    booked = [
        replace(
            appointment(slot.starts_at, case.kind.length_minutes, number=5000 + number, kind=case.kind,
                        practitioner_id=slot.practitioner_id, room_id=slot.room_id, device_id=slot.device_id,
                        site=case.where.sites[0]),
        )
        for number, slot in enumerate(case.offered()[:40])
    ]  # fmt: skip
    found = misfits(booked, case.where, time_off=case.time_off, blocks=case.blocks, now=case.now)
    assert found == ()


@settings(max_examples=150)
@given(cases(), st.sampled_from((0, 0, 60, -30)), st.sets(st.sampled_from(sorted(OVERRULABLE)), max_size=2))
def test_the_quick_look_finds_what_the_rules_say_of_each(case: Case, shift: int, overruled: set[Rule]) -> None:
    rows = [
        replace(shifted(row, shift), overruled=frozenset(rule.value for rule in overruled))
        for row in case.taken
        if row.practitioner_id in {DOCTOR.id, OTHER_DOCTOR.id}
    ]
    found = {one.appointment: one for one in misfits(
        rows, case.where, time_off=case.time_off, blocks=case.blocks, now=case.now)}  # fmt: skip
    zone = case.where.sites[0].zone
    not_asked = {Rule.IN_THE_PAST, Rule.TOO_SHORT, Rule.TOO_LONG} | overruled
    for row in rows:
        moved = to_wall(row.starts_at, zone) != row.wall_start
        starts_at = to_instant(row.wall_start, zone) if moved else row.starts_at
        candidate = replace(candidate_of_appointment(row), starts_at=starts_at)
        verdict = judge(candidate, case.where, others=(), time_off=case.time_off, blocks=case.blocks, now=LONG_AGO)
        expected = [violation.rule for violation in verdict.violations if violation.rule not in not_asked]
        if row.squeezed_in:
            missing = {Rule.NO_ROOM: row.room_id, Rule.NO_DEVICE: row.device_id}
            expected = [rule for rule in expected if missing.get(rule, row.id) is not None]
        assert (row in found) == (moved or bool(expected))
        if row in found:
            assert [violation.rule for violation in found[row].violations] == expected
