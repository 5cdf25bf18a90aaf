"""Keeps the keyboard for a sheet whose parts are switched off while something is looked at or sent."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QApplication, QWidget


class KeptFocus:
    """Of one sheet. `stand_ins`: where it comes back to instead, for parts whose own fields are made anew."""

    def __init__(self, sheet: QWidget, stand_ins: Mapping[QWidget, QWidget]) -> None:
        self._sheet = sheet
        self._stand_ins = stand_ins
        self._was: QWidget | None = None

    def note(self) -> None:
        """Remember where the keyboard is: what is switched off loses it."""
        focus = QApplication.focusWidget()
        if focus is not None and self._sheet.isAncestorOf(focus):
            stands = (stand_in for part, stand_in in self._stand_ins.items() if part.isAncestorOf(focus))
            self._was = next(stands, focus)

    def give_back(self) -> None:
        """Give the keyboard back, or hold it for the sheet until it can be."""
        focus = QApplication.focusWidget()
        if not self._sheet.isVisible() or (focus is not None and self._sheet.isAncestorOf(focus)):
            return
        was = self._was
        (was if was is not None and was.isEnabled() and was.isVisible() else self._sheet).setFocus()
