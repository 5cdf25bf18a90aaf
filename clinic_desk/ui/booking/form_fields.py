"""The fields of the booking form: their widgets, their order, and the remark under each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QToolButton, QWidget

from clinic_desk.domain.commands import AUTOMATIC
from clinic_desk.domain.records import Clinic, RoomKind
from clinic_desk.domain.wall import to_wall
from clinic_desk.services.messaging import MessagingSetup
from clinic_desk.ui.booking.draft import Draft
from clinic_desk.ui.booking.fields import ChoiceBox, NumberBox, Remark, field_label, plain_label
from clinic_desk.ui.booking.patient_line import PatientLine
from clinic_desk.ui.booking.tell_line import TellLine, Visit
from clinic_desk.ui.booking.when_line import WhenLine
from clinic_desk.ui.booking.words import buffers_text, one_line

translate = QCoreApplication.translate


class FormFields(QWidget):
    """Shows a Draft and says which field a person changed; holds no rule and sends nothing."""

    changed = Signal(str)
    """Name of the field: type, length, when, room, with, device, note or tell."""

    def __init__(self, patient_line: PatientLine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.patient = patient_line
        self.type = ChoiceBox("type_box")
        self.length = NumberBox("length_box", 1, 720, translate("booking", " min"))
        self.length.setSingleStep(5)
        self.buffers = plain_label("", "muted")
        self.when = WhenLine()
        self.earlier = _stepper("‹", "earlier", translate("booking", "Five minutes earlier (↓)"))
        self.later = _stepper("›", "later", translate("booking", "Five minutes later (↑)"))
        self.room = ChoiceBox("room_box")
        self.practitioner = ChoiceBox("with_box")
        self.device = ChoiceBox("device_box")
        self._device_label = field_label(translate("booking", "&Device"), self.device)
        self.note = QLineEdit()
        self.note.setObjectName("note_line")
        self.note.setMaxLength(2000)
        self.tell = TellLine()
        self.remarks = {
            "patient": Remark(self.patient),
            "type": Remark(self.type),
            "when": Remark(self.when),
            "room": Remark(self.room),
            "with": Remark(self.practitioner),
            "device": Remark(self.device),
        }
        self._lay_out()
        self._watch()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(5)
        grid.setColumnMinimumWidth(0, 88)
        grid.setColumnStretch(1, 1)
        visit = _row(self.type, self.length, self.buffers, stretch=self.type)
        when = _row(self.earlier, self.when, self.later, stretch=self.when)
        room_label = field_label(translate("booking", "&Room"), self.room)
        when.addSpacing(10)
        when.addWidget(room_label)
        when.addWidget(self.room, 1)
        person = _row(self.practitioner, self._device_label, self.device, stretch=self.practitioner)
        person.setStretchFactor(self.device, 1)
        rows: tuple[tuple[str, QWidget, QWidget | QHBoxLayout, tuple[str, ...]], ...] = (
            (translate("booking", "&Patient"), self.patient, self.patient, ("patient",)),
            (translate("booking", "&Visit"), self.type, visit, ("type",)),
            (translate("booking", "&When"), self.when, when, ("when", "room")),
            (translate("booking", "W&ith"), self.practitioner, person, ("with", "device")),
            (translate("booking", "N&ote"), self.note, self.note, ()),
            (translate("booking", "&Tell patient"), self.tell, self.tell, ()),
        )
        at = 0
        for text, field, shown, remarks in rows:
            grid.addWidget(field_label(text, field), at, 0)
            if isinstance(shown, QWidget):
                grid.addWidget(shown, at, 1)
            else:
                grid.addLayout(shown, at, 1)
            for name in remarks:
                at += 1
                grid.addWidget(self.remarks[name], at, 1)
            at += 1
        self.length.setAccessibleName(translate("booking", "Length in minutes"))
        order = (
            *(self.patient, self.type, self.length, self.when, self.room, self.practitioner, self.device),
            *(self.note, self.tell),
        )
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _watch(self) -> None:
        self.type.activated.connect(lambda: self.changed.emit("type"))
        self.room.activated.connect(lambda: self.changed.emit("room"))
        self.practitioner.activated.connect(lambda: self.changed.emit("with"))
        self.device.activated.connect(lambda: self.changed.emit("device"))
        self.length.valueChanged.connect(lambda: self.changed.emit("length"))
        self.when.changed.connect(lambda: self.changed.emit("when"))
        self.when.textEdited.connect(lambda: self.remarks["when"].say(""))
        self.when.misunderstood.connect(self._say_misunderstood)
        self.note.textEdited.connect(lambda: self.changed.emit("note"))
        self.tell.toggled.connect(lambda: self.changed.emit("tell"))
        self.earlier.clicked.connect(lambda: self.when.step(-self.when.step_minutes))
        self.later.clicked.connect(lambda: self.when.step(self.when.step_minutes))

    def _say_misunderstood(self) -> None:
        self.remarks["when"].say(
            translate("booking", "This is not a time. Type 10:30, with a day “fri 10:30” or “24.11. 9:45”.")
        )

    # --- showing and reading ---

    def show_draft(self, draft: Draft, clinic: Clinic) -> None:
        """Fill all fields but the patient's; nobody is told of a change."""
        blocked = self.blockSignals(True)
        kinds = [kind for kind in clinic.types if kind.active or kind.id == draft.type_id]
        self.type.fill(((one_line(kind.name), kind.id) for kind in kinds), draft.type_id)
        kind = clinic.type(draft.type_id)
        self.buffers.setText(buffers_text(kind))
        self.buffers.setVisible(bool(self.buffers.text()))
        self.practitioner.fill(_people(clinic, draft), draft.practitioner_id)
        self.room.fill(_rooms(clinic, draft, RoomKind.ROOM), draft.room_id)
        self.device.fill(_rooms(clinic, draft, RoomKind.DEVICE), draft.device_id)
        # Most visits need none; one that was chosen all the same is shown, so that it can be given back.
        for each in (self._device_label, self.device):
            each.setVisible(kind.needs_device or draft.device_id not in {AUTOMATIC, None})
        if self.length.value() != draft.length_minutes:
            self.length.setValue(draft.length_minutes)
        self.when.follow(draft.when)
        if not self.note.isModified():
            self.note.setText(one_line(draft.note))
        self.tell.want(draft.tell_patient)
        self.blockSignals(blocked)

    def show_tell(
        self, draft: Draft, clinic: Clinic, now: datetime, setup: MessagingSetup | None, *, change: bool
    ) -> None:
        """Say what the patient will be sent."""
        visit = Visit(draft.starts_at(clinic), draft.type_id, clinic.site(draft.site_id).zone, change)
        self.tell.show_for(draft.patient, visit, now, setup)

    def set_today(self, now: datetime, zone: str) -> None:
        """Tell the lines which day "today" is where the booking is made."""
        today = to_wall(now, zone).date()
        self.when.today = today
        self.patient.today = today
        self.patient.wall_of = _wall_of(zone)

    def remark(self, told: Mapping[str, tuple[str, str]]) -> None:
        """Say (text, role) under the fields named, nothing under the others; a time not understood stays told."""
        for name, remark in self.remarks.items():
            if name != "when" or self.when.is_understood:
                remark.say(*told.get(name, ("", "muted")))

    def at(self, name: str) -> QWidget:
        """Return where a field named as in `remarks` is put right."""
        return {"type": self.type, "when": self.when, "room": self.room, "device": self.device}.get(
            name, self.patient if name == "patient" else self.practitioner
        )

    def set_locked(self, locked: bool) -> None:
        """Keep everything from being changed while a command is on its way."""
        self.setEnabled(not locked)


