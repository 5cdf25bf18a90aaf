"""`clinic-desk set-up`: one database for several PCs without a window, by options or by a file.

Passwords and pairing texts come from the environment or are asked for; they are never options, which others can see.
"""

from __future__ import annotations

import argparse
import getpass
import os
import platform
import sys
import tomllib
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from clinic_desk.commandline import connection, set_up_pcs
from clinic_desk.commandline.appointments import Answer
from clinic_desk.commandline.output import write
from clinic_desk.commandline.usage import Usage
from clinic_desk.connection_file import NAME
from clinic_desk.settings import load_settings

if TYPE_CHECKING:
    from clinic_desk.commandline.parser import Parser
    from clinic_desk.settings import Settings
    from clinic_desk.sharing.plans import Manager, Step, TestResult

ACTS: Final = ("share", "pair", "pcs", "join", "connect", "test", "move", "stop")
PAIRING: Final = "CLINIC_DESK_PAIRING"
NEW_ADDRESS: Final = "CLINIC_DESK_NEW_DATABASE_URL"
OWNER_PASSWORD: Final = "CLINIC_DESK_OWNER_PASSWORD"  # noqa: S105 - a variable's name
_LISTS: Final = ("address", "listen", "network")
_SWITCHES: Final = ("move", "no_service")
_NUMBERS: Final = ("port", "hours")
_TEXTS: Final = (
    *("act", "manager", "name", "desk_name", "authority", "postgres", "database_url", "data"),
    *("sends", "dismiss", "send_no_more", "withdraw"),
)
_MOST_PORTS: Final = 65_535
_OUT_OF_REACH: Final = frozenset({"name", "refused", "timeout", "full", "starting", "standby", "failed"})


def add_options(parser: Parser) -> None:
    """Add the options; what is said in a file (--file) is said the same there, with _ for -."""
    from clinic_desk.commandline.values import between

    parser.description = (
        "share: make the clinic's own PostgreSQL server on this PC, with encryption, by an installed PostgreSQL "
        "(--move: with the clinic of this PC's embedded database in it), and print a pairing text. pair: print one for "
        "one more PC. pcs: list those that joined, who sends, and open invitations; --dismiss one that is gone. "
        f"join: use a pairing text, from {PAIRING} or asked for. connect: use the database at --database-url from "
        "now on. test: try a connection and say what to do. move: move the embedded clinic to the server at "
        f"{NEW_ADDRESS} (a superuser's address with the new database's name; {OWNER_PASSWORD} is what its owner's "
        "password shall be). stop: stop the server of this PC. Passwords come from CLINIC_DESK_PASSWORD_<LOGIN> or are "
        "asked for. All may be done again."
    )
    parser.add_argument("act", nargs="?", choices=ACTS)
    parser.add_argument(
        "--file", type=Path, metavar="FILE", help='a TOML file that says it all: act = "share" and so on'
    )
    parser.add_argument("--manager", metavar="LOGIN", help="with share and move: who manages the clinic from the start")
    parser.add_argument("--name", help="what others see of the manager; default: the login")
    parser.add_argument("--desk-name", metavar="NAME", help="what the clinic calls this PC; default: its own name")
    parser.add_argument("--authority", type=Path, metavar="FILE", help="the certificate to check the server by, in PEM")
    parser.add_argument("--move", action="store_true", help="with share: move the embedded database's clinic there")
    parser.add_argument(
        "--address", action="append", metavar="HOST", help="how other PCs reach this one (may be repeated)"
    )
    parser.add_argument("--listen", action="append", metavar="IP", help="listen there only (may be repeated)")
    parser.add_argument("--network", action="append", metavar="CIDR", help="who may come; default: this PC's networks")
    parser.add_argument("--port", type=between(1024, _MOST_PORTS), help="default: 5432, or the next that is free")
    parser.add_argument("--postgres", type=Path, metavar="DIR", help="the folder of PostgreSQL's programs to use")
    parser.add_argument("--no-service", action="store_true", help="do not make the server a service of this PC")
    set_up_pcs.add_options(parser)
    parser.add_argument("--hours", type=between(1, 168), help="how long a pairing text is good; default: 24")


