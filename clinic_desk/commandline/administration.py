"""The commands about the database itself: create it, bring its schema up to date, say how it is."""

from __future__ import annotations

import argparse
import os
from typing import Final, cast

from sqlalchemy import URL

from clinic_desk.commandline.appointments import Answer
from clinic_desk.commandline.output import plain
from clinic_desk.database import schema
from clinic_desk.database.engine import Database
from clinic_desk.database.failures import translated
from clinic_desk.database.setup import Group, Login, prepare_database
from clinic_desk.errors import InvalidInput
from clinic_desk.services import health

OWNER_PASSWORD: Final = "CLINIC_DESK_OWNER_PASSWORD"  # noqa: S105  # the variable's name
_GROUPS: Final = ("reception", "manager", "readonly", "worker")


def init_db(url: URL | str, arguments: argparse.Namespace) -> Answer:
    """Create roles, database, schema and logins on a server; `url` is a superuser's. May be run again."""
    logins = [_login(text) for text in arguments.login]
    owner_password = _secret(OWNER_PASSWORD)
    with translated():
        prepare_database(url, database=arguments.name, owner_password=owner_password, logins=logins)
    document = {
        "database": arguments.name,
        "schema": schema.EXPECTED_REVISION,
        "logins": [{"name": login.name, "group": login.group} for login in logins],
    }
    return Answer(document, f"database {arguments.name!r} is ready, schema {schema.EXPECTED_REVISION}")


def _login(text: str) -> Login:
    name, _, rest = text.partition(":")
    group, _, display_name = rest.partition(":")
    if not name or group not in _GROUPS:
        raise InvalidInput(field="login", expected=f"NAME:GROUP[:DISPLAY NAME] with a group of {', '.join(_GROUPS)}")
    variable = "CLINIC_DESK_PASSWORD_" + "".join(char if char.isalnum() else "_" for char in name).upper()
    return Login(name, _secret(variable), cast("Group", f"clinic_{group}"), display_name or name)


def _secret(variable: str) -> str:
    value = os.environ.get(variable, "")
    if not value:
        raise InvalidInput(field=variable, expected="a password in this environment variable")
    return value


def upgrade_db(url: URL | str, _arguments: argparse.Namespace) -> Answer:
    """Bring the schema to this program's revision; `url` is the owner's."""
    with translated():
        schema.upgrade(url)
    return Answer({"schema": schema.EXPECTED_REVISION}, f"schema is {schema.EXPECTED_REVISION}")


def check(database: Database) -> Answer:
    """Say how the database, the schema, the queue and the clocks are."""
    document = plain(health.check(database))
    return Answer(document, "\n".join(f"{key.replace('_', ' ')}: {value}" for key, value in document.items()))
