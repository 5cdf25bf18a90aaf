"""Remembers which key stood in which row of a file, in memory that is fixed from the start."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID


class SeenKeys:
    """A hash table of so many rows: 24 bytes each, and no more however long the file turns out to be.

    It keeps 64 bits of a key, which are enough to tell half a million apart (one mix-up in 100 million files).
    """

    def __init__(self, most: int) -> None:
        self._mask = (1 << max(most * 2 - 1, 16).bit_length()) - 1
        self._keys = array("Q", bytes(8 * (self._mask + 1)))
        self._rows = array("L" if array("L").itemsize == 4 else "I", bytes(4 * (self._mask + 1)))

    def row_of(self, key: UUID, row: int) -> int:
        """Return the earlier row of this key, or 0 and remember that it stood in `row`."""
        mark = (key.int ^ (key.int >> 64)) & 0xFFFF_FFFF_FFFF_FFFF or 1
        place = mark & self._mask
        while self._keys[place]:
            if self._keys[place] == mark:
                return self._rows[place]
            place = (place + 1) & self._mask
        self._keys[place] = mark
        self._rows[place] = row
        return 0
