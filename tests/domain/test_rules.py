"""The booking rules: one case for each, on both sides of its edge."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from clinic_desk.domain.commands import AUTOMATIC, OVERRULABLE, Book, Rule, Update
from clinic_desk.domain.records import Appointment, AppointmentStatus, Block, BookingRules, Clinic, Closure, TimeOff
from clinic_desk.domain.refusals import Violation
from clinic_desk.domain.rules import (
    Candidate,
    Verdict,
    candidate_of_appointment,
    candidate_of_book,
    candidate_of_update,
    check_booking,
    judge,
)
from tests.domain.factories import (
    BUFFERED,
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
    PATIENT_ID,
    ROOM,
    SITE,
    WITH_DEVICE,
    appointment,
    at,
    clinic,
    hours,
    instead,
)

BASE = Candidate(CHECK_UP.id, DOCTOR.id, SITE.id, at(9), 15, patient_id=UUID(int=901))


def rules(
    candidate: Candidate = BASE,
    where: Clinic | None = None,
    *,
    others: tuple[Appointment, ...] = (),
    time_off: tuple[TimeOff, ...] = (),
    blocks: tuple[Block, ...] = (),
    now: datetime = LONG_AGO,
    was: Appointment | None = None,
    overrule: frozenset[Rule] = frozenset(),
) -> list[Rule]:
    found = check_booking(
        candidate,
        where or clinic(),
        others=others,
        time_off=time_off,
        blocks=blocks,
        now=now,
        was=was,
        overrule=overrule,
    )
    return [violation.rule for violation in found]


def test_a_booking_within_the_hours_breaks_no_rule() -> None:
    assert rules() == []


@pytest.mark.parametrize(
    ("start", "minutes", "expected"),
    [
        (at(8), 15, []),
        (at(7, 59), 15, [Rule.OUTSIDE_HOURS]),
        (at(7), 15, [Rule.OUTSIDE_HOURS]),
        (at(11, 45), 15, []),
        (at(11, 46), 15, [Rule.OVER_BREAK]),
        (at(12), 60, [Rule.OVER_BREAK]),
        (at(11), 180, [Rule.OVER_BREAK]),
        (at(12, 59), 15, [Rule.OVER_BREAK]),
        (at(13), 15, []),
        (at(16, 45), 15, []),
        (at(16, 46), 15, [Rule.OUTSIDE_HOURS]),
        (at(7, 30), 570, [Rule.OUTSIDE_HOURS, Rule.OVER_BREAK]),
        (at(9, day=date(2019, 12, 31)), 15, [Rule.OUTSIDE_HOURS]),
    ],
)
def test_hours_and_breaks(start: datetime, minutes: int, expected: list[Rule]) -> None:
    candidate = replace(BASE, starts_at=start, length_minutes=minutes)
    assert rules(candidate, now=at(0, day=date(2019, 1, 1))) == expected


def test_the_violation_tells_which_interval_is_in_the_way() -> None:
    def broken(start: datetime) -> Violation:
        (found,) = check_booking(replace(BASE, starts_at=start), clinic(), others=(), now=LONG_AGO)
        return found

    assert broken(at(11, 50)) == Violation(Rule.OVER_BREAK, "", at(12), at(13))
    assert broken(at(7, 50)) == Violation(Rule.OUTSIDE_HOURS, "", at(7, 50), at(8))
    assert broken(at(16, 50)) == Violation(Rule.OUTSIDE_HOURS, "", at(17), at(17, 5))


def test_hours_at_another_site_do_not_count_here() -> None:
    where = clinic(working_hours=hours((480, 720), site_id=OTHER_SITE.id))
    assert rules(where=where) == [Rule.OUTSIDE_HOURS]


def test_hours_of_another_doctor_do_not_count() -> None:
    assert rules(replace(BASE, practitioner_id=OTHER_DOCTOR.id)) == [Rule.OUTSIDE_HOURS]


def test_a_visit_across_midnight_is_within_a_night_duty() -> None:
    where = clinic(working_hours=(*hours((1320, 1440), weekdays=[1]), *hours((0, 360), weekdays=[2])))
    assert rules(replace(BASE, starts_at=at(23, 50)), where) == []
    literal = clinic(working_hours=(*hours((1320, 1439), weekdays=[1]), *hours((0, 360), weekdays=[2])))
    assert rules(replace(BASE, starts_at=at(23, 50)), literal) == [Rule.OUTSIDE_HOURS]


def test_a_closure_is_the_only_thing_said_about_a_closed_day() -> None:
    closure = Closure(UUID(int=1), SITE.id, MONDAY, MONDAY, "Reformation Day")
    where = clinic(closures=(closure,))
    (found,) = check_booking(BASE, where, others=(), now=LONG_AGO)
    assert found == Violation(Rule.CLOSURE, "Reformation Day", at(0), at(24))
    assert not found.overrulable
    assert rules(replace(BASE, starts_at=at(33)), where) == []
    assert rules(where=clinic(closures=(replace(closure, site_id=OTHER_SITE.id),))) == []


@pytest.mark.parametrize(
    ("start", "end", "hit"), [(at(8), at(9), False), (at(8), at(9, 1), True), (at(9, 15), at(10), False)]
)
def test_time_off_and_blocks_are_half_open(start: datetime, end: datetime, hit: bool) -> None:
    off = TimeOff(UUID(int=1), DOCTOR.id, start, end, "Congress")
    block = Block(UUID(int=1), start, end, "Training", practitioner_id=DOCTOR.id)
    assert rules(time_off=(off,)) == [Rule.TIME_OFF] * hit
    assert rules(blocks=(block,)) == [Rule.BLOCKED] * hit
    assert rules(time_off=(replace(off, practitioner_id=OTHER_DOCTOR.id),)) == []
    assert rules(blocks=(replace(block, practitioner_id=OTHER_DOCTOR.id),)) == []


def test_a_block_is_named() -> None:
    block = Block(UUID(int=1), at(9), at(10), "Training", practitioner_id=DOCTOR.id)
    (found,) = check_booking(BASE, clinic(), others=(), blocks=(block,), now=LONG_AGO)
    assert (found.name, found.starts_at, found.ends_at) == ("Training", at(9), at(10))


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (-15, [Rule.TOO_SHORT]),
        (0, [Rule.TOO_SHORT]),
        (4, [Rule.TOO_SHORT]),
        (5, []),
        (720, []),
        (721, [Rule.TOO_LONG]),
    ],
)
def test_a_visit_lasts_five_minutes_to_twelve_hours(minutes: int, expected: list[Rule]) -> None:
    assert rules(replace(BASE, length_minutes=minutes), clinic(working_hours=hours((0, 1440)))) == expected


@pytest.mark.parametrize(("late", "expected"), [(0, []), (59, []), (60, [Rule.IN_THE_PAST])])
def test_the_minute_that_is_running_is_not_the_past(late: int, expected: list[Rule]) -> None:
    assert rules(now=at(9) + timedelta(seconds=late)) == expected


def test_a_type_is_done_only_by_those_who_do_it() -> None:
    mine = replace(CHECK_UP, practitioner_ids=frozenset({OTHER_DOCTOR.id}))
    (found,) = check_booking(BASE, clinic(types=(mine,)), others=(), now=LONG_AGO)
    assert (found.rule, found.name) == (Rule.WRONG_TYPE, "Check-up")


def test_what_is_inactive_cannot_be_booked() -> None:
    assert rules(where=clinic(practitioners=(replace(DOCTOR, active=False),))) == [Rule.INACTIVE]
    assert rules(where=clinic(sites=(replace(SITE, active=False),))) == [Rule.INACTIVE]
    assert rules(where=clinic(types=(replace(CHECK_UP, active=False),))) == [Rule.INACTIVE]
    assert rules(replace(BASE, room_id=ROOM.id), clinic(rooms=(replace(ROOM, active=False),))) == [Rule.INACTIVE]


# The slot, the patient, the room


@pytest.mark.parametrize(
    ("start", "minutes", "hit"),
    [
        (at(8, 45), 15, False),
        (at(8, 45), 16, True),
        (at(9, 15), 15, False),
        (at(9, 14), 15, True),
        (at(8), 120, True),
    ],
)
def test_a_slot_is_taken_when_footprints_meet(start: datetime, minutes: int, hit: bool) -> None:
    assert rules(others=(appointment(start, minutes),)) == [Rule.SLOT_TAKEN] * hit


def test_buffers_of_both_count() -> None:
    candidate = replace(BASE, type_id=BUFFERED.id, length_minutes=30)  # 08:55-09:40
    assert rules(candidate, others=(appointment(at(8, 40), 15),)) == []
    assert rules(candidate, others=(appointment(at(8, 40), 16),)) == [Rule.SLOT_TAKEN]
    assert rules(candidate, others=(appointment(at(9, 40), 15),)) == []
    assert rules(candidate, others=(appointment(at(9, 40), 15, kind=BUFFERED),)) == [Rule.SLOT_TAKEN]


def test_a_squeeze_in_makes_the_doctor_busy() -> None:
    assert rules(others=(appointment(at(9), squeezed_in=True),)) == [Rule.SLOT_TAKEN]


@pytest.mark.parametrize("status", list(AppointmentStatus))
def test_only_what_occupies_time_is_in_the_way(status: AppointmentStatus) -> None:
    other = appointment(at(9), patient_id=UUID(int=901), status=status)
    assert rules(others=(other,)) == [Rule.SLOT_TAKEN, Rule.PATIENT_BUSY] * status.occupies_time


def test_an_appointment_is_not_in_its_own_way() -> None:
    assert rules(replace(BASE, appointment_id=UUID(int=100)), others=(appointment(at(9)),)) == []


def test_a_patient_at_two_places_at_once_is_told_and_may_be_overruled() -> None:
    other = appointment(at(9, 10), practitioner_id=OTHER_DOCTOR.id, patient_id=UUID(int=901))
    assert rules(others=(other,)) == [Rule.PATIENT_BUSY]
    assert rules(others=(other,), overrule=frozenset({Rule.PATIENT_BUSY})) == []
    assert rules(replace(BASE, patient_id=None), others=(other,)) == []
    later = replace(other, starts_at=at(9, 15), ends_at=at(9, 30), buffer_before_minutes=10)
    assert rules(others=(later,)) == []


def verdict(
    candidate: Candidate, *, others: tuple[Appointment, ...] = (), overrule: frozenset[Rule] = frozenset()
) -> Verdict:
    return judge(candidate, clinic(), others=others, now=LONG_AGO, overrule=overrule)


def test_an_automatic_room_is_the_first_free_one_and_only_for_types_that_need_one() -> None:
    in_room = replace(BASE, type_id=IN_ROOM.id, length_minutes=30)
    taken = appointment(at(9, 30), practitioner_id=OTHER_DOCTOR.id, room_id=ROOM.id)
    assert verdict(BASE).room_id is None
    assert verdict(in_room).room_id == ROOM.id
    assert verdict(in_room, others=(taken,)).room_id == OTHER_ROOM.id  # 09:00-09:40 with its buffer
    assert verdict(replace(in_room, preferred_room_id=OTHER_ROOM.id)).room_id == OTHER_ROOM.id
    preferred = replace(in_room, preferred_room_id=ROOM.id)
    assert verdict(preferred, others=(taken,)).room_id == OTHER_ROOM.id
    other = replace(taken, id=UUID(int=101), room_id=OTHER_ROOM.id)
    assert [found.rule for found in verdict(in_room, others=(taken, other)).refused] == [Rule.NO_ROOM]


def test_a_named_room_must_be_free_active_and_of_the_site() -> None:
    named = replace(BASE, room_id=ROOM.id)
    taken = appointment(at(9), practitioner_id=OTHER_DOCTOR.id, room_id=ROOM.id)
    block = Block(UUID(int=1), at(9), at(10), "Repair", room_id=ROOM.id)
    assert rules(named) == []
    assert rules(named, others=(taken,)) == [Rule.ROOM_TAKEN]
    assert rules(named, others=(replace(taken, squeezed_in=True),)) == [Rule.ROOM_TAKEN]
    assert rules(named, blocks=(block,)) == [Rule.BLOCKED]
    elsewhere = replace(ROOM, site_id=OTHER_SITE.id)
    assert rules(named, clinic(rooms=(elsewhere,))) == [Rule.NO_ROOM]
    assert rules(replace(BASE, type_id=IN_ROOM.id, room_id=None)) == [Rule.NO_ROOM]


def test_a_named_room_must_serve_the_type_and_be_a_room() -> None:
    kind = replace(IN_ROOM, room_ids=frozenset({OTHER_ROOM.id}))
    where = clinic(rooms=(ROOM, OTHER_ROOM, ECHO), types=(kind,))
    in_room = replace(BASE, type_id=kind.id, length_minutes=30)
    assert judge(in_room, where, others=(), now=LONG_AGO).room_id == OTHER_ROOM.id
    assert rules(replace(in_room, room_id=ROOM.id), where) == [Rule.WRONG_ROOM]
    assert rules(replace(in_room, room_id=OTHER_ROOM.id), where) == []
    assert rules(replace(in_room, room_id=OTHER_ROOM.id, device_id=OTHER_ROOM.id), where) == [Rule.WRONG_ROOM]
    assert rules(replace(BASE, room_id=ECHO.id), clinic(rooms=(ECHO,))) == [Rule.WRONG_ROOM]


def test_a_device_is_asked_for_like_a_room() -> None:
    where = clinic(rooms=(ROOM, ECHO, OTHER_ECHO), types=(CHECK_UP, WITH_DEVICE))
    echo = replace(BASE, type_id=WITH_DEVICE.id, length_minutes=30)
    taken = appointment(at(9, 34), practitioner_id=OTHER_DOCTOR.id, device_id=ECHO.id)  # 08:55-09:35 is needed
    assert judge(echo, where, others=(), now=LONG_AGO).device_id == ECHO.id
    assert judge(echo, where, others=(taken,), now=LONG_AGO).device_id == OTHER_ECHO.id
    other = replace(taken, id=UUID(int=101), device_id=OTHER_ECHO.id)
    assert rules(echo, where, others=(taken, other)) == [Rule.NO_DEVICE]
    assert rules(replace(echo, device_id=ECHO.id), where, others=(taken,)) == [Rule.DEVICE_TAKEN]
    assert rules(replace(echo, device_id=None), where) == [Rule.NO_DEVICE]
    repair = Block(UUID(int=1), at(9), at(10), "Repair", room_id=ECHO.id)
    assert rules(replace(echo, device_id=ECHO.id), where, blocks=(repair,)) == [Rule.BLOCKED]
    assert judge(BASE, where, others=(), now=LONG_AGO).device_id is None


def test_a_room_for_several_is_taken_when_so_many_are_there_at_once() -> None:
    where = clinic(rooms=(replace(ROOM, capacity=2),))
    named = replace(BASE, room_id=ROOM.id, length_minutes=60)
    early = appointment(at(8, 30), 30, practitioner_id=OTHER_DOCTOR.id, room_id=ROOM.id)
    first = replace(early, id=UUID(int=101), starts_at=at(9), ends_at=at(9, 30))
    second = replace(early, id=UUID(int=102), starts_at=at(9, 30), ends_at=at(10))
    assert rules(named, where, others=(early, first, second)) == [], "one goes as the other comes"
    third = replace(early, id=UUID(int=103), starts_at=at(9, 29), ends_at=at(10))
    assert rules(named, where, others=(first, third)) == [Rule.ROOM_TAKEN]


def test_a_reserved_block_is_in_the_way_of_other_types_only() -> None:
    block = Block(UUID(int=1), at(9), at(10), "Acute", practitioner_id=DOCTOR.id, type_ids=frozenset({CHECK_UP.id}))
    assert rules(blocks=(block,)) == []
    assert rules(replace(BASE, type_id=BUFFERED.id), blocks=(block,)) == [Rule.BLOCKED]
    assert rules(replace(BASE, type_id=BUFFERED.id), blocks=(block,), overrule=frozenset({Rule.BLOCKED})) == []


def test_the_hours_of_a_date_count_instead_of_the_weekly_ones() -> None:
    where = clinic(overrides=instead(MONDAY, (600, 660), (680, 720)))
    assert rules(where=where) == [Rule.OUTSIDE_HOURS]
    assert rules(replace(BASE, starts_at=at(10)), where) == []
    assert rules(replace(BASE, starts_at=at(11)), where) == [Rule.OVER_BREAK]
    assert rules(where=clinic(overrides=instead(MONDAY))) == [Rule.OUTSIDE_HOURS]


def test_staff_have_no_notice_and_no_horizon() -> None:
    where = clinic(rules=BookingRules(notice_minutes=10_000, horizon_days=1))
    assert rules(where=where, now=at(9)) == []
    assert rules(replace(BASE, starts_at=at(9, day=date(2030, 1, 7))), where, now=at(9)) == []


# Overruling


def test_what_the_clinic_bars_a_reception_may_not_overrule_and_a_manager_may() -> None:
    where = clinic(rules=BookingRules(overrulable=frozenset({Rule.PATIENT_BUSY})))
    early = replace(BASE, starts_at=at(7))
    (found,) = check_booking(early, where, others=(), now=LONG_AGO, overrule=OVERRULABLE)
    assert (found.rule, found.overrulable) == (Rule.OUTSIDE_HOURS, False)
    assert rules(early, replace(where, manager=True), overrule=OVERRULABLE) == []


def test_what_is_overruled_is_recorded_and_only_if_it_was_broken() -> None:
    found = verdict(replace(BASE, starts_at=at(7)), overrule=OVERRULABLE)
    assert (found.refused, found.overruled, found.squeezed_in) == ((), frozenset({Rule.OUTSIDE_HOURS}), False)
    assert [violation.rule for violation in found.violations] == [Rule.OUTSIDE_HOURS]


def test_a_squeeze_in_is_an_overruled_taken_slot_and_needs_no_second_room() -> None:
    in_room = replace(BASE, type_id=IN_ROOM.id, length_minutes=30)
    others = (
        appointment(at(9), room_id=ROOM.id),
        appointment(at(9), number=101, practitioner_id=OTHER_DOCTOR.id, room_id=OTHER_ROOM.id),
    )
    assert {found.rule for found in verdict(in_room, others=others).refused} == {Rule.SLOT_TAKEN, Rule.NO_ROOM}
    squeezed = verdict(in_room, others=others, overrule=frozenset({Rule.SLOT_TAKEN}))
    assert (squeezed.refused, squeezed.squeezed_in, squeezed.room_id) == ((), True, None)


@pytest.mark.parametrize("rule", sorted(set(Rule) - OVERRULABLE))
def test_what_may_not_be_overruled_stays_refused(rule: Rule) -> None:
    assert not Violation(rule).overrulable
    past = replace(BASE, starts_at=LONG_AGO - timedelta(days=1))
    assert Rule.IN_THE_PAST in rules(past, overrule=frozenset(Rule))


# Changing what stands


def test_what_is_not_changed_is_not_judged_again() -> None:
    was = appointment(at(7), 30, kind=IN_ROOM, room_id=ROOM.id)
    inactive = clinic(practitioners=(replace(DOCTOR, active=False), OTHER_DOCTOR))
    beside = (appointment(at(7), number=101, room_id=ROOM.id),)
    same = candidate_of_update(was, Update(was.id, 1, note="bring reports"), inactive)
    assert rules(same, inactive, others=beside, was=was, now=at(12)) == []
    assert judge(same, inactive, others=beside, was=was, now=at(12)).room_id == ROOM.id
    assert rules(same, inactive, others=beside, now=at(12)) != []


def test_a_running_visit_may_be_made_longer_but_not_moved_into_the_past() -> None:
    was = appointment(at(9), 15)
    longer = candidate_of_update(was, Update(was.id, 1, length_minutes=30), clinic())
    earlier = candidate_of_update(was, Update(was.id, 1, starts_at=at(8, 45)), clinic())
    next_one = appointment(at(9, 15), number=101, patient_id=UUID(int=902))
    assert rules(longer, was=was, now=at(9, 10)) == []
    assert rules(earlier, was=was, now=at(9, 10)) == [Rule.IN_THE_PAST]
    assert rules(longer, was=was, now=at(9, 10), others=(next_one,)) == [Rule.SLOT_TAKEN]


def test_another_patient_is_judged_at_the_same_place() -> None:
    was = appointment(at(9))
    other = appointment(at(9), number=101, practitioner_id=OTHER_DOCTOR.id, patient_id=UUID(int=901))
    changed = candidate_of_update(was, Update(was.id, 1, patient_id=UUID(int=901)), clinic())
    assert rules(changed, was=was, others=(other,)) == [Rule.PATIENT_BUSY]


def test_a_room_chosen_for_an_unmoved_visit_is_judged() -> None:
    was = appointment(at(9))
    taken = appointment(at(9), number=101, practitioner_id=OTHER_DOCTOR.id, room_id=ROOM.id)
    changed = candidate_of_update(was, Update(was.id, 1, room_id=ROOM.id), clinic())
    assert rules(changed, was=was, others=(taken,)) == [Rule.ROOM_TAKEN]


def test_a_cancelled_appointment_is_judged_in_full_when_it_is_reinstated() -> None:
    was = appointment(at(9), status=AppointmentStatus.CANCELLED)
    candidate = candidate_of_appointment(was)
    assert rules(candidate, was=was, others=(appointment(at(9), number=101),)) == [Rule.SLOT_TAKEN, Rule.PATIENT_BUSY]


def test_a_booking_becomes_the_candidate_it_asks_for() -> None:
    book = Book(PATIENT_ID, IN_ROOM.id, DOCTOR.id, SITE.id, at(9), 30)
    candidate = candidate_of_book(book)
    assert (candidate.patient_id, candidate.room_id, candidate.appointment_id) == (
        PATIENT_ID,
        AUTOMATIC,
        book.appointment_id,
    )
    assert candidate.footprint(IN_ROOM).ends_at == at(9, 40)


def test_an_update_keeps_what_it_does_not_name_and_takes_the_buffers_of_a_new_type() -> None:
    was = replace(appointment(at(9), 30, kind=IN_ROOM, room_id=OTHER_ROOM.id), buffer_after_minutes=25)
    moved = candidate_of_update(was, Update(was.id, 1, starts_at=at(10)), clinic())
    assert (moved.starts_at, moved.length_minutes, moved.buffers) == (at(10), 30, (0, 25))
    assert (moved.room_id, moved.preferred_room_id) == (AUTOMATIC, OTHER_ROOM.id)
    retyped = candidate_of_update(was, Update(was.id, 1, type_id=BUFFERED.id), clinic())
    assert (retyped.buffers, retyped.room_id) == (None, OTHER_ROOM.id)
    assert candidate_of_update(was, Update(was.id, 1, room_id=None), clinic()).room_id is None


def test_an_unknown_doctor_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        rules(replace(BASE, practitioner_id=UUID(int=404)))


def test_a_moved_visit_keeps_its_room_where_it_is_free_and_gets_another_where_it_is_not() -> None:
    was = appointment(at(9), 30, kind=IN_ROOM, room_id=ROOM.id)
    taken = appointment(at(10), 30, number=101, practitioner_id=OTHER_DOCTOR.id, room_id=ROOM.id)
    moved = candidate_of_update(was, Update(was.id, 1, starts_at=at(10)), clinic())
    assert judge(moved, clinic(), others=(), now=LONG_AGO, was=was).room_id == ROOM.id
    assert judge(moved, clinic(), others=(taken,), now=LONG_AGO, was=was).room_id == OTHER_ROOM.id
