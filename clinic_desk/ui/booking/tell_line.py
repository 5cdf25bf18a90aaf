"""The line that says what the patient will be sent and by which channel, and lets it be left out."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.records import Channel, Patient
from clinic_desk.domain.wall import to_wall
from clinic_desk.notifications.planning import REMINDER_LEAD, address_of, reminder_due
from clinic_desk.ui.booking.fields import TickBox
from clinic_desk.ui.booking.words import day_text, time_text

translate = QCoreApplication.translate


def tell_text(patient: Patient | None, starts_at: datetime | None, now: datetime, zone: str, *, change: bool) -> str:
    """Return what would be sent to the patient, or "" when nothing can be."""
    if patient is None:
        return ""
    if not address_of(patient):
        return ""
    by = {
        Channel.EMAIL: translate("tell", "e-mail"),
        Channel.SMS: translate("tell", "SMS"),
    }[patient.channel]
    if change:
        return translate("tell", "a new day or time at once, by {channel}").format(channel=by)
    if starts_at is None or starts_at - now < REMINDER_LEAD:
        return translate("tell", "confirmation now, by {channel}").format(channel=by)
    reminder = to_wall(reminder_due(starts_at, zone), zone)
    return translate("tell", "confirmation now and reminder {day}, {time}, by {channel}").format(
        day=day_text(reminder.date()), time=time_text(reminder), channel=by
    )


def why_not_text(patient: Patient | None) -> str:
    """Return why nothing can be sent."""
    if patient is None:
        return translate("tell", "as the patient wants it")
    if patient.channel is Channel.NONE:
        return translate("tell", "nothing: the patient wants no messages")
    if patient.channel is Channel.EMAIL:
        return translate("tell", "nothing: no e-mail address is known")
    return translate("tell", "nothing: no phone number is known")


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

    def show_for(
        self, patient: Patient | None, starts_at: datetime | None, now: datetime, zone: str, *, change: bool
    ) -> None:
        """Say what would be sent."""
        told = tell_text(patient, starts_at, now, zone, change=change)
        text = told or why_not_text(patient)
        self.setText(text.replace("&", "&&"))
        self.setAccessibleDescription(text)  # its name is the label's
        self.setEnabled(bool(told))
        if patient is not None and not told:
            blocked = self.blockSignals(True)
            self.setChecked(False)
            self.blockSignals(blocked)
