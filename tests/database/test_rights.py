"""A right by name is its group's, unless a manager overruled it for one login; the database is asked anew each time."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Connection, Engine, Executable, delete, insert, text, update

from clinic_desk.database import tables
from clinic_desk.database.setup import GROUPS, Group
from clinic_desk.domain.rights import Right, by_group
from tests.support.small_clinic import SmallClinic
from tests.support.sql import add, appointment, at, connected, refusal

DAILY: Final = {Right.SQUEEZE_IN, Right.OUTSIDE_HOURS, Right.MERGE}
BY_GROUP: Final[dict[Group, set[Right]]] = {
    "clinic_reception": DAILY,
    "clinic_manager": set(Right),
    "clinic_readonly": set(),
    "clinic_worker": set(),
}
ASKED: Final = text("SELECT name FROM unnest(CAST(:names AS text[])) AS name WHERE has_right(name)")


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_has_the_rights_of_the_table_in_its_migration(group: Group, url_as: Callable[[Any], URL]) -> None:
    with connected(url_as(group)) as connection:
        assert set(connection.scalars(ASKED, {"names": list(Right)})) == BY_GROUP[group]
    assert by_group(group.removeprefix("clinic_")) == BY_GROUP[group]


def test_what_a_manager_gives_or_takes_holds_at_once_also_for_who_is_connected(url_as: Callable[[Any], URL]) -> None:
    row = {"id": UUID(int=7), "login": "test_reception", "name": Right.EXPORT, "granted": True}
    changes: list[tuple[Executable, bool]] = [
        (insert(tables.staff_right).values(row), True),
        (update(tables.staff_right).values(granted=False), False),
        (delete(tables.staff_right), False),
    ]
    with connected(url_as("clinic_reception")) as desk:
        assert not desk.scalar(text("SELECT has_right('export')"))
        for change, may in changes:
            with connected(url_as("clinic_manager")) as manager:
                manager.execute(change)
            assert desk.scalar(text("SELECT has_right('export')")) is may


# --- where the acts are done, as a reception that has the right and as one that has not -------------------------------


@pytest.fixture
def take(url_as: Callable[[Any], URL]) -> Callable[[Right], None]:
    """Refuse the reception's login a right."""

    def refuse(right: Right) -> None:
        with connected(url_as("clinic_manager")) as manager:
            row = {"id": uuid4(), "login": "test_reception", "name": right, "granted": False}
            manager.execute(insert(tables.staff_right).values(row))

    return refuse


@pytest.fixture
def squeezed(clinic: SmallClinic, owner_engine: Engine) -> UUID:
    """An appointment beside another one, at 9 o'clock, squeezed in and outside hours."""
    with owner_engine.begin() as owner:
        add(owner, 9, 9.5, patient_id=clinic.patients[1])
        return add(owner, 9, 9.5, squeezed_in=True, overruled=["outside-hours", "slot-taken"])


def told(connection: Connection, statement: Any, **values: Any) -> str:
    """The word by which a statement is refused for want of a right; "" if it is carried out."""
    error = refusal(connection, text(statement) if isinstance(statement, str) else statement, values or None)
    if error is None:
        return ""
    assert error.pgcode == "42501"
    return error.diag.message_primary or ""


@pytest.mark.parametrize(
    ("values", "right"),
    [
        ({"squeezed_in": True, "overruled": ["slot-taken"]}, Right.SQUEEZE_IN),
        ({"overruled": ["outside-hours"]}, Right.OUTSIDE_HOURS),
        ({"overruled": ["slot-taken", "patient-busy"], "squeezed_in": True}, Right.OUTSIDE_HOURS),
    ],
)
def test_a_booking_against_the_rules_needs_the_right_to_it(
    values: dict[str, Any], right: Right, url_as: Callable[[Any], URL], take: Callable[[Right], None], squeezed: UUID
) -> None:
    hour = 9 if "squeezed_in" in values else 16
    booking = insert(tables.appointment).values(appointment(hour, hour + 0.5, **values))
    plain = insert(tables.appointment).values(appointment(14, 14.5))
    moved = update(tables.appointment).where(tables.appointment.c.id == squeezed)
    moved = moved.values(starts_at=at(9.25), ends_at=at(9.75))
    with connected(url_as("clinic_reception")) as desk:
        assert [told(desk, each) for each in (booking, plain, moved)] == ["", "", ""]
        take(right)
        assert [told(desk, each) for each in (booking, plain, moved)] == [right, "", right]


