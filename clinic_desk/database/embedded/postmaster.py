"""Reads postmaster.pid, the server's own account of itself, and tells whether that server is alive."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What postmaster.pid says; `status` is `ready`, `starting`, `stopping` or, before the server wrote one, empty."""

    pid: int
    port: int
    socket_dir: Path | None
    status: str


def read(pgdata: Path) -> Postmaster | None:
    """The server that last wrote postmaster.pid, alive or not; None when there is no such file or no number in it."""
    try:
        lines = (pgdata / "postmaster.pid").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return None
    lines += [""] * (8 - len(lines))
    if not lines[0].strip().lstrip("-").isdigit():
        return None
    port = int(lines[3]) if lines[3].strip().isdigit() else 0
    socket_dir = Path(lines[4].strip()) if lines[4].strip() else None
    return Postmaster(abs(int(lines[0])), port, socket_dir, lines[7].strip())


def alive(pgdata: Path) -> Postmaster | None:
    """The living server of `pgdata`, in whatever status; None when there is none.

    A number that another program got meanwhile (after a power cut), and the corpse of a killed server that nobody
    collected (in a container without an init), do not count.
    """
    found = read(pgdata)
    return found if found is not None and _serves(found.pid, pgdata) else None


def survivors(pgdata: Path) -> list[int]:
    """The ids of all living PostgreSQL processes that work in `pgdata`: after kill -9 of the server its children."""
    import psutil

    return [process.pid for process in psutil.process_iter() if _serves(process.pid, pgdata)]


def misleads(pgdata: Path) -> bool:
    """Whether postmaster.pid would keep PostgreSQL from starting although nobody works in `pgdata` (see survivors).

    Because it was cut off by a power failure, or because its number now belongs to another program or to a corpse.
    """
    import psutil

    found = read(pgdata)
    return found is None or psutil.pid_exists(found.pid)


def _serves(pid: int, pgdata: Path) -> bool:
    import psutil

    try:
        process = psutil.Process(pid)
        if not process.name().lower().startswith("postgres") or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return Path(process.cwd()).samefile(pgdata)  # PostgreSQL's processes work in their data folder
    except (psutil.NoSuchProcess, FileNotFoundError):
        return False
    except (psutil.AccessDenied, PermissionError):
        # Somebody else's PostgreSQL. On Windows it may be ours, started with administrator's rights.
        return sys.platform == "win32"
