"""Shows that an appointment was changed at another desk first, and says what is to be sent after what was decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.commands import Update
from clinic_desk.domain.records import Appointment, AppointmentStatus, Clinic, Entry
from clinic_desk.ui.booking.changed_first import ChangedFirstDialog
from clinic_desk.ui.booking.merge_text import Side, update_to
from clinic_desk.ui.booking.sent import Sent, booked_again, reinstated


class ChangedMeanwhile(QObject):
    """One dialog at a time; it stays while the decision is sent, and is shown again if that comes too late as well."""

    decided = Signal(object)
    """The Sent to be sent instead."""
    stands = Signal(object)
    """The Entry: what was decided is what stands already."""
    overruled = Signal()
    ended = Signal()
    """The dialog is closed by the user, to book again or to leave it as it is."""
    given_up = Signal()

    def __init__(self, window: QWidget, clock: Callable[[], datetime]) -> None:
        super().__init__(window)
        self._window = window
        self._clock = clock
        self._sent: Sent | None = None
        self._seen: Entry | None = None
        self._wish: Appointment | None = None

    def show(
        self, sent: Sent, now: Entry, clinic: Clinic, dialog: ChangedFirstDialog | None
    ) -> ChangedFirstDialog | None:
        """Show both sides, in a dialog of its own or the one that is open; None if there is nothing to compare."""
        wanted = sent.appointment(clinic)
        if sent.base is None or wanted is None:
            return None
        shown = dialog or ChangedFirstDialog(self._window, clinic)
        shown.show_conflict(sent.base, Side(wanted, sent.patient), now, self._clock())
        # From here on the user has seen what stands now: the next conflict is told against it.
        self._sent, self._seen, self._wish = sent, now, wanted
        if dialog is None:
            shown.decided.connect(self._write_decided)
            shown.overruled.connect(self.overruled)
            shown.book_again.connect(self._book_again)
            shown.left_as_is.connect(self.given_up)
            shown.open()
        return shown

    def _write_decided(self, wanted: Appointment) -> None:
        sent, seen = self._sent, self._seen
        if sent is None or not isinstance(sent.command, Update) or seen is None:
            return
        update = update_to(seen.appointment, wanted, sent.command)
        if update is None:
            self.stands.emit(seen)
            return
        patient = sent.patient if wanted.patient_id != seen.appointment.patient_id else seen.patient
        self.decided.emit(Sent(update, patient, Side(seen.appointment, seen.patient)))

    def _book_again(self) -> None:
        """Book again, as it was wanted, an appointment that was ended meanwhile; a deleted one under ids of its own."""
        wanted, sent, seen = self._wish, self._sent, self._seen
        self.ended.emit()
        if sent is None or wanted is None or seen is None or not isinstance(sent.command, Update):
            return
        if seen.appointment.status in {AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST}:
            self.decided.emit(reinstated(sent, wanted, sent.command, seen))
        else:
            self.decided.emit(Sent(booked_again(wanted, sent.command), sent.patient))
