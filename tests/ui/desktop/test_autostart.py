"""Starting with the PC: the file, key or description that each system reads."""

from __future__ import annotations

import plistlib
import re
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from clinic_desk.ui.desktop import autostart

HOSTILE = ["/opt/Clinic Desk/clinic-desk", "--data", '/srv/50% "ours" $HOME `id`\\n']


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="XDG")
def test_on_linux_a_file_of_the_users_own_is_written_and_taken_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert not autostart.is_on()
    autostart.set_on(autostart.command_of(["--data", "/srv/clinic"]))
    (file,) = (tmp_path / "config" / "autostart").iterdir()
    assert autostart.is_on()
    assert f"Exec={sys.executable} -m clinic_desk --data /srv/clinic\n" in file.read_text()
    autostart.set_on(None)
    autostart.set_on(None)
    assert not autostart.is_on()


def test_a_desktop_reads_the_same_words_back() -> None:
    line = next(line for line in autostart.desktop_entry(HOSTILE).splitlines() if line.startswith("Exec="))
    # As a desktop reads it: the file's rule for backslashes, then quotes as a shell has them, then the field codes.
    unescaped = line.removeprefix("Exec=").replace("\\\\", "\\")
    found = re.findall(r'"((?:\\.|[^"\\])*)"|(\S+)', unescaped)
    words = [re.sub(r"\\(.)", r"\1", quoted) or plain for quoted, plain in found]
    assert [word.replace("%%", "%") for word in words] == HOSTILE


def test_macos_is_given_the_words_as_they_are() -> None:
    told = plistlib.loads(autostart.launch_agent(HOSTILE))
    assert told == {"Label": "desk.clinic.ClinicDesk", "ProgramArguments": HOSTILE, "RunAtLoad": True}


def test_windows_is_given_one_line_and_no_trace_is_left(tmp_path: Path) -> None:
    key = QSettings(str(tmp_path / "run.ini"), QSettings.Format.IniFormat)
    autostart._set_run_key(key, [r"C:\Program Files\Clinic Desk\clinic-desk.exe", "--data", "D:\\"])
    assert key.value("clinic-desk") == r'"C:\Program Files\Clinic Desk\clinic-desk.exe" --data D:' + "\\"
    autostart._set_run_key(key, None)
    assert not key.contains("clinic-desk")
