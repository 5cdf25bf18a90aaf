"""The three-way merge: its laws over random changes, and the cases that the conflict dialog shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.domain.merge import FIELDS, Clash, merge, resolve, take, value_of
from clinic_desk.domain.records import Appointment, AppointmentStatus, CancellationReason
from clinic_desk.domain.wall import to_wall
from tests.domain.factories import (
    BUFFERED,
    CHECK_UP,
    DOCTOR,
    ECHO,
    OTHER_DOCTOR,
    OTHER_ECHO,
    OTHER_ROOM,
    OTHER_SITE,
    ROOM,
    SITE,
    appointment,
    at,
)

BASE = appointment(at(9), note="as opened")
LIVING = (AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN)


@st.composite
def versions(draw: st.DrawFn, statuses: tuple[AppointmentStatus, ...] = LIVING) -> Appointment:
    """Draw a version of the one appointment: each field from a few values, so that sides often agree."""
    site = draw(st.sampled_from((SITE, OTHER_SITE)))
    status = draw(st.sampled_from(statuses))
    row = appointment(
        draw(st.sampled_from((at(9), at(10), at(11)))),
        draw(st.sampled_from((15, 30, 45))),
        practitioner_id=draw(st.sampled_from((DOCTOR.id, OTHER_DOCTOR.id))),
        patient_id=draw(st.sampled_from((UUID(int=900), UUID(int=901)))),
        site=site,
        kind=draw(st.sampled_from((CHECK_UP, BUFFERED))),
        room_id=draw(st.sampled_from((None, ROOM.id, OTHER_ROOM.id))),
        device_id=draw(st.sampled_from((None, ECHO.id, OTHER_ECHO.id))),
        status=status,
        note=draw(st.sampled_from(("", "a", "b"))),
        version=draw(st.integers(1, 9)),
    )
    reason = CancellationReason.PATIENT if status is AppointmentStatus.CANCELLED else None
    return replace(row, cancellation_reason=reason)


ANY = versions((*LIVING, AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR))


def content(row: Appointment) -> list[object]:
    return [value_of(row, name) for name in FIELDS]


@given(ANY, ANY)
def test_no_change_here_is_what_stands_there(base: Appointment, now: Appointment) -> None:
    found = merge(base, base, now)
    assert found.merged == now
    assert found.clashes == ()
    assert found.taken_from_mine == ()


@given(versions(), versions(), st.integers(1, 9))
def test_no_change_there_is_what_was_wanted_here_with_their_version(
    base: Appointment, mine: Appointment, version: int
) -> None:
    found = merge(base, mine, replace(base, version=version))
    assert found.merged == replace(mine, version=version)
    assert (found.clashes, found.taken_from_theirs) == ((), ())


@given(ANY, ANY)
def test_the_same_change_on_both_sides_is_one(base: Appointment, both: Appointment) -> None:
    found = merge(base, both, replace(both, version=7))
    assert found.clashes == ()
    assert found.merged == replace(both, version=7)


@given(versions(), versions(), versions())
def test_a_field_clashes_exactly_when_both_changed_it_differently(
    base: Appointment, mine: Appointment, now: Appointment
) -> None:
    found = merge(base, mine, now)
    for name in FIELDS:
        was, wanted, stands = value_of(base, name), value_of(mine, name), value_of(now, name)
        clashes = wanted not in {was, stands} and was != stands
        assert (Clash(name, was, wanted, stands) in found.clashes) == clashes
        assert value_of(found.merged, name) == (wanted if stands == was else stands)
        assert (name in found.taken_from_mine) == (wanted != was and stands == was)
        assert (name in found.taken_from_theirs) == (wanted == was and stands != was)


@given(ANY, ANY, ANY)
def test_merging_is_idempotent(base: Appointment, mine: Appointment, now: Appointment) -> None:
    once = merge(base, mine, now)
    assert merge(base, once.merged, now).clashes == ()
    again = merge(now, once.merged, now)
    assert again.merged == once.merged
    assert again.clashes == ()


@given(versions(), versions(), versions())
def test_the_sides_are_equal_but_for_who_is_asked(base: Appointment, mine: Appointment, now: Appointment) -> None:
    here, there = merge(base, mine, now), merge(base, now, mine)
    clashing = {clash.field for clash in here.clashes}
    assert clashing == {clash.field for clash in there.clashes}
    for name in set(FIELDS) - clashing:
        assert value_of(here.merged, name) == value_of(there.merged, name)


@given(versions(), versions(), versions(), st.frozensets(st.sampled_from(FIELDS)))
def test_each_clash_is_decided_by_itself(
    base: Appointment, mine: Appointment, now: Appointment, keep: frozenset[str]
) -> None:
    found = merge(base, mine, now)
    resolved = resolve(found, mine, keep)
    for clash in found.clashes:
        assert value_of(resolved, clash.field) == (clash.mine if clash.field in keep else clash.now)
    assert resolved.version == now.version


@given(ANY, ANY, ANY, st.frozensets(st.sampled_from(FIELDS)))
def test_wall_time_zone_and_end_follow_whatever_was_chosen(
    base: Appointment, mine: Appointment, now: Appointment, keep: frozenset[str]
) -> None:
    zones = {SITE.id: SITE.zone, OTHER_SITE.id: OTHER_SITE.zone}
    resolved = resolve(merge(base, mine, now), mine, keep)
    assert resolved.zone == zones[resolved.site_id]
    assert resolved.wall_start == to_wall(resolved.starts_at, resolved.zone)
    assert resolved.ends_at > resolved.starts_at


@given(versions(), versions())
def test_taking_every_field_is_taking_all(target: Appointment, source: Appointment) -> None:
    for name in FIELDS:
        target = take(target, source, name)
    assert content(target) == content(source)


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_taken_changes_no_other(name: str) -> None:
    source = replace(
        appointment(
            at(10),
            45,
            practitioner_id=OTHER_DOCTOR.id,
            site=OTHER_SITE,
            kind=BUFFERED,
            room_id=ROOM.id,
            device_id=ECHO.id,
            note="x",
        ),
        present_room_id=OTHER_ROOM.id,
        patient_id=UUID(int=5),
        status=AppointmentStatus.ARRIVED,
    )
    taken = take(BASE, source, name)
    assert [other for other in FIELDS if value_of(taken, other) != value_of(BASE, other)] == [name]


# The dialog's cases


def test_a_move_here_and_a_note_there_merge_by_themselves() -> None:
    mine = take(BASE, appointment(at(11)), "when")
    now = replace(BASE, note="bring reports", version=2)
    found = merge(BASE, mine, now)
    assert found.clashes == ()
    assert (found.merged.starts_at, found.merged.note, found.merged.version) == (at(11), "bring reports", 2)
    assert (found.taken_from_mine, found.taken_from_theirs) == (("when",), ("note",))


def test_two_different_moves_clash_and_a_longer_visit_beside_a_move_does_not() -> None:
    mine = take(BASE, appointment(at(11)), "when")
    assert [clash.field for clash in merge(BASE, mine, take(BASE, appointment(at(10)), "when")).clashes] == ["when"]
    longer = replace(BASE, ends_at=BASE.starts_at + timedelta(minutes=30))
    found = merge(BASE, mine, longer)
    assert (found.merged.starts_at, found.merged.ends_at, found.clashes) == (at(11), at(11, 30), ())


def test_another_device_here_and_a_move_there_merge_and_two_devices_clash() -> None:
    mine = replace(BASE, device_id=ECHO.id)
    found = merge(BASE, mine, replace(take(BASE, appointment(at(11)), "when"), version=2))
    assert (found.merged.device_id, found.merged.starts_at) == (ECHO.id, at(11))
    clashing = merge(BASE, mine, replace(BASE, device_id=OTHER_ECHO.id, version=2))
    assert clashing.clashes == (Clash("device", None, ECHO.id, OTHER_ECHO.id),)
    assert resolve(clashing, mine, frozenset({"device"})).device_id == ECHO.id


@pytest.mark.parametrize("ended", [AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR])
def test_an_end_at_the_other_desk_is_a_clash_of_its_own_kind(ended: AppointmentStatus) -> None:
    mine = replace(take(BASE, appointment(at(11)), "when"), note="mine")
    now = replace(BASE, status=ended, note="theirs", version=2)
    found = merge(BASE, mine, now)
    (clash,) = found.clashes
    assert (clash.field, clash.ended, found.merged) == ("status", True, now)
    assert resolve(found, mine, frozenset()) == now
    back = resolve(found, mine, frozenset({"status"}))
    assert (back.status, back.starts_at, back.note, back.version) == (AppointmentStatus.BOOKED, at(11), "mine", 2)


def test_an_end_there_with_nothing_changed_here_asks_nothing() -> None:
    now = replace(BASE, status=AppointmentStatus.CANCELLED, version=2)
    assert merge(BASE, BASE, now).clashes == ()


def test_cancelled_on_both_sides_for_the_same_reason_is_one() -> None:
    cancelled = replace(
        BASE, status=AppointmentStatus.CANCELLED, cancellation_reason=CancellationReason.PATIENT, version=2
    )
    assert merge(BASE, replace(cancelled, version=1), cancelled).clashes == ()
    other = replace(cancelled, cancellation_reason=CancellationReason.PROVIDER)
    assert [clash.field for clash in merge(BASE, other, cancelled).clashes] == ["status"]


def test_arrived_here_and_no_show_there_clash_without_an_end() -> None:
    arrived = replace(BASE, status=AppointmentStatus.ARRIVED)
    noshow = replace(BASE, status=AppointmentStatus.NOSHOW)
    (clash,) = merge(BASE, arrived, noshow).clashes
    assert (clash.field, clash.ended) == ("status", False)


def test_only_versions_of_one_appointment_merge() -> None:
    with pytest.raises(ValueError, match="one appointment"):
        merge(BASE, BASE, replace(BASE, id=UUID(int=5)))


def test_an_unknown_field_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        value_of(BASE, "colour")
    with pytest.raises(KeyError):
        take(BASE, BASE, "colour")
