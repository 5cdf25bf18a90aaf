"""Prints documents as JSON and lines as text, whatever the terminal, the encoding or a closed pipe makes of them."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
import unicodedata
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable

_HARMFUL: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Turn the direction of what follows, beyond the name they stand in; marks that only join emoji or letters stay."""
_CLOSED: Final = frozenset({errno.EPIPE, errno.EINVAL})  # the second is what Windows says
NOT_WRITTEN: Final = 74
"""The exit code (EX_IOERR of sysexits.h) for: carried out, but the answer could not be written."""


def prepare_streams() -> None:
    """Let a character that the terminal's encoding does not have be shown as "?" instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def shown(text: str) -> str:
    """Return one line with everything that could steer a terminal, or turn the rest of the line, as an escape."""
    return "".join(_escaped(char) if _is_harmful(char) else char for char in text)


def _is_harmful(char: str) -> bool:
    return unicodedata.category(char) in _HARMFUL or char in _TURNING


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def print_answer(document: Any, lines: Iterable[str], *, as_json: bool) -> int:
    """Print the document as JSON, or the lines, on standard output; return 0, or NOT_WRITTEN.

    JSON loses nothing: to an encoding that cannot hold all of it, it is written in ASCII.
    """
    text = json_text(document, sys.stdout) if as_json else "\n".join(shown(line) for line in lines)
    return write(sys.stdout, text + "\n")


def json_text(document: Any, stream: TextIO) -> str:
    """Return one document as JSON that the stream's encoding can hold."""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "").replace("_", "")
    return json.dumps(document, ensure_ascii=not encoding.startswith("utf"), indent=2)


def complain(*lines: str) -> None:
    """Print lines on standard error, the first with the program's name."""
    first, *others = [shown(line) for line in lines]
    write(sys.stderr, "\n".join([f"clinic-desk: {first}", *(f"  {line}" for line in others)]) + "\n")


def write(stream: TextIO | None, text: str) -> int:
    """Write and flush; return 0 (also when the reader has gone: it wanted no more), or NOT_WRITTEN, saying why."""
    if stream is None:  # a program without a console, on Windows
        return 0
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        _silence(stream)
        if isinstance(error, BrokenPipeError) or error.errno in _CLOSED:
            return 0
        if stream is not sys.stderr:
            complain(f"done, but the answer could not be written: {error.strerror}")
        return NOT_WRITTEN
    return 0


def _silence(stream: TextIO) -> None:
    """Lead what is left in the stream's buffer nowhere: flushing it at exit would fail again, with a traceback."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    except (OSError, ValueError):
        return
    finally:
        os.close(nowhere)
