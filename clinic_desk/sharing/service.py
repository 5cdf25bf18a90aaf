"""Keeps the clinic's own server running when nobody is signed in: as a service of this PC, by the system's own means.

Where this program may not (only administrators may), what it would write is written beside the server, and one command
says the rest. Nothing here starts or stops a server.
"""

from __future__ import annotations

import getpass
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from clinic_desk.connection_file import keep
from clinic_desk.database.embedded.account import is_root
from clinic_desk.sharing.plans import Service

if TYPE_CHECKING:
    from clinic_desk.database.embedded.account import Account

NAME: Final = "clinic-desk-server"
_LABEL: Final = "org.clinic-desk.server"
_UNITS: Final = Path("/etc/systemd/system")
_DAEMONS: Final = Path("/Library/LaunchDaemons")
_LIMIT_S: Final = 30.0
_TOOLS: Final = {
    "systemd": [["systemctl", "daemon-reload"], ["systemctl", "enable", NAME]],
    "launchd": [["launchctl", "enable", f"system/{_LABEL}"]],
}


def look(root: Path, programs: Path, account: Account | None, platform: str = sys.platform) -> Service:
    """Return whether the server of the folder `root` is a service of this PC, and what makes it one. Changes nothing.

    `programs`: of PostgreSQL; `account`: that it runs as (None: who runs this).
    """
    if platform == "win32":
        return Service("windows", _runs(["sc", "query", NAME]), windows_command(root, programs))
    kind = _kind(platform)
    if kind == "none":
        return Service("none", False, start_command(root, programs))
    draft, target, text = _files(kind, root, programs, account)
    try:
        is_installed = target.read_text("utf-8") == text
    except (OSError, UnicodeDecodeError):
        is_installed = False
    steps = [["install", "-m", "644", str(draft), str(target)], *_TOOLS[kind]]
    command = " && ".join(shlex.join(["sudo", *step]) for step in steps)
    return Service(kind, is_installed, command, target if is_installed else draft)


def install(root: Path, programs: Path, account: Account | None, platform: str = sys.platform) -> Service:
    """Make the server a service where this program may; otherwise write what is needed beside it. As `look`.

    Doing it again changes nothing.
    """
    found = look(root, programs, account, platform)
    if found.is_installed or found.file is None:
        return found
    draft, target, text = _files(found.kind, root, programs, account)
    if not (is_root() and _put(target, text) and all(_runs(tool) for tool in _TOOLS[found.kind])):
        keep(draft, text)
    return look(root, programs, account, platform)


def _kind(platform: str) -> str:
    if platform == "darwin":
        return "launchd"
    return "systemd" if Path("/run/systemd/system").is_dir() else "none"


def _files(kind: str, root: Path, programs: Path, account: Account | None) -> tuple[Path, Path, str]:
    """A service's file beside the server, where the system looks for it, and its text."""
    user = account.name if account is not None else getpass.getuser()
    if kind == "launchd":
        return root / f"{_LABEL}.plist", _DAEMONS / f"{_LABEL}.plist", launchd_text(root, programs, user)
    return root / f"{NAME}.service", _UNITS / f"{NAME}.service", systemd_text(root, programs, user)


def systemd_text(root: Path, programs: Path, user: str) -> str:
    """Return the unit: started with the PC, stopped in order, started again if it breaks down."""
    return f"""\
[Unit]
Description=Clinic Desk: the clinic's shared database
After=network-online.target
Wants=network-online.target

[Service]
Type=simple
User={user}
ExecStart={_in_unit(programs / "postgres")} -D {_in_unit(root / "pgdata")}
ExecReload=/bin/kill -HUP $MAINPID
KillMode=mixed
KillSignal=SIGINT
TimeoutStopSec=120
OOMScoreAdjust=-900
Restart=on-failure
RestartSec=2

[Install]
WantedBy=multi-user.target
"""


def launchd_text(root: Path, programs: Path, user: str) -> str:
    """Return the property list of a launch daemon."""
    words = "".join(f"<string>{escape(str(word))}</string>" for word in (programs / "postgres", "-D", root / "pgdata"))
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>Label</key><string>{_LABEL}</string>
<key>UserName</key><string>{escape(user)}</string>
<key>ProgramArguments</key><array>{words}</array>
<key>RunAtLoad</key><true/><key>KeepAlive</key><true/>
<key>ExitTimeOut</key><integer>120</integer>
</dict></plist>
"""


def windows_command(root: Path, programs: Path) -> str:
    """Return what an administrator types in a command window: a service that starts with the PC."""
    return f'"{programs / "pg_ctl.exe"}" register -N {NAME} -D "{root / "pgdata"}" -S auto && net start {NAME}'


def start_command(root: Path, programs: Path) -> str:
    """Return what starts the server by hand, or from whatever starts programs on this system."""
    return shlex.join(
        [str(programs / "pg_ctl"), "start", "-w", "-D", str(root / "pgdata"), "-l", str(root / "log" / "start.log")]
    )


def _put(file: Path, text: str) -> bool:
    try:
        keep(file, text)
        file.chmod(0o644)
    except OSError:
        return False
    return True


def _runs(words: list[str]) -> bool:
    program = shutil.which(words[0])
    if program is None:
        return False
    try:
        ended = subprocess.run(  # noqa: S603 - the system's own, no shell
            [program, *words[1:]], stdin=subprocess.DEVNULL, capture_output=True, timeout=_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


def _in_unit(path: Path) -> str:
    """A path as systemd reads it: quoted, with its own signs doubled."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"'
