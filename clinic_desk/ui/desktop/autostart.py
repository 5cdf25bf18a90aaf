"""Starts the program when this user signs in: an XDG autostart file, Windows' Run key, a macOS LaunchAgent."""

from __future__ import annotations

import os
import plistlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSettings

NAME: Final = "clinic-desk"
AGENT: Final = "desk.clinic.ClinicDesk"
_RUN_KEY: Final = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Run"
_QUOTED: Final = frozenset(" \t\n\"'\\><~|&;$*?#()`")
"""What the Desktop Entry Specification wants an argument of Exec quoted for."""


def command_of(arguments: Sequence[str]) -> list[str]:
    """Return how this program is started again; `arguments` say which clinic, never by an address with a password."""
    if getattr(sys, "frozen", False):
        return [sys.executable, *arguments]
    return [sys.executable, "-m", "clinic_desk", *arguments]


def is_on() -> bool:
    """Whether the program starts with the PC for this user."""
    if sys.platform == "win32":
        return bool(_run_key().value(NAME))
    return _file().exists()


def set_on(command: Sequence[str] | None) -> None:
    """Start this command with the PC from now on; None: nothing. Raises OSError when it cannot be written."""
    if sys.platform == "win32":
        _set_run_key(_run_key(), command)
        return
    file = _file()
    if command is None:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.new")
    draft.write_bytes(launch_agent(command) if sys.platform == "darwin" else desktop_entry(command).encode())
    draft.replace(file)


def _file() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "LaunchAgents" / f"{AGENT}.plist"
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(folder) if folder.startswith("/") else Path.home() / ".config") / "autostart" / f"{NAME}.desktop"


def desktop_entry(command: Sequence[str]) -> str:
    """Return the file of the Desktop Application Autostart Specification."""
    return (
        "[Desktop Entry]\nType=Application\nName=Clinic Desk\n"
        f"Icon={NAME}\nExec={' '.join(_exec_argument(each) for each in command)}\n"
        "Terminal=false\nX-GNOME-Autostart-enabled=true\n"
    )


def _exec_argument(text: str) -> str:
    text = text.replace("%", "%%")
    if text and not _QUOTED & set(text):
        return text
    for char in '\\"`$':
        text = text.replace(char, f"\\{char}")
    return '"{}"'.format(text.replace("\\", "\\\\"))  # once more: the file's own rule for strings


def launch_agent(command: Sequence[str]) -> bytes:
    """Return macOS's description of what is started when this user signs in."""
    return plistlib.dumps({"Label": AGENT, "ProgramArguments": list(command), "RunAtLoad": True})


def _run_key() -> QSettings:
    return QSettings(_RUN_KEY, QSettings.Format.NativeFormat)


def _set_run_key(key: QSettings, command: Sequence[str] | None) -> None:
    if command is None:
        key.remove(NAME)
    else:
        key.setValue(NAME, subprocess.list2cmdline(command))
    key.sync()
    if key.status() != QSettings.Status.NoError:
        raise OSError
