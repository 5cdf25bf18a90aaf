"""PostgreSQL's own benchmark program, given the very SQL that a desk sends when it books."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, event

from clinic_desk.database.embedded import binaries
from clinic_desk.database.engine import Database
from clinic_desk.database.queries.booking import FACTS, INSERT, LOCK
from clinic_desk.domain.commands import Book
from clinic_desk.services.booking import book


def script_of(desk: Database, commands: Iterator[Book], fixed: frozenset[str]) -> str:
    """Record what one booking sends, and make a pgbench script of it that books another time with each run.

    `fixed`: ids of the set-up, which stay as they are.
    """
    sent: list[str] = []

    def note(_connection: Any, cursor: Any, *_: Any) -> None:
        sent.append(cursor.query.decode())

    engine = desk.engine()
    book(desk, next(commands))  # prepares what is prepared once for a connection
    command = next(commands)
    event.listen(engine, "after_cursor_execute", note)
    book(desk, command)
    event.remove(engine, "after_cursor_execute", note)
    once = "".join(f"{_one_line(one.definition)};\n" for one in (LOCK, FACTS, INSERT))
    body = "\n".join(_parametrised(one, command.starts_at, fixed) for one in sent)
    return f"\\if :ready = 0\n{once}\\set ready 1\n\\endif\n\\set n random(1, 20000000)\nBEGIN;\n{body}\nCOMMIT;\n"


def _one_line(statement: str) -> str:
    return re.sub(r"--[^\n]*", "", statement).replace("\n", " ")


def _parametrised(statement: str, start: datetime, fixed: frozenset[str]) -> str:
    """Put expressions of pgbench's :n for what differs between two bookings: made ids, and every time."""
    origin = "timestamptz '2040-01-01 00:00+00' + :n * interval '10 min'"

    def instant(match: re.Match[str]) -> str:
        seconds = (datetime.fromisoformat(match[1]) - start).total_seconds()
        return f"({origin} + {seconds} * interval '1 s')"

    def wall(match: re.Match[str]) -> str:
        seconds = (datetime.fromisoformat(match[1]).replace(tzinfo=UTC) - start).total_seconds()
        return f"(({origin} + {seconds} * interval '1 s') AT TIME ZONE 'UTC')"

    text = re.sub(r"'(\d{4}-\d\d-\d\dT[^']*)'::timestamptz", instant, statement)
    text = re.sub(r"'(\d{4}-\d\d-\d\dT[^']*)'::timestamp\b", wall, text)
    days = f"(extract(epoch FROM {origin}) / 86400)::int"
    text = re.sub(r"ARRAY\[(\d+(?:,\s*\d+)*)\]::int\[\]", f"ARRAY[{days}]::int[]", text)
    made = {found for found in re.findall(_MADE_HERE, text) if found not in fixed}
    text = re.sub(r"'(\[.*\])'::json", lambda match: f"('{match[1]}')::json", text, flags=re.DOTALL)
    for number, found in enumerate(sorted(made)):
        expression = f"md5('{number % 7}' || :n)"
        text = re.sub(rf"'{found}'", f"({expression})", text)
        text = text.replace(found, f"' || {expression} || '")
    return " \\;\n".join(_one_line(part.strip()) for part in text.strip().rstrip(";").split(";\n")) + ";"


# Version 7 in the third group: made by the desk just now. (The patients' ids are of version 4, the set-up's are small.)
_MADE_HERE: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def pgbench_program() -> Path | None:
    """Return pgbench, if it is there: it comes with PostgreSQL's client programs."""
    beside = binaries.find(None).program("pgbench")
    found = str(beside) if beside.exists() else shutil.which("pgbench")
    return Path(found) if found else None


def pgbench_rate(pgbench: Path, url: URL, script: str, bookings: int) -> float:
    """Run a script so many times with one client; return the transactions a second."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql", delete=False) as file:
        file.write(script)
    assert url.host
    arguments = ["-n", "-c", "1", "-D", "ready=0", "-t", str(bookings), "-f", file.name]
    where = ["-h", url.host, "-p", str(url.port), "-U", str(url.username), str(url.database)]
    environment = os.environ | {
        "PGPASSWORD": url.password or "",
        "PGOPTIONS": "-c timezone=UTC -c plan_cache_mode=force_generic_plan",
    }
    done = subprocess.run(
        [str(pgbench), *arguments, *where], capture_output=True, text=True, check=False, env=environment
    )
    Path(file.name).unlink()
    match = re.search(r"tps = ([\d.]+) \(without initial", done.stdout)
    if match is None or "number of failed transactions: 0" not in done.stdout:
        sys.exit(f"pgbench failed: {done.stderr[:2000]}{done.stdout[:2000]}")
    return float(match[1])
