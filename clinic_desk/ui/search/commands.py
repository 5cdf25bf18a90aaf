"""The commands of the window as they are found by typing: what the menu has, with their keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from clinic_desk.domain.finding import begins_words
from clinic_desk.domain.folding import fold

SIGN: Final = ">"
"""Typed first, it looks for commands only."""
_FEWEST_LETTERS: Final = 2
_AT_MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the name of its QAction, its words, the part of the menu it is in, its key, whether it can be now."""

    name: str
    text: str
    part: str
    keys: str
    is_on: bool


def commands_of(menu: QMenu, part: str = "") -> Iterator[Command]:
    """Walk through a menu and those in it. `part`: how the menu is called."""
    for action in menu.actions():
        inside = action.menu()
        if isinstance(inside, QMenu):
            yield from commands_of(inside, plain(action.text()))
        elif not action.isSeparator() and action.objectName() and action.isVisible():
            yield Command(action.objectName(), plain(action.text()), part, keys_text(action), action.isEnabled())


def keys_text(action: QAction) -> str:
    """Return an action's keys as they are written on this system."""
    return " / ".join(keys.toString(QKeySequence.SequenceFormat.NativeText) for keys in action.shortcuts())


def plain(text: str) -> str:
    """Return the words of a menu's line without the mark of its letter."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def matching(commands: Sequence[Command], typed: str) -> tuple[Command, ...]:
    """Return the commands each of whose typed words begins a word of theirs; all of them for `SIGN` alone."""
    only_these = typed.startswith(SIGN)
    letters = typed.removeprefix(SIGN).strip()
    if not only_these and len(letters) < _FEWEST_LETTERS:
        return ()
    found = [one for one in commands if begins_words(f"{one.text} {one.part}" if only_these else one.text, letters)]
    found.sort(key=lambda one: (not one.is_on, not fold(one.text).startswith(fold(letters))))
    return tuple(found if only_these else found[:_AT_MOST])
