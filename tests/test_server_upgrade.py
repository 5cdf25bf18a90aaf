"""The clinic of one PC whose update brought a newer PostgreSQL: taken over whole, or left as it was."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import URL

from clinic_desk import server_upgrade
from clinic_desk.backups import restoring
from clinic_desk.cli import main
from clinic_desk.database import anchors, copying, setup
from clinic_desk.database.embedded import EmbeddedServer, OlderServer, binaries, join, members, postmaster
from clinic_desk.database.embedded.binaries import Binaries
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.knocking import signed_in_as
from clinic_desk.domain.commands import UpdatePatient
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Channel
from clinic_desk.domain.restricted import RestrictPatient
from clinic_desk.errors import ClinicDeskError, Stopped, WrongPassword
from clinic_desk.opening.embedded import DATABASE
from clinic_desk.server_upgrade import Step, needed
from clinic_desk.services.booking import book
from clinic_desk.services.history_verify import look_through
from clinic_desk.services.patients import get_patient, update_patient
from clinic_desk.services.restricted import restrict_patient
from clinic_desk.sharing import finding, moving
from clinic_desk.sharing.plans import FoundServer
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SMALL_CLINIC as CLINIC
from tests.support.small_clinic import insert_small_clinic
from tests.support.sql import connected

PASSWORD: Final = "sieben rote Vögel"
JULIA: Final = setup.Login("julia", PASSWORD, "clinic_manager", "Julia Brandt")
_ROLES: Final = """
SELECT r.rolname::text, a.rolpassword, r.rolcanlogin, r.rolsuper, r.rolcreaterole, r.rolconnlimit,
    r.rolvaliduntil::text, r.rolconfig::text,
    ARRAY(SELECT g.rolname::text || m.admin_option || m.grantor::regrole::text FROM pg_auth_members m
        JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid ORDER BY 1)
FROM pg_roles r JOIN pg_authid a ON a.oid = r.oid WHERE r.rolname !~ '^pg_' ORDER BY 1
"""
_OTHER_ROLE: Final = """
CREATE ROLE clinic_backup LOGIN CONNECTION LIMIT 2 VALID UNTIL '2040-05-06 07:08:09+00';
GRANT pg_read_all_data TO clinic_backup; ALTER ROLE clinic_backup SET work_mem = '12MB'
"""


@dataclass(frozen=True, slots=True)
class Held:
    """What a server held: its roles, how much and what is in each table, and what desks have seen of the history."""

    roles: list[tuple[Any, ...]]
    sums: copying.Sums
    anchors: tuple[Any, ...]
    version: int


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic of one PC by PostgreSQL 16, and what it held when it was last stopped."""

    data: Path
    held: Held

    @property
    def folder(self) -> Path:
        return self.data / "server"


def held(server: EmbeddedServer, data: Path) -> Held:
    superuser = server.superuser_url(DATABASE)
    with moving.connected(superuser) as connection, connection.cursor() as cursor:
        cursor.execute(_ROLES)
        roles = cursor.fetchall()
        sums = copying.sums(connection, lambda _done, _total: None)
        version = connection.server_version // 10000
    database = desk(superuser)
    try:
        return Held(roles, sums, anchors.known(database, data), version)
    finally:
        database.dispose()


def desk(url: URL) -> Database:
    return Database(url, DeskIdentity(new_id(), "Desk 1"), pool_size=1)


