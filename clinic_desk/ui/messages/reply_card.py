"""One reply: whom it is from, or may be from (by number key), what it was taken for, its text, and what can be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from clinic_desk.domain.message_list import Candidate, ReplyRow
from clinic_desk.ui.booking.choice_button import ChoiceButton
from clinic_desk.ui.booking.fields import let_wrap, plain_label
from clinic_desk.ui.booking.words import breakable, one_line
from clinic_desk.ui.messages.act_buttons import ActButtons
from clinic_desk.ui.messages.acts import REPLY_ACTS, Acts, possible_reply
from clinic_desk.ui.messages.columns import from_text, no_text, taken_for
from clinic_desk.ui.messages.words import visit_text
from clinic_desk.ui.theme import bold, scaled

translate = QCoreApplication.translate
_AT_MOST = 9


class ReplyCard(QWidget):
    """Shows one ReplyRow, or that none is chosen."""

    owner_chosen = Signal(object)
    """The Candidate that the reply is from."""

    def __init__(self, acts: Acts, clock: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reply_card")
        self._acts = acts
        self._clock = clock
        self.row: ReplyRow | None = None
        self.card = QFrame()
        self.card.setProperty("role", "card")
        self.empty = plain_label(translate("messages", "No reply is chosen."), "muted", wrap=True)
        self.name = plain_label("", wrap=True)
        self.name.setFont(bold(scaled(self.name.font(), 1.25)))
        self.about = plain_label("", "muted", wrap=True)
        self.body = plain_label("")
        self.body.setObjectName("reply_body")
        self.body.setProperty("boxed", "true")
        self.body.setProperty("role", "quote")
        let_wrap(self.body)
        self.question = plain_label(translate("messages", "WHO IS IT?"), "section")
        self.choices: list[ChoiceButton] = []
        self._choices = QVBoxLayout()
        self._choices.setSpacing(6)
        self.buttons = ActButtons(acts, REPLY_ACTS)
        inner = QVBoxLayout(self.card)
        inner.setContentsMargins(12, 10, 12, 12)
        inner.setSpacing(6)
        for part in (self.name, self.about, self.body, self.question):
            inner.addWidget(part)
        inner.addLayout(self._choices)
        inner.addWidget(self.buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(plain_label(translate("messages", "REPLY"), "section"))
        column.addWidget(self.card)
        column.addWidget(self.empty)
        column.addStretch(1)
        self.show_row(None, may_write=False)

    def show_row(self, row: ReplyRow | None, *, may_write: bool) -> None:
        """Show a reply, or (None) that none is chosen."""
        self.row, now = row, self._clock()
        self.card.setVisible(row is not None)
        self.empty.setVisible(row is None)
        if row is None:
            self._acts.allow((), REPLY_ACTS)
            self._offer((), now)
            return
        self.name.setText(breakable(from_text(row, now)))
        self.about.setText(f"{one_line(row.sender)} · {taken_for(row, now)}")
        self.body.setText(breakable(row.body) if row.body else no_text(row))
        self.body.setAccessibleName(translate("messages", "Text: {text}").format(text=row.body))
        self.question.setText(
            translate("messages", "WHO IS IT?") if row.owner is None else translate("messages", "OR IS IT …?")
        )
        asks = may_write and row.status == "open" and len(row.candidates) > 1
        self._offer(row.candidates[:_AT_MOST] if asks else (), now)
        self.buttons.offer(possible_reply(row, may_write=may_write))

    def choose(self, number: int) -> None:
        """Take the candidate of a number key, 1 the first."""
        if 0 < number <= len(self.choices):
            self.choices[number - 1].click()

    def _offer(self, candidates: tuple[Candidate, ...], now: datetime) -> None:
        for old in self.choices:
            self._choices.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.choices = []
        self.question.setVisible(bool(candidates))
        for number, candidate in enumerate(candidates, start=1):
            visit = visit_text(candidate.starts_at, candidate.zone, now) or translate("messages", "no appointment")
            name = one_line(candidate.patient_name)
            choice = ChoiceButton(str(number), name, visit, partial(self.owner_chosen.emit, candidate))
            choice.setObjectName(f"reply_from_{number}")
            self._choices.addWidget(choice)
            self.choices.append(choice)
