"""The demo clinic in a real database: loaded in one go, under every constraint, and worked with like any other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.loading import DEMO_OPERATION, Story, _copied, is_demo_there, load_rows
from clinic_desk.database.queries.past import entries_at
from clinic_desk.database.setup import OWNER
from clinic_desk.domain.commands import SetStatus
from clinic_desk.domain.figures import Period
from clinic_desk.domain.records import AppointmentStatus
from clinic_desk.domain.wall import local_day
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications import sweep
from clinic_desk.services import demo
from clinic_desk.services.booking import set_status
from clinic_desk.services.calendar import board_bounds, load_clinic, load_day, load_fullness
from clinic_desk.services.demo import DemoClinic, build_demo, create_demo, is_demo
from clinic_desk.services.figures import Wanted, read_figures
from clinic_desk.services.history import history_of
from clinic_desk.services.patients import search_patients
from tests.plugins.postgres import LOGINS, PostgresServer, _new_database

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 8, 37, tzinfo=UTC)


@cache
def built() -> DemoClinic:
    return build_demo(TODAY, NOW)


@pytest.fixture(scope="module")
def demo_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a database with the demo clinic in it; what one test changes here, the others see."""
    with _new_database(postgres_server, postgres_server.template) as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "build_demo", lambda *_: built())
        create_demo(postgres_server.url(name, OWNER), TODAY, NOW)
        yield name


@pytest.fixture
def desk(postgres_server: PostgresServer, demo_database: str) -> Iterator[Database]:
    """A desk of the demo clinic, the one that Julia's stories call Desk 1."""
    database = Database(
        postgres_server.url(demo_database, LOGINS["clinic_reception"]),
        DeskIdentity(built().setup.desks[0].id, "Desk 1"),
    )
    yield database
    database.dispose()


