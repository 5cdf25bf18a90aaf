"""Cancelling with a reason, and deleting what was entered by mistake."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Cancel, SetStatus
from clinic_desk.domain.quick import Quick
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Channel, Clinic, Entry
from clinic_desk.services import booking
from clinic_desk.ui.booking.choice_button import ChoiceButton
from clinic_desk.ui.booking.ending import EndDialog
from clinic_desk.ui.booking.fields import TickBox
from clinic_desk.ui.booking.tell_line import why_not_text
from clinic_desk.ui.booking.telling import Telling, is_reachable
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate
_R = CancellationReason


def reason_text(reason: CancellationReason) -> str:
    """Return a cancellation reason as it is called on screen."""
    return {
        _R.PATIENT: translate("reason", "The patient cannot come"),
        _R.PATIENT_FEELS_BETTER: translate("reason", "The patient feels better"),
        _R.PATIENT_MOVED: translate("reason", "The patient moved away"),
        _R.PATIENT_LEFT: translate("reason", "The patient left without being seen"),
        _R.PATIENT_DECEASED: translate("reason", "The patient has died"),
        _R.PROVIDER: translate("reason", "The practice cannot keep it"),
        _R.PROVIDER_PERSONAL: translate("reason", "The doctor is unwell or away"),
        _R.PROVIDER_DISCHARGED: translate("reason", "The treatment has ended"),
        _R.EQUIPMENT: translate("reason", "Equipment or room is out of order"),
        _R.WEATHER: translate("reason", "Weather"),
        _R.SCHEDULING_ERROR: translate("reason", "Booked by mistake"),
        _R.OTHER: translate("reason", "Another reason"),
    }[reason]


REASONS = (
    ("1", _R.PATIENT),
    ("2", _R.PATIENT_FEELS_BETTER),
    ("3", _R.PATIENT_LEFT),
    ("4", _R.PATIENT_MOVED),
    ("5", _R.PROVIDER),
    ("6", _R.PROVIDER_PERSONAL),
    ("7", _R.EQUIPMENT),
    ("8", _R.WEATHER),
    ("9", _R.SCHEDULING_ERROR),
    ("0", _R.OTHER),
    ("E", _R.PROVIDER_DISCHARGED),
    ("D", _R.PATIENT_DECEASED),
)
"""Key and reason, in the order they are shown: the patient's side, the practice's, the rest."""


class CancelDialog(EndDialog):
    """A reason by its key, Enter cancels. The first reason is chosen from the start."""

    def __init__(self, database: Database, tasks: Tasks, clinic: Clinic, entry: Entry, parent: QWidget) -> None:
        super().__init__(database, tasks, clinic, entry, parent)
        self.setObjectName("cancel_dialog")
        self.reason = CancellationReason.PATIENT
        self.choices: dict[CancellationReason, ChoiceButton] = {}
        grid = QGridLayout()
        grid.setSpacing(6)
        half = (len(REASONS) + 1) // 2
        for index, (key, reason) in enumerate(REASONS):
            choice = ChoiceButton(key, reason_text(reason), "", partial(self.choose, reason))
            choice.setObjectName(f"reason_{reason.value}")
            choice.setCheckable(True)
            choice.setAutoDefault(False)
            grid.addWidget(choice, index % half, index // half)
            self.choices[reason] = choice
        self.tell = TickBox()
        self.tell.setObjectName("cancel_tell")
        self._telling = Telling(database, tasks, self)
        self._telling.changed.connect(self._show_tell)
        self._can_tell = False
        self._show_tell()
        self._telling.renew()
        self.middle.addLayout(grid)
        self.middle.addSpacing(6)
        self.middle.addWidget(self.tell)
        self.name(
            translate("cancel", "Cancel this appointment?"),
            self.about(),
            translate("cancel", "&Keep it"),
            translate("cancel", "Cancel appointment ⏎"),
        )
        self.renew()
        self.choose(self.reason)

    def _show_tell(self) -> None:
        """Offer to tell the patient if that can be, and keep what was chosen while it can."""
        could, patient = self._can_tell, self.entry.patient
        is_expected = self.entry.appointment.status is AppointmentStatus.BOOKED
        self._can_tell = is_expected and is_reachable(patient, self._telling.setup)
        if self._can_tell != could:
            self.tell.setChecked(self._can_tell)
        self.tell.setEnabled(self._can_tell)
        if self._can_tell:
            by = translate("cancel", "e-mail") if patient.channel is Channel.EMAIL else translate("cancel", "SMS")
            self.tell.setText(translate("cancel", "&Tell the patient now, by {channel}").format(channel=by))
            return
        why = why_not_text(patient) if is_expected else translate("cancel", "the patient is here or has been")
        self.tell.setText(translate("cancel", "The patient is not told: {why}").format(why=why).replace("&", "&&"))

    def first_focus(self) -> QWidget | None:
        return self.choices[self.reason]

    def choose(self, reason: CancellationReason) -> None:
        """Choose a reason. Nobody is told by a message that somebody who died need not come."""
        self.reason = reason
        for each, choice in self.choices.items():
            choice.setChecked(each is reason)
        self.choices[reason].setFocus(Qt.FocusReason.OtherFocusReason)
        if reason is CancellationReason.PATIENT_DECEASED:
            self.tell.setChecked(False)
        self.renew()

    def renew(self) -> None:
        row = self.entry.appointment
        self._command = Cancel(row.id, row.version, self.reason, self.tell.isChecked())

    def submit(self) -> None:
        """Cancel with what is chosen; the same choice keeps its ids."""
        if self._command.tell_patient != self.tell.isChecked():
            self.renew()
        super().submit()

    @property
    def command(self) -> Quick:
        return self._command

    def work(self) -> Entry:
        return booking.cancel(self._database, self._command)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        reason = dict(REASONS).get(event.text().upper())
        arrows = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 6, Qt.Key.Key_Left: -6}
        order = [one for _, one in REASONS]
        if reason is not None and self.end_button.isEnabled():
            self.choose(reason)
        elif event.key() in arrows:
            at = order.index(self.reason) + arrows[Qt.Key(event.key())]
            if 0 <= at < len(order):
                self.choose(order[at])
        else:
            super().keyPressEvent(event)


class DeleteDialog(EndDialog):
    """Deleting means "entered in error": gone from the calendar, kept in the history."""

    def __init__(self, database: Database, tasks: Tasks, clinic: Clinic, entry: Entry, parent: QWidget) -> None:
        super().__init__(database, tasks, clinic, entry, parent)
        self.setObjectName("delete_dialog")
        self.name(
            translate("cancel", "Delete this appointment?"),
            self.about(),
            translate("cancel", "&Keep it ⏎"),
            translate("cancel", "&Delete it"),
        )
        self.end_button.setProperty("kind", "danger")
        self.end_button.setDefault(False)
        self.keep_button.setDefault(True)
        self.problem.say(
            translate(
                "cancel",
                "For what was never meant to be booked. The patient is not told; it is then seen in the history only. "
                "If the patient cannot come, cancel it instead.",
            ),
            "muted",
        )
        self.renew()

    def first_focus(self) -> QWidget | None:
        return self.keep_button

    def renew(self) -> None:
        row = self.entry.appointment
        self._command = SetStatus(row.id, row.version, AppointmentStatus.ENTERED_IN_ERROR)

    @property
    def command(self) -> Quick:
        return self._command

    def work(self) -> Entry:
        return booking.set_status(self._database, self._command)
