"""The dialog for a time that another desk took first: who, when, and the next best times one key away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from clinic_desk.domain.commands import Rule
from clinic_desk.domain.records import Clinic, Entry, Patient
from clinic_desk.domain.wall import to_wall
from clinic_desk.services.slots import Alternative, FreeSlot
from clinic_desk.ui.booking.choice_button import ChoiceButton
from clinic_desk.ui.booking.compare_table import CompareTable
from clinic_desk.ui.booking.fields import Remark, button, plain_label, set_button_text
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import (
    ago_text,
    day_span_text,
    length_text,
    one_line,
    relative_day_text,
    short_person,
    time_text,
    type_text,
)
from clinic_desk.ui.theme import bold
from clinic_desk.ui.tool_tips import plain_tip

translate = QCoreApplication.translate
MOST_CHOICES = 4
JUST = timedelta(minutes=10)
"""Who booked longer ago was not quicker: it stood there when the user came."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The booking that lost the race, as far as the dialog tells it."""

    patient: Patient
    type_id: UUID
    practitioner_id: UUID
    site_id: UUID
    starts_at: datetime
    length_minutes: int
    version: int | None = None


def _title_of(by: Entry | None, now: datetime) -> str:
    """Return that the time was taken, and at which desk; "just" only of a race, not of what stood there for long."""
    change = by.changed if by else None
    if change is None:
        return translate("taken", "This time was just taken")
    if now - change.at > JUST:
        return translate("taken", "This time was taken at {desk}").format(desk=one_line(change.desk))
    return translate("taken", "This time was just taken at {desk}").format(desk=one_line(change.desk))


