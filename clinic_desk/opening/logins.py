"""The logins that a database of this PC has besides its people's: the demo's, and the one that sends messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from clinic_desk.database.embedded import EmbeddedServer
    from clinic_desk.database.setup import Group, Login

DEMO_PEOPLE: Final[tuple[tuple[str, str, Group], ...]] = (
    ("julia", "Julia Brandt", "clinic_manager"),
    ("karl", "Karl Stein", "clinic_reception"),
)
"""Login, name and group; the first is a manager, so that all that can be set can be tried."""
WORKER_LOGIN: Final = "message_worker"
"""The login in the embedded database that works through the message queue."""
DEMO_PASSWORD: Final = "demo"  # noqa: S105 - said on the screen
"""What the people of the demo clinic type. It is no role's password at the server, which a real clinic may share."""


def demo_people() -> tuple[str, str]:
    """Return who can sign in to the demo clinic, and the password of all of them."""
    return ", ".join(each[0] for each in DEMO_PEOPLE), DEMO_PASSWORD


def queue_login(server: EmbeddedServer) -> Login:
    """Return the login of the embedded database that works through the message queue."""
    from clinic_desk.database import setup

    return setup.Login(WORKER_LOGIN, server.password(WORKER_LOGIN), "clinic_worker", "Message worker")


def has_worker(server: EmbeddedServer) -> bool:
    """Whether the embedded server has the login that works through the message queue."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    engine = create_engine(server.superuser_url(), poolclass=NullPool, hide_parameters=True)
    with engine.connect() as connection:
        known = connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :name"), {"name": WORKER_LOGIN})
    return bool(known)
