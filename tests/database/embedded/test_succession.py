"""A new database in the place of the old one: what lies on the disk decides, at whatever moment it was stopped."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from clinic_desk.database import embedded
from clinic_desk.database.embedded import OlderServer, succession
from clinic_desk.database.embedded.folder import Folder, claim, write_marker
from clinic_desk.opening import demo


class Killed(BaseException):
    """The program ended here."""


def fake_server(pgdata: Path, version: str) -> None:
    (pgdata / "global").mkdir(parents=True)
    (pgdata / "PG_VERSION").write_text(version)
    (pgdata / "global/pg_control").write_text(f"stopped in order, {version}")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A data folder with an old database, and a new one that was filled and compared."""
    made = Folder(tmp_path, None)
    claim(made)
    write_marker(made, made=True)
    made.passwords.write_text("{}")
    fake_server(made.pgdata, "16")
    fake_server(succession.begin(made, 18).pgdata, "18")
    return made


def in_use(folder: Folder) -> str:
    """The version of the database that a start would find."""
    return (folder.pgdata / "PG_VERSION").read_text()


def others(folder: Folder) -> set[str]:
    return {path.name for path in folder.root.iterdir() if re.match("before-|postgresql-", path.name)}


@pytest.mark.parametrize("renames", range(4))
def test_who_is_killed_between_two_renames_leaves_what_the_next_start_makes_whole(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    rename = succession._rename
    done: list[Path] = []

    def rename_or_be_killed(path: Path, new: Path) -> None:
        if len(done) == renames:
            raise Killed
        rename(path, new)
        done.append(new)

    monkeypatch.setattr(succession, "_rename", rename_or_be_killed)
    try:
        succession.accept(folder, 18)
        succession.finish(folder)
    except Killed:
        pass
    assert len(done) == min(renames, 3)
    monkeypatch.setattr(succession, "_rename", rename)
    succession.finish(folder)
    succession.finish(folder)
    assert in_use(folder) == ("18" if renames else "16")
    if renames:
        assert others(folder) == {"before-postgresql-18"}
        assert (folder.root / "before-postgresql-18/PG_VERSION").read_text() == "16"
    else:
        assert others(folder) == {"postgresql-18.new"}  # as if it had not been begun: it is removed by the next try


def test_an_old_database_that_was_used_after_it_was_copied_stays_and_the_copy_goes(folder: Folder) -> None:
    succession.accept(folder, 18)
    (folder.pgdata / "global/pg_control").write_text("in production")
    succession.finish(folder)
    assert in_use(folder) == "16"
    assert not others(folder)


def test_an_old_database_that_is_kept_already_is_not_written_over(folder: Folder) -> None:
    (folder.root / "before-postgresql-18").mkdir()
    succession.accept(folder, 18)
    succession.finish(folder)
    assert others(folder) == {"before-postgresql-18", "before-postgresql-18-2"}


def test_a_begun_one_is_begun_anew_with_the_same_passwords(folder: Folder) -> None:
    folder.passwords.write_text('{"postgres": "secret"}')
    new = succession.begin(folder, 18)
    assert not new.pgdata.exists()
    assert new.passwords.read_text() == '{"postgres": "secret"}'
    assert in_use(folder) == "16"


def test_what_is_made_up_is_set_aside_and_a_new_one_can_be_made(folder: Folder) -> None:
    succession.set_aside(folder, 18)
    assert not folder.pgdata.exists()
    assert '"made": false' in folder.marker.read_text()
    assert (folder.root / "before-postgresql-18/PG_VERSION").read_text() == "16"


def test_demos_of_an_older_postgresql_are_kept_aside_and_made_anew(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "pgdata").mkdir()
    write_marker(Folder(place, None), made=True)

    def join_or_refuse(folder: Path, **_options: Any) -> str:
        if (folder / "pgdata").exists():
            raise OlderServer(folder, 16, 18)
        return "joined"

    monkeypatch.setattr(embedded, "join", join_or_refuse)
    assert str(demo._joined(place, lambda _step: None)) == "joined"
    assert (place / "before-postgresql-18").is_dir()
