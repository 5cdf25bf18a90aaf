"""A line in which a moment gone by is typed: `9:15`, `yesterday 17`, `fri 8`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.folding import fold
from clinic_desk.ui.booking.when_line import WhenLine, vocabulary

translate = QCoreApplication.translate
_WEEK = timedelta(days=7)


class MomentLine(WhenLine):
    """A When without a length; a weekday means the last one, not the next."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("past_moment")
        self.step_minutes = 15
        self.setToolTip(
            translate("past", "Type 9:15, yesterday 17, fri 8, 12.4. 8:30 · ↑↓ a quarter of an hour · Page ↑↓ a day")
        )

    def take_text(self) -> bool:
        typed = fold(self.text()).split() if self.isModified() else []
        before = self.when
        with_signals = self.blockSignals(True)
        understood = super().take_text()
        self.blockSignals(with_signals)
        if not understood or self.when is None:
            self.misunderstood.emit()
            return False
        moment = replace(self.when, length=0)
        if self._is_weekday(typed) and self.today < moment.day <= self.today + _WEEK:
            moment = replace(moment, day=moment.day - _WEEK)
        self.show_when(moment)
        if moment != before:
            self.changed.emit(moment)
        return True

    def _is_weekday(self, typed: list[str]) -> bool:
        if not typed or not typed[0].rstrip(".,").isalpha():
            return False
        return all(fold(word) != typed[0] for word in vocabulary().words)
