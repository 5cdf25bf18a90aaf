"""All keys of the program in groups, as the sheet of keys shows them: from the menu, so that it cannot be wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QKeyCombination, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from clinic_desk.domain.finding import begins_words
from clinic_desk.ui.actions import SPECS, Actions
from clinic_desk.ui.search.commands import Command, commands_of, keys_text

translate = QCoreApplication.translate
_CALENDARS = frozenset(
    {
        *(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown),
        *(Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space),
        *(Qt.Key.Key_0, Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5, Qt.Key.Key_6),
        *(Qt.Key.Key_7, Qt.Key.Key_8, Qt.Key.Key_9),
    }
)
_EVERYWHERE = frozenset({Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab})


@dataclass(frozen=True, slots=True)
class KeyLine:
    """What is done, by which keys. `command`: the name in SPECS; empty for a key that cannot be another one."""

    text: str
    keys: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Lines that belong together."""

    title: str
    lines: tuple[KeyLine, ...]


def key_groups(actions: Actions, menu: QMenu) -> tuple[KeyGroup, ...]:
    """Return every command by the part of the menu it is in, those without a place there last, then the fixed keys."""
    found: dict[str, list[KeyLine]] = {}
    named = {f"action_{spec.name}": spec.name for spec in SPECS}
    general = translate("keys", "General")
    commands = tuple(commands_of(menu))
    seen = {one.name for one in commands}
    rest = [
        Command(full, actions[name].text(), general, keys_text(actions[name]), is_on=True)
        for full, name in named.items()
        if full not in seen
    ]
    for one in (*commands, *rest):
        if one.name in named:
            line = KeyLine(one.text, one.keys, named[one.name])
            found.setdefault(one.part or general, []).append(line)
    return (*(KeyGroup(title, tuple(lines)) for title, lines in found.items()), *_fixed())


def filtered(groups: Iterable[KeyGroup], typed: str) -> tuple[KeyGroup, ...]:
    """Return what is left of groups by letters of a command, of its group, or by a key as it is written."""
    key = typed.strip().casefold()
    left = []
    for group in groups:
        lines = tuple(
            line
            for line in group.lines
            if begins_words(f"{line.text} {group.title}", typed) or (key and key in line.keys.casefold().split(" / "))
        )
        if lines:
            left.append(KeyGroup(group.title, lines))
    return tuple(left)


def why_not(pressed: QKeyCombination) -> str:
    """Return why a key cannot be a command's, nothing if it can."""
    plain = pressed.keyboardModifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
    if pressed.key() in _EVERYWHERE or (plain and pressed.key() in _CALENDARS):
        return translate("keys", "{keys} has its own meaning on the calendar and in forms. Choose another one.").format(
            keys=QKeySequence(pressed).toString(QKeySequence.SequenceFormat.NativeText)
        )
    return ""


def _fixed() -> tuple[KeyGroup, ...]:
    """The keys that are as they are on every computer."""
    calendar = (
        (translate("keys", "Move the cursor"), "← ↑ → ↓"),
        (translate("keys", "Choose a range"), "Shift+↑ / Shift+↓"),
        (translate("keys", "Go to a time: type it"), "0 – 9"),
        (translate("keys", "Book here, or open the appointment"), "⏎"),
        (translate("keys", "A screen up or down"), "PgUp / PgDn"),
        (translate("keys", "Beginning and end of the day"), "Home / End"),
        (translate("keys", "What can be done here"), "Shift+F10"),
        (translate("keys", "Let go of what is being done"), "Esc"),
    )
    box = (
        (translate("keys", "Choose"), "↑ / ↓"),
        (translate("keys", "Open, go there, do it"), "⏎"),
        (translate("keys", "Book for the patient"), "Ctrl+⏎"),
        (translate("keys", "Move the appointment to a later time"), "Shift+⏎"),
        (translate("keys", "Cancel the appointment"), "Ctrl+Del"),
        (translate("keys", "All commands"), ">"),
    )
    form = (
        (translate("keys", "Next, then book or save"), "⏎"),
        (translate("keys", "New patient"), "Ctrl+N"),
        (translate("keys", "Make it a series"), "Ctrl+R"),
        (translate("keys", "Step the time"), "↑ / ↓"),
        (translate("keys", "Leave without a change"), "Esc"),
    )
    return tuple(
        KeyGroup(title, tuple(KeyLine(text, keys) for text, keys in lines))
        for title, lines in (
            (translate("keys", "On the calendar"), calendar),
            (translate("keys", "In the search box"), box),
            (translate("keys", "In the booking form"), form),
        )
    )
