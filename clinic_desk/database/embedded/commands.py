"""Runs PostgreSQL's programs: a clean environment, output through a file, detached from our console, never as root."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from os import environ
from typing import TYPE_CHECKING, Any

from clinic_desk.database.embedded.problems import EmbeddedServerError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clinic_desk.database.embedded.account import Account

# Windows: the values of subprocess.CREATE_NEW_PROCESS_GROUP and CREATE_NO_WINDOW, which exist there only. With them
# neither Ctrl+C nor closing our console window reaches the server.
_WINDOWS_DETACHED = 0x00000200 | 0x08000000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended: its exit code and what it printed on both streams."""

    code: int
    output: str


def child_environment(inherited: Mapping[str, str], *, frozen: bool) -> dict[str, str]:
    """The environment for PostgreSQL's programs: no PG* variable, messages in English, no library path of a bundle."""
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.upper().startswith(("PG", "LC_")) and name.upper() not in {"LANG", "LANGUAGE"}
    }
    if frozen:  # PyInstaller points the loader at the bundle and keeps the user's value under *_ORIG
        original = kept.pop("LD_LIBRARY_PATH_ORIG", None)
        kept.pop("LD_LIBRARY_PATH", None)
        if original is not None:
            kept["LD_LIBRARY_PATH"] = original
    kept["LC_ALL"] = "C"
    return kept


def process_options(platform: str, account: Account | None) -> dict[str, Any]:
    """The arguments of subprocess.run that detach a program from our terminal and give it its account."""
    if platform == "win32":
        return {"creationflags": _WINDOWS_DETACHED}
    options: dict[str, Any] = {"start_new_session": True, "umask": 0o077}
    if account is not None:
        options |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return options


def run(program: Path, *arguments: str, account: Account | None, folder: Path, limit: float | None = None) -> Outcome:
    """Run one of PostgreSQL's programs in `folder` and wait for its end, at most `limit` seconds.

    Its output goes through a file: the server that pg_ctl leaves behind would hold a pipe open for ever. Name files by
    their path from `folder`: pg_ctl starts the server through a shell, which would take quotes in a long path amiss.
    A limit costs up to 50 ms (Python looks now and then): pg_ctl and pg_isready have their own.
    Raises EmbeddedServerError (no_binaries) when it cannot be run at all, (start_failed) when it takes too long.
    """
    with tempfile.TemporaryFile() as output:
        try:
            ended = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, no shell
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=child_environment(environ, frozen=bool(getattr(sys, "frozen", False))),
                cwd=folder,
                timeout=limit,
                check=False,
                **process_options(sys.platform, account),
            )
        except subprocess.TimeoutExpired as error:
            message = f"PostgreSQL's {program.name} did not end within {limit:.0f} s; is the disk very slow or full?"
            raise EmbeddedServerError(Problem.START_FAILED, message) from error
        except OSError as error:
            message = f"PostgreSQL's {program} cannot be run ({error.strerror}). Install the program again."
            raise EmbeddedServerError(Problem.NO_BINARIES, message) from error
        output.seek(0)
        return Outcome(ended.returncode, output.read().decode("utf-8", "replace"))
