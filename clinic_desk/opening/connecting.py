"""Connects a desk to a database that is there: as who signs in, or as another person later.

The heavy libraries (SQLAlchemy, psycopg2, the embedded server, pydantic) are imported here, when something is opened,
and not with this module: the window is on screen before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.opening.opened import Opened, wrong_passwords_of
from clinic_desk.opening.stages import Stage

if TYPE_CHECKING:
    from sqlalchemy import URL

    from clinic_desk.database.embedded import EmbeddedServer
    from clinic_desk.database.schema import Before
    from clinic_desk.database.setup import Login
    from clinic_desk.opening.stages import Tell
    from clinic_desk.settings import ClaimedDesk, Settings


def import_heavy(tell: Tell) -> None:
    """Import what the window did without: the driver, SQLAlchemy and what reads a day by them."""
    tell(Stage.IMPORTING)
    import sqlalchemy.dialects.postgresql.psycopg2  # noqa: F401

    import clinic_desk.database.engine
    import clinic_desk.services.calendar
    import clinic_desk.services.desks  # noqa: F401


def prepare(server: EmbeddedServer, name: str, logins: list[Login], before_upgrade: Before | None = None) -> None:
    """Make the database `name` with these logins, or bring it to this schema. Waits. Raises ClinicDeskError."""
    from clinic_desk.database import setup

    setup.prepare_database(
        server.superuser_url(),
        database=name,
        owner_password=server.password("clinic_owner"),
        logins=logins,
        before_upgrade=before_upgrade,
    )


def connect(
    url: URL | str,
    desk: ClaimedDesk,
    settings: Settings,
    *,
    is_demo: bool = False,
    server: EmbeddedServer | None = None,
    is_automatic: bool = False,
) -> Opened:
    """Connect a desk to a database that is there and has this program's schema, or a newer one that it may read: then
    nothing is written. Raises ClinicDeskError: UpgradeNeeded, where a manager is to be asked.
    """
    from clinic_desk import upgrading
    from clinic_desk.database.engine import Database, DeskIdentity
    from clinic_desk.database.queries.clinic import clinic_record
    from clinic_desk.services.desks import number_here, register_desk, register_reader, shut_out, signed_in

    here = upgrading.Here(wrong_passwords_of(settings), settings.shared_folder)
    database = Database(url, DeskIdentity(desk.id, desk.name), message_wait_s=settings.message_wait_s)
    try:
        with database.reading() as connection:
            database.other_version = upgrading.look(connection, database.url, here)
            person, clinic = signed_in(connection), clinic_record(connection)
        if database.other_version is not None:
            person = person.only_reading()
            desk_no = number_here(database)
        else:
            desk_no = register_desk(database) if person.may_write else register_reader(database, person.login)
    except BaseException as error:
        database.dispose()
        raise shut_out(error, database.url) from None
    return Opened(database, clinic, desk, desk_no, person, is_demo, server, settings, is_automatic)


def for_person(opened: Opened, address: URL) -> Opened:
    """Open the same clinic at the same desk for another person. Waits. Raises as `connect`."""
    assert opened.settings is not None
    return connect(address, opened.desk, opened.settings, is_demo=opened.is_demo, server=opened.server)
