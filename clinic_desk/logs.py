"""The program's log: a small rotating file in the user's log folder that can hold no patient data by accident."""

from __future__ import annotations

import faulthandler
import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

_MAX_BYTES: Final = 1_000_000
_FILES: Final = 3
_MAIL: Final = re.compile(r"[\w.+-]+@[\w.-]+")
_PHONE: Final = re.compile(r"\+?\d(?:[\s/().-]?\d){6,}")
_SECRET: Final = re.compile(r"(?i)(://[^\s:/@]*:)[^\s@]+(@)|(password\s*=\s*)\S+")
_LOUD: Final = ("twilio.http_client", "sqlalchemy.engine", "sqlalchemy.pool", "apscheduler", "alembic", "urllib3")


def redacted(text: str) -> str:
    """Return the text with mail addresses, long numbers and passwords in addresses made unreadable."""
    text = _SECRET.sub(lambda found: f"{found[1]}…{found[2]}" if found[1] else f"{found[3]}…", text)
    return _PHONE.sub("[number]", _MAIL.sub("[address]", text))


class RedactingFormatter(logging.Formatter):
    """One record is one line; tracebacks keep places and classes, but not the texts of other libraries' errors."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one redacted line (line breaks as a visible sign)."""
        return redacted(super().format(record)).replace("\r", "").replace("\n", "\\n")

    def formatException(self, ei: object) -> str:  # noqa: N802
        """Return where it happened and the class, without the message."""
        from clinic_desk.reports import traceback_text

        error = ei[1] if isinstance(ei, tuple) else None
        return traceback_text(error) if isinstance(error, BaseException) else ""


def start_log(folder: Path) -> Path:
    """Write the program's log into `folder` from now on; return its file. Loggers that say too much are capped."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "clinic-desk.log"
    handler = RotatingFileHandler(path, maxBytes=_MAX_BYTES, backupCount=_FILES, encoding="utf-8", delay=True)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s [%(threadName)s] %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    _log_hard_crashes(folder)
    return path


def _log_hard_crashes(folder: Path) -> None:
    """Have Python write where it stood when the process dies in a library (names of functions only)."""
    handle = (folder / "crash.log").open("a", encoding="utf-8")
    faulthandler.enable(handle)
