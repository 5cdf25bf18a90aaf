"""The program's log: a small rotating file in the user's log folder that can hold no patient data by accident.

The program itself logs ids, counts and its own errors, never a patient's data. What libraries log may quote what they
were given: of theirs only warnings are kept, and of each only the words that stand in their source. `CLINIC_DESK_LOG`
set to `debug` lets this program say more, and libraries not.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import unicodedata
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final, TextIO

from clinic_desk.reports import redacted

__all__ = ["RedactingFormatter", "log_folder", "redacted", "start_console_log", "start_log"]

VARIABLE: Final = "CLINIC_DESK_LOG"
_OURS: Final = "clinic_desk"
_MAX_BYTES: Final = 1_000_000
_FILES: Final = 3
_FORMAT: Final = "%(levelname)s %(name)s [%(threadName)s] %(message)s"
_STEERING: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Would begin a line, steer a terminal, or turn the direction of what follows."""


def log_folder() -> Path:
    """Return the platform's folder for this user's logs of this program."""
    import platformdirs

    return platformdirs.user_log_path("clinic-desk", appauthor=False)


class RedactingFormatter(logging.Formatter):
    """One record is one line; tracebacks keep places and classes, but not the texts of other libraries' errors."""

    def __init__(self) -> None:
        super().__init__(_FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one redacted line (line breaks and what steers a terminal as visible signs)."""
        return f"{self.formatTime(record)} {_on_one_line(redacted(super().format(_without_quotes(record))))}"

    def formatException(self, ei: object) -> str:  # noqa: N802
        """Return where it happened and the class, without the message."""
        from clinic_desk.reports import traceback_text

        error = ei[1] if isinstance(ei, tuple) else None
        return traceback_text(error) if isinstance(error, BaseException) else ""


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name == _OURS or record.name.startswith(f"{_OURS}.")


def _is_kept(record: logging.LogRecord) -> bool:
    return _is_ours(record) or record.levelno >= logging.WARNING


def _without_quotes(record: logging.LogRecord) -> logging.LogRecord:
    """A library's record with the words of its source only: what it would fill in may be a name, or a password."""
    if _is_ours(record):
        return record
    kept = logging.makeLogRecord(record.__dict__)
    kept.msg = str(record.msg) if record.args else "(its text is left out: it might hold a name)"
    kept.args, kept.stack_info, kept.exc_text = (), None, None
    return kept


def _on_one_line(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\n", "\\n")
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in _STEERING else char for char in text
    )


class _PrivateFile(RotatingFileHandler):
    """Files that only this user can read, from their first byte."""

    def _open(self) -> TextIOWrapper:
        def private(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        return TextIOWrapper(open(self.baseFilename, f"{self.mode}b", opener=private), encoding=self.encoding)


def start_log(folder: Path) -> Path:
    """Write the program's log into `folder` from now on; return its file."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "clinic-desk.log"
    _listen(_PrivateFile(path, maxBytes=_MAX_BYTES, backupCount=_FILES, encoding="utf-8", delay=True))
    _log_hard_crashes(folder)
    return path


def start_console_log(stream: TextIO) -> None:
    """Write the same to a stream, for a program without a window."""
    _listen(logging.StreamHandler(stream))


def _listen(handler: logging.Handler) -> None:
    handler.setFormatter(RedactingFormatter())
    handler.addFilter(_is_kept)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    if os.environ.get(VARIABLE, "").casefold() == "debug":
        logging.getLogger(_OURS).setLevel(logging.DEBUG)


def _log_hard_crashes(folder: Path) -> None:
    """Have Python write where it stood when the process dies in a library (names of functions only)."""
    path = folder / "crash.log"
    if path.exists() and path.stat().st_size > _MAX_BYTES:
        path.unlink()

    def private(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    handle = open(path, "a", encoding="utf-8", opener=private)  # noqa: SIM115
    faulthandler.enable(handle)
