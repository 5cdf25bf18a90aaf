"""The line that says what the patient will be sent and by which channel, and lets it be left out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.records import Channel, Patient
from clinic_desk.domain.wall import to_wall
from clinic_desk.notifications.planning import address_of
from clinic_desk.services.messaging import MessagingSetup, first_reminder
from clinic_desk.ui.booking.fields import TickBox
from clinic_desk.ui.booking.telling import is_reachable
from clinic_desk.ui.booking.words import day_text, time_text

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Visit:
    """What would be told: a visit, or (`is_change`) its new time. `starts_at` None while no time is known."""

    starts_at: datetime | None
    type_id: UUID
    zone: str
    is_change: bool = False


def tell_text(patient: Patient | None, visit: Visit, now: datetime, setup: MessagingSetup | None) -> str:
    """Return what would be sent to the patient, or "" when nothing can be. Without a setup no reminder is promised."""
    if patient is None or not is_reachable(patient, setup):
        return ""
    by = {
        Channel.EMAIL: translate("tell", "e-mail"),
        Channel.SMS: translate("tell", "SMS"),
    }[patient.channel]
    if visit.is_change:
        return translate("tell", "a new day or time at once, by {channel}").format(channel=by)
    due = None
    if setup is not None and visit.starts_at is not None:
        due = first_reminder(setup, visit.starts_at, visit.type_id, visit.zone, now)
    if due is None:
        return translate("tell", "confirmation now, by {channel}").format(channel=by)
    reminder = to_wall(due, visit.zone)
    return translate("tell", "confirmation now, by {channel}; reminder {day}, {time}").format(
        channel=by, day=day_text(reminder.date()), time=time_text(reminder)
    )


def why_not_text(patient: Patient) -> str:
    """Return why nothing can be sent."""
    if patient.channel is Channel.NONE:
        return translate("tell", "the patient wants no messages")
    if address_of(patient):
        if patient.channel is Channel.EMAIL:
            return translate("tell", "the practice sends no e-mail")
        return translate("tell", "the practice sends no SMS")
    if patient.channel is Channel.EMAIL:
        return translate("tell", "no e-mail address is known")
    return translate("tell", "no phone number is known")


class TellLine(TickBox):
    """Checked: the patient is told. `is_wanted` stays as it was set while it cannot be, when no tick is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tell_patient")
        self.setChecked(True)
        self._kept = True

    @property
    def is_wanted(self) -> bool:
        """Whether the patient is to be told if that can be."""
        return self.isChecked() if self.isEnabled() else self._kept

    def want(self, wanted: bool) -> None:
        """Set whether the patient is to be told if that can be; `show_for` follows."""
        self._kept = wanted
        self.setChecked(wanted)

    def say_not_told(self) -> None:
        """Nothing is sent to somebody who stands at the desk."""
        text = translate("tell", "nothing: the patient is here")
        self.setText(text)
        self.setAccessibleDescription(text)
        self.setEnabled(False)
        blocked = self.blockSignals(True)
        self.setChecked(False)
        self.blockSignals(blocked)

    def show_for(self, patient: Patient | None, visit: Visit, now: datetime, setup: MessagingSetup | None) -> None:
        """Say what would be sent."""
        told = tell_text(patient, visit, now, setup)
        text = told
        if patient is None:
            text = translate("tell", "as the patient wants it")
        elif not told:
            text = translate("tell", "nothing: {why}").format(why=why_not_text(patient))
        self.setText(text.replace("&", "&&"))
        self.setAccessibleDescription(text)  # its name is the label's
        self.setEnabled(bool(told))
        if patient is not None and not told:
            blocked = self.blockSignals(True)
            self.setChecked(False)
            self.blockSignals(blocked)
