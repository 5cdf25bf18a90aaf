"""The last names that signed in on this PC: never a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from clinic_desk.ui.preferences import Preferences

_KEY: Final = "last_names"
_AT_MOST: Final = 8


def last_names(preferences: Preferences) -> list[str]:
    """Return them, the last one first."""
    return [name for name in preferences.of_this_pc(_KEY).split("\n") if name]


def note_name(preferences: Preferences, login: str) -> None:
    """Remember who signed in just now."""
    others = [name for name in last_names(preferences) if name != login]
    preferences.set_of_this_pc(_KEY, "\n".join([login, *others][:_AT_MOST]))