def set_up(arguments: argparse.Namespace, stack: ExitStack) -> Answer:
    """Do what was asked for. Raises Usage, SharingError and what the act raises."""
    if arguments.file is not None:
        _read_file(arguments)
    set_up_pcs.check(arguments)
    if arguments.act is None:
        raise Usage(field="act", expected=f"one of {', '.join(ACTS)}")
    settings = _settings(arguments)
    acts = {
        "share": _share,
        "pair": _pair,
        "pcs": _pcs,
        "join": _join,
        "connect": _connect,
        "test": _test,
        "move": _move,
        "stop": _stop,
    }
    return acts[arguments.act](settings, arguments, stack)


def _settings(arguments: argparse.Namespace) -> Settings:
    try:
        return connection.settings_for(arguments)
    except Usage as error:
        if error.field != NAME:
            raise
        # the file that set-up wrote is damaged, and this writes it anew
        import platformdirs

        return load_settings(data=arguments.data or platformdirs.user_data_path("clinic-desk", appauthor=False))


# --- the acts ---------------------------------------------------------------------------------------------------------


def _share(settings: Settings, arguments: argparse.Namespace, stack: ExitStack) -> Answer:
    from clinic_desk.sharing import acts, finding
    from clinic_desk.sharing.plans import SharePlan

    found = finding.look_at(arguments.postgres) if arguments.postgres is not None else None
    if arguments.postgres is not None and found is None:
        raise Usage(field="postgres", expected="a folder with PostgreSQL's programs")
    clinic = stack.enter_context(connection.embedded_server(settings, arguments)) if arguments.move else None
    manager = _manager(arguments)
    if manager is None and clinic is None and settings.shared_folder is None:
        raise Usage(field="manager", expected="the login of who manages the new clinic")
    plan = SharePlan(
        server=found or finding.choose(finding.find_servers()),
        folder=_shared_folder(settings),
        manager=manager,
        addresses=tuple(arguments.address or ()),
        listen=tuple(arguments.listen or ()),
        networks=tuple(_network(text) for text in arguments.network or ("samenet",)),
        port=arguments.port or 0,
        as_service=not arguments.no_service,
    )
    share, moved = acts.share_from_this_pc(
        plan, settings.config, _desk_name(settings, arguments), _teller(arguments), clinic=clinic, data=settings.data
    )
    document, lines = set_up_pcs.invited(share, arguments)
    if moved is not None:
        document["moved_rows"] = moved.rows
        lines = (f"moved: {moved.rows} rows, {moved.people} logins; the history holds", *lines)
    service = share.service
    if service.is_installed:
        lines = (*lines, "the server starts with this PC")
    else:
        document["service_command"] = service.command
        lines = (*lines, "so that it starts with this PC, an administrator runs:", service.command)
    head = f"the clinic is shared at {', '.join(share.addresses)}, port {share.port}"
    return Answer(document, (head, *lines))


def _pair(settings: Settings, arguments: argparse.Namespace, _stack: ExitStack) -> Answer:
    from clinic_desk.sharing import cluster

    share = cluster.ensure_running(_shared_folder(settings))
    return Answer(*set_up_pcs.invited(share, arguments))


def _pcs(settings: Settings, arguments: argparse.Namespace, stack: ExitStack) -> Answer:
    from clinic_desk.database.engine import Database
    from clinic_desk.sharing import cluster

    share = cluster.ensure_running(_shared_folder(settings))
    database = Database(cluster.owner_url(share.folder), connection.identity(settings), pool_size=1)
    stack.callback(database.dispose)
    return set_up_pcs.pcs(database, arguments)


