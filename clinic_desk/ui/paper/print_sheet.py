"""Asks what of which day goes on paper: day lists of doctors or rooms, or the week of one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from PySide6.QtCore import QCoreApplication, Signal, SignalInstance
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QWidget

from clinic_desk.domain.records import Clinic
from clinic_desk.errors import InvalidInput
from clinic_desk.ui.booking.fields import ChoiceBox, Remark, button, field_label, plain_label, set_button_text
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.setup.days import typed_day, written_day

translate = QCoreApplication.translate
Paper = Literal["a4", "letter"]
What = Literal["day", "week", "rooms", "room-week"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted. None: of all doctors, of all sites, of all rooms; a week is of one doctor or room."""

    what: What
    day: date
    practitioner_id: UUID | None
    site_id: UUID | None
    paper: Paper
    room_id: UUID | None = None
    """Of the lists of rooms."""


class PrintSheet(Sheet):
    """Enter shows the pages; Esc leaves, or stops what is being made."""

    preview_wanted = Signal(object)
    """A `Wish`."""
    pdf_wanted = Signal(object)
    """A `Wish`."""
    stop_wanted = Signal()

    def __init__(self, clinic: Clinic, wish: Wish, today: date, parent: QWidget) -> None:
        super().__init__(parent, width=600)
        self.setObjectName("print_sheet")
        self.setAccessibleName(translate("paper", "Print"))
        self._clinic, self._today, self._busy = clinic, today, False
        self._came_back: QWidget | None = None
        self.what = ChoiceBox("print_what")
        self.what.fill(
            [
                (translate("paper", "Day list"), "day"),
                (translate("paper", "Week of a doctor"), "week"),
                (translate("paper", "Day list of rooms"), "rooms"),
                (translate("paper", "Week of a room"), "room-week"),
            ],
            wish.what,
        )
        self.day = QLineEdit(written_day(wish.day, today))
        self.day.setObjectName("print_day")
        self.doctor, self.site, self.paper = (
            ChoiceBox("print_doctor"),
            ChoiceBox("print_site"),
            ChoiceBox("print_paper"),
        )
        sites = [(one_line(site.name), site.id) for site in clinic.sites]
        self.site.fill([(translate("paper", "All sites"), None), *sites], wish.site_id)
        self.paper.fill([("A4", "a4"), (translate("paper", "Letter"), "letter")], wish.paper)
        self.problem = Remark(self.day)
        self.told = Remark()
        self.told.setObjectName("print_told")
        self.close_button = button(translate("paper", "&Close"), "print_close", self.reject)
        self.pdf = button(translate("paper", "Save as &PDF…"), "print_pdf", lambda: self._give(self.pdf_wanted))
        self.next = button(
            translate("paper", "Preview and print ⏎"), "print_go", lambda: self._give(self.preview_wanted), "primary"
        )
        self._fill_doctors(wish.room_id if self._is_of_rooms else wish.practitioner_id)
        self.what.currentIndexChanged.connect(lambda _index: self._fill_doctors(self.doctor.value))
        self._lay_out()

    @property
    def _is_of_rooms(self) -> bool:
        return self.what.value in {"rooms", "room-week"}

    def _fill_doctors(self, chosen: UUID | None) -> None:
        """Offer doctors, or rooms; what was chosen stays chosen if it is among them."""
        if self._is_of_rooms:
            rows = [(one_line(room.name), room.id) for room in self._clinic.rooms if room.active]
            everything = translate("paper", "All rooms")
        else:
            rows = [(one_line(person.name), person.id) for person in self._clinic.practitioners if person.active]
            everything = translate("paper", "All doctors")
        known = chosen if chosen in {key for _, key in rows} else None
        if self.what.value in {"day", "rooms"}:
            self.doctor.fill([(everything, None), *rows], known)
        else:
            self.doctor.fill(rows, known or (rows[0][1] if rows else None))

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setVerticalSpacing(10)
        rows = [
            (translate("paper", "&What"), self.what),
            (translate("paper", "&Day"), self.day),
            (translate("paper", "D&octor, room"), self.doctor),
            (translate("paper", "&Site"), self.site),
            (translate("paper", "P&aper"), self.paper),
        ]
        if len(self._clinic.sites) < 2:
            rows.pop(3)
        for row, (text, field) in enumerate(rows):
            grid.addWidget(field_label(text, field), row, 0)
            grid.addWidget(field, row, 1)
        grid.setColumnStretch(1, 1)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addStretch(1)
        for each in (self.close_button, self.pdf, self.next):
            below.addWidget(each)
        self.body.addWidget(plain_label(translate("paper", "Print"), "title"))
        self.body.addLayout(grid)
        self.body.addWidget(self.problem)
        self.body.addWidget(self.told)
        self.body.addLayout(below)

    def _give(self, signal: SignalInstance) -> None:
        try:
            day = typed_day("day", self.day.text(), self._today)
        except InvalidInput:
            self.problem.say(translate("paper", "This is not a date. Type it as 24.12.2026, or as fri."))
            self.day.setFocus()
            self.day.selectAll()
            return
        self.problem.say("")
        person, room = (None, self.doctor.value) if self._is_of_rooms else (self.doctor.value, None)
        wish = Wish(self.what.value, day, person, self.site.value, self.paper.value, room)
        signal.emit(wish)

    def set_busy(self, *, busy: bool) -> None:
        """Keep everything as it is and offer to stop; or let go on."""
        if busy:
            self._came_back = self.focusWidget()
            self.say(translate("paper", "Reading…"), "muted")
        self._busy = busy
        for each in (self.what, self.day, self.doctor, self.site, self.paper, self.pdf, self.next):
            each.setEnabled(not busy)
        self.close_button.setEnabled(True)
        set_button_text(self.close_button, translate("paper", "&Stop") if busy else translate("paper", "&Close"))
        if busy:
            self.close_button.setFocus()
        elif self._came_back is not None:
            self._came_back.setFocus()

    def show_progress(self, pages: int) -> None:
        """Show how far it is."""
        if self._busy and self.close_button.isEnabled():
            self.say(translate("paper", "{count} pages…").format(count=pages), "muted")

    def say(self, text: str, role: str = "danger") -> None:
        """Say what came of it."""
        self.told.say(text, role)

    def reject(self) -> None:
        """Esc and the button close; while something is being made they stop it."""
        if self._busy:
            self.close_button.setEnabled(False)
            self.say(translate("paper", "Stopping…"), "muted")
            self.stop_wanted.emit()
        else:
            super().reject()

    def first_focus(self) -> QWidget | None:
        return self.what

    def main_act(self) -> Callable[[], object]:
        return self.next.click
