"""`clinic-desk backup`: make, list, check and restore backups, and say when they are made."""

from __future__ import annotations

import argparse
import getpass
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.backups import passphrase, recording
from clinic_desk.backups.checking import check as check_backup
from clinic_desk.backups.dumping import Source
from clinic_desk.backups.making import Stage
from clinic_desk.backups.readiness import trouble_here
from clinic_desk.backups.restoring import contents
from clinic_desk.backups.source import embedded_source, shared_source
from clinic_desk.backups.switching import Asker, Restored, restore_into, restore_over
from clinic_desk.commandline import connection
from clinic_desk.commandline.appointments import Answer
from clinic_desk.commandline.documents import plain
from clinic_desk.commandline.output import write
from clinic_desk.commandline.usage import Usage
from clinic_desk.database import schema
from clinic_desk.database.engine import Database
from clinic_desk.database.setup import OWNER
from clinic_desk.domain.backups import BackupRun, RunKind, RunState
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.wall import to_wall
from clinic_desk.services import calendar, desks

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic_desk.backups.manifest import Manifest
    from clinic_desk.database.embedded import EmbeddedServer
    from clinic_desk.settings import Settings

_SPELLED: Final = {Stage.READING: "reading the database", Stage.CHECKING: "restoring it to check it"}
_NO_LOGIN: Final = (
    "the PC that shares the clinic, or in CLINIC_DESK_BACKUP_DATABASE_URL a login that may read the whole database "
    "(pg_read_all_data, BYPASSRLS)"
)


@dataclass(slots=True)
class _Work:
    """The database of a command, opened when it is asked for."""

    settings: Settings
    arguments: argparse.Namespace
    stack: ExitStack
    server: EmbeddedServer | None = None
    _database: Database | None = None

    @property
    def database(self) -> Database:
        """As the clinic's owner on an embedded server, as whoever the address names elsewhere."""
        if self._database is None:
            url = connection.address(self.settings, self.arguments)
            if url is None:
                self.server = self.stack.enter_context(connection.embedded_server(self.settings, self.arguments))
                url = connection.embedded_address(self.server, OWNER)
            self._database = Database(url, connection.identity(self.settings), pool_size=2)
            self.stack.callback(self._database.dispose)
            with self._database.reading() as snapshot:
                schema.check(snapshot)
        return self._database

    def source(self) -> Source:
        """Where all of it can be read. Raises Usage."""
        found = self.source_here()
        if found is None:
            raise Usage(field="backup", expected=_NO_LOGIN)
        return found

    def source_here(self) -> Source | None:
        """The same; None if this PC has no login for that."""
        name = self.database.url.database or ""
        return shared_source(self.settings) if self.server is None else embedded_source(self.server, name)


def backup(settings: Settings, arguments: argparse.Namespace, stack: ExitStack) -> Answer:
    """Do what is asked for. Raises Usage, BackupFailed, NotUsable and what the database raises."""
    needs_file = arguments.action in {"check", "restore"}
    if needs_file != (arguments.file is not None):
        raise Usage(field="file", expected="a backup's file" if needs_file else f"no file after {arguments.action}")
    return _ACTIONS[arguments.action](_Work(settings, arguments, stack))


def _now(work: _Work) -> Answer:
    phrase, source = passphrase.here(), work.source()
    target = work.arguments.to
    begun = recording.begin(work.database, RunKind.BY_HAND, None if target is None else target.absolute())
    made = recording.carry_out(work.database, begun, source, phrase, tell=_tell)
    lines = [f"{made.path} is there, checked by restoring it: {_size(made.size)}, {_what(made.manifest)}"]
    lines += _warnings(made.manifest, made.findings)
    document = {"file": str(made.path), "bytes": made.size, "findings": made.findings, **_contents(made.manifest)}
    return Answer(document, tuple(lines))


def _list(work: _Work) -> Answer:
    now = recording.look(work.database)
    zone = now.settings.zone
    rows = [_line(run, zone) for run in now.runs] or ["no backups"]
    head = f"backups: {now.standing.value}"
    good = now.last_good
    if good is not None and good.taken_at is not None:
        head += f", the last good one is of {to_wall(good.taken_at, zone):%Y-%m-%d %H:%M}"
    document = {"standing": now.standing.value, "settings": plain(now.settings), "backups": plain(now.runs)}
    return Answer(document, (head, *rows))


def _line(run: BackupRun, zone: str) -> str:
    at = to_wall(run.taken_at or run.started_at, zone)
    what = {RunState.GOOD: "good", RunState.RUNNING: "being made"}.get(run.state, f"failed: {run.problem}")
    file = f"  {Path(run.folder) / run.file_name}" if run.file_name else ""
    gone = " (deleted)" if run.removed_at else ""
    return f"{at:%Y-%m-%d %H:%M}  {run.kind.value}  {what}  {_size(run.bytes)}{file}{gone}"


def _check(work: _Work) -> Answer:
    found = check_backup(work.arguments.file, passphrase.here(), tell=lambda done: _tell(Stage.CHECKING, done))
    lines = [f"{work.arguments.file} is whole: {_what(found.manifest)}", *_warnings(found.manifest, found.findings)]
    return Answer(_contents(found.manifest) | {"findings": found.findings}, tuple(lines))