@pytest.fixture
def owner(postgres_server: PostgresServer, demo_database: str) -> Iterator[Connection]:
    """A transaction as the owner, rolled back in the end."""
    engine = create_engine(postgres_server.url(demo_database, OWNER), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_every_record_is_there_as_it_was_made_up(owner: Connection, desk: Database) -> None:
    found = built()
    for table, count in (
        ("patient", len(found.patients)),
        ("appointment", len(found.appointments)),
        ("notification", len(found.messages)),
        ("inbound_message", len(found.replies)),
    ):
        assert owner.scalar(text(f"SELECT count(*) FROM {table}")) == count
    clinic = load_clinic(desk)
    assert clinic.sites == found.setup.clinic.sites
    assert clinic.practitioners == found.setup.clinic.practitioners
    assert clinic.rooms == found.setup.clinic.rooms
    assert clinic.types == found.setup.clinic.types
    assert set(clinic.date_overrides) == set(found.setup.clinic.date_overrides)
    far = load_day(desk, found.setup.clinic.date_overrides[0].day, clinic).blocks
    assert [block.type_ids for block in far] == [block.type_ids for block in found.setup.blocks if block.type_ids]
    assert set(clinic.working_hours) == set(found.setup.clinic.working_hours)
    stories = {story.appointment.id: story for story in found.appointments}
    patients = {patient.id: patient for patient in found.patients}
    board = load_day(desk, TODAY, clinic)
    here = [entry for entry in board.entries if entry.appointment.version == stories[entry.id].appointment.version]
    assert len(here) > 80
    for entry in here:
        story = stories[entry.id]
        assert entry.appointment == story.appointment
        assert entry.patient == patients[entry.appointment.patient_id]
        assert entry.changed is not None
        assert entry.changed.person == found.setup.clinic.staff[story.changed_by]
        assert entry.changed.at == story.changed_at
        assert entry.changed.desk in {"Desk 1", "Desk 2"}


def test_messages_keep_what_happened_to_them_and_go_to_a_folder(owner: Connection) -> None:
    row = next(row for row in built().messages if row.message.status == "delivered")
    found = owner.execute(text("SELECT log, changed_at FROM notification WHERE id = :id"), {"id": row.message.id}).one()
    assert [step["s"] for step in found.log] == ["pending", "leased", "sending", "sent", "delivered"]
    assert found.changed_at == row.steps[-1].at
    settings = owner.execute(text("SELECT email_by, sms_by FROM messaging")).one()
    assert settings == ("folder", "folder")


def test_the_plan_of_a_fresh_demo_is_as_its_rules_want_it(postgres_server: PostgresServer, demo_database: str) -> None:
    """By the demo's own clock; a few hours later reminders have become due, which changes nothing either."""
    worker = Database(postgres_server.url(demo_database, LOGINS["clinic_worker"]), DeskIdentity(UUID(int=1), "w"))
    with worker.reading() as connection:
        ids = [row.appointment.id for row in built().appointments]
        wrong = [repair for _, repair in sweep._repairs(connection, ids, NOW) if repair]
    worker.dispose()
    assert wrong == []


def test_the_month_shows_how_full_each_day_is(desk: Database) -> None:
    full = load_fullness(desk, TODAY - timedelta(days=28), TODAY + timedelta(days=42), load_clinic(desk))
    assert all(0.6 <= share <= 0.9 for share in full.values())


def test_patients_are_found(desk: Database) -> None:
    found = {match.patient.display_name: match for match in search_patients(desk, "jensen")}
    assert found["Clara Jensen"].shares_phone
    assert found["Emil Jensen"].shares_phone
    for typed in ("14.3.1987", "030 23125 420", "rahman aisha"):
        assert "Aisha Rahman" in {match.patient.display_name for match in search_patients(desk, typed)}


def test_everything_was_recorded_as_one_operation_and_nothing_was_announced(owner: Connection) -> None:
    loaded = owner.execute(text("SELECT id, db_user FROM operation WHERE command = 'demo'")).all()
    assert [tuple(row) for row in loaded] == [(DEMO_OPERATION, OWNER)]
    recorded = owner.scalar(
        text("SELECT count(*) FROM history WHERE table_name IN ('patient', 'appointment') AND operation_id = :id"),
        {"id": DEMO_OPERATION},
    )
    assert recorded == len(built().patients) + sum(len(row.steps) for row in built().appointments)


def test_the_history_is_that_of_the_story_in_the_order_of_time_and_what_a_look_back_finds(
    owner: Connection, desk: Database
) -> None:
    story = next(row for row in built().appointments if len(row.steps) == 4)
    lines = history_of(desk, story.appointment.id)
    names = built().setup.clinic.staff
    assert [(line.at, line.person, line.version) for line in lines] == [
        (step.at, names[step.by], version) for version, step in enumerate(story.steps, start=1)
    ]
    assert [line.fields.get("status") for line in lines] == [
        None, ("booked", "arrived"), ("arrived", "checked-in"), ("checked-in", "fulfilled"),
    ]  # fmt: skip
    order = "SELECT at FROM history WHERE table_name = 'appointment' AND operation_id = :id ORDER BY id"
    moments = owner.scalars(text(order), {"id": DEMO_OPERATION}).all()
    assert moments == sorted(moments)
    clinic = load_clinic(desk)
    ago = NOW - timedelta(hours=14)
    with desk.reading() as connection:
        past = entries_at(connection, ago, *board_bounds(TODAY, clinic))
    booked_by_then = {
        row.appointment.id
        for row in built().appointments
        if row.booked_at <= ago and local_day(row.appointment.starts_at, row.appointment.zone) == TODAY
    }
    found = {entry.id for entry in past}
    assert len(found) > 60
    assert found <= booked_by_then
    assert {entry.appointment.status.value for entry in past} <= {"booked", "cancelled", "waitlist"}


def test_an_image_of_the_history_has_the_fields_that_a_booking_at_a_desk_has(owner: Connection) -> None:
    row = next(row for row in built().appointments if row.appointment.status is AppointmentStatus.FULFILLED)
    owner.execute(text("UPDATE appointment SET note = 'x' WHERE id = :id"), {"id": row.appointment.id})
    images = text(
        "SELECT h.before, h.after, was.after AS of_demo FROM history h"
        " JOIN history was ON was.row_id = h.row_id AND was.version = h.version - 1 ORDER BY h.id DESC LIMIT 1"
    )
    found = owner.execute(images).one()
    assert found.before == found.of_demo
    assert set(found.after) == set(found.of_demo)


def test_the_figures_of_the_demo_have_life(postgres_server: PostgresServer, demo_database: str) -> None:
    manager = Database(postgres_server.url(demo_database, LOGINS["clinic_manager"]), DeskIdentity(UUID(int=2), "m"))
    found = read_figures(manager, Wanted(Period(TODAY - timedelta(days=21), TODAY)))
    manager.dispose()
    assert {row.desk for row in found.bookings} == {"Desk 1", "Desk 2"}
    assert len({row.hour for row in found.bookings}) > 6
    assert found.lead.median is not None
    assert 24 < found.lead.median < 24 * 20
    assert 0.6 < (found.time.utilisation or 0) < 0.95
    assert found.visits.no_shows
    assert 0 < found.visits.late < found.visits.cancelled
    assert {row.outcome.value for row in found.messages} >= {"delivered", "sent", "failed"}


def test_what_is_changed_afterwards_is_stamped_by_the_database(desk: Database) -> None:
    waiting = next(
        story.appointment for story in built().appointments if story.appointment.status is AppointmentStatus.ARRIVED
    )
    entry = set_status(desk, SetStatus(waiting.id, waiting.version, AppointmentStatus.CHECKED_IN))
    assert entry.appointment.version == waiting.version + 1
    assert entry.changed is not None
    assert entry.changed.desk == desk.desk.name
    assert next(line.command for line in history_of(desk, waiting.id)) == "demo"


def test_a_second_time_does_nothing_and_a_clinic_with_patients_is_refused(
    postgres_server: PostgresServer, demo_database: str, desk: Database, owner: Connection
) -> None:
    create_demo(postgres_server.url(demo_database, OWNER), TODAY, NOW)
    assert is_demo(desk)
    owner.execute(text("ALTER TABLE operation DISABLE TRIGGER USER"))
    owner.execute(text("DELETE FROM operation WHERE command = 'demo'"))
    assert not is_demo_there(owner)
    with pytest.raises(InvalidInput, match="patients already"):
        load_rows(owner, (), {}, Story(NOW, ()))


@pytest.mark.parametrize(
    ("value", "copied"),
    [
        (None, r"\N"),
        (True, "t"),
        ("", ""),
        (r"\N", r"\\N"),
        ("a\tb\nc\rd\\", r"a\tb\nc\rd\\"),
        (frozenset({"b", "a"}), '{"a","b"}'),
        (frozenset(), "{}"),
        (date(2026, 11, 24), "2026-11-24"),
    ],
)
def test_values_are_written_as_copy_reads_them(value: object, copied: str) -> None:
    assert _copied(value) == copied
