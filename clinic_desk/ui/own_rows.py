"""What this desk itself committed and has not read back yet: nothing older is let in meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from clinic_desk.domain.records import DayBoard, Entry
from clinic_desk.ui import boards


class OwnRows:
    """Entries by id, from their commit until a reading shows them in that version or a later one."""

    def __init__(self) -> None:
        self._entries: dict[UUID, Entry] = {}

    def note(self, entry: Entry) -> None:
        """Take what was committed just now."""
        self._entries[entry.id] = entry

    def clear(self) -> None:
        """Everything is read anew from now on."""
        self._entries.clear()

    def over(self, board: DayBoard) -> DayBoard:
        """Return the board without rows older than what was committed while it was being read."""
        read = {entry.id: entry.appointment.version for entry in board.entries}
        fresher = {own.id: own for own in self._entries.values() if read.get(own.id, 0) < own.appointment.version}
        return boards.with_entries(board, fresher, fresher)[0]

    def freshest(self, ids: Iterable[UUID], found: Iterable[Entry]) -> list[Entry]:
        """Return the entries that were read as `ids`, or the own ones where those are later; the others are over."""
        entries = [self._freshest(entry) for entry in found]
        for gone in set(ids) - {entry.id for entry in entries}:
            self._entries.pop(gone, None)
        return entries

    def _freshest(self, entry: Entry) -> Entry:
        own = self._entries.get(entry.id)
        if own is not None and own.appointment.version > entry.appointment.version:
            return own
        self._entries.pop(entry.id, None)
        return entry