def _wall_of(zone: str) -> Callable[[datetime], datetime]:
    return lambda instant: to_wall(instant, zone)


def _people(clinic: Clinic, draft: Draft) -> list[tuple[str, UUID]]:
    kind = clinic.type(draft.type_id)
    return [
        (one_line(person.name), person.id)
        for person in clinic.practitioners
        if (person.active and person.id in kind.practitioner_ids) or person.id == draft.practitioner_id
    ]


def _rooms(clinic: Clinic, draft: Draft, of_kind: RoomKind) -> list[tuple[str, object]]:
    chosen = draft.room_id if of_kind is RoomKind.ROOM else draft.device_id
    rows: list[tuple[str, object]] = [
        (translate("booking", "automatic"), AUTOMATIC),
        (translate("booking", "none"), None),
    ]
    rows += [
        (one_line(room.name), room.id)
        for room in clinic.rooms
        if (room.active and room.site_id == draft.site_id and room.kind is of_kind) or room.id == chosen
    ]
    return rows


def _stepper(text: str, name: str, told: str) -> QToolButton:
    stepper = QToolButton()
    stepper.setText(text)
    stepper.setObjectName(name)
    stepper.setAccessibleName(told)
    stepper.setToolTip(told)
    stepper.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    stepper.setAutoRepeat(True)
    return stepper


def _row(*widgets: QWidget, stretch: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget, 1 if widget is stretch else 0)
    return row
