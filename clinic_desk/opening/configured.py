"""Opens the configured database, by its address or for who signs in there. Not on the GUI thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from clinic_desk.errors import NotAllowed, SignInNeeded
from clinic_desk.opening.connecting import connect, import_heavy
from clinic_desk.opening.opened import wrong_passwords_of
from clinic_desk.opening.stages import Stage

if TYPE_CHECKING:
    from sqlalchemy import URL

    from clinic_desk.database.embedded import EmbeddedServer
    from clinic_desk.opening.opened import Opened
    from clinic_desk.opening.stages import Tell
    from clinic_desk.settings import Settings


def open_clinic(settings: Settings, tell: Tell) -> Opened:
    """Open the configured database. Raises ClinicDeskError, SignInNeeded if its address has no password."""
    from clinic_desk.settings import claim_desk

    assert settings.database_url is not None
    import_heavy(tell)
    if settings.shared_folder is not None:
        tell(Stage.PREPARING)
        from clinic_desk.sharing import cluster

        cluster.keep_running(settings.shared_folder)
    desk = claim_desk(settings)
    try:
        tell(Stage.CONNECTING)
        return connect(settings.database_url.get_secret_value(), desk, settings, is_automatic=True)
    except BaseException as error:
        desk.release()
        # a server may refuse at its door whoever is not named at all
        if isinstance(error, NotAllowed) and (getattr(error, "is_missing", False) or _names_nobody(settings)):
            raise SignInNeeded(partial(_sign_in, settings)) from None
        raise


def _names_nobody(settings: Settings) -> bool:
    from urllib.parse import urlsplit

    return settings.database_url is not None and not urlsplit(settings.database_url.get_secret_value()).username


def _sign_in(settings: Settings, login: str, password: str, tell: Tell) -> Opened:
    """Open the configured database for who typed this. Raises as `open_clinic`."""
    from sqlalchemy import make_url

    assert settings.database_url is not None
    configured = make_url(settings.database_url.get_secret_value())
    return sign_in(settings, configured.set(username=login, password=password), tell)


def sign_in(settings: Settings, address: URL, tell: Tell, *, server: EmbeddedServer | None = None) -> Opened:
    """Open the database for whom this address signs in; wrong passwords are counted. Raises as `open_clinic`."""
    from clinic_desk.database.engine import DeskIdentity
    from clinic_desk.services.signing_in import knock
    from clinic_desk.settings import claim_desk

    desk = claim_desk(settings)
    try:
        tell(Stage.CONNECTING)
        entered = knock(address, DeskIdentity(desk.id, desk.name), wrong_passwords_of(settings))
        return connect(entered.address, desk, settings, server=server)
    except BaseException:
        desk.release()
        raise
