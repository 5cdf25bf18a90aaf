"""Finds an installed PostgreSQL that a clinic's database can be shared with, and says how to get one.

Looked at are the places where packages and installers put it; what is there is asked for its version and whether it was
built with OpenSSL. Nothing is started, and the system's own clusters are left alone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from os import environ
from pathlib import Path
from typing import Final

from clinic_desk.database.embedded.commands import child_environment
from clinic_desk.sharing.plans import OLDEST_MAJOR, FoundServer, HowToGet, SharingError, Trouble

_LIMIT_S: Final = 10.0
_NEEDED: Final = ("postgres", "initdb", "pg_ctl")
_PLACES: Final = {
    "linux": (
        *("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/lib/postgresql*/bin", "/usr/lib64/pgsql/bin"),
        *("/opt/postgresql*/bin", "/usr/local/pgsql/bin", "/usr/bin"),
    ),
    "darwin": (
        *("/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin", "/Library/PostgreSQL/*/bin"),
        "/Applications/Postgres.app/Contents/Versions/*/bin",
    ),
    "win32": (),
}
_VERSION: Final = re.compile(r"\(PostgreSQL\) ((\d+)(?:\.\d+)*)")
_CIPHERS: Final = re.compile(r"^ssl_ciphers\t.*", re.MULTILINE)
_REGISTRY: Final = r"SOFTWARE\PostgreSQL\Installations"


def find_servers(places: Iterable[Path] | None = None, limit_s: float = _LIMIT_S) -> tuple[FoundServer, ...]:
    """Return every PostgreSQL that is installed here: those that can be shared with first, the newest of them first.

    `places`: folders of programs to look at instead of where installers put them. Each program gets `limit_s` seconds.
    """
    seen: dict[Path, FoundServer] = {}
    for place in installed_places() if places is None else places:
        real = Path(os.path.realpath(_program(place, "postgres"))).parent  # packages put links into /usr/bin
        if real not in seen and (found := look_at(real, limit_s)) is not None:
            seen[real] = found
    return tuple(sorted(seen.values(), key=lambda found: (found.trouble is not None, -found.major)))


def look_at(folder: Path, limit_s: float = _LIMIT_S) -> FoundServer | None:
    """Return the PostgreSQL whose programs lie in a folder; None if there is none that runs."""
    programs = [_program(folder, name) for name in _NEEDED]
    if not all(program.is_file() for program in programs):
        return None
    told = _VERSION.search(_asked(programs[0], "--version", limit_s))
    if told is None:
        return None
    ciphers = _CIPHERS.search(_asked(programs[0], "--describe-config", limit_s))
    # a server without OpenSSL knows no ciphers, and says so
    has_tls = ciphers is not None and "none" not in ciphers[0].split("\t")
    return FoundServer(folder, told[1], int(told[2]), has_tls)


def choose(found: Sequence[FoundServer]) -> FoundServer:
    """Return the best of what was found. Raises SharingError that says what there is and how to get a better one."""
    get = how_to_get()
    how = f"{get.sentence} {get.command}"
    if not found:
        raise SharingError(Trouble.NO_POSTGRESQL, f"There is no PostgreSQL server on this PC. {how}")
    best = found[0]
    if best.trouble is Trouble.POSTGRESQL_TOO_OLD:
        message = f"PostgreSQL {best.version} in {best.folder} is too old: {OLDEST_MAJOR} or newer is needed. {how}"
        raise SharingError(best.trouble, message, best.version)
    if best.trouble is not None:
        message = f"PostgreSQL {best.version} in {best.folder} was built without encryption (OpenSSL). {how}"
        raise SharingError(best.trouble, message, best.version)
    return best


def how_to_get(platform: str = sys.platform, os_release: Path = Path("/etc/os-release")) -> HowToGet:
    """Return how a PostgreSQL server gets on a computer of this kind."""
    kind = _kind(platform, os_release)
    sentence, command = _WAYS[kind]
    return HowToGet(kind, sentence, command)


def how_to_get_major(major: int, platform: str = sys.platform, os_release: Path = Path("/etc/os-release")) -> HowToGet:
    """Return how the programs of one major version get on a computer of this kind, beside what is there."""
    kind = _kind(platform, os_release)
    command = _OF_MAJOR.get(kind, "https://www.postgresql.org/download/").format(major=major)
    return HowToGet(kind, f"Install PostgreSQL {major} on this PC; only its programs are used:", command)


_BY_PACKAGE: Final = "An administrator of this PC installs it with:"
_WAYS: Final = {
    "debian": (_BY_PACKAGE, "sudo apt-get install postgresql"),
    "fedora": (_BY_PACKAGE, "sudo dnf install postgresql-server"),
    "suse": (_BY_PACKAGE, "sudo zypper install postgresql-server"),
    "arch": (_BY_PACKAGE, "sudo pacman -S postgresql"),
    "linux": (
        "Install the package of your system that holds the PostgreSQL server:",
        "https://www.postgresql.org/download/",
    ),
    "windows": (
        "Download the installer of PostgreSQL 17 and run it; its own server may stay as it is:",
        "https://www.postgresql.org/download/windows/",
    ),
    "macos": (
        "Install it with Homebrew, or install Postgres.app from https://postgresapp.com:",
        "brew install postgresql@17",
    ),
}


_OF_MAJOR: Final = {
    "debian": "sudo apt-get install postgresql-{major}   (https://wiki.postgresql.org/wiki/Apt has every version)",
    "fedora": "sudo dnf install postgresql{major}-server   (https://www.postgresql.org/download/linux/redhat/)",
    "suse": "sudo zypper install postgresql{major}-server",
    "windows": "https://www.postgresql.org/download/windows/",
    "macos": "brew install postgresql@{major}",
}


def _kind(platform: str, os_release: Path) -> str:
    if platform in {"win32", "darwin"}:
        return {"win32": "windows", "darwin": "macos"}[platform]
    try:
        lines = os_release.read_text("utf-8", "replace").splitlines()
    except OSError:
        return "linux"
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    names = f"{said.get('ID', '')} {said.get('ID_LIKE', '')}".replace('"', "").split()
    families = {"debian": "debian", "ubuntu": "debian", "fedora": "fedora", "rhel": "fedora", "centos": "fedora"}
    families |= {"suse": "suse", "opensuse": "suse", "arch": "arch"}
    return next((families[name] for name in names if name in families), "linux")


def installed_places() -> Iterator[Path]:
    """Yield the folders where packages and installers put PostgreSQL's programs, whatever is in them."""
    platform = "linux" if sys.platform.startswith("linux") else sys.platform
    for pattern in _PLACES.get(platform, _PLACES["linux"]):
        yield from sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    yield from _on_windows()
    if (program := shutil.which("postgres")) is not None:
        yield Path(program).parent
    if (program := shutil.which("pg_config")) is not None and (told := _asked(Path(program), "--bindir", _LIMIT_S)):
        yield Path(told.strip())


