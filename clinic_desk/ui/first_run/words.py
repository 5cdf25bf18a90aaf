"""What is said on the pages of the first start: why something was not done, and what to do about it."""

from __future__ import annotations

import re
from unicodedata import normalize

from PySide6.QtCore import QCoreApplication

from clinic_desk.errors import ClinicDeskError, InvalidInput, Stopped
from clinic_desk.sharing.plans import SharingError, Trouble
from clinic_desk.ui.door.new_password import weakness_text
from clinic_desk.ui.opening_words import trouble_text
from clinic_desk.ui.setup.words import invalid_text

translate = QCoreApplication.translate
_LONGEST_LOGIN = 63


def login_from(name: str) -> str:
    """Return a login that could be this person's: `Dr. med. Anna-Lena von Weber` signs in as `anna-lena.weber`.

    Titles and initials are what ends with a dot; of the other words the first and the last are taken.
    """
    given = normalize("NFC", name).lower().split()
    words = [word for word in given if not word.endswith(".")] or given
    plain = [re.sub(r"[^\w-]|_", "", word).strip("-") for word in (*words[:1], *words[1:][-1:])]
    login = ".".join(filter(None, plain))
    while len(login.encode()) > _LONGEST_LOGIN:
        login = login[:-1]
    return login.rstrip(".-")


def field_text(problem: InvalidInput) -> str:
    """Return what is wrong with one field, and what would do."""
    from clinic_desk.services.passwords import WeakPassword

    if isinstance(problem, WeakPassword):
        return weakness_text(problem.weakness)
    if problem.field == "password":
        return translate("first_run", "Type a password that will do, twice the same.")
    return invalid_text(problem)


def refused_text(error: ClinicDeskError) -> str:
    """Return why it was not done, and what can be done; nothing of what was typed is lost by it."""
    from clinic_desk.database.embedded.problems import EmbeddedServerError

    if isinstance(error, Stopped):
        return translate("first_run", "It was stopped. Nothing half-made is in use; you can begin again.")
    if isinstance(error, SharingError):
        return _sharing_text(error)
    if isinstance(error, EmbeddedServerError):
        return _embedded_text(error)
    return trouble_text(error)


def _embedded_text(error: ClinicDeskError) -> str:
    from clinic_desk.database.embedded.problems import EmbeddedServerError, Problem

    assert isinstance(error, EmbeddedServerError)
    known = {
        Problem.DISK_FULL: translate("first_run", "The disk is full. Free some space, then try again."),
        Problem.NO_BINARIES: translate(
            "first_run", "The programs of the database are missing or do not run here. Install Clinic Desk again."
        ),
        Problem.PORT: translate(
            "first_run", "No port could be opened on this PC: a firewall or security program may be in the way."
        ),
        Problem.NOT_PERMITTED: translate(
            "first_run", "The folder for the data cannot be used. Its owner must be who starts the program."
        ),
        Problem.FOREIGN_FOLDER: translate(
            "first_run", "The folder for the data holds files that are not this program's. Nothing was changed."
        ),
        Problem.BUSY: translate(
            "first_run", "Another program is using the folder for the data. Close it, then try again."
        ),
    }
    text = known.get(error.code)
    return f"{text}\n{error}" if text else str(error)


def _sharing_text(error: SharingError) -> str:
    known = {
        Trouble.NO_POSTGRESQL: translate("first_run", "There is no PostgreSQL server on this PC yet."),
        Trouble.POSTGRESQL_TOO_OLD: translate(
            "first_run", "The PostgreSQL on this PC is {detail}: 14 or newer is needed."
        ),
        Trouble.POSTGRESQL_WITHOUT_TLS: translate(
            "first_run", "The PostgreSQL on this PC ({detail}) cannot encrypt what goes over the network."
        ),
        Trouble.PORT_TAKEN: translate("first_run", "No port is free for the server on this PC."),
    }
    text = known.get(error.code, str(error)).format(detail=error.detail)
    needs_other = {Trouble.NO_POSTGRESQL, Trouble.POSTGRESQL_TOO_OLD, Trouble.POSTGRESQL_WITHOUT_TLS}
    return f"{text} {_how_to_get()}" if error.code in needs_other else text


def _how_to_get() -> str:
    from clinic_desk.sharing.finding import how_to_get

    get = how_to_get()
    known = {
        "linux": translate("first_run", "Install the package of your system that holds the PostgreSQL server:"),
        "windows": translate("first_run", "Download the installer of PostgreSQL 17 and run it:"),
        "macos": translate("first_run", "Install Postgres.app from https://postgresapp.com, or by Homebrew:"),
    }
    by_package = translate(
        "first_run", "An administrator of this PC installs one with the command below, then try again:"
    )
    return f"{known.get(get.platform, by_package)}\n{get.command}"
