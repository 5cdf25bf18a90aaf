"""A desk and a clinic of different versions: who upgrades, who waits, who reads on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine, text

from clinic_desk import upgrading
from clinic_desk.backups import making, passphrase
from clinic_desk.backups.making import Backup
from clinic_desk.backups.manifest import Manifest
from clinic_desk.backups.problems import BackupFailed, Problem
from clinic_desk.database import schema, setup
from clinic_desk.database.knocking import signed_in_as
from clinic_desk.database.queries import backups as queries_backups
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.backups import RunKind
from clinic_desk.domain.commands import Book
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.errors import SchemaMismatch, UpgradeNeeded
from clinic_desk.services import booking
from clinic_desk.ui.door.upgrade import UpgradePage
from tests.plugins.postgres import PASSWORD
from tests.support.small_clinic import SmallClinic
from tests.ui.shell.conftest import OpenProgram

NEWER = "9999"


@pytest.fixture
def older(clinic: SmallClinic, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clinic is one revision behind this program; migrating only says that it is not any more."""
    assert clinic.monday.isoweekday() == 1
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0005'"))

    def migrate(connection: Any) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": schema.EXPECTED_REVISION})

    monkeypatch.setattr(schema, "migrate", migrate)


def upgrade_elsewhere(engine: Engine, *, readable_from: str) -> None:
    """What the upgrade of a newer program does, announcement included."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": NEWER})
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION readable_from() RETURNS text LANGUAGE sql IMMUTABLE"
            f" SET search_path = pg_catalog, pg_temp AS $$ SELECT '{readable_from}' $$"
        )
        schema._announce(connection)


def page_of(program: DeskProgram, qtbot: QtBot) -> UpgradePage:
    """Wait for the page that asks a manager."""
    qtbot.waitUntil(lambda: program.window.findChild(UpgradePage) is not None, timeout=15_000)
    page = program.window.findChild(UpgradePage)
    assert isinstance(page, UpgradePage)
    return page


@pytest.mark.usefixtures("older")
def test_a_manager_upgrades_with_the_owners_password_and_only_with_a_backup(
    programs: OpenProgram, url_as: Callable[[setup.Group], URL], owner_engine: Engine, qtbot: QtBot
) -> None:
    program = programs(url=url_as("clinic_manager"), wait=False)
    page = page_of(program, qtbot)
    QTest.keyClicks(page.password.line, "wrong")
    page.submit()
    assert "backup" in page.remark.text()
    page.backup.setChecked(True)
    page.submit()
    qtbot.waitUntil(lambda: "not the owner" in page.remark.text())
    with owner_engine.connect() as connection:
        assert schema.current_revision(connection) == "0005"
    page.password.line.clear()
    QTest.keyClicks(page.password.line, PASSWORD)
    with qtbot.waitSignal(program.ready, timeout=15_000):
        page.submit()
    with owner_engine.connect() as connection:
        schema.check(connection)
    assert program.workspace is not None
    assert program.workspace.may_write


@pytest.mark.usefixtures("older")
def test_who_is_no_manager_waits_and_the_window_opens_by_itself(
    programs: OpenProgram, owner_url: URL, qtbot: QtBot
) -> None:
    program = programs(wait=False)
    program.opener.look_again.setInterval(50)
    with qtbot.waitSignal(program.opening_failed, timeout=15_000):
        pass
    assert "Waiting for a manager" in program.window.cover.text.text()
    with qtbot.waitSignal(program.ready, timeout=15_000):
        schema.upgrade(owner_url)


def test_a_desk_that_is_open_while_the_clinic_is_upgraded_reads_on_and_says_so(
    open_program: OpenProgram, clinic: SmallClinic, owner_engine: Engine, qtbot: QtBot
) -> None:
    program = open_program()
    space, banner = program.workspace, program.window.banner
    assert space is not None
    upgrade_elsewhere(owner_engine, readable_from=schema.EXPECTED_REVISION)
    qtbot.waitUntil(lambda: banner.isVisible() and "Please update" in banner.text.text())
    assert not space.may_write
    assert space.own.refuses()
    assert not program.window.actions_by_name["new"].isEnabled()
    start = minute_to_instant(clinic.monday, 600, "Europe/Berlin")
    with pytest.raises(SchemaMismatch):
        booking.book(
            space.desk.database, Book(clinic.patients[0], clinic.checkup, clinic.weber, clinic.berlin, start, 15)
        )
    banner.waiting("One change waits")
    banner.waiting("")
    assert "Please update" in banner.text.text()


def test_an_older_program_opens_a_newer_clinic_for_reading(open_program: OpenProgram, owner_engine: Engine) -> None:
    upgrade_elsewhere(owner_engine, readable_from=schema.EXPECTED_REVISION)
    program = open_program()
    assert "Please update" in program.window.banner.text.text()
    assert program.window.banner.isVisible()
    assert program.workspace is not None
    assert not program.workspace.may_write
    with owner_engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM desk")) == 0


def test_what_an_older_program_cannot_read_it_does_not_open(
    programs: OpenProgram, clinic: SmallClinic, owner_engine: Engine, qtbot: QtBot
) -> None:
    assert clinic.monday.isoweekday() == 1
    upgrade_elsewhere(owner_engine, readable_from=NEWER)
    program = programs(wait=False)
    with qtbot.waitSignal(program.opening_failed, timeout=15_000):
        pass
    assert "Please update Clinic Desk on this PC" in program.window.cover.text.text()
    assert program.workspace is None


# --- the backup before ------------------------------------------------------------------------------------------------


class Backups:
    """Stands in for making one, which has tests of its own: what was asked for, and whether it fails."""

    def __init__(self) -> None:
        self.made: list[tuple[str | None, Path, str]] = []
        self.fails = False

    def __call__(self, address: URL, folder: Path, passphrase: str, now: datetime) -> Backup:
        if self.fails:
            raise BackupFailed(Problem.DISK_FULL)
        self.made.append((address.username, folder, passphrase))
        return Backup(folder / "x.cdbackup", 7, Manifest(now, "0005", 150000, (("patient", 1),), 0))


@pytest.fixture
def backups(monkeypatch: pytest.MonkeyPatch) -> Backups:
    made = Backups()
    monkeypatch.setattr(making, "back_up_before_upgrade", made)
    return made


@pytest.fixture
def backup_folder(owner_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the clinic's backups are made, at a PC that has the passphrase."""
    monkeypatch.setenv(passphrase.VARIABLE, "a phrase for backups")
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE backup_setting SET folder = :folder"), {"folder": str(tmp_path)})
    return tmp_path


