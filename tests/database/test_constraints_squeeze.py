"""Squeeze-ins are exempt from the exclusion constraints, yet what they take is busy for everybody else, always."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.control import note
from sqlalchemy import URL, Connection, delete, insert, select, text, update

from clinic_desk.database import tables
from tests.support.small_clinic import SMALL_CLINIC, SmallClinic
from tests.support.sql import add, appointment, at, connected, refused_by, savepoint

PRACTITIONER = "appointment_practitioner_excl"
ROOM = "appointment_room_excl"


@pytest.fixture
def desk(clinic: SmallClinic, database_url: URL) -> Iterator[Connection]:
    """A reception's connection in one transaction on the small clinic."""
    assert clinic is SMALL_CLINIC
    with connected(database_url) as connection:
        yield connection


def _booking(start: float, end: float, **others: Any) -> Any:
    return insert(tables.appointment).values(appointment(start, end, **others))


def _change(connection: Connection, identifier: UUID, **values: Any) -> None:
    connection.execute(update(tables.appointment).where(tables.appointment.c.id == identifier).values(**values))


def _cancel(connection: Connection, identifier: UUID) -> None:
    _change(connection, identifier, status="cancelled")


def test_a_squeeze_in_may_stand_beside_others(desk: Connection, clinic: SmallClinic) -> None:
    add(desk, 9, 10, room_id=clinic.room_1)
    add(desk, 9, 10, room_id=clinic.room_1, squeezed_in=True)
    add(desk, 9.5, 10.5, squeezed_in=True)
    assert desk.scalar(text("SELECT count(*) FROM appointment WHERE occupies")) == 3


def test_what_a_squeeze_in_takes_beyond_its_neighbour_is_busy_for_everybody_else(desk: Connection) -> None:
    add(desk, 9, 10)
    add(desk, 9.5, 10.5, squeezed_in=True)
    assert refused_by(desk, _booking(10, 10.25)) == PRACTITIONER
    assert refused_by(desk, _booking(10.5, 11)) is None


def test_a_squeeze_in_gets_the_protected_place_when_its_neighbour_is_cancelled(desk: Connection) -> None:
    neighbour = add(desk, 9, 10)
    add(desk, 9, 9.5, squeezed_in=True)
    _cancel(desk, neighbour)
    assert refused_by(desk, _booking(9.25, 9.75)) == PRACTITIONER
    assert refused_by(desk, _booking(9.5, 10)) is None


@pytest.mark.parametrize(
    "leaving",
    [
        {"starts_at": at(11), "ends_at": at(12)},
        {"starts_at": at(9.5)},
        {"practitioner_id": SMALL_CLINIC.okafor},
        {"status": "noshow"},
        {"status": "entered-in-error"},
        {"status": "waitlist"},
        {"ends_at": at(9.25), "starts_at": at(9), "squeezed_in": True},
    ],
)
def test_every_way_to_leave_hands_the_place_on(desk: Connection, leaving: dict[str, Any]) -> None:
    neighbour = add(desk, 9, 10)
    add(desk, 9, 9.5, squeezed_in=True)
    _change(desk, neighbour, **leaving)
    assert refused_by(desk, _booking(9, 9.5)) == PRACTITIONER


def test_deleting_hands_the_place_on(desk: Connection, owner_url: URL, clinic: SmallClinic) -> None:
    neighbour = add(desk, 9, 10, room_id=clinic.room_1)
    add(desk, 9, 9.5, room_id=clinic.room_1, squeezed_in=True)
    desk.commit()
    with connected(owner_url) as owner:
        owner.execute(delete(tables.appointment).where(tables.appointment.c.id == neighbour))
        assert refused_by(owner, _booking(9, 9.5)) == PRACTITIONER
        assert refused_by(owner, _booking(9, 9.5, practitioner_id=clinic.okafor, room_id=clinic.room_1)) == ROOM


def test_a_room_is_handed_on_like_a_practitioner(desk: Connection, clinic: SmallClinic) -> None:
    neighbour = add(desk, 9, 10, room_id=clinic.room_1)
    add(desk, 9, 9.5, practitioner_id=clinic.okafor, room_id=clinic.room_1, squeezed_in=True)
    _change(desk, neighbour, room_id=clinic.room_2)
    in_it = _booking(9, 9.5, practitioner_id=clinic.diaz, room_id=clinic.room_1)
    assert refused_by(desk, in_it) == ROOM
    _change(desk, neighbour, room_id=None)
    assert refused_by(desk, _booking(9, 9.5, practitioner_id=clinic.diaz, room_id=clinic.room_2)) is None


