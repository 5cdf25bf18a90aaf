"""The server is kept running by the system's own means; where this program may not, one command says the rest."""

from pathlib import Path

import pytest

from clinic_desk.sharing import service

ROOT = Path('/srv/the "clinic" 100%/shared')
PROGRAMS = Path("/usr/lib/postgresql/15/bin")


def test_a_unit_names_the_server_whatever_is_in_its_path() -> None:
    unit = service.systemd_text(ROOT, PROGRAMS, "clinic-desk")
    assert r'ExecStart="/usr/lib/postgresql/15/bin/postgres" -D "/srv/the \"clinic\" 100%%/shared/pgdata"' in unit
    assert "User=clinic-desk\n" in unit
    assert "WantedBy=multi-user.target" in unit


def test_who_may_not_make_a_service_is_given_the_file_and_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "is_root", lambda: False)
    monkeypatch.setattr(service, "_kind", lambda _platform: "systemd")
    monkeypatch.setattr(service, "_UNITS", tmp_path / "system")
    made = service.install(tmp_path, PROGRAMS, None, "linux")
    assert not made.is_installed
    assert made.file == tmp_path / "clinic-desk-server.service"
    assert made.command.startswith(f"sudo install -m 644 {made.file} {tmp_path / 'system'}/")
    (tmp_path / "system").mkdir()
    made.file.rename(tmp_path / "system" / made.file.name)  # as the command does
    assert service.look(tmp_path, PROGRAMS, None, "linux").is_installed


def test_a_daemon_and_a_windows_service_name_the_server_too() -> None:
    daemon = service.launchd_text(ROOT, PROGRAMS, "julia")
    assert '<string>/srv/the "clinic" 100%/shared/pgdata</string>' in daemon
    assert "register -N clinic-desk-server" in service.windows_command(Path("C:/clinic"), Path("C:/pg/bin"))
