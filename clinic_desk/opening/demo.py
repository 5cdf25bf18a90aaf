"""The demo clinic of an embedded server: made on first use, made anew when a week old. Not on the GUI thread."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from clinic_desk.opening.connecting import connect, import_heavy, prepare
from clinic_desk.opening.logins import DEMO_PEOPLE, queue_login
from clinic_desk.opening.stages import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from clinic_desk.database.embedded import EmbeddedServer
    from clinic_desk.opening.opened import Opened
    from clinic_desk.opening.stages import Tell
    from clinic_desk.settings import Settings

DEMO_PREFIX: Final = "demo_"
DEMO_DAYS: Final = 7
"""A demo clinic older than this is made anew, in a new database; the old one is left alone."""
_DEMO_LOCK: Final = 0x44656D6F  # "Demo"
_DEMO_PATTERN: Final = f"^{DEMO_PREFIX}[0-9]{{8}}(_[0-9]+)?$"
_DEMOS: Final = (
    "SELECT datname FROM pg_database WHERE datname ~ :pattern"
    " AND shobj_description(oid, 'pg_database') = :complete ORDER BY datname"
)


def open_demo(settings: Settings, data: Path | None, tell: Tell, *, person: int | None = None) -> Opened:
    """Open the demo clinic of the folder `data`, made on first use; `person` 0 or 1 chooses who signs in.

    Without `person` it is the first for Desk 1 and the second for any other desk of this user.
    """
    from clinic_desk.database import embedded
    from clinic_desk.settings import claim_desk

    import_heavy(tell)
    folder = data if data is not None else embedded.default_folder().with_name("demo")
    server = _joined(folder, tell)
    desk = claim_desk(settings)
    try:
        if person is None:
            person = 0 if desk.name.endswith(" 1") or settings.desk_name else 1
        login = DEMO_PEOPLE[person][0]
        database = ensure_demo(server, datetime.now(UTC), tell)
        tell(Stage.CONNECTING)
        return connect(server.url(login, database), desk, settings, is_demo=True, server=server)
    except BaseException:
        desk.release()
        server.leave()
        raise


def _joined(folder: Path, tell: Tell) -> EmbeddedServer:
    """Join the demo's server. Demos of an older PostgreSQL are kept aside: they are made up, and made anew anyway."""
    from clinic_desk.database import embedded
    from clinic_desk.database.embedded import succession
    from clinic_desk.database.embedded.folder import open_folder

    try:
        return embedded.join(folder, progress=tell)
    except embedded.OlderServer as older:
        opened = open_folder(older.folder)
        with opened.locked():
            succession.set_aside(opened, older.wanted)
        return embedded.join(folder, progress=tell)


def ensure_demo(server: EmbeddedServer, now: datetime, tell: Tell) -> str:
    """Return the name of a demo database made at most a week ago; make one if there is none.

    Of several programs at once one makes it and the others wait.
    """
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    engine = create_engine(
        server.superuser_url(), poolclass=NullPool, hide_parameters=True, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _DEMO_LOCK})
        rows = connection.execute(
            text(_DEMOS),
            {"pattern": _DEMO_PATTERN, "complete": _complete()},
        )
        name = usable_demo([row[0] for row in rows], now.date())
        if name is None:
            taken = connection.scalars(text("SELECT datname FROM pg_database")).all()
            name = new_demo_name(now.date(), list(taken))
            try:
                _make_demo(server, name, now, tell)
            except BaseException:
                with suppress(DBAPIError):  # stopped, or it could not be made: nothing half-made stays
                    connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
                raise
            connection.execute(text(f"COMMENT ON DATABASE {name} IS '{_complete()}'"))
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _DEMO_LOCK})
    return name


def sign_in_of(server: EmbeddedServer) -> tuple[str, str]:
    """Return the login and database a program without a window uses in this folder: the demo's, or the clinic's.

    No login (""): the clinic has a manager, and somebody has to sign in.
    """
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    from clinic_desk.database.setup import BUILT_IN

    engine = create_engine(server.superuser_url(), poolclass=NullPool, hide_parameters=True)
    with engine.connect() as connection:
        wanted = {"pattern": _DEMO_PATTERN, "complete": _complete()}
        demo = connection.scalar(text(_DEMOS + " DESC LIMIT 1"), wanted)
        opens = connection.scalar(text("SELECT rolcanlogin FROM pg_roles WHERE rolname = :name"), {"name": BUILT_IN})
    return (DEMO_PEOPLE[0][0], demo) if demo else (BUILT_IN if opens else "", "clinic")


def _complete() -> str:
    """What is noted on a demo database that was made whole, by this schema: another version's is made anew."""
    from clinic_desk.database import schema

    return f"complete {schema.EXPECTED_REVISION}"


def usable_demo(names: list[str], today: date) -> str | None:
    """Return the newest demo database that was made within the last week."""
    for name in sorted(names, reverse=True):
        digits = name.removeprefix(DEMO_PREFIX)[:8]
        made = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
        if timedelta() <= today - made <= timedelta(days=DEMO_DAYS):
            return name
    return None


def new_demo_name(today: date, taken: list[str]) -> str:
    """Return a name for a new demo database: of the day, numbered if one of that day was left half made."""
    name = f"{DEMO_PREFIX}{today:%Y%m%d}"
    number = 1
    while name in taken:
        number += 1
        name = f"{DEMO_PREFIX}{today:%Y%m%d}_{number}"
    return name


def _make_demo(server: EmbeddedServer, name: str, now: datetime, tell: Tell) -> None:
    from clinic_desk.database import setup
    from clinic_desk.services import demo

    tell(Stage.PREPARING)
    logins = [setup.Login(login, server.password(login), group, display) for login, display, group in DEMO_PEOPLE]
    prepare(server, name, [*logins, queue_login(server)])
    tell(Stage.DEMO)
    demo.create_demo(server.url("clinic_owner", name), now.date(), now, partial(tell, Stage.DEMO))
