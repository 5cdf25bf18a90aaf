"""What a person at a desk does several times in a story: points at a time, opens the form, finds a patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.records import Entry, Patient
from clinic_desk.services.slots import FreeSlot
from clinic_desk.tour.hands import Hands
from clinic_desk.tour.stage import Steps, Until
from clinic_desk.ui.booking.form import BookingForm

W = TypeVar("W", bound=QWidget)
Key = Qt.Key


@dataclass  # no slots: a signal is connected to its method
class Booked:
    """What a form's `booked` brought, once it has."""

    entry: Entry | None = None

    def take(self, entry: Entry) -> None:
        """Keep it."""
        self.entry = entry


def open_form(hands: Hands, slot: FreeSlot) -> Steps[BookingForm]:
    """Go to the doctor's column by arrows and to the time by its digits; Enter."""
    yield from hands.to_calendar()
    yield from point_at(hands, slot)
    hands.key(Key.Key_Return)
    form = hands.space.booking.form
    yield Until(form.isVisible, "Enter on free time opens the booking form")
    return form


def point_at(hands: Hands, slot: FreeSlot) -> Steps[None]:
    """Put the time cursor on the doctor's column and the time."""

    def doctor() -> object:
        place = hands.calendar.current_place()
        return place.practitioner_id if place else None

    hands.key(Key.Key_Home)
    for step in (Key.Key_Left, Key.Key_Right):
        for _ in range(24):
            if doctor() == slot.practitioner_id:
                break
            hands.key(step)
    hands.type(f"{hands.wall(slot.starts_at):%H%M}")
    yield Until(
        lambda: (place := hands.calendar.current_place()) is not None and place.starts_at == slot.starts_at,
        "typed digits go to the time",
    )


def choose_patient(hands: Hands, form: BookingForm, patient: Patient) -> Steps[None]:
    """Type the patient's name into the form; Enter."""
    yield from hands.turn_to()
    form.patient_line.setFocus(Qt.FocusReason.OtherFocusReason)
    hands.type(f"{patient.family_name} {patient.given_name}".lower())
    line = form.patient_line

    def is_found() -> bool:
        row = line.matches.highlighted() if line.matches.isVisible() else None
        return row is not None and row.line is not None and row.line.match.patient.id == patient.id

    yield Until(is_found, f"typing the name finds {patient.display_name}")
    hands.key(Key.Key_Return)
    yield Until(lambda: line.patient is not None, "Enter takes the patient")


def dialog_of(hands: Hands, kind: type[W]) -> Steps[W]:
    """Wait for a sheet of this kind over the desk's window; return it."""

    def there() -> W | None:
        return next((child for child in hands.window.findChildren(kind) if child.isVisible()), None)

    yield Until(lambda: there() is not None, f"{kind.__name__} opens at {name_of(hands)}")
    found = there()
    assert found is not None
    return found


def name_of(hands: Hands) -> str:
    """Return the desk's name."""
    return hands.space.desk.database.desk.name


def watched(form: BookingForm) -> Booked:
    """Return what will hold what the form books."""
    booked = Booked()
    form.booked.connect(booked.take, Qt.ConnectionType.SingleShotConnection)
    return booked


def entry_of(booked: Booked) -> Entry:
    """Return what was booked."""
    assert booked.entry is not None
    return booked.entry
