"""Writes messages into a folder instead of sending them: for the demo and for trials. Nobody is told anything by it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from clinic_desk.domain.messaging import Answer, Delivery, Found, Heard, Outcome, Outgoing, Trace
from clinic_desk.domain.records import Channel
from clinic_desk.notifications.senders.addresses import UnusableAddress
from clinic_desk.notifications.senders.cleaning import one_line
from clinic_desk.notifications.senders.compose import Origin, compose

NOBODY: Final = "clinic@clinic-desk.invalid"
"""Stands for the sending address while the clinic has none (RFC 2606: it can never be anybody's)."""


class FolderSender:
    """Writes an e-mail as `.eml`, an SMS as `.txt`; a row of the queue is one file, however often it is tried.

    File names are time, kind and id: nothing about a patient. The files are readable by this user only.
    """

    def __init__(self, channel: Channel, folder: Path, origin: Origin) -> None:
        self.channel = channel
        self._folder = folder
        self._origin = origin if origin.address else Origin(NOBODY, origin.name, origin.reply_to)

    def send(self, message: Outgoing) -> Outcome:
        """Write one file, whole or not at all."""
        try:
            content = self._content(message)
        except UnusableAddress:
            reason = "The address is not exactly one usable address."
            return Outcome(Answer.PERMANENT, code="unusable-address", reason=reason, note="unusable")
        except Exception as error:  # one message that cannot be built must never stop the others
            return Outcome(
                Answer.PERMANENT, code="rendering", reason=f"It could not be built ({type(error).__name__})."
            )
        path = self._path(message)
        try:
            _write(path, content)
        except OSError as error:
            return _cannot_write(error)
        return Outcome(Answer.SENT, provider_id=path.name, code="folder", reason="Written to a folder, not sent.")

    def find(self, message: Outgoing) -> Found:
        """Look whether its file is there."""
        path = self._path(message)
        return Found(Trace.FOUND, path.name) if path.is_file() else Found(Trace.ABSENT)

    def delivery(self, provider_id: str) -> Delivery | None:
        """Always None: nobody was told."""
        return None

    def heard(self, since: datetime) -> tuple[Heard, ...]:
        """Nothing: a folder does not answer."""
        return ()

    def forget(self, provider_id: str) -> Outcome:
        """Delete its file."""
        try:
            if provider_id == Path(provider_id).name:
                (self._folder / provider_id).unlink(missing_ok=True)
        except OSError as error:
            return _cannot_write(error)
        return Outcome(Answer.SENT)

    def check(self) -> Outcome:
        """Test that files can be written."""
        try:
            probe = self._folder / ".clinic-desk"
            _write(probe, b"")
            probe.unlink()
        except OSError as error:
            return _cannot_write(error)
        return Outcome(Answer.SENT, code="folder", reason="Messages are written to a folder; nobody is told.")

    def close(self) -> None:
        """Nothing is kept open."""

    def _path(self, message: Outgoing) -> Path:
        ending = "eml" if self.channel is Channel.EMAIL else "txt"
        moment = message.created_at.astimezone(UTC)
        return self._folder / f"{moment:%Y%m%dT%H%M%SZ}-{message.kind}-{message.id}.{ending}"

    def _content(self, message: Outgoing) -> bytes:
        if self.channel is Channel.EMAIL:
            return compose(message, self._origin)
        return f"To: {one_line(message.recipient)}\n\n{message.body}\n".encode("utf-8", "replace")


def _write(path: Path, content: bytes) -> None:
    """Write by way of a second file, so that a crash leaves the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _cannot_write(error: OSError) -> Outcome:
    """A full disk passes; a folder that is not there or not ours does not."""
    if isinstance(error, PermissionError | NotADirectoryError | FileExistsError | FileNotFoundError):
        return Outcome(Answer.CONFIGURATION, code="no-folder", reason="The folder for messages cannot be written to.")
    return Outcome(Answer.TRANSIENT, code="no-folder", reason="The folder for messages cannot be written to just now.")