@pytest.fixture
def managed(
    older: None, programs: OpenProgram, url_as: Callable[[setup.Group], URL], backup_folder: Path
) -> DeskProgram:
    """A manager's desk at which the clinic's backups can be made."""
    assert backup_folder.is_dir()
    return programs(url=url_as("clinic_manager"), wait=False)


def test_where_the_clinics_backups_are_made_one_is_made_before_the_upgrade(
    managed: DeskProgram, owner_engine: Engine, backups: Backups, backup_folder: Path, qtbot: QtBot
) -> None:
    program = managed
    page = page_of(program, qtbot)
    assert page.backup.isHidden()
    QTest.keyClicks(page.password.line, PASSWORD)
    backups.fails = True
    page.submit()
    qtbot.waitUntil(lambda: "the disk is full" in page.remark.text())
    with owner_engine.connect() as connection:
        assert schema.current_revision(connection) == "0005"
    backups.fails = False
    with qtbot.waitSignal(program.ready, timeout=15_000):
        page.submit()
    assert backups.made == [(setup.OWNER, backup_folder, "a phrase for backups")]


@pytest.mark.usefixtures("older")
def test_at_the_pc_that_shares_the_clinic_nobody_need_know_a_password(
    owner_url: URL,
    url_as: Callable[[setup.Group], URL],
    backups: Backups,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("clinic_desk.sharing.cluster.owner_url", lambda _root: owner_url)
    here = upgrading.Here(tmp_path / "wrong.json", shared=tmp_path)
    address = url_as("clinic_manager")
    told: list[str] = []
    with signed_in_as(address) as connection, pytest.raises(UpgradeNeeded) as asked:
        upgrading.look(connection, address, here)
    needed = asked.value
    assert (needed.backs_up, needed.knows_owner) == (True, True)
    assert needed.upgrade is not None
    needed.upgrade("", False, told.append)
    assert backups.made == [(setup.OWNER, tmp_path / upgrading.FOLDER, PASSWORD)]
    with signed_in_as(address) as connection:
        assert upgrading.look(connection, address, here) is None
        (run,) = queries_backups.backups_now(connection).runs  # it may be the last good one
    assert (run.kind, run.schema_revision) == (RunKind.BEFORE_UPGRADE, "0005")
    assert run.folder == str(tmp_path / upgrading.FOLDER)