def test_handing_on_is_no_change_that_a_person_made(desk: Connection) -> None:
    neighbour = add(desk, 9, 10)
    heir = add(desk, 9, 9.5, squeezed_in=True)
    _cancel(desk, neighbour)
    assert desk.scalar(text("SELECT version FROM appointment WHERE id = :id"), {"id": heir}) == 1
    assert desk.scalar(text("SELECT count(*) FROM history WHERE row_id = :id"), {"id": heir}) == 1


def test_a_note_on_a_squeeze_in_changes_nothing_about_its_place(desk: Connection) -> None:
    neighbour = add(desk, 9, 10)
    heir = add(desk, 9, 10, squeezed_in=True)
    _cancel(desk, neighbour)
    _change(desk, heir, note="called", status="arrived")
    assert refused_by(desk, _booking(9, 10)) == PRACTITIONER


def test_of_several_squeeze_ins_one_inherits_and_the_next_when_that_one_leaves(desk: Connection) -> None:
    neighbour = add(desk, 9, 10)
    heirs = sorted(
        (
            add(desk, 9, 10, squeezed_in=True),
            add(desk, 9.5, 10.5, squeezed_in=True),
            add(desk, 8.5, 9.5, squeezed_in=True),
        )
    )
    for leaving in (neighbour, *heirs[:2]):
        _cancel(desk, leaving)
        left = text("SELECT lower(footprint) AS a, upper(footprint) AS b FROM appointment WHERE occupies")
        for a, b in desk.execute(left).all():
            inside = appointment(0, 1, starts_at=a, ends_at=b)
            assert refused_by(desk, insert(tables.appointment).values(inside)) == PRACTITIONER
    _cancel(desk, heirs[2])
    assert refused_by(desk, _booking(8, 11)) is None


def test_a_place_across_midnight_is_handed_on(desk: Connection) -> None:
    neighbour = add(desk, 20, 32, buffer_before_minutes=240, buffer_after_minutes=240)
    add(desk, 35.5, 40, buffer_before_minutes=30, squeezed_in=True)
    add(desk, 0, 16.5, squeezed_in=True)
    _cancel(desk, neighbour)
    assert refused_by(desk, _booking(35, 35.5)) == PRACTITIONER
    assert refused_by(desk, _booking(16, 16.5)) == PRACTITIONER
    assert refused_by(desk, _booking(16.5, 35)) is None


# --- at the same time -------------------------------------------------------------------------------------------------


def _waits(connection: Connection, pid: int) -> bool:
    return bool(connection.scalar(text("SELECT cardinality(pg_blocking_pids(:pid)) > 0"), {"pid": pid}))


def _at_the_same_time(url: URL, first: Any, second: Any) -> None:
    """Do `first` in an open transaction, `second` in another that must wait for it, then commit first, then second."""
    pids: list[int] = []

    def run() -> None:
        with connected(url) as connection:
            pids.append(connection.connection.driver_connection.info.backend_pid)  # type: ignore[union-attr]
            second(connection)

    thread = threading.Thread(target=run)
    with connected(url) as connection, connected(url) as watching:
        first(connection)
        thread.start()
        deadline = time.monotonic() + 10
        while not (pids and _waits(watching, pids[0])):
            assert time.monotonic() < deadline, "the second transaction does not wait for the first"
        connection.commit()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("squeezed_first", [True, False])
def test_squeezing_in_while_the_neighbour_is_being_cancelled_leaves_nothing_unprotected(
    database_url: URL, clinic: SmallClinic, squeezed_first: bool
) -> None:
    room = {"room_id": clinic.room_1}
    with connected(database_url) as connection:
        neighbour = add(connection, 9, 10, **room)

    def cancel(connection: Connection) -> None:
        _cancel(connection, neighbour)

    def squeeze(connection: Connection) -> None:
        add(connection, 9, 10, squeezed_in=True, **room)

    _at_the_same_time(database_url, *((squeeze, cancel) if squeezed_first else (cancel, squeeze)))
    with connected(database_url) as connection:
        assert refused_by(connection, _booking(9, 10)) == PRACTITIONER
        other_practitioner = _booking(9, 10, practitioner_id=clinic.okafor, **room)
        assert refused_by(connection, other_practitioner) == ROOM


# --- always -----------------------------------------------------------------------------------------------------------

_SLOTS = st.integers(0, 11)  # quarters of an hour from 09:00
_PRACTITIONERS = st.sampled_from([SMALL_CLINIC.weber, SMALL_CLINIC.okafor])
_ROOMS = st.sampled_from([None, SMALL_CLINIC.room_1, SMALL_CLINIC.room_2])
_STATUSES = st.sampled_from(["booked", "arrived", "fulfilled", "cancelled", "noshow", "waitlist"])
_PLACES = st.fixed_dictionaries(
    {
        "start": _SLOTS,
        "length": st.integers(1, 4),
        "before": st.sampled_from([0, 0, 15]),
        "after": st.sampled_from([0, 0, 15]),
        "practitioner_id": _PRACTITIONERS,
        "room_id": _ROOMS,
        "squeezed_in": st.booleans(),
        "status": _STATUSES,
    }
)
_STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "change", "delete", "restatus"]), st.integers(0, 9), _PLACES), max_size=10
)