def test_what_stands_against_the_rules_is_changed_cancelled_and_put_back_without_the_rights(
    url_as: Callable[[Any], URL], take: Callable[[Right], None], squeezed: UUID
) -> None:
    take(Right.SQUEEZE_IN)
    take(Right.OUTSIDE_HOURS)
    with connected(url_as("clinic_reception")) as desk:
        for change in (
            "note = 'x', squeezed_in = true, overruled = overruled, starts_at = starts_at",
            "status = 'cancelled', cancellation_reason = 'pat'",
        ):
            assert told(desk, f"UPDATE appointment SET {change} WHERE id = :id", id=squeezed) == ""
        desk.execute(
            text("UPDATE appointment SET status = 'cancelled', cancellation_reason = 'pat' WHERE id = :id"),
            {"id": squeezed},
        )
        back = "UPDATE appointment SET status = 'booked', cancellation_reason = NULL, squeezed_in = true WHERE id = :id"
        assert told(desk, back, id=squeezed) == ""
        elsewhere = back.replace("status =", "starts_at = starts_at + INTERVAL '5 minutes', status =")
        assert told(desk, elsewhere, id=squeezed) == Right.SQUEEZE_IN


def test_records_are_merged_and_parted_only_with_the_right(
    clinic: SmallClinic, url_as: Callable[[Any], URL], take: Callable[[Right], None], owner_engine: Engine
) -> None:
    one, other, third = clinic.patients[:3]
    with owner_engine.begin() as owner:
        owner.execute(text("UPDATE patient SET merged_into_id = :one WHERE id = :third"), {"one": one, "third": third})
    acts: list[tuple[str, dict[str, Any]]] = [
        ("UPDATE patient SET merged_into_id = :one WHERE id = :other", {"one": one, "other": other}),
        ("UPDATE patient SET merged_into_id = NULL WHERE id = :third", {"third": third}),
        ("SELECT move_messages(:one, :third, ARRAY[]::uuid[])", {"one": one, "third": third}),
        ("INSERT INTO patient (id, family_name, merged_into_id) VALUES (gen_random_uuid(), 'x', :one)", {"one": one}),
    ]
    with connected(url_as("clinic_reception")) as desk:
        assert [told(desk, act, **values) for act, values in acts] == [""] * 4
        take(Right.MERGE)
        assert [told(desk, act, **values) for act, values in acts] == [Right.MERGE] * 4
        assert told(desk, "UPDATE patient SET note = 'x', merged_into_id = merged_into_id") == ""


@pytest.mark.parametrize("group", GROUPS)
def test_an_export_is_noted_with_what_and_how_many_by_who_has_the_right(
    group: Group, url_as: Callable[[Any], URL], owner_engine: Engine
) -> None:
    note = "SELECT note_export(:id, :command, NULL, CAST(:detail AS jsonb))"
    values = {"id": uuid4(), "command": "ExportPatients", "detail": '{"rows": 3}'}
    with connected(url_as(group)) as connection:
        word = told(connection, note, **values)
        assert word == ("" if group == "clinic_manager" else word)
        assert bool(word) is (group != "clinic_manager")
        if group == "clinic_manager":
            connection.execute(text(note), values)
            for wrong in ({"command": "Book"}, {"detail": None}, {"detail": "[]"}):
                error = refusal(connection, text(note), values | {"id": uuid4()} | wrong)
                assert error is not None
                assert error.pgcode == "23514"
    if group == "clinic_manager":
        with owner_engine.connect() as owner:
            row = owner.execute(
                text("SELECT db_user, detail FROM operation WHERE id = :id"), {"id": values["id"]}
            ).one()
            assert row == ("test_manager", {"rows": 3})
