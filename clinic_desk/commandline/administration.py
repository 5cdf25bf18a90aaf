"""The commands about the database itself: create it, bring its schema up to date, say how it is."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast

from clinic_desk.commandline.appointments import Answer
from clinic_desk.commandline.connection import password_variable
from clinic_desk.commandline.documents import plain
from clinic_desk.commandline.usage import Usage
from clinic_desk.database import schema
from clinic_desk.database.failures import translated
from clinic_desk.database.setup import BUILT_IN, GROUPS, OWNER, Group, Login, opens_by_itself, prepare_database
from clinic_desk.errors import NotAllowed, SchemaMismatch
from clinic_desk.opening import demo, embedded
from clinic_desk.services import health
from clinic_desk.services.passwords import WeakPassword, check_new_password

if TYPE_CHECKING:
    from sqlalchemy import URL

    from clinic_desk.database.embedded import EmbeddedServer
    from clinic_desk.database.engine import Database

OWNER_PASSWORD: Final = "CLINIC_DESK_OWNER_PASSWORD"  # noqa: S105  # the variable's name
EMBEDDED_NAME: Final = embedded.DATABASE
_GROUPS: Final = tuple(group.removeprefix("clinic_") for group in GROUPS)
_SERVERS_OWN: Final = frozenset({"postgres", "template0", "template1"})
_OWNERS: Final = f"the schema is changed by {OWNER} only"
_LONGEST_NAME: Final = 63


def init_db(url: URL, arguments: argparse.Namespace) -> Answer:
    """Create roles, database, schema and logins on a server; `url` is a superuser's. May be run again."""
    name = _identifier("name", arguments.name)
    if name in _SERVERS_OWN:
        raise Usage(field="name", expected=f"a database of its own; {name} is the server's")
    logins = [_login(text, besides={url.username or "", name}) for text in arguments.login]
    return _prepared(url, name, _secret(OWNER_PASSWORD), logins)


def init_embedded(server: EmbeddedServer, arguments: argparse.Namespace) -> Answer:
    """Create the clinic's database in an embedded server; without a manager with the login it opens by itself by.

    Raises Usage for a folder that holds the demo clinic: that one would go on being used.
    """
    if arguments.name != EMBEDDED_NAME:
        raise Usage(field="name", expected=f"{EMBEDDED_NAME}: a folder holds one clinic")
    url = server.superuser_url()
    with translated():
        _, in_use = demo.sign_in_of(server)
    if in_use != EMBEDDED_NAME:
        raise Usage(field="data", expected="a folder of its own; this one holds the demo clinic")
    logins = [_login(text, besides={url.username or "", BUILT_IN}) for text in arguments.login]
    own = embedded.built_in_login(server)
    made = _prepared(url, EMBEDDED_NAME, server.password(OWNER), logins)
    with translated():
        if not opens_by_itself(url, own, database=EMBEDDED_NAME):
            return made
    theirs = made.document["logins"]
    return replace(made, document={**made.document, "logins": [_named(own), *theirs]})


def _prepared(url: URL, name: str, owner_password: str, logins: list[Login]) -> Answer:
    with translated():
        prepare_database(url, database=name, owner_password=owner_password, logins=logins)
    document = {
        "database": name,
        "schema": schema.EXPECTED_REVISION,
        "logins": [_named(login) for login in logins],
    }
    return Answer(document, (f"database {name} is ready, schema {schema.EXPECTED_REVISION}",))


def _named(login: Login) -> dict[str, str]:
    return {"name": login.name, "group": login.group.removeprefix("clinic_")}


def _login(text: str, *, besides: set[str]) -> Login:
    name, _, rest = text.partition(":")
    group, _, display_name = rest.partition(":")
    if not name or group not in _GROUPS:
        raise Usage(
            field="login", expected=f"NAME:GROUP[:DISPLAY NAME] with a group of {', '.join(_GROUPS)}, got {text!r}"
        )
    _identifier("login", name)
    if name in {*besides, *GROUPS, OWNER} or name.startswith("pg_"):
        raise Usage(field="login", expected=f"a person's name; {name} is a role of the server or of this program")
    password = _secret(password_variable(name), name, display_name)
    return Login(name, password, cast("Group", f"clinic_{group}"), display_name or name)


def _identifier(field: str, name: str) -> str:
    """Return a name PostgreSQL takes for a role or database as it is: it would cut a longer one off."""
    if not name or len(name.encode()) > _LONGEST_NAME or not name.isprintable():
        raise Usage(field=field, expected=f"a name of 1 to {_LONGEST_NAME} bytes without control characters")
    return name


def _secret(variable: str, *names: str) -> str:
    value = os.environ.get(variable, "")
    try:
        check_new_password(value, login=names[0] if names else OWNER, others=names)
    except WeakPassword as error:
        raise Usage(field=variable, expected=f"a password in this environment variable: {error.expected}") from None
    return value


def upgrade_db(url: URL, arguments: argparse.Namespace) -> Answer:
    """Bring the schema to this program's revision, a clinic's with a backup before; `url` is the owner's.

    Raises NotAllowed for anybody else's, Usage (an older clinic, and nothing said of a backup), BackupFailed.
    """

    def back_up(_found: str) -> schema.Note:
        from clinic_desk.backups import passphrase
        from clinic_desk.backups.making import back_up_before_upgrade
        from clinic_desk.upgrading import noted

        if arguments.backup_to is None:
            raise Usage(field="backup-to", expected="a folder for the backup before it, or --without-backup")
        return noted(back_up_before_upgrade(url, arguments.backup_to, passphrase.here(), datetime.now(UTC)))

    try:
        with translated():
            schema.upgrade(url, None if arguments.without_backup else back_up)
    except SchemaMismatch as error:
        if error.found is None:  # there is none, and this role cannot make it
            raise NotAllowed(_OWNERS) from None
        raise
    return Answer({"schema": schema.EXPECTED_REVISION}, (f"schema is {schema.EXPECTED_REVISION}",))


def check(database: Database) -> Answer:
    """Say how the database, the schema, the queue and the clocks are."""
    document = plain(health.check(database))
    return Answer(document, tuple(f"{key.replace('_', ' ')}: {value}" for key, value in document.items()))