def _columns(place: dict[str, Any]) -> dict[str, Any]:
    start = at(9 + place["start"] / 4)
    return {
        "starts_at": start,
        "ends_at": start + timedelta(minutes=15 * place["length"]),
        "buffer_before_minutes": place["before"],
        "buffer_after_minutes": place["after"],
        **{name: place[name] for name in ("practitioner_id", "room_id", "squeezed_in", "status")},
    }


def _step(connection: Connection, rows: list[UUID], step: tuple[str, int, dict[str, Any]]) -> None:
    """Do one step, or find it refused: only ever what would occupy without squeezing in, where the search says busy."""
    what, which, place = step
    identifier = rows[which % len(rows)] if rows and what != "add" else None
    own = tables.appointment.c.id == identifier
    statement: Any
    if identifier is None:
        row = appointment(9, 10, **_columns(place))
        statement, after = insert(tables.appointment).values(row), [*rows, row["id"]]
    elif what == "delete":
        statement, after = delete(tables.appointment).where(own), [each for each in rows if each != identifier]
    else:
        values = _columns(place) if what == "change" else {"status": place["status"]}
        statement, after = update(tables.appointment).where(own).values(values), rows
    busy = _busy(connection, except_for=identifier)
    refused = refused_by(connection, statement)
    note(f"{what} {place} -> {refused}")
    if refused is None:
        connection.execute(statement)
        rows[:] = after
        return
    assert refused in (PRACTITIONER, ROOM)
    wanted = connection.execute(select(tables.appointment).where(own)).one() if what == "restatus" else None
    occupying = place["status"] in ("booked", "arrived", "fulfilled")
    squeezed_in = place["squeezed_in"] if wanted is None else wanted.squeezed_in
    assert occupying and not squeezed_in and what != "delete"  # noqa: PT018 - one thought
    if wanted is None:
        columns = _columns(place)
        start = columns["starts_at"] - timedelta(minutes=place["before"])
        end = columns["ends_at"] + timedelta(minutes=place["after"])
        who = {place["practitioner_id"], place["room_id"]}
    else:
        start, end, who = wanted.footprint.lower, wanted.footprint.upper, {wanted.practitioner_id, wanted.room_id}
    assert any(key in who and begins < end and start < ends for key, begins, ends in busy)


def _busy(connection: Connection, except_for: UUID | None) -> list[tuple[UUID, datetime, datetime]]:
    """What the search calls busy: the footprints of all that occupies, per practitioner and room."""
    row = tables.appointment.c
    occupying = select(row.practitioner_id, row.room_id, row.footprint).where(
        row.occupies, row.id.is_distinct_from(except_for)
    )
    return [
        (key, found.footprint.lower, found.footprint.upper)
        for found in connection.execute(occupying.where(row.id.is_distinct_from(except_for)))
        for key in (found.practitioner_id, found.room_id)
        if key is not None
    ]


_WRONG = """
SELECT (SELECT count(*) FROM (
        SELECT range_agg(footprint) AS wanted, (SELECT range_agg(part) FROM appointment AS b, unnest(b.{busy}) AS part
            WHERE b.{no} = a.{no} AND b.occupies) AS guarded
        FROM appointment AS a WHERE occupies AND {no} IS NOT NULL GROUP BY {no}) AS each
        WHERE wanted IS DISTINCT FROM guarded)
    + (SELECT count(*) FROM appointment AS a JOIN appointment AS b USING ({no})
        WHERE a.id < b.id AND a.occupies AND b.occupies AND a.{busy} && b.{busy})
"""
_NOTHING_WRONG = text(
    f"SELECT ({_WRONG.format(no='practitioner_no', busy='practitioner_busy')})"
    f" + ({_WRONG.format(no='room_no', busy='room_busy')})"
)


@pytest.fixture
def owner(clinic: SmallClinic, owner_url: URL) -> Iterator[Connection]:
    assert clinic is SMALL_CLINIC
    with connected(owner_url) as connection:
        yield connection


def test_what_is_protected_is_always_exactly_what_the_search_calls_busy_and_never_twice(owner: Connection) -> None:
    @settings(max_examples=50)
    @given(_STEPS)
    def whatever_is_done(steps: list[tuple[str, int, dict[str, Any]]]) -> None:
        with savepoint(owner):
            rows: list[UUID] = []
            for step in steps:
                _step(owner, rows, step)
                assert owner.scalar(_NOTHING_WRONG) == 0

    whatever_is_done()