def _restore(work: _Work) -> Answer:
    arguments, phrase = work.arguments, passphrase.here()
    if arguments.over == (arguments.to is not None):
        raise Usage(field="to", expected="either --to with a new data folder, or --over for the present clinic")
    told: Callable[[int], None] = lambda done: _tell(Stage.CHECKING, done)  # noqa: E731
    if arguments.to is not None:
        folder, asker = arguments.to.absolute() / "server", _asker(work, getpass.getuser())
        stands = restore_into(folder, arguments.file, phrase, asker=asker, tell=told)
        first = f"{folder} holds the clinic now: clinic-desk --data {arguments.to}"
        return _restored(stands, [first])
    contents(arguments.file, phrase)  # not the backup that takes minutes first
    database, source = work.database, work.source()
    name = database.url.database or ""
    superuser = (source.url if source.is_superuser else database.url).set(database="postgres")
    folder = Path(recording.look(database).settings.folder or arguments.file.absolute().parent)
    begun = recording.begin(database, RunKind.BEFORE_RESTORE, folder)
    before = recording.carry_out(database, begun, source, phrase, tell=_tell)
    asker = _asker(work, database.url.username or "")
    stands = restore_over(superuser, name, arguments.file, phrase, asker=asker, before=before, tell=told)
    return _restored(stands, [f"{name} is as it was then; what was there is in {before.path}"])


def _asker(work: _Work, login: str) -> Asker:
    return Asker(login, connection.identity(work.settings).name)


def _restored(stands: Restored, lines: list[str]) -> Answer:
    lines.append(f"restored: {_what(stands.manifest)}")
    lines += _warnings(stands.manifest, stands.findings)
    lines.append(
        f"{stands.may_have_gone} messages may have gone already: see Messages; {stands.wait} wait: "
        "clinic-desk backup send-messages lets them go"
    )
    counts = {"may_have_gone": stands.may_have_gone, "wait": stands.wait, "findings": stands.findings}
    return Answer(_contents(stands.manifest) | counts, tuple(lines))


def _schedule(work: _Work) -> Answer:
    arguments = work.arguments
    settings = recording.look(work.database).settings
    given: dict[str, Any] = {
        "keep_daily": arguments.daily,
        "keep_weekly": arguments.weekly,
        "keep_monthly": arguments.monthly,
        "at_minute": arguments.at,
        "folder": None if arguments.folder is None else str(arguments.folder.absolute()),
        "enabled": False if arguments.off else (True if arguments.folder is not None else None),
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if changes:
        sites = calendar.load_clinic(work.database).sites
        desks.register_desk(work.database)
        changed = replace(settings, zone=sites[0].zone if sites else settings.zone, **changes)
        settings = recording.save_settings(work.database, changed, new_id()).settings
    at = f"{settings.at_minute // 60:02}:{settings.at_minute % 60:02} ({settings.zone})"
    state = f"every night at {at} into {settings.folder}" if settings.enabled else "not made by themselves"
    keep = f"{settings.keep_daily} daily, {settings.keep_weekly} weekly, {settings.keep_monthly} monthly"
    lines = [f"backups are {state}", f"kept: {keep}"]
    trouble = trouble_here(work.source_here, Path(settings.folder)) if settings.enabled else None
    if trouble is not None:
        lines.append(f"this PC cannot make them: {trouble}")
    document = plain(settings) | {"trouble": None if trouble is None else trouble.code.value}
    return Answer(document, tuple(lines))


def _send_messages(work: _Work) -> Answer:
    count = recording.let_messages_go(work.database)
    return Answer({"wait": count}, (f"messages go out again; {count} wait for their time",))


_ACTIONS: Final[dict[str, Callable[[_Work], Answer]]] = {
    "now": _now,
    "list": _list,
    "check": _check,
    "restore": _restore,
    "schedule": _schedule,
    "send-messages": _send_messages,
}


def _contents(made: Manifest) -> dict[str, Any]:
    return {
        "taken_at": made.taken_at.astimezone(UTC).isoformat(),
        "schema": made.revision,
        "clinic": list(made.clinic),
        "rows": dict(made.rows),
        "passwords": made.has_passwords,
    }


def _what(made: Manifest) -> str:
    counts = f"{made.count('patient')} patients, {made.count('appointment')} appointments"
    return f"{', '.join(made.clinic) or 'no site'}, {made.taken_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {counts}"


def _warnings(made: Manifest, findings: int) -> list[str]:
    lines = []
    if findings:
        lines.append(f"its history is not whole ({findings} findings), as it was in the clinic: verify-history tells")
    if not made.has_passwords:
        lines.append("it has no passwords: restored on another server, everybody needs a one-time code (people reset)")
    return lines


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _tell(stage: Stage, done: int) -> None:
    if sys.stderr is not None and sys.stderr.isatty():
        write(sys.stderr, f"\r{_SPELLED[stage]}: {_size(done)}    ")
