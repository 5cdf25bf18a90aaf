"""The first start on a PC: whether anything is set up here, and what it can begin with. Not on the GUI thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from clinic_desk.errors import NotAllowed, NothingHere, SignInNeeded

if TYPE_CHECKING:
    from pathlib import Path

    from clinic_desk.opening import Opened, Tell
    from clinic_desk.opening_embedded import FirstManager
    from clinic_desk.settings import Settings
    from clinic_desk.ui.first_run.ways import Begin, Ways


def open_or_ask(settings: Settings, tell: Tell) -> Opened:
    """Open the configured database, or the embedded one when none is configured. Raises NothingHere if there is none
    yet, and as `opening.open_clinic`.

    A database that was left before somebody could sign in to it and that holds nothing counts as none.
    """
    from clinic_desk.opening import open_clinic
    from clinic_desk.opening_embedded import open_embedded

    if settings.database_url is not None:
        return open_clinic(settings, tell)
    if not _has_database(settings):
        raise NothingHere(ways_of(settings))
    opened = open_embedded(settings, tell)
    if opened.is_automatic and _is_blank(opened):
        opened.close()
        raise NothingHere(ways_of(settings))
    return opened


def ways_of(settings: Settings) -> Ways:
    """Return what this PC can begin with."""
    from clinic_desk.opening_demo import open_demo
    from clinic_desk.ui.first_run.ways import Ways

    given = "data" in settings.model_fields_set
    return Ways(
        demo=partial(open_demo, settings, settings.data / "demo" if given else None),
        one_pc=partial(_one_pc, settings),
        folder=_folder(settings),
    )


def _one_pc(settings: Settings, login: str, name: str, password: str) -> Begin:
    from clinic_desk.opening_embedded import FirstManager

    return partial(_begin_here, settings, FirstManager(login, name, password))


def _begin_here(settings: Settings, manager: FirstManager, tell: Tell) -> Opened:
    """Make the clinic with its manager, or sign her in if that was done already: it may be carried out again."""
    from clinic_desk.opening_embedded import open_embedded, open_with_first_manager

    try:
        return open_with_first_manager(settings, manager, tell)
    except NotAllowed as error:
        if error.right != "first-manager":
            raise
    try:
        return open_embedded(settings, tell)
    except SignInNeeded as needed:
        try:
            signed_in: Opened = needed.sign_in(manager.login, manager.password, tell)
        finally:
            needed.let_go()
        return signed_in


def _folder(settings: Settings) -> Path:
    """The folder of the embedded database."""
    from clinic_desk.database.embedded.server import default_folder

    return settings.data / "server" if "data" in settings.model_fields_set else default_folder()


def _has_database(settings: Settings) -> bool:
    """Whether the embedded database was made, or is lost: what cannot be looked at is for the opening to tell."""
    from clinic_desk.database.embedded.folder import has_database

    return has_database(_folder(settings))


def _is_blank(opened: Opened) -> bool:
    clinic = opened.clinic
    return not (clinic.sites or clinic.practitioners or clinic.types or clinic.rooms)