def _on_windows() -> list[Path]:
    places: list[Path] = []
    if sys.platform == "win32":
        import winreg

        for view in (winreg.KEY_WOW64_64KEY, winreg.KEY_WOW64_32KEY):
            try:
                with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _REGISTRY, 0, winreg.KEY_READ | view) as key:
                    for number in range(winreg.QueryInfoKey(key)[0]):
                        with winreg.OpenKey(key, winreg.EnumKey(key, number)) as installation:
                            places.append(Path(winreg.QueryValueEx(installation, "Base Directory")[0]) / "bin")
            except OSError:  # no such key: nothing was installed by the installer
                continue
        for variable in ("ProgramFiles", "ProgramFiles(x86)"):
            if root := environ.get(variable):
                places += sorted(Path(root, "PostgreSQL").glob("*/bin"), reverse=True)
    return places


def _program(folder: Path, name: str) -> Path:
    return folder / (f"{name}.exe" if sys.platform == "win32" else name)


def _asked(program: Path, question: str, limit_s: float) -> str:
    """What a program says on its standard output; nothing if it cannot be run or does not end in time."""
    try:
        return subprocess.run(  # noqa: S603 - a program that was found where installers put it, no shell
            [program, question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=child_environment(environ, frozen=bool(getattr(sys, "frozen", False))),
            timeout=limit_s,
            check=False,
        ).stdout.decode("utf-8", "replace")
    except (OSError, subprocess.TimeoutExpired):
        return ""
