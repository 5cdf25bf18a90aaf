"""Sites, practitioners, rooms, types, rules and desk names are saved over the version seen, and refused by field."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.commands import OVERRULABLE, Rule
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import BookingRules, Clinic, LockRules, RoomKind
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.setup import (
    Deactivate,
    Remove,
    SaveAppointmentType,
    SaveBookingRules,
    SaveDesk,
    SaveLockRules,
    SavePractitioner,
    SaveRoom,
    SaveSite,
    SetupConflict,
    StillUsed,
)
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.services import calendar, desks
from clinic_desk.services.booking import book
from clinic_desk.services.setup.desks import save_desk
from clinic_desk.services.setup.locking import save_lock_rules
from clinic_desk.services.setup.practitioners import deactivate_practitioner, remove_practitioner, save_practitioner
from clinic_desk.services.setup.rooms import deactivate_room, remove_room, save_room
from clinic_desk.services.setup.rules import save_rules
from clinic_desk.services.setup.sites import deactivate_site, remove_site, save_site
from clinic_desk.services.setup.types import deactivate_type, remove_type, save_type
from tests.support.bookings import checkup
from tests.support.small_clinic import SmallClinic


@pytest.fixture
def manager(url_as: Callable[[Any], URL], owner_engine: Engine) -> Iterator[Database]:
    """The desk of whoever may set things."""
    identity = DeskIdentity(uuid4(), "Office")
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO desk (id, name) VALUES (%s, %s)", (identity.id, identity.name))
    database = Database(url_as("clinic_manager"), identity)
    yield database
    database.dispose()


def loaded(database: Database) -> Clinic:
    return calendar.load_clinic(database)


def command_of(command: Any, record: Any, /, **other: Any) -> Any:
    """The command that saves a record as it stands, but for what is told."""
    known = {field.name for field in fields(command)} - {"operation_id", "type_ids"}
    return command(**({name: getattr(record, name) for name in known} | other))


SITE = SaveSite("Teneriffa", "Atlantic/Canary", "Calle 1", "+34 922", "ES", "CN")


def test_everything_is_added_with_all_its_fields_and_read_back(manager: Database, clinic: SmallClinic) -> None:
    site = save_site(manager, SITE)
    assert (site.name, site.zone, site.country, site.subdivision, site.version) == (
        "Teneriffa", "Atlantic/Canary", "ES", "CN", 1
    )  # fmt: skip
    room = save_room(manager, SaveRoom(site.id, "Hall", RoomKind.ROOM, capacity=4))
    device = save_room(manager, SaveRoom(site.id, "Laser", RoomKind.DEVICE))
    wanted = SaveAppointmentType(
        "Laser", 20, 5, 10, "#00ff00", True, True, frozenset({clinic.weber}), frozenset({device.id}), 60, 30, 9
    )
    kind = save_type(manager, wanted)
    person = save_practitioner(manager, SavePractitioner("Dr. Sol", "Skin", type_ids=frozenset({kind.id})))
    now = loaded(manager)
    assert now.site(site.id) == site
    assert (now.room(room.id), now.room(device.id)) == (room, device)
    assert (now.room(room.id).capacity, now.room(device.id).kind) == (4, RoomKind.DEVICE)
    assert now.practitioner(person.id) == person
    kept = now.type(kind.id)
    assert kept.practitioner_ids == {clinic.weber, person.id}
    assert replace(kept, practitioner_ids=kind.practitioner_ids, version=1) == kind
    assert kept.room_ids == {device.id}
    assert (kept.needs_device, kept.notice_minutes, kept.horizon_days) == (True, 60, 30)


def test_a_stale_version_is_refused_with_what_stands_and_who_changed_it(manager: Database, clinic: SmallClinic) -> None:
    now = loaded(manager)
    for kind, record, save in (
        (SaveSite, now.site(clinic.berlin), save_site),
        (SavePractitioner, now.practitioner(clinic.weber), save_practitioner),
        (SaveRoom, now.room(clinic.room_1), save_room),
        (SaveAppointmentType, now.type(clinic.checkup), save_type),
    ):
        first = save(manager, command_of(kind, record, name="First"))
        assert (first.name, first.version) == ("First", record.version + 1)
        with pytest.raises(SetupConflict) as conflict:
            save(manager, command_of(kind, record, name="Second"))
        assert conflict.value.now == first
        assert conflict.value.changed is not None
        assert (conflict.value.changed.person, conflict.value.changed.desk) == ("test_manager person", "Office")
        save(manager, command_of(kind, first, name="Second"))


def test_what_somebody_removed_is_a_conflict_without_a_record(manager: Database, clinic: SmallClinic) -> None:
    room = save_room(manager, SaveRoom(clinic.berlin, "Cellar"))
    remove_room(manager, Remove(room.id, room.version))
    with pytest.raises(SetupConflict) as conflict:
        save_room(manager, command_of(SaveRoom, room, name="Attic"))
    assert conflict.value.now is None
    assert conflict.value.changed is not None
    with pytest.raises(SetupConflict):
        remove_room(manager, Remove(room.id, room.version))


@pytest.mark.parametrize(
    ("save", "command", "field"),
    [
        (save_site, replace(SITE, name=" "), "name"),
        (save_site, replace(SITE, name="x" * 101), "name"),
        (save_site, replace(SITE, name="a\nb"), "name"),
        (save_site, replace(SITE, name="mitte"), "name"),
        (save_site, replace(SITE, zone="Berlin"), "zone"),
        (save_site, replace(SITE, country="Spain"), "country"),
        (save_site, replace(SITE, country=""), "subdivision"),
        (save_practitioner, SavePractitioner(""), "name"),
        (save_practitioner, SavePractitioner("Dr.", colour="red"), "colour"),
        (save_practitioner, SavePractitioner("Dr.", position=2_000_000), "position"),
        (save_type, SaveAppointmentType("Short", 4), "length_minutes"),
        (save_type, SaveAppointmentType("Long", 721), "length_minutes"),
        (save_type, SaveAppointmentType("Checkup", 15), "name"),
        (save_type, SaveAppointmentType("New", 15, 241), "buffer_before_minutes"),
        (save_type, SaveAppointmentType("New", 15, 0, -1), "buffer_after_minutes"),
        (save_type, SaveAppointmentType("New", 15, notice_minutes=-1), "notice_minutes"),
        (save_type, SaveAppointmentType("New", 15, horizon_days=0), "horizon_days"),
        (save_type, SaveAppointmentType("New", 15, waiting_limit_minutes=-1), "waiting_limit_minutes"),
        (save_type, SaveAppointmentType("New", 15, waiting_limit_minutes=481), "waiting_limit_minutes"),
        (save_rules, SaveBookingRules(BookingRules(step_minutes=0)), "step_minutes"),
        (save_rules, SaveBookingRules(BookingRules(notice_minutes=-1)), "notice_minutes"),
        (save_rules, SaveBookingRules(BookingRules(horizon_days=0)), "horizon_days"),
        (save_rules, SaveBookingRules(BookingRules(overrulable=frozenset({"closure"}))), "overrulable"),
        (save_lock_rules, SaveLockRules(LockRules(idle_minutes=0)), "idle_minutes"),
        (save_lock_rules, SaveLockRules(LockRules(session_hours=25)), "session_hours"),
    ],
)
@pytest.mark.usefixtures("clinic")
def test_a_field_that_cannot_be_used_is_named(
    manager: Database, save: Callable[[Database, Any], object], command: Any, field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        save(manager, command)
    assert refusal.value.field == field


def test_a_room_keeps_what_it_is_and_what_is_booked_in_it(manager: Database, clinic: SmallClinic) -> None:
    hall = save_room(manager, SaveRoom(clinic.berlin, "Hall", capacity=2))
    for who in (clinic.weber, clinic.okafor):
        book(manager, checkup(clinic, practitioner_id=who, room_id=hall.id, patient_id=clinic.patients[who.int % 10]))
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"kind": RoomKind.DEVICE}, "kind"),
        ({"site_id": clinic.new_york}, "site_id"),
        ({"capacity": 1}, "capacity"),
        ({"capacity": 0}, "capacity"),
        ({"name": "room 1"}, "name"),
    )
    for change, field in cases:
        with pytest.raises(InvalidInput) as refusal:
            save_room(manager, command_of(SaveRoom, hall, **change))
        assert refusal.value.field == field
    assert save_room(manager, command_of(SaveRoom, hall, capacity=5)).capacity == 5
    with pytest.raises(NotFound) as absent:
        save_room(manager, SaveRoom(new_id(), "Nowhere"))
    assert absent.value.what == "site"


def test_what_is_used_is_deactivated_and_never_deleted(manager: Database, clinic: SmallClinic) -> None:
    booked = book(manager, checkup(clinic, room_id=clinic.room_1))
    now = loaded(manager)
    for record, take_out, delete, used in (
        (now.site(clinic.berlin), deactivate_site, remove_site, {"appointment": 1, "room": 2, "working_hours": 20}),
        (
            now.practitioner(clinic.weber),
            deactivate_practitioner,
            remove_practitioner,
            {"appointment": 1, "working_hours": 10},
        ),
        (now.room(clinic.room_1), deactivate_room, remove_room, {"appointment": 1}),
        (now.type(clinic.checkup), deactivate_type, remove_type, {"appointment": 1}),
    ):
        with pytest.raises(StillUsed) as refusal:
            delete(manager, Remove(record.id, record.version))
        assert refusal.value.by == used
        gone = take_out(manager, Deactivate(record.id, record.version))
        assert (gone.active, gone.version, gone.name) == (False, record.version + 1, record.name)
    assert calendar.load_entries(manager, [booked.id])[0].appointment == booked.appointment


def test_what_nothing_uses_is_deleted(manager: Database, clinic: SmallClinic) -> None:
    site = save_site(manager, SITE)
    kind = save_type(manager, SaveAppointmentType("Wrong", 15, practitioner_ids=frozenset({clinic.weber})))
    person = save_practitioner(manager, SavePractitioner("Nobody", type_ids=frozenset({kind.id})))
    kind = loaded(manager).type(kind.id)
    remove_practitioner(manager, Remove(person.id, person.version))
    remove_site(manager, Remove(site.id, site.version))
    remove_type(manager, Remove(kind.id, kind.version))
    now = loaded(manager)
    left = {row.id for row in now.sites} | {row.id for row in now.practitioners} | {row.id for row in now.types}
    assert not {site.id, person.id, kind.id} & left


def test_who_does_a_type_is_one_fact_edited_from_both_ends(manager: Database, clinic: SmallClinic) -> None:
    before = loaded(manager)
    diaz, consultation = before.practitioner(clinic.diaz), before.type(clinic.consultation)
    save_practitioner(
        manager, command_of(SavePractitioner, diaz, type_ids=frozenset({clinic.checkup, clinic.consultation}))
    )
    now = loaded(manager)
    assert clinic.diaz in now.type(clinic.consultation).practitioner_ids
    assert clinic.diaz not in now.type(clinic.procedure).practitioner_ids
    assert now.type(clinic.checkup).version == before.type(clinic.checkup).version
    with pytest.raises(SetupConflict):  # it was seen without her: saving it would take her away again
        save_type(manager, command_of(SaveAppointmentType, consultation))
    diaz = now.practitioner(clinic.diaz)
    save_type(
        manager,
        command_of(SaveAppointmentType, now.type(clinic.consultation), practitioner_ids=consultation.practitioner_ids),
    )
    with pytest.raises(SetupConflict):
        save_practitioner(manager, command_of(SavePractitioner, diaz))


def test_types_left_alone_stay(manager: Database, clinic: SmallClinic) -> None:
    weber = loaded(manager).practitioner(clinic.weber)
    save_practitioner(manager, command_of(SavePractitioner, weber, name="Prof. Weber"))
    assert all(clinic.weber in kind.practitioner_ids for kind in loaded(manager).types)


def test_the_same_command_again_changes_nothing(manager: Database, clinic: SmallClinic) -> None:
    command = SaveRoom(clinic.berlin, "Hall")
    assert save_room(manager, command) == save_room(manager, command)
    removal = Remove(command.id, 1)
    remove_room(manager, removal)
    remove_room(manager, removal)


def test_booking_rules_are_those_of_the_record_and_saved_over_their_version(manager: Database) -> None:
    assert loaded(manager).rules == BookingRules()
    assert BookingRules().overrulable == OVERRULABLE
    wanted = BookingRules(15, 120, 90, frozenset({Rule.BLOCKED}))
    stands = save_rules(manager, SaveBookingRules(wanted))
    assert stands == replace(wanted, version=2)
    assert loaded(manager).rules == stands
    with pytest.raises(SetupConflict) as conflict:
        save_rules(manager, SaveBookingRules(BookingRules()))
    assert conflict.value.now == stands


def test_the_rules_of_locking_are_those_of_the_record_and_saved_over_their_version(manager: Database) -> None:
    assert loaded(manager).lock == LockRules()
    stands = save_lock_rules(manager, SaveLockRules(LockRules(5, 8)))
    assert stands == loaded(manager).lock == LockRules(5, 8, version=2)
    with pytest.raises(SetupConflict) as conflict:
        save_lock_rules(manager, SaveLockRules(LockRules(20, 10)))
    assert conflict.value.now == stands


def test_a_reception_sets_nothing_up(database: Database, clinic: SmallClinic) -> None:
    now = loaded(database)
    attempts: tuple[tuple[Callable[[Database, Any], object], Any], ...] = (
        (save_site, SITE),
        (save_practitioner, SavePractitioner("Dr.")),
        (save_room, SaveRoom(clinic.berlin, "Hall")),
        (save_type, SaveAppointmentType("New", 15)),
        (save_rules, SaveBookingRules(now.rules)),
        (save_lock_rules, SaveLockRules(now.lock)),
        (save_desk, SaveDesk(database.desk.id, "Mine", "Desk 1")),
        (deactivate_room, Deactivate(clinic.room_1, now.room(clinic.room_1).version)),
        (remove_room, Remove(clinic.room_1, now.room(clinic.room_1).version)),
    )
    for attempt, command in attempts:
        with pytest.raises(NotAllowed):
            attempt(database, command)


def test_a_desk_keeps_the_name_a_manager_gave_it(manager: Database, database: Database) -> None:
    desk = database.desk
    desks.register_desk(database)
    named = save_desk(manager, SaveDesk(desk.id, "Front left", "Desk 1"))
    assert (named.id, named.name) == (desk.id, "Front left")
    desks.register_desk(database)
    assert database.desk.name == "Front left"
    with pytest.raises(SetupConflict) as conflict:
        save_desk(manager, SaveDesk(desk.id, "Front right", "Desk 1"))
    assert conflict.value.now == replace(named, last_seen_at=conflict.value.now.last_seen_at)  # type: ignore[union-attr]
    with pytest.raises(InvalidInput, match="name"):
        save_desk(manager, SaveDesk(manager.desk.id, "front LEFT", "Office"))
    assert named.person == "test_reception person"  # who works there, not who named it
    save_desk(manager, SaveDesk(manager.desk.id, "Manager", "Office"))
    assert manager.desk.name == "Manager"
    with pytest.raises(SetupConflict):
        save_desk(manager, SaveDesk(UUID(int=77), "Ghost", "x"))
