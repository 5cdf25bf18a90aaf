"""A shared clinic is backed up over TLS: by the PC that shares it, and by another one with a login that only reads."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import URL
from sqlalchemy.exc import OperationalError

from clinic_desk.backups import programs, tunnel
from clinic_desk.backups.checking import programs_to_check
from clinic_desk.backups.dumping import dump
from clinic_desk.backups.making import make_backup
from clinic_desk.backups.problems import BackupFailed, Problem
from clinic_desk.backups.source import shared_source
from clinic_desk.backups.switching import Asker, restore_over
from clinic_desk.database import setup
from clinic_desk.settings import Settings, load_settings
from clinic_desk.sharing import cluster
from clinic_desk.sharing.plans import Share
from tests.sharing.conftest import Keyring

PHRASE = "correct horse battery"
NOW = datetime(2026, 11, 23, 1, 10, tzinfo=UTC)


@pytest.fixture
def shares(share: Share, pc: Keyring) -> Settings:
    """The PC that shares the clinic."""
    assert not pc.kept
    return load_settings().model_copy(update={"shared_folder": share.folder})


@pytest.fixture
def reads_all(share: Share) -> Iterator[URL]:
    """A login that an administrator made for another PC's backups."""
    superuser = cluster.superuser_url(share.folder, "clinic")
    with setup.superuser(superuser) as connection:
        connection.exec_driver_sql("CREATE ROLE clinic_backup LOGIN BYPASSRLS PASSWORD 'made for backups'")
        connection.exec_driver_sql("GRANT pg_read_all_data TO clinic_backup")
        connection.exec_driver_sql("GRANT CONNECT ON DATABASE clinic TO clinic_backup")
    yield superuser.set(username="clinic_backup", password="made for backups")
    with setup.superuser(superuser) as connection:
        connection.exec_driver_sql("DROP OWNED BY clinic_backup")
        connection.exec_driver_sql("DROP ROLE clinic_backup")


@contextmanager
def _on_the_share(url: URL, major: int) -> Iterator[URL]:
    assert major >= 14
    yield url


def test_the_pc_that_shares_the_clinic_backs_it_up_and_restores_it_with_what_comes_with_the_program(
    share: Share, shares: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "installed_places", lambda: iter(()))
    monkeypatch.setattr("shutil.which", lambda _name: None)
    source = shared_source(shares)
    assert source is not None
    assert source.is_superuser
    server = source.url.set(database="postgres")
    made = make_backup(source, tmp_path, PHRASE, NOW, scratch=lambda major: _on_the_share(server, major), cost=4)
    assert made.manifest.has_passwords
    assert made.manifest.dumped_by > made.manifest.server // 10000  # not an installed one
    with setup.superuser(source.url) as connection:
        connection.exec_driver_sql("DELETE FROM site")
    stands = restore_over(server, "clinic", made.path, PHRASE, asker=Asker("julia", "Office"))
    assert stands.manifest.rows == made.manifest.rows
    assert shared_source(shares.model_copy(update={"shared_folder": tmp_path})) is None


def test_another_pc_backs_it_up_by_a_login_that_only_reads(
    share: Share, shares: Settings, reads_all: URL, tmp_path: Path
) -> None:
    address = reads_all.set(drivername="postgresql").render_as_string(hide_password=False)
    set_up = {"backup_database_url": SecretStr(address), "shared_folder": None}
    source = shared_source(shares.model_copy(update=set_up))
    assert source is not None
    assert not source.is_superuser
    server = cluster.superuser_url(share.folder)
    with setup.superuser(server) as connection:
        connection.exec_driver_sql("ALTER ROLE clinic_backup NOBYPASSRLS")
        with pytest.raises(BackupFailed) as failed:
            dump(source, tmp_path / "b", PHRASE, cost=4)
        connection.exec_driver_sql("ALTER ROLE clinic_backup BYPASSRLS")
    assert failed.value.code is Problem.NO_LOGIN
    made = make_backup(source, tmp_path, PHRASE, NOW, scratch=lambda major: _on_the_share(server, major), cost=4)
    assert made.manifest.has_passwords


def test_nothing_goes_through_to_a_server_whose_certificate_is_another_ones(
    share: Share, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cluster.superuser_url(share.folder, "clinic")
    other = tmp_path / "other.pem"
    other.write_text((share.folder / "pgdata" / "clinic-desk.crt").read_text("utf-8").split("-----END")[0], "utf-8")
    with pytest.raises(BackupFailed) as failed, tunnel.tunnel(url.update_query_dict({"sslrootcert": str(other)})):
        pass
    assert failed.value.code is Problem.DATABASE
    connect = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda at, **how: connect(("127.0.0.1", at[1]), **how))
    other_name = url.set(host="another.example")
    for address in (other_name, url.update_query_dict({"sslrootcert": "system"})):
        with tunnel.tunnel(address) as plain, pytest.raises(OperationalError), setup.superuser(plain):
            pass
    with tunnel.tunnel(url) as plain, setup.superuser(plain) as connection:
        assert connection.exec_driver_sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").scalar_one()


def test_a_server_newer_than_all_programs_here_is_told_with_its_version() -> None:
    for ask in (lambda: programs.program_for("pg_dump", 99), lambda: programs_to_check(99)):
        with pytest.raises(BackupFailed) as failed:
            ask()
        assert (failed.value.code, failed.value.major) == (Problem.NO_PROGRAM, 99)
