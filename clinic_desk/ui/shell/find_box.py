"""The search box of the top bar: patients, appointments, dates and commands, by what is typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from clinic_desk.ui.theme import scaled, theme_of

if TYPE_CHECKING:
    from clinic_desk.ui.search.find_list import FindPopup
    from clinic_desk.ui.search.rows import Answer, FindRow

_PATIENCE_MS = 250
"""So long the rows of the letters before stay in sight; Enter does not take them."""
_PASTED = 6
"""So many letters at once were not typed."""


class FindBox(QLineEdit):
    """Emits what was typed and what was chosen; whoever searches gives the answer to `show_answer`.

    What is found without the database (a date, commands) is asked for at once, by `at_once`.
    """

    search_requested = Signal(str)
    chosen = Signal(object, str)
    """The target of a row (`FindRow.target`), and what is to be done: "open", "book", "next_free" or "cancel"."""
    number_pasted = Signal(str)
    """Something that may be a phone number was pasted."""
    calendar_wanted = Signal()
    """What was chosen is seen on the calendar; comes before `chosen`, and not with a command."""
    left = Signal()
    """Esc or a choice: the keyboard should go back to the calendar."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.at_once: Callable[[str], Answer] | None = None
        self.to_rows: Callable[[Answer], tuple[FindRow, ...]] | None = None
        self.wall_of: Callable[[datetime], datetime] = lambda instant: instant
        self.today = date.min
        self.popup: FindPopup | None = None
        self.answer: Answer | None = None
        """What the rows answer; of other letters than those in the box while theirs is on its way."""
        self._keys = ""
        self._before = ""
        self._is_waited_for = False
        self._take_when_found = ""
        self._dates_only = False
        self.setObjectName("find_box")
        self.setAccessibleName(self.tr("Find patients, appointments, dates and commands"))
        self.setMaxLength(120)
        self.setMinimumWidth(150)
        self.setMaximumWidth(300)
        self._show_placeholder()
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._tell_waiting)
        self.textEdited.connect(self._edited)

    def set_keys(self, keys: str) -> None:
        """Show the key that leads here."""
        self._keys = keys
        self.update()

    def _show_placeholder(self) -> None:
        """Say what may be typed: after Ctrl+G a date is expected."""
        self.setPlaceholderText(self.tr("Date: 3d, fri, 12.4., 2w…") if self._dates_only else self.tr("Find anything…"))

    def start(self, text: str = "", *, dates_only: bool = False) -> None:
        """Take the keyboard with an empty line, or with a text to be searched for."""
        self._forget()
        self._dates_only = dates_only
        self._show_placeholder()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if text:
            self.setText(text)
            self._edited()

    # --- typing and answers ---

    def _edited(self) -> None:
        text = self.text().strip()
        pasted, self._before = _put_in(self._before, text) >= _PASTED, text
        self._take_when_found = ""
        if not text or self.at_once is None:
            self._forget(keep_text=True)
            return
        known = self.at_once(text)
        if text.startswith(">"):
            self._is_waited_for = False
            self.show_answer(known)
            return
        self._is_waited_for = True
        if self.popup is None or self.popup.isHidden():
            self._show(known)
        self._patience.start()
        self.search_requested.emit(text)
        if pasted and not known.day:
            self.number_pasted.emit(text)

    def show_answer(self, answer: Answer) -> None:
        """Show the answer to a search, unless other letters were typed meanwhile."""
        if answer.text != self.text().strip() or not self._is_in_use():
            return
        self._patience.stop()
        self._is_waited_for = False
        self._show(answer)
        self._announce()
        verb, self._take_when_found = self._take_when_found, ""
        if verb and not answer.note:
            self._take(verb)

    def _tell_waiting(self) -> None:
        """The answer takes a while: what is shown of the letters before goes."""
        text = self.text().strip()
        if self.at_once is not None and text and self._is_waited_for:
            self._show(replace(self.at_once(text), note=self.tr("Searching…")))

    def _show(self, answer: Answer) -> None:
        rows = self.to_rows(answer) if self.to_rows is not None else ()
        self.answer = answer
        if rows and self._is_in_use():
            self._made_popup().show_rows(rows, self.today, self)
        elif self.popup is not None:
            self.popup.hide()

    def _is_in_use(self) -> bool:
        """Whether what is typed in the window comes here, be the window in front or not."""
        return self.window().focusWidget() is self

    def _made_popup(self) -> FindPopup:
        """The list under the box, made when first needed: it lies over everything in the window."""
        if self.popup is None:
            from clinic_desk.ui.search.find_list import FindPopup

            self.popup = FindPopup(self.wall_of, self.window())
            self.popup.taken.connect(lambda row: self._leave_with(row, "open"))
        return self.popup

    def _announce(self) -> None:
        """Tell a screen reader how many there are and which is highlighted: the keyboard stays in the box."""
        popup = self.popup
        if popup is None or popup.isHidden():
            self.setAccessibleDescription("")
            return
        rows, row = popup.list.rows, popup.list.chosen()
        count = sum(each.takes and each.kind != "new" for each in rows)
        first = " ".join([each.text for each in rows if each.kind == "note"] + ([row.text] if row else []))
        told = self.tr("{count} found. {first}").format(count=count, first=first)
        self.setAccessibleDescription(told)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, told))

    # --- choosing ---

    def _take(self, verb: str) -> None:
        row = self.popup.list.chosen() if self.popup is not None and self.popup.isVisible() else None
        if row is not None:
            self._leave_with(row, verb)

    def _leave_with(self, row: FindRow, verb: str) -> None:
        self._forget()
        self.left.emit()
        if row.kind != "command":
            self.calendar_wanted.emit()
        self.chosen.emit(row.target, verb)

    def _forget(self, *, keep_text: bool = False) -> None:
        """Nothing is searched for any more."""
        if not keep_text:
            self.clear()
        self._before = self.text().strip()
        self._take_when_found = ""
        self._is_waited_for = False
        self._patience.stop()
        self.answer = None
        self.setAccessibleDescription("")
        if self.popup is not None:
            self.popup.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose in the list, Enter takes (with Ctrl and Shift: something else), Esc goes to the calendar."""
        key = Qt.Key(event.key())
        verb = _verb(event)
        if key == Qt.Key.Key_Escape:
            self._forget()
            self.left.emit()
        elif key in _STEPS and self.popup is not None:
            self.popup.list.step(_STEPS[key])
            self._announce()
        elif verb:
            if not event.isAutoRepeat():
                self._enter(verb)
        else:
            super().keyPressEvent(event)

    def _enter(self, verb: str) -> None:
        """Take the highlighted row; if that is of the letters before, the first of those that are on their way."""
        answer = self.at_once(self.text().strip()) if self.at_once is not None and self._is_waited_for else None
        if answer is None:
            self._take(verb)
        elif verb == "open" and answer.day is not None and (self._dates_only or self._goes_to_day(answer)):
            self._forget()
            self.left.emit()
            self.calendar_wanted.emit()
            self.chosen.emit(answer.day, verb)
        else:
            self._take_when_found = verb

    def _goes_to_day(self, answer: Answer) -> bool:
        """Whether the first row will be the date, whoever is found: then nobody need wait for the database."""
        from clinic_desk.ui.search.rows import is_likely

        return is_likely(answer, self.today)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Without the keyboard there is no list."""
        super().focusOutEvent(event)
        if self.popup is not None and event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self.popup.hide()
        self._dates_only = False
        self._show_placeholder()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line, and its key at the right while it is empty."""
        super().paintEvent(event)
        if self._keys and not self.text() and not self.hasFocus():
            painter = QPainter(self)
            painter.setFont(scaled(self.font(), 0.9))
            painter.setPen(theme_of(self.palette()).ink_muted)
            area = self.rect().adjusted(0, 0, -10, 0)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), self._keys)


_STEPS = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_PageDown: 5,
    Qt.Key.Key_PageUp: -5,
}


def _put_in(before: str, text: str) -> int:
    """How many letters one edit put in."""
    kept = _alike(before, text)
    return len(text) - kept - _alike(before[kept:][::-1], text[kept:][::-1])


def _alike(one: str, other: str) -> int:
    """With how many same letters both begin."""
    return next(
        (place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )


def _verb(event: QKeyEvent) -> str:
    """What a key does with the highlighted row; nothing for a key that is typed."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            return "book"
        return "next_free" if modifiers & Qt.KeyboardModifier.ShiftModifier else "open"
    if event.key() == Qt.Key.Key_Delete and modifiers == Qt.KeyboardModifier.ControlModifier:
        return "cancel"
    return ""
