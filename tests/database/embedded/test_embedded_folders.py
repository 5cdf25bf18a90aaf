"""The folders of the embedded server: foreign, damaged, copied, oddly named, of other accounts; with real servers."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from clinic_desk.database.embedded import EmbeddedServerError, OlderServer, Problem, join
from clinic_desk.database.embedded.account import service_account
from clinic_desk.database.embedded.binaries import SETTING, find
from tests.database.embedded.conftest import ask, connected, is_down, needs_root, needs_user, server_pid, snapshot

# --- foreign and damaged folders --------------------------------------------------------------------------------------


def refused(data: Path) -> EmbeddedServerError:
    """The refusal that joining meets; the folder must be as it was, to the byte."""
    before = snapshot(data)
    with pytest.raises(EmbeddedServerError) as caught:
        join(data)
    assert snapshot(data) == before
    assert "othing was changed" in str(caught.value)
    return caught.value


def test_a_folder_with_other_files_is_refused_untouched_and_none_of_them_is_named(place: Path) -> None:
    (place / "Müller_Befund.txt").write_text("not ours")
    error = refused(place)
    assert error.code is Problem.FOREIGN_FOLDER
    assert "Müller" not in str(error)


def test_a_file_where_the_folder_should_be_is_refused_untouched(place: Path) -> None:
    (place / "data").write_text("not ours")
    with pytest.raises(EmbeddedServerError) as caught:
        join(place / "data")
    assert caught.value.code is Problem.FOREIGN_FOLDER
    assert (place / "data").read_text() == "not ours"


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change what is in a file, but not in its other links."""
    was, content = path.stat(), path.read_bytes()
    path.unlink()
    path.write_bytes(change(content))
    path.chmod(was.st_mode)
    os.chown(path, was.st_uid, was.st_gid)


