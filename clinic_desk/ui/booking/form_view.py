"""The looks of the booking form: its card, pages, titles and buttons, and where on screen it stands."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QRect, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desk.domain.records import Clinic
from clinic_desk.ui.booking.card import Card
from clinic_desk.ui.booking.draft import Draft
from clinic_desk.ui.booking.fields import Remark, button, plain_label, set_button_text
from clinic_desk.ui.booking.form_fields import FormFields
from clinic_desk.ui.booking.patient_form import PatientForm
from clinic_desk.ui.booking.patient_line import PatientLine
from clinic_desk.ui.booking.placing import place_beside
from clinic_desk.ui.booking.words import day_text, minute_text, one_line

translate = QCoreApplication.translate
WIDTH = 720
LONGEST_NAME = 36


@dataclass(frozen=True, slots=True)
class FormState:
    """What titles and buttons depend on beside the draft."""

    new: bool = True
    busy: bool = False
    unknown: bool = False
    asking: bool = False
    walk_in: bool = False


class FormView(Card):
    """Two pages: the booking's fields, and a new patient's. Knows nothing of what they are for."""

    book_pressed = Signal()
    cancel_pressed = Signal()
    repeat_pressed = Signal()
    """The booking is to become a series."""
    record_pressed = Signal()
    """The patient's page is wanted."""
    waiting_pressed = Signal()
    """No time serves: the patient is to be put on the waiting list."""

    def __init__(self, patient_line: PatientLine, patient_form: PatientForm, parent: QWidget) -> None:
        super().__init__(parent)
        self.fields = FormFields(patient_line)
        self.place: QRect | None = None
        self.title = plain_label("", "title")
        self.subtitle = plain_label("", "muted")
        self.problem = Remark()
        self.problem.setObjectName("booking_problem")
        self.problem.setProperty("boxed", "true")
        self.hint = plain_label("", "muted")
        self.repeat_button = button(
            translate("booking", "Repeat…  Ctrl R"), "booking_repeat", self.repeat_pressed.emit, "link"
        )
        self.waiting_button = button(
            translate("booking", "Waiting list…  Ctrl W"), "booking_waiting", self.waiting_pressed.emit, "link"
        )
        self.cancel_button = button(translate("booking", "Cancel"), "booking_cancel", self.cancel_pressed.emit)
        self.book_button = button("", "booking_book", self.book_pressed.emit, "primary")
        self.page = 0
        self._pages = (self._fields_page(), patient_form)
        header = QHBoxLayout()
        header.addWidget(self.title)
        header.addStretch(1)
        header.addWidget(self.subtitle)
        self.body.setSpacing(10)
        self.body.addLayout(header)
        for page in self._pages:
            self.body.addWidget(page)
        self.show_page(0)
        QWidget.setTabOrder(self.fields.tell, self.book_button)
        QWidget.setTabOrder(self.book_button, self.repeat_button)
        QWidget.setTabOrder(self.repeat_button, self.waiting_button)
        QWidget.setTabOrder(self.waiting_button, self.cancel_button)
        parent.installEventFilter(self)

    def _fields_page(self) -> QWidget:
        footer = QHBoxLayout()
        footer.addWidget(self.hint, 1)
        footer.addWidget(self.repeat_button)
        footer.addWidget(self.waiting_button)
        footer.addWidget(self.cancel_button)
        footer.addWidget(self.book_button)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.fields)
        column.addStretch(1)
        column.addWidget(self.problem)
        column.addLayout(footer)
        return page

    def show_page(self, index: int) -> None:
        """Show the fields (0) or the new-patient page (1); only the page that is shown takes room."""
        self.page = index
        for number, page in enumerate(self._pages):
            page.setVisible(number == index)

    # --- words ---

    def name_all(self, draft: Draft, clinic: Clinic, state: FormState) -> None:
        """Write titles, hint and buttons."""
        adding = self.page == 1
        title = translate("booking", "New appointment") if state.new else translate("booking", "Change appointment")
        if state.walk_in:
            title = translate("booking", "Walk-in: booked and arrived")
        self.title.setText(translate("booking", "New patient") if adding else title)
        self.setAccessibleName(self.title.text())
        self.subtitle.setText(place_text(draft, clinic))
        set_button_text(self.book_button, _button_text(draft, state))
        self.repeat_button.setVisible(state.new and not state.walk_in)
        self.repeat_button.setEnabled(not state.busy)
        can_wait = state.new and not state.walk_in
        self.waiting_button.setVisible(can_wait)
        self.waiting_button.setEnabled(can_wait and not state.busy)
        self.hint.setText(_hint_text(state))

    # --- place ---

    def show_in_place(self, place: QRect | None) -> None:
        """Show the form beside `place` (global coordinates), or in the upper middle."""
        self.place = place
        self.show()
        self.raise_()
        self.fit()

    def fit(self) -> None:
        """Take the size the content needs and stand beside the place, on screen."""
        layout, parent = self.body, self.parentWidget()
        if parent is None:
            return
        bounds = parent.rect()
        width = min(WIDTH, bounds.width())
        layout.activate()
        height = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
        self.resize(width, min(height, bounds.height()))
        place = None
        if self.place is not None:
            place = QRect(parent.mapFromGlobal(self.place.topLeft()), self.place.size())
        # The shadow may lie over the place and beyond the edge: only the card counts.
        card = self.card_rect()
        self.move(place_beside(card.size(), place, bounds.adjusted(4, 4, -4, -4)) - card.topLeft())
        if self.fields.patient.matches.isVisible():
            self.fields.patient.place_list()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parent() and event.type() == QEvent.Type.Resize and self.isVisible():
            self.fit()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self.fit()
        return handled


def place_text(draft: Draft, clinic: Clinic) -> str:
    """Return `Tue 24 Nov · 09:45 · Dr. Jonas Weber` as far as it is known."""
    parts = []
    if draft.day is not None:
        parts += [day_text(draft.day), minute_text(draft.minute)]
    if draft.practitioner_id is not None:
        name = one_line(clinic.practitioner(draft.practitioner_id).name)
        parts.append(name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…")
    return " · ".join(parts)


def _button_text(draft: Draft, state: FormState) -> str:
    if state.unknown:
        return translate("booking", "Finding out…")
    if state.busy:
        return translate("booking", "Booking…") if state.new else translate("booking", "Saving…")
    if state.asking:
        return translate("booking", "Book anyway ⏎") if state.new else translate("booking", "Save anyway ⏎")
    if not state.new:
        return translate("booking", "Save ⏎")
    if draft.day is None:
        return translate("booking", "Book ⏎")
    text = translate("booking", "Book {time}, arrived ⏎") if state.walk_in else translate("booking", "Book {time} ⏎")
    return text.format(time=minute_text(draft.minute))


def _hint_text(state: FormState) -> str:
    if state.busy:
        return ""
    if state.asking:
        return translate("booking", "⏎ yes · Esc no")
    if state.new:
        return translate("booking", "⏎ next · ⏎⏎ book · Esc leaves")
    return translate("booking", "⏎ save · Esc leaves it as it was")
