"""Judges who is to manage a clinic from the start: the login is a person's, the password is a good one."""

from __future__ import annotations

from typing import Final

from clinic_desk.database import setup
from clinic_desk.database.embedded.configuration import SUPERUSER
from clinic_desk.domain.people import display_name_of, login_of
from clinic_desk.errors import InvalidInput
from clinic_desk.services.passwords import check_new_password
from clinic_desk.sharing.plans import Manager

_SERVERS_OWN: Final = frozenset({*setup.GROUPS, setup.PASSWORD_ONLY, setup.OWNER, setup.BUILT_IN, SUPERUSER, "public"})


def checked(manager: Manager, besides: str = "") -> Manager:
    """Return who will be made. `besides`: another login that is no person's, such as who sets the server up.

    Raises InvalidInput (`login`, `display_name`, `password`).
    """
    login, shown = login_of(manager.login), display_name_of(manager.display_name)
    if login in _SERVERS_OWN or login == besides or login.startswith(("pg_", "join_", "desk_", "message_worker")):
        raise InvalidInput(field="login", expected="a name of a person: this one is the program's own, or the server's")
    check_new_password(manager.password, login=login, others=(shown,))
    return Manager(login, manager.password, shown)