DAMAGES: dict[str, tuple[Problem, Callable[[Path], object]]] = {
    "pg_control cut off": (
        Problem.DAMAGED,
        lambda data: rewrite(data / "pgdata/global/pg_control", lambda content: content[:100]),
    ),
    "pg_control missing": (Problem.DAMAGED, lambda data: (data / "pgdata/global/pg_control").unlink()),
    "pg_control with a wrong bit": (
        Problem.DAMAGED,
        lambda data: rewrite(data / "pgdata/global/pg_control", lambda content: b"\1" + content[1:]),
    ),
    "base missing": (Problem.DAMAGED, lambda data: shutil.rmtree(data / "pgdata/base")),
    "pgdata missing": (Problem.DAMAGED, lambda data: shutil.rmtree(data / "pgdata")),
    "passwords missing": (Problem.DAMAGED, lambda data: (data / "secrets/passwords.json").unlink()),
    "passwords cut off": (
        Problem.DAMAGED,
        lambda data: rewrite(data / "secrets/passwords.json", lambda content: content[:9]),
    ),
    "marker cut off": (Problem.DAMAGED, lambda data: rewrite(data / "clinic-desk.json", lambda content: content[:9])),
    "marker of a newer program": (
        Problem.OTHER_VERSION,
        lambda data: rewrite(
            data / "clinic-desk.json", lambda content: content.replace(b'"format": 1', b'"format": 2')
        ),
    ),
    "of PostgreSQL 12": (Problem.OTHER_VERSION, lambda data: rewrite(data / "pgdata/PG_VERSION", lambda _: b"12\n")),
    "of no version": (Problem.DAMAGED, lambda data: rewrite(data / "pgdata/PG_VERSION", lambda _: b"rubbish\n")),
    "pgdata of somebody else": (Problem.FOREIGN_FOLDER, lambda data: (data / "pgdata/clinic-desk.json").unlink()),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_refused_untouched(linked: Path, damage: str) -> None:
    code, harm = DAMAGES[damage]
    harm(linked)
    assert refused(linked).code is code


def test_a_database_whose_journal_is_lost_is_called_damaged(made: Path, place: Path) -> None:
    copied = place / "data"
    subprocess.run(["cp", "-a", made, copied], check=True)
    for segment in (copied / "pgdata/pg_wal").glob("0*"):
        segment.unlink()
    with pytest.raises(EmbeddedServerError) as caught:
        join(copied)
    assert caught.value.code is Problem.DAMAGED
    assert "checkpoint" in str(caught.value)


def test_a_copied_folder_is_a_server_of_its_own(made: Path, place: Path) -> None:
    with join(made) as original:
        subprocess.run(["cp", "-a", made, place / "copy"], check=True)
        (place / "copy/pgdata/postmaster.pid").unlink()
        with join(place / "copy") as copy:
            assert copy.address.port != original.address.port
            assert copy.address.socket_dir != original.address.socket_dir
            assert ask(copy, "SHOW data_directory") == str(place / "copy/pgdata")
        with connected(original.superuser_url(), host=str(original.address.socket_dir)):
            pass


# --- places and accounts ----------------------------------------------------------------------------------------------


def test_a_long_path_with_blanks_and_umlauts_is_as_good_as_any(place: Path) -> None:
    data = place / "Praxis Dr. Müller, Söhne & 'Töchter' \"Haus\" 診療所" / ("lang " * 20).strip() / "Daten"
    assert len(os.fsencode(data)) > 107
    with join(data) as server:
        assert ask(server, "SELECT 1") == 1
        assert server.address.socket_dir is not None
        with connected(server.superuser_url(), host=str(server.address.socket_dir)):
            pass
    assert is_down(data)


def test_the_environment_of_another_postgresql_does_not_disturb(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGDATA", "PGPORT", "PGHOST", "PGUSER", "PGPASSWORD", "PGOPTIONS", "PGSERVICE"):
        monkeypatch.setenv(name, "nonsense")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    server = join(place)
    for name in ("PGOPTIONS", "PGSERVICE"):  # these are for our own client
        monkeypatch.delenv(name)
    with server:
        assert ask(server, "SELECT 1") == 1


def test_a_database_is_made_and_opened_by_the_programs_that_are_set_and_taken_over_by_newer_ones(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, str(find(16, platform="linux").folder))
    with join(place) as server:
        assert ask(server, "SHOW server_version_num").startswith("16")
        assert ask(server, "SHOW data_checksums") == "on"
    monkeypatch.delenv(SETTING)
    with pytest.raises(OlderServer, match="upgrade-db"):  # tests/test_server_upgrade.py goes on from here
        join(place)


def test_names_sort_by_code_point_and_case_is_folded_in_all_scripts(data: Path) -> None:
    with join(data) as server:
        assert ask(server, "SHOW server_encoding") == "UTF8"
        assert ask(server, "SELECT lower('ÄŒЖΣ')") == "äœжσ"
        assert ask(server, "SELECT string_agg(n, '' ORDER BY n) FROM (VALUES ('ä'), ('b'), ('A')) AS t(n)") == "Abä"


@needs_root
def test_root_is_told_of_a_folder_that_the_account_cannot_enter_and_nothing_is_made(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedServerError) as caught:
        join(closed / "data")
    assert caught.value.code is Problem.UNREACHABLE
    assert str(closed) in str(caught.value)
    assert not list(closed.iterdir())


@needs_root
def test_root_works_in_the_folder_of_an_ordinary_user_as_that_user(place: Path) -> None:
    import pwd

    usual = service_account(0)
    assert usual is not None
    other = next(entry for entry in pwd.getpwall() if entry.pw_uid not in {0, usual.uid})
    data = place / "data"
    data.mkdir()
    os.chown(data, other.pw_uid, other.pw_gid)
    with join(data) as server:
        assert ask(server, "SELECT 1") == 1
        server.password("reception")
    assert {path.lstat().st_uid for path in [data, *data.rglob("*")]} == {other.pw_uid}


@needs_root
def test_programs_that_the_account_cannot_reach_are_copied_once_to_where_it_can(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clinic_desk.database.embedded import binaries

    wheel = find(None).folder.parents[1]
    closed, cache = place / "closed", place / "cache"
    shutil.copytree(wheel, closed / wheel.name, ignore=shutil.ignore_patterns("include", "*.a", "pginstall"))
    shutil.copytree(wheel.with_name(binaries.LIBRARIES_BESIDE), closed / binaries.LIBRARIES_BESIDE)
    closed.chmod(0o700)
    monkeypatch.setattr(binaries, "_packages", lambda: iter([closed / wheel.name]))
    monkeypatch.setattr(binaries, "_cache", lambda: cache)
    for _ in range(2):
        with join(place / "data") as server:
            assert ask(server, "SELECT 1") == 1
            assert psutil.Process(server_pid(server)).exe().startswith(str(cache))
        assert len(list(cache.iterdir())) == 1


@needs_user
def test_a_folder_of_somebody_else_is_refused(place: Path) -> None:
    with pytest.raises(EmbeddedServerError) as caught:
        join(Path("/usr/clinic-desk-data"))
    assert caught.value.code is Problem.NOT_PERMITTED
