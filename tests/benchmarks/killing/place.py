"""Where an act is killed: its folders, its programs, and everything that runs there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from select import select
from time import monotonic, sleep
from typing import Any, Final

import psutil

from clinic_desk.database.embedded.cluster import choose_port

ROOT: Final = Path(__file__).parents[3]
_LIMIT_S: Final = 300.0
_SMALL: Final = "900m"
_PASSPHRASE: Final = "correct horse battery staple"


class Trouble(Exception):
    """What must not be."""


@dataclass(slots=True)
class Place:
    """Where everything lies: `now` is put back before each round."""

    root: Path
    port: int
    """For a server that is shared."""

    @property
    def now(self) -> Path:
        return self.root / "now"

    def empty(self) -> None:
        """Have `now` be a PC on which nothing is set up."""
        self.end_all()
        shutil.rmtree(self.now, ignore_errors=True)
        for folder in ("tmp", "home", "config", "data"):
            (self.now / folder).mkdir(parents=True)
            (self.now / folder).chmod(0o1777 if folder == "tmp" else 0o755)

    def used(self) -> int:
        """Bytes of this disk."""
        return shutil.disk_usage(self.root).used

    @contextmanager
    def filled(self, free: float) -> Iterator[None]:
        """Leave so many bytes free."""
        filler = self.root / "filler"
        size = shutil.disk_usage(self.root).free - int(free)
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(size, 1))
        try:
            yield
        finally:
            filler.unlink()

    def said(self) -> str:
        """What the last program said: at its end, and what it told whoever typed the command."""
        lines = (self.root.parent / f"{self.root.name}.txt").read_text(errors="replace").strip().splitlines()
        told = [line.strip() for line in lines if '"message"' in line or '"error"' in line]
        return " ".join([*told, *lines[-1:]])[-400:]

    def put_back(self, template: Path) -> None:
        """Have `now` be as it was before the act."""
        self.end_all()
        shutil.rmtree(self.now, ignore_errors=True)
        subprocess.run(["cp", "-a", template, self.now], check=True)

    def environment(self) -> dict[str, str]:
        """What a program of this PC finds."""
        folders = {
            "CLINIC_DESK_DATA": "data",
            "CLINIC_DESK_CONFIG": "config",
            "KILLED_PLACE": "",
            "TMPDIR": "tmp",
            "HOME": "home",
            "XDG_RUNTIME_DIR": "tmp",
            "KILLED_KEYRING": "keyring.json",
        }
        given = {name: value for name, value in os.environ.items() if not name.startswith(("CLINIC_DESK_", "XDG_"))}
        return given | {name: str(self.now / folder) for name, folder in folders.items()} | {
            "CLINIC_DESK_BACKUP_PASSPHRASE": _PASSPHRASE,
            "CLINIC_DESK_PASSWORD_JULIA": "sieben rote Vögel",
            "PYTHON_KEYRING_BACKEND": "tests.benchmarks.killing.keyring_file.Keyring",
            "PYTHONPATH": str(ROOT),
            "KILLED_PORT": str(self.port),
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip

    def processes(self) -> list[psutil.Process]:
        """Everything that runs here: a PostgreSQL process works in its data folder."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                here = Path(process.cwd())
                if here.is_relative_to(self.root) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def servers(self) -> set[str]:
        """The data folders in which a PostgreSQL server runs, by their path from here."""
        found = set()
        for process in self.processes():
            with suppress(psutil.Error, OSError):
                if process.name().startswith("postgres"):
                    found.add(str(Path(process.cwd()).relative_to(self.root)))
        return found

    def end_all(self) -> None:
        """The PC loses its power."""
        while running := self.processes():
            for process in running:
                with suppress(psutil.Error):
                    process.kill()
            sleep(0.02)


@contextmanager
def made(*, is_small: bool = False) -> Iterator[Place]:
    """A place, in memory where there is room; gone afterwards, with all that runs there.

    `is_small`: on a disk of its own. Raises CalledProcessError where that cannot be mounted.
    """
    memory = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(prefix="cdk-", dir=memory if memory.is_dir() else None))
    if is_small:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SMALL}", "tmpfs", root], check=True)
    root.chmod(0o755)
    place = Place(root, choose_port(None))
    try:
        yield place
    finally:
        place.end_all()
        if is_small:
            subprocess.run(["umount", "--lazy", root], check=False)
        shutil.rmtree(root, ignore_errors=True)
        (root.parent / f"{root.name}.txt").unlink(missing_ok=True)


@dataclass(slots=True)
class Running:
    """A program under way, and what it tells."""

    process: subprocess.Popen[bytes]
    told: int
    said: bytes = b""

    def line(self, limit_s: float = _LIMIT_S) -> str:
        """What it says next; empty at its end, or when it says nothing for so long."""
        ends = monotonic() + limit_s
        while b"\n" not in self.said:
            if not select([self.told], [], [], max(0.0, ends - monotonic()))[0]:
                return ""
            data = os.read(self.told, 65536)
            if not data:
                break
            self.said += data
        line, _, self.said = self.said.partition(b"\n")
        return line.decode()

    def ended(self) -> bool:
        return self.process.poll() is not None


@contextmanager
def program(place: Place, *words: str) -> Iterator[Running]:
    """A program in a session of its own; killed after the block if it runs on."""
    reading, writing = os.pipe()
    with (place.root.parent / f"{place.root.name}.txt").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.killing.program", *words],
            cwd=place.now,
            env=place.environment() | {"KILLED_TELL": str(writing)},
            pass_fds=[writing],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    os.close(writing)
    try:
        yield Running(process, reading)
    finally:
        process.kill()
        process.wait()
        os.close(reading)


def answer(place: Place, *words: str) -> Any:
    """What a program that is left alone says at its end. Raises Trouble."""
    with program(place, *words) as running:
        line = running.line()
        if line == "begins":
            line = running.line()
        try:
            code = running.process.wait(_LIMIT_S)
        except subprocess.TimeoutExpired:
            code = -1
    if code:
        message = f"{' '.join(words)} failed: {place.said()}"
        raise Trouble(message)
    return json.loads(line) if line else None