def _join(settings: Settings, arguments: argparse.Namespace, _stack: ExitStack) -> Answer:
    from clinic_desk.sharing.joining import join
    from clinic_desk.sharing.pairing import read_pairing

    pairing = read_pairing(_secret(PAIRING, "Pairing text: ", "the pairing text"))
    joined = join(pairing, settings.config, _desk_name(settings, arguments), _teller(arguments))
    lines = ["this PC works with the shared clinic from the next start on"] + [joined.note] * bool(joined.note)
    document = {"address": joined.address, "sends": joined.sends, "note": joined.note, "trouble": joined.trouble}
    return Answer(document, tuple(lines))


def _connect(settings: Settings, arguments: argparse.Namespace, _stack: ExitStack) -> Answer:
    from clinic_desk.sharing import connecting
    from clinic_desk.sharing.plans import TestKind

    if arguments.database_url is None:
        raise Usage(field="database-url", expected="the address of the clinic's database")
    found = _tried(settings, arguments)
    if not found.is_good and found.kind is not TestKind.NO_PASSWORD:
        return _told(found)
    assert settings.database_url is not None
    address = settings.database_url.get_secret_value()
    connecting.connect_this_pc(settings.config, address, arguments.authority or settings.database_ca_file)
    document = {"connected": True, "kind": found.kind.value, "advice": found.advice}
    return Answer(document, ("this PC works with that database from the next start on", found.advice))


def _test(settings: Settings, arguments: argparse.Namespace, _stack: ExitStack) -> Answer:
    return _told(_tried(settings, arguments))


def _move(settings: Settings, arguments: argparse.Namespace, stack: ExitStack) -> Answer:
    from sqlalchemy import make_url

    from clinic_desk.database_address import secured
    from clinic_desk.sharing import connecting
    from clinic_desk.sharing.moving import move
    from clinic_desk.sharing.plans import MovePlan

    given = _secret(NEW_ADDRESS, f"{NEW_ADDRESS}: ", "a superuser's address with its password and the new database")
    try:
        new = secured(given, arguments.authority)
        url = make_url(new)
    except Exception as error:
        raise Usage(field=NEW_ADDRESS, expected=getattr(error, "expected", "postgresql://…")) from None
    server = stack.enter_context(connection.embedded_server(settings, arguments))
    bare = url.set(drivername="postgresql")._replace(username=None, password=None)
    address = bare.render_as_string(hide_password=False)
    plan = MovePlan(
        old=server.superuser_url("clinic").render_as_string(hide_password=False),
        new=new,
        new_address=address,
        owner_password=_secret(OWNER_PASSWORD, "Password for the owner of the schema: ", "a password"),
        data=settings.data,
        old_folder=server.data,
        manager=_manager(arguments),
    )
    moved = move(plan, _teller(arguments))
    connecting.connect_this_pc(settings.config, address, arguments.authority)
    document = {"rows": moved.rows, "people": moved.people, "address": address}
    return Answer(document, (f"moved: {moved.rows} rows, {moved.people} logins; the history holds",))


def _stop(settings: Settings, _arguments: argparse.Namespace, _stack: ExitStack) -> Answer:
    from clinic_desk.sharing import cluster

    cluster.stop(_shared_folder(settings))
    return Answer({"stopped": True}, ("the server of this PC is stopped",))


# --- what acts need ---------------------------------------------------------------------------------------------------


def _tried(settings: Settings, arguments: argparse.Namespace) -> TestResult:
    from clinic_desk.sharing.trying import try_connection

    if settings.database_url is None:
        raise Usage(field="database-url", expected="the address of a database to try")
    login = os.environ.get(connection.LOGIN, "")
    password = os.environ.get(connection.password_variable(login), "") if login else ""
    address = settings.database_url.get_secret_value()
    return try_connection(address, arguments.authority or settings.database_ca_file, login, password)


def _told(found: TestResult) -> Answer:
    document = {"kind": found.kind.value, "advice": found.advice, "host": found.host, "port": found.port}
    code = 0 if found.is_good or found.kind.value == "no-password" else 3 if found.kind.value in _OUT_OF_REACH else 1
    return Answer(document | {"detail": found.detail}, (found.advice,), code)


