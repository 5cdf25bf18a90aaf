"""A file that only its owner may read, and that is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desk.domain.ids import new_id
from clinic_desk.errors import InvalidInput

if TYPE_CHECKING:
    from typing import TextIO


@contextmanager
def private_file(path: Path, *, encoding: str, overwrite: bool) -> Iterator[tuple[TextIO, Callable[[], None]]]:
    """Give a file to write to and what puts it in its place; without that, or after an error, nothing is left.

    Mode 0600 from its first byte. Raises InvalidInput(file) if it cannot be written, or is there and may not
    be, InvalidInput(text) for what is no text.
    """
    if path.exists() and not overwrite:
        raise InvalidInput(field="file", expected="a file that is not there yet")
    beside = path.with_name(f".{path.name[:80]}.{new_id().hex}")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    try:
        number = os.open(beside, flags, 0o600)
    except OSError:
        raise InvalidInput(field="file", expected="a file in a folder that can be written to") from None
    try:
        with os.fdopen(number, "w", encoding=encoding, newline="") as file:
            yield file, lambda: _put(file, beside, path)
    except UnicodeEncodeError:
        raise InvalidInput(field="text", expected="text without halves of characters") from None
    except OSError as error:
        raise InvalidInput(field="file", expected=f"a file that can be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            beside.unlink()


def _put(file: TextIO, beside: Path, path: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()
    beside.replace(path)
