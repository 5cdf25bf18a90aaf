"""`clinic-desk backup`: what it does, says, and ends with."""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from clinic_desk.backups import passphrase, programs, recording
from clinic_desk.backups.checking import check
from clinic_desk.backups.dumping import Source
from clinic_desk.cli import main
from clinic_desk.database import schema
from tests.backups.conftest import PHRASE, Server
from tests.support.small_clinic import SmallClinic

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(
    clinic: SmallClinic,
    source: Source,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:  # fmt: skip
    """`clinic-desk backup … --json`, checking on the run's server."""
    assert clinic.patients
    monkeypatch.setenv("CLINIC_DESK_BACKUP_DATABASE_URL", source.url.render_as_string(hide_password=False))
    monkeypatch.setenv(passphrase.VARIABLE, PHRASE)
    monkeypatch.setattr(recording, "carry_out", partial(recording.carry_out, how=server.how))
    monkeypatch.setattr("clinic_desk.commandline.backup.check_backup", partial(check, scratch=server.scratch))

    def go(*arguments: object) -> tuple[int, Any]:
        capsys.readouterr()
        code = main(["backup", *(str(each) for each in arguments), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return go


@pytest.fixture
def as_manager(url_as: Callable[[Any], URL], monkeypatch: pytest.MonkeyPatch) -> None:
    address = url_as("clinic_manager").render_as_string(hide_password=False)
    monkeypatch.setenv("CLINIC_DESK_DATABASE_URL", address)


def test_a_manager_plans_makes_lists_and_checks_backups_by_command(
    run: Run, as_manager: None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert as_manager is None
    code, settings = run("schedule", "--folder", folder, "--at", "03:05", "--daily", "3")
    assert (code, settings["enabled"], settings["at_minute"], settings["keep_daily"]) == (0, True, 185, 3)
    assert settings["zone"] == "America/New_York"  # the first site is in Harlem
    code, made = run("now")
    assert (code, made["rows"]["patient"], made["findings"]) == (0, 10, 0)
    assert Path(made["file"]).parent == folder
    code, listed = run("list")
    assert (code, listed["standing"], [one["kind"] for one in listed["backups"]]) == (0, "good", ["by-hand"])
    code, checked = run("check", made["file"])
    assert (code, checked["clinic"]) == (0, ["Harlem", "Mitte"])
    with monkeypatch.context() as patched:
        patched.setattr(schema, "known_revisions", lambda: ("0001",))
        code, said = run("restore", made["file"], "--over")  # of a newer program: told before a backup is made
    assert (code, "newer Clinic Desk made this" in said["message"]) == (1, True)
    assert len(run("list")[1]["backups"]) == 1
    code, settings = run("schedule", "--off")
    assert (code, settings["enabled"], settings["at_minute"]) == (0, False, 185)
    assert run("send-messages")[0] == 0


def test_what_cannot_be_done_says_why_by_its_exit_code(
    run: Run, as_manager: None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert as_manager is None
    assert run("now")[0] == 3  # no folder is set
    assert run("schedule", "--folder", folder)[1]["trouble"] is None
    assert run("schedule", "--folder", folder / "none")[1]["trouble"] == "folder"  # now, and not at night
    with monkeypatch.context() as patched:
        patched.setattr(programs, "_candidates", lambda _name: [(9, Path("pg_dump"))])
        assert run("schedule", "--folder", folder)[1]["trouble"] == "no-program"
        patched.setenv("CLINIC_DESK_BACKUP_DATABASE_URL", os.environ["CLINIC_DESK_DATABASE_URL"])
        assert run("schedule", "--folder", folder)[1]["trouble"] == "no-login"
    assert run("now", "--to", folder / "none")[0] == 3
    assert run("check")[0] == run("restore", "x")[0] == run("list", "x")[0] == 2
    (folder / "x").write_bytes(b"not one of ours")
    code, said = run("check", folder / "x")
    assert (code, said["error"], said["message"]) == (1, "not-usable", "the file is not a backup of Clinic Desk")
    monkeypatch.delenv(passphrase.VARIABLE)
    monkeypatch.setattr("clinic_desk.notifications.credentials.kept_here", lambda _names: {})
    code, said = run("now", "--to", folder)
    assert (code, said["error"]) == (3, "backup-failed")
    assert passphrase.VARIABLE in said["message"]