def older_programs() -> Binaries:
    found = binaries.shipped(16)
    if found is None or binaries.find(None).major <= 16:
        pytest.skip("there are no programs of two PostgreSQLs here")
    return found


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    """People, a restricted record, messages to come, a sealed history; and a role that somebody made by hand."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    data = Path(tempfile.mkdtemp(prefix="cd-older-", dir=memory))
    data.chmod(0o755)  # the account that runs PostgreSQL for root must be able to enter
    server = join(data / "server", postgres_bin=older_programs().folder)
    setup.prepare_database(server.superuser_url(), owner_password=server.password(setup.OWNER), logins=[JULIA])
    with connected(server.superuser_url(DATABASE)) as connection:
        connection.exec_driver_sql(_OTHER_ROLE)
    with connected(server.url(setup.OWNER, DATABASE)) as connection:
        insert_small_clinic(connection)
    julia = desk(server.url("julia", DATABASE, password=PASSWORD))
    patient = replace(get_patient(julia, CLINIC.patients[0]), phone="+4930111222333", channel=Channel.SMS)
    saved = update_patient(julia, UpdatePatient(patient))
    book(julia, checkup(CLINIC, at(CLINIC.monday, 9), patient_id=saved.id))
    restrict_patient(julia, RestrictPatient(saved.id, saved.version))
    look_through(julia, data)
    julia.dispose()
    with join(data / "server") as second:  # a desk of the new program beside one of the old: it is let in
        before = held(second, data)
    assert before.version == 16
    assert len(before.anchors) == 1
    assert all(before.sums[name][0] for name in ("history", "notification", "closed_data", "staff", "history_seal"))
    server._member.release()  # as if it were killed: the old server runs on, and nobody uses it
    yield Clinic(data, before)
    server.leave()
    shutil.rmtree(data)


def refused(clinic: Clinic) -> OlderServer:
    with pytest.raises(OlderServer) as caught:
        join(clinic.folder)
    assert not postmaster.survivors(clinic.folder / "pgdata")
    return caught.value


def is_as_before(clinic: Clinic) -> bool:
    """Whether the old database is the one in use, and nothing of a new one lies about or runs."""
    names = {path.name for path in clinic.folder.iterdir()}
    backups = clinic.folder / "before-upgrade"
    return (
        (clinic.folder / "pgdata/PG_VERSION").read_text().strip() == "16"
        and not {name for name in names if name.startswith(("postgresql-", "before-postgresql-"))}
        and not (backups.exists() and any(backups.iterdir()))
        and not postmaster.survivors(clinic.folder / "pgdata")
    )


def test_who_stops_it_has_the_old_database_as_before(clinic: Clinic) -> None:
    asked = needed(refused(clinic), DATABASE, clinic.data)
    assert asked.take_over is not None
    told: list[str] = []
    with pytest.raises(Stopped):
        asked.take_over(told.append, lambda: Step.FILLING in told)
    assert is_as_before(clinic)


def test_where_another_desk_is_open_it_is_not_begun(clinic: Clinic) -> None:
    take_over = needed(refused(clinic), DATABASE, clinic.data).take_over
    assert take_over is not None
    lock = members.enter(clinic.folder / "members")
    with pytest.raises(ClinicDeskError, match="still open"):
        take_over(lambda _step: None, lambda: False)
    lock.release()
    assert is_as_before(clinic)


def test_upgrade_db_takes_everything_over_and_keeps_the_old_database(
    clinic: Clinic, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLINIC_DESK_DATABASE_URL", raising=False)
    assert main(["list", "--data", str(clinic.data)]) == 3
    assert "upgrade-db" in capsys.readouterr().err
    assert main(["upgrade-db", "--data", str(clinic.data), "--without-backup"]) == 0
    assert "comparing every row" in capsys.readouterr().err
    with join(clinic.folder) as server:
        now = held(server, clinic.data)
        assert now.version == binaries.find(None).major
        assert now.sums == clinic.held.sums
        assert now.roles == clinic.held.roles
        assert now.anchors == clinic.held.anchors
        with pytest.raises(WrongPassword), signed_in_as(server.url("julia", DATABASE, password="anything else")):
            pass
        julia = desk(server.url("julia", DATABASE, password=PASSWORD))
        try:
            looked = look_through(julia, clinic.data)
            assert (looked.findings, looked.anchors) == ((), 1)
            assert get_patient(julia, CLINIC.patients[0]).closed
        finally:
            julia.dispose()
        owner = server.password(setup.OWNER)
    (backup,) = (clinic.folder / "before-upgrade").iterdir()
    assert dict(restoring.contents(backup, owner).rows)["history"] == clinic.held.sums["history"][0]
    kept = clinic.folder / f"before-postgresql-{now.version}"
    assert (kept / "PG_VERSION").read_text().strip() == "16"
    assert not list(clinic.folder.glob("postgresql-*"))


def test_without_programs_of_the_old_version_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "shipped", lambda _major: None)
    monkeypatch.setattr(finding, "find_servers", lambda: ())
    asked = needed(OlderServer(tmp_path, 16, 18), DATABASE, tmp_path)
    assert asked.take_over is None
    said = str(asked)
    assert all(part in said for part in ("PostgreSQL 16", "othing was changed", "earlier version", "last backup"))
    assert "16" in asked.how or "postgresql.org" in asked.how


def test_an_installed_postgresql_of_the_old_version_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [FoundServer(tmp_path / str(major), f"{major}.4", major, True) for major in (17, 16)]
    monkeypatch.setattr(binaries, "shipped", lambda _major: None)
    monkeypatch.setattr(finding, "find_servers", lambda: tuple(found))
    assert server_upgrade._programs_of(16) == Binaries(tmp_path / "16", 16)
    assert server_upgrade._programs_of(15) is None


def test_what_pg_dumpall_writes_is_read_statement_by_statement() -> None:
    script = (
        "--\n-- Roles\n--\n\n\\restrict abc\n\nSET client_encoding = 'UTF8';\n"
        "CREATE ROLE \"a--b\";\nALTER ROLE x SET search_path TO 'one\n-- two';\n\n\\unrestrict abc\n"
    )
    assert list(server_upgrade.statements(script)) == [
        "SET client_encoding = 'UTF8';",
        'CREATE ROLE "a--b";',
        "ALTER ROLE x SET search_path TO 'one\n-- two';",
    ]
