"""A clinic moves to another server, whole; whatever stops it, the old database goes on as before."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import psycopg2
import pytest
from sqlalchemy import URL, make_url

from clinic_desk.database import anchors, setup
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import SignInNeeded
from clinic_desk.opening.configured import open_clinic
from clinic_desk.opening.embedded import open_embedded
from clinic_desk.services import booking
from clinic_desk.services.history_verify import look_through
from clinic_desk.settings import load_settings
from clinic_desk.sharing import cluster, connecting
from clinic_desk.sharing.moving import NOTE, follow, move, moved_to
from clinic_desk.sharing.plans import Manager, MovePlan, Share, SharingError, Step, TestKind, Trouble
from clinic_desk.sharing.trying import try_connection
from tests.plugins.postgres import LOGINS, PASSWORD, PostgresServer
from tests.support.bookings import checkup
from tests.support.small_clinic import SmallClinic

MOVED: Final = Manager("erika", "sieben gelbe Vögel", "Erika Mann")


class Stopped(BaseException):
    """As good as a kill to everything that is in the database."""


def text_of(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def plan(share: Share, postgres_server: PostgresServer, fresh_database: str, tmp_path: Path) -> MovePlan:
    """The test's database, as one of an embedded server, to a new database of the clinic's server."""
    old = postgres_server.superuser_url.set(database=fresh_database)
    new = cluster.superuser_url(share.folder, f"moved_{fresh_database[5:15]}")
    address = text_of(new._replace(username=None, password=None))
    (tmp_path / "server").mkdir()
    return MovePlan(
        old=text_of(old),
        new=text_of(new),
        new_address=address,
        owner_password=cluster.owner_password(share.folder),
        data=tmp_path / "data",
        old_folder=tmp_path / "server",
        manager=MOVED,
    )


@pytest.fixture
def new_owner(plan: MovePlan) -> Iterator[Callable[[], Database]]:
    made: list[Database] = []

    def make() -> Database:
        url = make_url(plan.new).set(username=setup.OWNER, password=plan.owner_password)
        made.append(Database(url, DeskIdentity(new_id(), "Desk 1")))
        return made[-1]

    yield make
    for each in made:
        each.dispose()


def test_everything_comes_over_and_the_old_one_takes_nobody_in(
    plan: MovePlan, share: Share, clinic: SmallClinic, database: Database, new_owner: Callable[[], Database]
) -> None:
    reception_of_old = database.url
    booked = booking.book(database, checkup(clinic))
    while anchors.seal(database, plan.data):
        pass
    before = anchors.known(database, plan.data)
    database.dispose()
    told: list[Step] = []
    moved = move(plan, lambda step, _done, _total: told.append(step))
    assert moved.rows > 50
    assert moved.people == len(LOGINS) + 1
    assert list(dict.fromkeys(told)) == [Step.PREPARING, Step.CLOSING_OLD, Step.COPYING, Step.CHECKING]

    db = new_owner()
    with db.reading() as connection:
        assert (
            connection.exec_driver_sql(
                "SELECT version FROM appointment WHERE id = %s", (booked.appointment.id,)
            ).scalar_one()
            == 1
        )
    assert anchors.known(db, plan.data) == before
    assert look_through(db, plan.data).is_sound
    # the same password lets the same person in at the new server
    reception = cluster.superuser_url(share.folder, "clinic").set(
        username=LOGINS["clinic_reception"], password=PASSWORD
    )
    psycopg2.connect(text_of(reception)).close()
    psycopg2.connect(text_of(reception.set(username=MOVED.login, password=MOVED.password))).close()
    worker = text_of(reception.set(username=LOGINS["clinic_worker"]))
    with pytest.raises(psycopg2.OperationalError):  # its password lies in the old folder
        psycopg2.connect(worker)

    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(text_of(reception_of_old))
    assert plan.old_folder is not None
    went = moved_to(plan.old_folder)
    assert went is not None
    assert (went.address, went.authority) == (plan.new_address, share.authority.read_text("utf-8"))
    assert move(plan).people == moved.people  # done again, it is only brought to its end


@pytest.mark.parametrize("at", [Step.COPYING, Step.CHECKING])
def test_stopped_in_the_middle_the_old_one_goes_on_and_a_second_try_moves_it(
    plan: MovePlan, clinic: SmallClinic, database: Database, new_owner: Callable[[], Database], at: Step
) -> None:
    def stop(step: Step, done: int, _total: int) -> None:
        if step is at and done > 3:
            raise Stopped

    with pytest.raises(Stopped):
        move(plan, stop)
    assert plan.old_folder is not None
    assert moved_to(plan.old_folder) is None
    booked = booking.book(database, checkup(clinic))
    database.dispose()
    move(plan)
    with new_owner().reading() as connection:
        found = connection.exec_driver_sql("SELECT id FROM appointment WHERE id = %s", (booked.appointment.id,))
        assert found.scalar_one()


@pytest.mark.usefixtures("clinic")
def test_killed_after_the_doors_were_closed_the_old_one_opens_again(
    plan: MovePlan,
    postgres_server: PostgresServer,
    url_as: Callable[[setup.Group], URL],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(*_: object) -> None:
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr("clinic_desk.sharing.moving.write_private", killed)
        with pytest.raises(Stopped):
            move(plan)
    assert plan.old_folder is not None
    assert not (plan.old_folder / NOTE).exists()
    reception = url_as("clinic_reception")
    setup.configure_database(postgres_server.superuser_url, reception.database or "")  # as each start does
    psycopg2.connect(text_of(reception)).close()
    move(plan)


@pytest.mark.usefixtures("clinic")
def test_a_clinic_is_never_written_over(plan: MovePlan) -> None:
    move(plan)
    assert plan.old_folder is not None
    (plan.old_folder / NOTE).unlink()
    other = replace(plan, old=text_of(make_url(plan.new)), old_folder=None, manager=None)
    with pytest.raises(SharingError) as refused:
        move(other)
    assert refused.value.code is Trouble.TARGET_IN_USE


def test_while_a_message_is_on_its_way_nothing_is_moved(plan: MovePlan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinic_desk.sharing.moving._SENDING", "SELECT 1")
    monkeypatch.setattr("clinic_desk.sharing.moving._PATIENCE_S", 0.0)
    with pytest.raises(SharingError) as refused:
        move(plan)
    assert refused.value.code is Trouble.SENDING


def test_nobody_is_left_without_a_manager(plan: MovePlan, fresh_database: str, postgres_server: PostgresServer) -> None:
    manager = LOGINS["clinic_manager"]
    connection = psycopg2.connect(text_of(postgres_server.superuser_url.set(database=fresh_database)))
    with connection, connection.cursor() as cursor:
        cursor.execute("UPDATE staff SET disabled = true WHERE login = %s", (manager,))
    connection.close()
    with pytest.raises(SharingError) as refused:
        move(replace(plan, manager=None))
    assert refused.value.code is Trouble.NO_MANAGER


def test_who_was_stopped_before_it_was_written_goes_where_the_clinic_went(share: Share, tmp_path: Path) -> None:
    address = connecting.address_of(("127.0.0.1",), share.port, "clinic", share.authority)
    note = {"address": address, "authority": share.authority.read_text("utf-8"), "shared_folder": str(share.folder)}
    (tmp_path / "server").mkdir()
    assert follow(tmp_path / "server", tmp_path / "config") == {}
    (tmp_path / "server" / NOTE).write_text(json.dumps(note))
    settings = load_settings(data=tmp_path, config=tmp_path / "config")
    cluster.stop(share.folder)
    with pytest.raises(SignInNeeded):
        open_embedded(settings, lambda _stage: None)
    found = load_settings(config=tmp_path / "config").database_url
    assert found is not None
    assert load_settings(config=tmp_path / "config").shared_folder == share.folder
    with pytest.raises(SignInNeeded):  # the next start brings the server up, too
        open_clinic(load_settings(config=tmp_path / "config"), lambda _stage: None)
    assert try_connection(found.get_secret_value()).kind is TestKind.NO_PASSWORD
