"""The search box of the top bar: letters find patients, and what reads as a date goes there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from clinic_desk.domain.records import PatientMatch
from clinic_desk.ui.shell.day_words import long_day_text
from clinic_desk.ui.theme import scaled, theme_of

if TYPE_CHECKING:
    from clinic_desk.ui.booking.match_list import MatchLine, MatchList

_LIST_WIDTH = 560


class FindBox(QLineEdit):
    """Emits what was typed and what was chosen; whoever searches gives the answer to `show_matches`."""

    search_requested = Signal(str)
    day_chosen = Signal(object)
    """`date`."""
    patient_chosen = Signal(object)
    """`PatientMatch`: show this patient's next appointment."""
    booking_requested = Signal(object)
    """`PatientMatch`: book for this patient (Ctrl+Enter)."""
    left = Signal()
    """Esc or a choice: the keyboard should go back to the calendar."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.today = date(2000, 1, 1)
        self.wall_of: Callable[[datetime], datetime] = lambda instant: instant
        self._keys = ""
        self._day: date | None = None
        self._lines: tuple[MatchLine, ...] = ()
        self._note = ""
        self.setObjectName("find_box")
        self.setAccessibleName(self.tr("Find a patient or go to a date"))
        self.setMaxLength(120)
        self.setMinimumWidth(150)
        self.setMaximumWidth(300)
        self._popup: QFrame | None = None
        self.matches: MatchList | None = None
        self.set_placeholder(dates_only=False)
        self.textEdited.connect(self._edited)

    def set_keys(self, keys: str) -> None:
        """Show the key that leads here."""
        self._keys = keys
        self.update()

    def set_placeholder(self, *, dates_only: bool) -> None:
        """Say what may be typed: after Ctrl+G a date is expected."""
        self.setPlaceholderText(
            self.tr("Date: 3d, fri, 12.4., 2w…") if dates_only else self.tr("Find patient, phone or date…")
        )

    def start(self, *, dates_only: bool = False) -> None:
        """Take the keyboard with an empty line."""
        self.clear()
        self.set_placeholder(dates_only=dates_only)
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_matches(self, text: str, lines: tuple[MatchLine, ...], note: str = "") -> None:
        """Show the answer to a search, unless other letters were typed meanwhile."""
        if text == self.text().strip() and self.hasFocus():
            self._lines = lines
            self._note = note
            self._show_rows()

    def _edited(self) -> None:
        text = self.text().strip()
        from clinic_desk.domain.typed_dates import parse_typed_date

        self._day = parse_typed_date(text, self.today) if text else None
        self._lines = ()
        self._note = ""
        self._show_rows()
        if text:
            self.search_requested.emit(text)

    def _show_rows(self) -> None:
        from clinic_desk.ui.booking.match_list import Row

        rows = [Row(None, self.tr("Go to {day}").format(day=long_day_text(self._day)))] if self._day else []
        rows += [Row(line) for line in self._lines]
        if not rows and self._note:
            rows = [Row(None, self._note, takes=False)]
        if rows:
            self._list().show_rows(tuple(rows), self.today)
            self._place()
        else:
            self._hide()

    def _wall(self, instant: datetime) -> datetime:
        return self.wall_of(instant)

    def _list(self) -> MatchList:
        """The list under the box, made when first needed: it lies over everything in the window."""
        if self.matches is None:
            from clinic_desk.ui.shell.find_list import FindDelegate, MatchList

            self._popup = QFrame(self.window())
            self._popup.setProperty("role", "dialog")
            self._popup.setObjectName("find_popup")
            self.matches = MatchList(self._wall, self._popup)
            self.matches.setObjectName("find_matches")
            self.matches.setStyleSheet("QListView { border: none; }")
            self.matches.setItemDelegate(FindDelegate(self.matches.matches, self._wall, self.matches))
            self.matches.clicked.connect(lambda index: self._take(index.row()))
            layout = QVBoxLayout(self._popup)
            layout.setContentsMargins(4, 4, 4, 4)
            layout.addWidget(self.matches)
        return self.matches

    def _place(self) -> None:
        if self._popup is None or self.matches is None:
            return
        window = self.window()
        width = min(max(_LIST_WIDTH, self.width()), window.width() - 20)
        corner = self.mapTo(window, QPoint(self.width() - width, self.height() + 4))
        self._popup.setGeometry(max(10, corner.x()), corner.y(), width, self.matches.wanted_height() + 10)
        self.matches.show()
        self._popup.show()
        self._popup.raise_()

    def _hide(self) -> None:
        if self._popup is not None:
            self._popup.hide()

    def _take(self, row: int, *, to_book: bool = False) -> None:
        targets: list[date | PatientMatch] = [self._day] if self._day else []
        targets += [line.match for line in self._lines]
        if not 0 <= row < len(targets):
            return
        target = targets[row]
        self.clear()
        self._hide()
        self.left.emit()
        if isinstance(target, date):
            self.day_chosen.emit(target)
        elif to_book:
            self.booking_requested.emit(target)
        else:
            self.patient_chosen.emit(target)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose in the list, Enter takes, Ctrl+Enter books for the patient, Esc goes back to the calendar."""
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.clear()
            self._hide()
            self.left.emit()
        elif key in {Qt.Key.Key_Up, Qt.Key.Key_Down} and self.matches is not None:
            self.matches.step(1 if key == Qt.Key.Key_Down else -1)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            row = self.matches.currentIndex().row() if self.matches is not None else -1
            self._take(row, to_book=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Without the keyboard there is no list."""
        super().focusOutEvent(event)
        self._hide()
        self.set_placeholder(dates_only=False)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line, and its key at the right while it is empty."""
        super().paintEvent(event)
        if self._keys and not self.text() and not self.hasFocus():
            painter = QPainter(self)
            painter.setFont(scaled(self.font(), 0.9))
            painter.setPen(theme_of(self.palette()).ink_muted)
            area = self.rect().adjusted(0, 0, -10, 0)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), self._keys)
