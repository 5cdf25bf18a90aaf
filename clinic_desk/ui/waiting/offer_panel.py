"""Beside the calendar: a time that became free, and who waits for one like it; number keys or Enter book one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from clinic_desk.domain.asking import Round
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.waiting import Fit, Offer, Priority
from clinic_desk.ui.booking.choice_button import ChoiceButton
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.booking.words import list_name, one_line
from clinic_desk.ui.theme import bold
from clinic_desk.ui.tool_tips import plain_tip
from clinic_desk.ui.waiting.asking_desk import asking_of
from clinic_desk.ui.waiting.asking_part import AskingPart
from clinic_desk.ui.waiting.asking_words import asking_text
from clinic_desk.ui.waiting.words import count_text, fit_text, gap_text, priority_text, waited_text

translate = QCoreApplication.translate
MOST_SHOWN = 5
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _Row(ChoiceButton):
    """Somebody whom the gap fits: pressed she is chosen, Enter is the panel's."""

    focused = Signal()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER:
            event.ignore()
        else:
            super().keyPressEvent(event)


class OfferPanel(QFrame):
    """Shows one Offer, or nothing at all. It never takes the keyboard by itself."""

    taken = Signal(object, object)
    """A Fit to be booked, and the Gap."""
    not_taken = Signal(object)
    """A Fit: she was asked, or not reached, and does not take it."""
    ask_wanted = Signal(object)
    """An Offer that is to be made by message to all whom it fits."""
    declined = Signal(object)
    """Of this Round, the one who is asked by message does not take it."""
    left = Signal()
    """The gap is let go; the keyboard goes back to where it was."""

    def __init__(self, clinic: Clinic, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("offer_panel")
        self.clinic = clinic
        self.offer: Offer | None = None
        self.rows: list[_Row] = []
        self.guard = Guard(self)
        self._may_write = True
        self._chosen = 0
        self.when = plain_label("", wrap=True)
        self.when.setFont(bold(self.when.font()))
        self.who = plain_label("", "muted", wrap=True)
        self.more = plain_label("", "muted", wrap=True)
        self.details = plain_label("", "muted")
        let_wrap(self.details)
        self.book_button = button(translate("waiting", "Book ⏎"), "offer_book", self.take, "primary")
        self.skip_button = button(translate("waiting", "&Not now"), "offer_skip", self.skip)
        self.skip_button.setToolTip(
            plain_tip(translate("waiting", "Asked or not reached: the next one is asked first (N)"))
        )
        self.leave_button = button(translate("waiting", "Leave"), "offer_leave", self.left.emit)
        self.asking = AskingPart()
        self.leave_button.setToolTip(plain_tip(translate("waiting", "Offer this time to nobody (Esc)")))
        self.asking.ask_wanted.connect(lambda: self.ask_wanted.emit(self.offer))
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        card = QFrame()
        card.setProperty("role", "card")
        inner = QVBoxLayout(card)
        inner.setContentsMargins(12, 10, 12, 12)
        inner.setSpacing(6)
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for each in (self.book_button, self.skip_button, self.leave_button):
            buttons.addWidget(each, 1)
        inner.addWidget(self.when)
        inner.addWidget(self.who)
        inner.addLayout(self._list)
        inner.addWidget(self.details)
        inner.addWidget(self.more)
        inner.addLayout(buttons)
        inner.addWidget(self.asking)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(plain_label(translate("waiting", "WAITING FOR A TIME"), "section"))
        column.addWidget(card)

    # --- what it shows ---

    def show_offer(self, offer: Offer | None, others: int = 0, standing: Round | None = None) -> None:
        """Show a gap and whom it fits, or nothing; `others`: so many gaps more wait to be shown.

        `standing`: how it stands with the gap if it was offered by message.
        """
        had_keyboard = self.has_keyboard
        as_before = standing == self.asking.standing
        self.asking.show_round(standing, None if offer is None else offer.now)
        if offer is not None and self.offer is not None and as_before and _same(offer, self.offer):
            self._tell_more(others)
            return
        self.offer = offer
        if offer is None or not offer.fits:
            self.offer = None
            self.hide()
            if had_keyboard:
                self.left.emit()
            return
        self.guard.begin()
        chosen = min(self._chosen, len(offer.fits) - 1) if had_keyboard else 0
        self._fill(offer)
        self._tell_more(others)
        self.show()
        self._choose(chosen)
        if had_keyboard:
            self.begin()

    def _fill(self, offer: Offer) -> None:
        doctor = next((one.name for one in self.clinic.practitioners if one.id == offer.gap.practitioner_id), "?")
        self.when.setText(gap_text(offer.gap, offer.now))
        self.who.setText(f"{one_line(doctor)} · {count_text(len(offer.fits))}")
        self.setAccessibleName(f"{self.when.text()}, {self.who.text()}")
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [self._row(number, offer) for number in range(min(MOST_SHOWN, len(offer.fits)))]
        for row in self.rows:
            self._list.addWidget(row)
            row.show()

    def _row(self, number: int, offer: Offer) -> _Row:
        fit = offer.fits[number]
        wish = fit.waiting.wish
        urgent = wish.priority is not Priority.ROUTINE
        hint = priority_text(wish.priority) if urgent else waited_text(offer.now - (wish.added_at or offer.now))
        asked = asking_of(self.asking.standing, wish.id)
        hint = (asked and asking_text(asked, offer.gap.zone, offer.now)) or hint
        row = _Row(number + 1, list_name(fit.waiting.patient), hint, partial(self._choose, number))
        told = fit_text(fit, offer.gap, self.clinic, offer.now)
        row.setAccessibleDescription(told)
        row.setToolTip(plain_tip(told))
        row.setCheckable(True)
        row.setEnabled(self._may_write)
        row.focused.connect(partial(self._choose, number))
        return row

    def _tell_more(self, others: int) -> None:
        count = 0 if self.offer is None else len(self.offer.fits) - MOST_SHOWN
        told = [
            translate("waiting", "{count} more on the waiting list (Shift+F7)").format(count=count)
            if count > 0
            else "",
            translate("waiting", "Other times that became free: {count}").format(count=others) if others else "",
        ]
        self.more.setText("\n".join(part for part in told if part))
        self.more.setVisible(any(told))

    def set_writing(self, *, on: bool) -> None:
        """Let somebody be booked only while that can be done."""
        self._may_write = on
        for each in (*self.rows, self.book_button, self.skip_button):
            each.setEnabled(on)
        self.asking.set_writing(on=on)

    def announce(self) -> None:
        """Tell a screen reader that a time became free."""
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self.accessibleName()))

    @property
    def has_keyboard(self) -> bool:
        """Whether somebody works here."""
        focus = QApplication.focusWidget()
        return focus is not None and self.isAncestorOf(focus)

    # --- what is chosen ---

    def begin(self) -> None:
        """Take the keyboard: the best one is chosen."""
        if self.rows:
            self.rows[min(self._chosen, len(self.rows) - 1)].setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def chosen(self) -> Fit | None:
        """Whom Enter books."""
        fits = self.offer.fits if self.offer is not None else ()
        return fits[self._chosen] if self._chosen < len(fits) else None

    def _choose(self, number: int) -> None:
        self._chosen = min(number, MOST_SHOWN - 1)
        for at, row in enumerate(self.rows):
            row.setChecked(at == self._chosen)
        if self.offer is not None and self.chosen is not None:
            self.details.setText(fit_text(self.chosen, self.offer.gap, self.clinic, self.offer.now))

    def take(self) -> None:
        """Book who is chosen."""
        if self.offer is not None and self.chosen is not None and self._may_write and self.guard.is_ready:
            self.taken.emit(self.chosen, self.offer.gap)

    def skip(self) -> None:
        """Note that who is chosen does not take it."""
        if self.chosen is None or not self._may_write or not self.guard.is_ready:
            return
        standing = self.asking.standing
        asked = standing.asked if standing is not None and self.asking.is_running else None
        if asked is not None and asked.wish_id == self.chosen.waiting.wish.id:
            self.declined.emit(standing)
        else:
            self.not_taken.emit(self.chosen)

    def event(self, event: QEvent) -> bool:
        """Single letters and digits are the panel's while the keyboard is in it, not the calendar's."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            own = bool(event.text()) and not event.modifiers()  # none of the F keys has a text
            event.setAccepted(own)
            return own
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = event.key() - Qt.Key.Key_1.value
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        event.accept()
        if event.isAutoRepeat() and not step:
            return
        if 0 <= number < len(self.rows):
            self._choose(number)
            self.take()
        elif step:
            self._choose(max(0, min(self._chosen + step, len(self.rows) - 1)))
            self.begin()
        elif event.key() in _ENTER:
            self.take()
        elif self._act_of(event.key()):
            pass
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            event.ignore()

    def _act_of(self, key: int) -> bool:
        """Do what a letter asks for; False if it asks for nothing here."""
        act = {
            Qt.Key.Key_N: self.skip,
            Qt.Key.Key_M: self.asking.begin,
            Qt.Key.Key_A: self.asking.go_on,
            Qt.Key.Key_W: self.asking.withdraw,
        }.get(Qt.Key(key))
        if act is None:
            return False
        if self.guard.is_ready:
            act()
        return True


def _same(one: Offer, other: Offer) -> bool:
    """Whether the same people are offered the same time: what is read must not move under the hand."""
    return (one.gap, one.fits) == (other.gap, other.fits)