class SlotTakenDialog(Sheet):
    """Stays open while an alternative is tried: that one may be taken first as well, and is then shown instead."""

    slot_chosen = Signal(object)
    """The FreeSlot to book instead."""
    squeeze_wanted = Signal()
    """The same time all the same, beside the one who was first."""
    waiting_wanted = Signal()
    """None of these: the patient is to be put on the waiting list."""
    another_time = Signal()
    """Back to the form, to choose a time there."""
    discarded = Signal()
    """Nothing is to be booked."""

    def __init__(self, parent: QWidget, clinic: Clinic, *, undoing: bool = False) -> None:
        """`undoing`: it had this time before, and is to go back there; nothing was typed."""
        super().__init__(parent, width=820)
        self.setObjectName("slot_taken_dialog")
        self.clinic = clinic
        self.choices: list[ChoiceButton] = []
        self._alternatives: tuple[Alternative, ...] = ()
        self._wanted: Wanted | None = None
        self._now = datetime.min.replace(tzinfo=UTC)
        self._busy = False
        self.guard = Guard(self)
        self._title = plain_label("", "title", wrap=True)
        self._story = plain_label("", wrap=True)
        self._table = CompareTable(("", translate("taken", "Your booking"), translate("taken", "Now in the calendar")))
        self._instead = plain_label("", "section", wrap=True)
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        self.problem = Remark()
        self.problem.setObjectName("taken_problem")
        self.problem.setProperty("boxed", "true")
        self._squeeze = button(translate("taken", "&Squeeze in"), "squeeze_in", self._squeeze_in)
        self._wait = button(translate("taken", "Waiting &list…"), "taken_waiting", self._choose_waiting)
        self._wait.hide()
        self._other = button(translate("taken", "Choose another &time"), "another_time", self._choose_another)
        self._discard = button(translate("taken", "&Discard"), "discard", self._throw_away)
        self._book = button("", "book_instead", self._book_chosen, "primary")
        self._kept = translate("taken", "Nothing you typed is lost.")
        if undoing:
            self._kept = translate("taken", "Nothing was changed yet.")
            set_button_text(self._other, translate("taken", "&Leave it as it is now"))
            self._discard.hide()
        self._lay_out()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for each in (self._squeeze, self._wait, self._other, self._discard, self._book):
            buttons.addWidget(each)
        for widget in (self._title, self._story, self._table):
            self.body.addWidget(widget)
        self.body.addSpacing(6)
        self.body.addWidget(self._instead)
        self.body.addLayout(self._grid)
        self.body.addWidget(self.problem)
        self.body.addSpacing(4)
        self.body.addLayout(buttons)
        self._instead.setFont(bold(self._instead.font()))

    # --- what it shows ---

    def show_taken(self, wanted: Wanted, by: Entry | None, now: datetime) -> None:
        """Tell who took the wanted time; alternatives follow by `show_alternatives`."""
        self._wanted, self._now, self._busy = wanted, now, False
        may_squeeze = by is not None and Rule.SLOT_TAKEN in self.clinic.overrulable
        self._squeeze.setVisible(may_squeeze)
        if by is not None:
            told = translate("taken", "Book this time all the same, side by side with {name}")
            self._squeeze.setToolTip(plain_tip(told.format(name=one_line(by.patient.display_name))))
        zone = self.clinic.site(wanted.site_id).zone
        self._title.setText(_title_of(by, now))
        self.setAccessibleName(self._title.text())
        story = self._story_of(wanted, by, zone)
        if by is not None and not may_squeeze:
            story += " " + translate("taken", "Only a practice manager can squeeze in here, or allow it.")
        self._story.setText(story)
        self.setAccessibleDescription(self._story.text())
        self._table.show_rows(self._rows(wanted, by))
        self.problem.say("")
        self.show_alternatives(None)
        self.guard.begin()

    def _story_of(self, wanted: Wanted, by: Entry | None, zone: str) -> str:
        kept = self._kept
        if by is None:
            return translate("taken", "Another desk was a moment ahead.") + " " + kept
        visit = by.appointment
        doctor = one_line(self.clinic.practitioner(visit.practitioner_id).name)
        when = day_span_text(to_wall(visit.starts_at, zone), to_wall(visit.ends_at, zone))
        if by.changed is None:
            return translate("taken", "{doctor}, {when} is booked.").format(doctor=doctor, when=when) + " " + kept
        return (
            translate("taken", "{person} booked {doctor}, {when} {ago}.").format(
                person=one_line(by.changed.person),
                doctor=doctor,
                when=when,
                ago=ago_text(self._now - by.changed.at),
            )
            + " "
            + kept
        )

    def _rows(self, wanted: Wanted, by: Entry | None) -> tuple[tuple[str, ...], ...]:
        mine = self.clinic.type(wanted.type_id)
        new = translate("taken", "new") if wanted.version is None else str(wanted.version)
        if by is None:
            gone = translate("taken", "taken")
            return (
                (translate("taken", "Patient"), one_line(wanted.patient.display_name), gone),
                (translate("taken", "Visit"), type_text(mine, wanted.length_minutes), "–"),
            )
        theirs = by.appointment
        who = one_line(by.patient.display_name)
        if by.patient.id == wanted.patient.id:
            who = translate("taken", "{name} – the same patient").format(name=who)
        minutes = int(theirs.length.total_seconds()) // 60
        version = str(theirs.version)
        if by.changed:
            version = translate("taken", "{version} · by {person}, {desk}").format(
                version=theirs.version,
                person=short_person(one_line(by.changed.person)),
                desk=one_line(by.changed.desk),
            )
        return (
            (translate("taken", "Patient"), one_line(wanted.patient.display_name), who),
            (
                translate("taken", "Visit"),
                type_text(mine, wanted.length_minutes),
                type_text(self.clinic.type(theirs.type_id), minutes),
            ),
            (translate("taken", "Version"), new, version),
        )

    def show_alternatives(self, found: tuple[Alternative, ...] | None) -> None:
        """Show times to take instead, best first; None while they are looked for."""
        for choice in self.choices:
            self._grid.removeWidget(choice)
            choice.hide()
            choice.deleteLater()
        self.choices = []
        self._alternatives = (found or ())[:MOST_CHOICES]
        for number, alternative in enumerate(self._alternatives, start=1):
            choice = ChoiceButton(
                number,
                self._slot_text(alternative.slot),
                self._hint(alternative),
                partial(self.choose, number),
            )
            self._grid.addWidget(choice, (number - 1) // 2, (number - 1) % 2)
            choice.show()
            self.choices.append(choice)
        self._tell_instead(looking=found is None)
        self._show_busy()
        if self.choices and self.isVisible():
            self.choices[0].setFocus(Qt.FocusReason.OtherFocusReason)
        self.arrange()

    def tell_not_looked_for(self) -> None:
        """Say that the other times could not be looked for: there may well be some."""
        self.show_alternatives(())
        self._instead.setText(translate("taken", "Other times cannot be looked for just now."))

    def _tell_instead(self, *, looking: bool) -> None:
        if self._wanted is None:
            return
        if looking:
            self._instead.setText(translate("taken", "Looking for other times…"))
        elif self._alternatives:
            name = one_line(self._wanted.patient.display_name)
            self._instead.setText(translate("taken", "BOOK {name} HERE INSTEAD").format(name=name.upper()))
        else:
            self._instead.setText(translate("taken", "No other free time was found near it."))

    def _slot_text(self, slot: FreeSlot) -> str:
        zone = self.clinic.site(slot.site_id).zone
        wall = to_wall(slot.starts_at, zone)
        today = to_wall(self._now, zone).date()
        return translate("taken", "{time} {day} · {doctor}").format(
            time=time_text(wall),
            day=relative_day_text(wall.date(), today),
            doctor=one_line(self.clinic.practitioner(slot.practitioner_id).name),
        )

    def _hint(self, alternative: Alternative) -> str:
        if self._wanted is None:
            return ""
        slot = alternative.slot
        zone = self.clinic.site(slot.site_id).zone
        mine, other = to_wall(self._wanted.starts_at, zone), to_wall(slot.starts_at, zone)
        if slot.practitioner_id != self._wanted.practitioner_id:
            return translate("taken", "other doctor")
        if mine.date() != other.date():
            return translate("taken", "same time") if mine.time() == other.time() else translate("taken", "other day")
        minutes = int((other - mine) / timedelta(minutes=1))
        return ("+" if minutes > 0 else "−") + length_text(abs(minutes))

    # --- what is chosen ---

    def first_focus(self) -> QWidget | None:
        return self.choices[0] if self.choices else self._other

    def chosen_number(self) -> int:
        """Return the number Enter takes: the one with the keyboard, else the best; 0 when there is none."""
        with_keyboard = (number for number, choice in enumerate(self.choices, start=1) if choice.hasFocus())
        return next(with_keyboard, 1 if self.choices else 0)

    def choose(self, number: int) -> None:
        """Book alternative `number` (from 1)."""
        if self._busy or not self.guard.is_ready or not 1 <= number <= len(self._alternatives):
            return
        self.set_busy(True)
        self.slot_chosen.emit(self._alternatives[number - 1].slot)

    def set_busy(self, busy: bool) -> None:
        """Keep anything else from being chosen while an alternative is being booked."""
        self._busy = busy
        self._show_busy()

    def tell(self, text: str) -> None:
        """Say why the alternative was not booked; others can be tried."""
        self.set_busy(False)
        self.problem.say(text)
        self.guard.begin()
        self.arrange()

    def _show_busy(self) -> None:
        for each in (*self.choices, self._squeeze, self._wait, self._other, self._discard):
            each.setEnabled(not self._busy)
        self._book.setVisible(bool(self.choices))
        self._book.setEnabled(not self._busy)
        self._name_book()

    def _name_book(self) -> None:
        number = self.chosen_number()
        if self._busy:
            set_button_text(self._book, translate("taken", "Booking…"))
        elif number:
            slot = self._alternatives[number - 1].slot
            wall = to_wall(slot.starts_at, self.clinic.site(slot.site_id).zone)
            doctor = one_line(self.clinic.practitioner(slot.practitioner_id).name)
            if len(doctor) > 30:
                doctor = doctor[:29] + "…"
            text = translate("taken", "Book {time} with {doctor} ⏎").format(time=time_text(wall), doctor=doctor)
            set_button_text(self._book, text.replace("&", "&&"))

    def _book_chosen(self) -> None:
        self.choose(self.chosen_number())

    def _squeeze_in(self) -> None:
        if not self._busy and self.guard.is_ready:
            self.set_busy(True)
            self.squeeze_wanted.emit()

    def _choose_another(self) -> None:
        if not self._busy:
            self.done(self.DialogCode.Rejected)
            self.another_time.emit()

    def offer_waiting_list(self) -> None:
        """Let the patient be put on the waiting list instead; whoever shows the dialog sees to it."""
        self._wait.show()

    def _choose_waiting(self) -> None:
        if not self._busy and self.guard.is_ready:
            self.done(self.DialogCode.Rejected)
            self.waiting_wanted.emit()

    def _throw_away(self) -> None:
        if not self._busy:
            self.done(self.DialogCode.Rejected)
            self.discarded.emit()

    def reject(self) -> None:
        """Esc goes back to the form: nothing typed is lost by it."""
        self._choose_another()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrows = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: 2, Qt.Key.Key_Up: -2}
        number = event.key() - Qt.Key.Key_0.value
        if 1 <= number <= len(self.choices) and not event.isAutoRepeat():
            self.choose(number)
            event.accept()
        elif event.key() in arrows and self.choices:
            at = self.chosen_number() - 1 + arrows[Qt.Key(event.key())]
            if 0 <= at < len(self.choices):
                self.choices[at].setFocus(Qt.FocusReason.OtherFocusReason)
            self._name_book()
            event.accept()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.choices:
            self._book_chosen()
            event.accept()
        else:
            super().keyPressEvent(event)
