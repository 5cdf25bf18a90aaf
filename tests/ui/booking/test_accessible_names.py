"""What a screen reader is told the fields of the booking screens are called: their labels, not what is in them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox, QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Clinic
from clinic_desk.ui.booking.form import BookingForm
from clinic_desk.ui.booking.next_free import NextFreePanel
from clinic_desk.ui.tasks import Tasks
from tests.ui.booking.conftest import Clock

Name, Value = QAccessible.Text.Name, QAccessible.Text.Value


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    """Let Qt think that a screen reader is there."""
    was = QAccessible.isActive()
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(was)


def labels_of(field: QWidget) -> list[str]:
    """What a screen reader finds as that which labels a field."""
    found = QAccessible.queryAccessibleInterface(field)
    assert found is not None
    return [other.text(Name) for other, kind in found.relations() if kind & QAccessible.RelationFlag.Label]


def assert_named(screen: QWidget, names: set[str]) -> None:
    """Every box to choose from is labelled; its list, which has the keyboard while it is open, has the same name."""
    found = set()
    for box in screen.findChildren(QComboBox):
        (label,) = labels_of(box)
        interface = QAccessible.queryAccessibleInterface(box)
        assert interface is not None
        assert interface.text(Value) == box.currentText()
        assert (box.accessibleName(), box.view().accessibleName()) == (label, label)
        found.add(label)
    assert found == names


def test_the_booking_form_names_its_fields(form: BookingForm) -> None:
    assert_named(form.fields, {"Visit", "Room", "With", "Device"})
    for field, name in ((form.patient_line, "Patient"), (form.fields.when, "When"), (form.fields.note, "Note")):
        interface = QAccessible.queryAccessibleInterface(field)
        assert interface is not None
        assert (interface.text(Name), labels_of(field)) == (name, [name])
    length = QAccessible.queryAccessibleInterface(form.fields.length)
    assert length is not None
    assert length.text(Name) == "Length in minutes"


def test_the_new_patient_page_names_its_fields(form: BookingForm) -> None:
    assert_named(form.patient_form, {"Gender", "Tell by", "Language"})
    lines = {line.objectName(): labels_of(line) for line in form.patient_form.findChildren(QLineEdit)}
    assert lines == {
        "family_name": ["Family name"],
        "given_name": ["Given"],
        "birth_date": ["Born"],
        "phone": ["Phone"],
        "email": ["E-mail"],
    }


def test_the_next_free_panel_names_its_boxes(
    *, database: Database, tasks: Tasks, known: Clinic, window: QWidget, clock: Clock
) -> None:
    panel = NextFreePanel(database, tasks, known, window, clock=clock)
    assert_named(panel, {"With", "Visit", "Site", "From", "Time"})


def test_no_field_to_type_or_choose_in_is_without_a_name(form: BookingForm) -> None:
    nameless = [
        field.objectName()
        for kind in (QComboBox, QLineEdit, QSpinBox)
        for field in form.findChildren(kind)
        if not field.accessibleName() and not isinstance(field.parent(), QSpinBox)
    ]
    assert nameless == []