def _manager(arguments: argparse.Namespace) -> Manager | None:
    from clinic_desk.sharing.plans import Manager

    if not arguments.manager:
        return None
    variable = connection.password_variable(arguments.manager)
    password = _secret(variable, f"Password for {arguments.manager}: ", "a password")
    return Manager(arguments.manager, password, arguments.name or arguments.manager)


def _secret(variable: str, prompt: str, expected: str) -> str:
    """What the environment says, or who sits there types. Raises Usage where there is neither."""
    value = os.environ.get(variable, "")
    if not value and sys.stdin is not None and sys.stdin.isatty():
        value = getpass.getpass(prompt)
    if not value:
        raise Usage(field=variable, expected=f"{expected} in this environment variable")
    return value


def _network(text: str) -> str:
    from clinic_desk.sharing.serving import check_network

    try:
        return check_network(text)
    except ValueError:
        raise Usage(
            field="network", expected=f"samenet, all, or a network such as 192.168.1.0/24, got {text!r}"
        ) from None


def _desk_name(settings: Settings, arguments: argparse.Namespace) -> str:
    return str(arguments.desk_name or settings.desk_name or platform.node() or "Desk")[:40]


def _shared_folder(settings: Settings) -> Path:
    from clinic_desk.database.embedded import default_folder

    if settings.shared_folder is not None:
        return settings.shared_folder
    if "data" in settings.model_fields_set:
        return settings.data.expanduser().absolute() / "shared"
    return default_folder().with_name("shared")


def _teller(arguments: argparse.Namespace) -> Any:
    told: set[Step] = set()

    def tell(step: Step, _done: int, _total: int) -> None:
        if step not in told and not arguments.json:
            told.add(step)
            write(sys.stderr, f"{step.value.replace('-', ' ')} …\n")

    return tell


# --- a file instead of options ----------------------------------------------------------------------------------------


def _read_file(arguments: argparse.Namespace) -> None:
    """Take over what a file says; options that were typed win. Raises Usage that names the line's key."""
    try:
        said = tomllib.loads(arguments.file.read_text("utf-8"))
    except OSError as error:
        raise Usage(field="file", expected=f"a file that can be read: {error.strerror}") from None
    except ValueError as error:
        raise Usage(field="file", expected=f"a TOML file in UTF-8 ({error})") from None
    for key, value in said.items():
        name = key.replace("-", "_")
        _check(key, name, value)
        if getattr(arguments, name, None) in {None, False} if name not in _LISTS else not getattr(arguments, name):
            setattr(arguments, name, Path(value) if name in {"authority", "postgres", "data"} else value)
    if arguments.act is not None and arguments.act not in ACTS:
        raise Usage(field="act", expected=f"one of {', '.join(ACTS)}")


def _check(key: str, name: str, value: object) -> None:
    if "password" in name or "pairing" in name:
        raise Usage(field=key, expected="no secret in the file: passwords and pairing texts come from the environment")
    kinds: dict[str, tuple[tuple[str, ...], type, str]] = {
        "texts": (_TEXTS, str, "a text"),
        "numbers": (_NUMBERS, int, "a whole number"),
        "switches": (_SWITCHES, bool, "true or false"),
        "lists": (_LISTS, list, "a list of texts"),
    }
    known = next((kind for kind in kinds.values() if name in kind[0]), None)
    if known is None:
        names = sorted(each for kind in kinds.values() for each in kind[0])
        raise Usage(field=key, expected=f"one of {', '.join(names)}")
    is_right = isinstance(value, known[1]) and not (known[1] is int and isinstance(value, bool))
    if is_right and name in _LISTS:
        is_right = all(isinstance(each, str) for each in cast("list[object]", value))
    if is_right and name in _NUMBERS:
        low, high = (1024, _MOST_PORTS) if name == "port" else (1, 168)
        is_right = low <= cast("int", value) <= high
    if not is_right:
        raise Usage(field=key, expected=known[2])
