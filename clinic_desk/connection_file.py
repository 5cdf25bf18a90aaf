"""The file that says which database this user of this PC works with, when set-up wrote one: `connection.toml` in the
configuration folder. No password is ever in it: those are in the keyring.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

NAME: Final = "connection.toml"
BEFORE: Final = "connection-before.toml"
"""What the file said before it was replaced the last time; nothing reads it."""
MOVED: Final = "moved.json"
"""In the folder of an embedded server: where the clinic that it had went."""
KEYS: Final = ("database_url", "database_ca_file", "worker_database_url", "shared_folder")
_HEAD: Final = "# Written by Clinic Desk's set-up. Passwords are not kept here.\n"


class Damaged(ValueError):
    """The file is there and cannot be understood."""


def read(config: Path) -> dict[str, str]:
    """Return what the file says; nothing if there is none. Raises Damaged."""
    file = config / NAME
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Damaged(str(file)) from error
    found: dict[str, str] = {key: content[key] for key in KEYS if key in content}
    if not all(isinstance(value, str) for value in found.values()):
        raise Damaged(str(file))
    return found


def write(config: Path, values: Mapping[str, str]) -> None:
    """Replace the file, whole or not at all, and keep beside it what it said; empty values are left out.

    Raises OSError, ValueError for other keys.
    """
    if unknown := set(values) - set(KEYS):
        message = f"not kept in {NAME}: {', '.join(sorted(unknown))}"
        raise ValueError(message)
    # a TOML basic string is written as JSON's
    lines = [f"{key} = {json.dumps(values[key], ensure_ascii=False)}\n" for key in KEYS if values.get(key)]
    config.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = _HEAD + "".join(lines)
    with suppress(FileNotFoundError, UnicodeDecodeError):
        if (before := (config / NAME).read_text("utf-8")) != text:
            keep(config / BEFORE, before)
    keep(config / NAME, text)


def keep(file: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all, and on the disk when this returns."""
    draft = file.with_name(f"{file.name}.{uuid4().hex}.new")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
        settle(file.parent)
    finally:
        draft.unlink(missing_ok=True)


def settle(folder: Path) -> None:
    """Have the names in a folder on the disk, where folders can be synced: a power cut brings no old ones back then."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
