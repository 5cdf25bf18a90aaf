"""One message: who, about what, its text and size, what happened to it, and what can be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from clinic_desk.domain.message_list import MessageRow
from clinic_desk.domain.records import Channel
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.appointment_panel import DetailRows
from clinic_desk.ui.booking.fields import let_wrap, plain_label, restyle
from clinic_desk.ui.booking.words import breakable, day_text, one_line, time_text
from clinic_desk.ui.messages.act_buttons import ActButtons
from clinic_desk.ui.messages.acts import MESSAGE_ACTS, Acts, possible
from clinic_desk.ui.messages.size import size_text
from clinic_desk.ui.messages.states import state_look
from clinic_desk.ui.messages.story import steps_of
from clinic_desk.ui.messages.words import about_text, why_text
from clinic_desk.ui.theme import bold, scaled

translate = QCoreApplication.translate


class MessageCard(QWidget):
    """Shows one MessageRow, or that none is chosen."""

    def __init__(self, acts: Acts, clock: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message_card")
        self._acts = acts
        self._clock = clock
        self.row: MessageRow | None = None
        self.card = QFrame()
        self.card.setProperty("role", "card")
        self.empty = plain_label(translate("messages", "No message is chosen."), "muted", wrap=True)
        self.name = plain_label("", wrap=True)
        self.name.setObjectName("message_patient")
        self.name.setFont(bold(scaled(self.name.font(), 1.25)))
        self.about = plain_label("", "muted", wrap=True)
        self.state = plain_label("")
        self.state.setObjectName("message_state")
        let_wrap(self.state)
        self.subject = plain_label("")
        self.subject.setFont(bold(self.subject.font()))
        let_wrap(self.subject)
        self.body = plain_label("")
        self.body.setObjectName("message_body")
        self.body.setProperty("boxed", "true")
        self.body.setProperty("role", "quote")
        let_wrap(self.body)
        self.size_line = plain_label("", "muted")
        self.size_line.setFont(scaled(self.size_line.font(), 0.88))
        self.story_title = plain_label(translate("messages", "WHAT HAPPENED"), "section")
        self.story = DetailRows()
        self.buttons = ActButtons(acts, MESSAGE_ACTS)
        self._lay_out()
        self.show_row(None, may_write=False)

    def _lay_out(self) -> None:
        inner = QVBoxLayout(self.card)
        inner.setContentsMargins(12, 10, 12, 12)
        inner.setSpacing(5)
        for part in (self.name, self.about, self.state, self.subject, self.body, self.size_line):
            inner.addWidget(part)
        inner.addSpacing(6)
        inner.addWidget(self.story_title)
        inner.addWidget(self.story)
        inner.addWidget(self.buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(plain_label(translate("messages", "MESSAGE"), "section"))
        column.addWidget(self.card)
        column.addWidget(self.empty)
        column.addStretch(1)

    def show_row(self, row: MessageRow | None, *, may_write: bool) -> None:
        """Show a message, or (None) that none is chosen."""
        self.row, now = row, self._clock()
        self.card.setVisible(row is not None)
        self.empty.setVisible(row is None)
        if row is None:
            self._acts.allow((), MESSAGE_ACTS)
            return
        self.name.setText(breakable(one_line(row.patient_name)))
        self.about.setText(about_text(row, now))
        self.tell_state()
        self.subject.setText(breakable(one_line(row.subject)))
        self.subject.setVisible(bool(row.subject))
        self.body.setText(breakable(row.body) if row.body else translate("messages", "(no text)"))
        self.body.setAccessibleName(translate("messages", "Text: {text}").format(text=row.body))
        self.size_line.setText(size_text(row.body) if row.channel is Channel.SMS else "")
        self.size_line.setVisible(row.channel is Channel.SMS)
        self.story.show_rows(story_rows(row, now))
        self._acts.name_other(row.other_channel)
        self.buttons.offer(possible(row, now, may_write=may_write))

    def tell_state(self) -> None:
        """Write the state anew: time has passed."""
        if self.row is not None:
            look = state_look(self.row)
            why = why_text(self.row, self._clock())
            self.state.setText(breakable(f"{look.text} · {why}" if why else look.text, 24))
            restyle(self.state, "role", "" if look.role == "accent" else look.role)


def story_rows(row: MessageRow, now: datetime) -> list[tuple[str, str, str]]:
    """Return (when, what happened, role) of a message's story; a day is named where it changes."""
    lines = []
    day = to_wall(now, row.zone).date()
    for step, text, role in steps_of(row):
        wall = to_wall(step.at, row.zone)
        at = f"{time_text(wall)}:{wall.second:02}"
        lines.append((at if wall.date() == day else f"{day_text(wall.date(), day)}, {time_text(wall)}", text, role))
        day = wall.date()
    return lines
