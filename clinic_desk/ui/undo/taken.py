"""An appointment would go back to a time that somebody else has by now: who, and what can be had instead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject

from clinic_desk.domain.refusals import SlotTaken
from clinic_desk.domain.undoing import Deed, Hindrance, NotTakenBack
from clinic_desk.domain.wall import to_wall
from clinic_desk.services import slots
from clinic_desk.ui.booking.sent import like
from clinic_desk.ui.booking.slot_taken import SlotTakenDialog, Wanted
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.sentences import sentence

if TYPE_CHECKING:
    from uuid import UUID

    from PySide6.QtWidgets import QWidget

    from clinic_desk.domain.records import Appointment
    from clinic_desk.errors import ClinicDeskError
    from clinic_desk.ui.connected import Connected
    from clinic_desk.ui.own_changes import OwnChanges

translate = QCoreApplication.translate


class UndoTaken(QObject):
    """One dialog; another time that is chosen there is written over what stands, and may be taken first as well."""

    def __init__(self, desk: Connected, own: OwnChanges, window: QWidget, deed: Deed, *, again: bool) -> None:
        super().__init__(window)
        self._desk, self._own, self._deed, self._again = desk, own, deed, again
        self._target: Appointment | None = None
        self._by: UUID | None = None
        self._beside: frozenset[UUID] = frozenset()
        """Whom it was agreed to be beside: there may be several."""
        self._dialog = SlotTakenDialog(window, desk.store.clinic, undoing=True)
        self._dialog.slot_chosen.connect(self._take)
        self._dialog.squeeze_wanted.connect(self._squeeze_in)
        self._dialog.another_time.connect(lambda: own.tell(translate("Undo", "Left as it is now.")))
        self._dialog.finished.connect(lambda _result: self.deleteLater())
        own.stack.changed.connect(self._close_if_done)

    def show(self, hindrance: Hindrance) -> None:
        """Show who has the time, and look for others."""
        cause, target = hindrance.cause, hindrance.target
        assert isinstance(cause, SlotTaken)
        self._target, self._by = target, cause.by.id if cause.by is not None else None
        minutes = int(target.length.total_seconds()) // 60
        patient = hindrance.left.patient
        wanted = Wanted(
            patient,
            target.type_id,
            target.practitioner_id,
            target.site_id,
            target.starts_at,
            minutes,
            target.version,
        )
        self._dialog.show_taken(wanted, cause.by, self._desk.store.freshness.now())
        if not self._dialog.isVisible():
            self._dialog.open()
        database, clinic = self._desk.database, self._desk.store.clinic
        self._desk.tasks.query(
            self._dialog,
            lambda: slots.alternatives(database, like(wanted), clinic, besides=(target.id,)),
            self._dialog.show_alternatives,
            lambda _error: self._dialog.tell_not_looked_for(),
            key="alternatives",
            priority=Priority.URGENT,
        )

    def _take(self, slot: slots.FreeSlot) -> None:
        target = self._target
        if target is None:
            return
        zone = self._desk.store.clinic.site(slot.site_id).zone
        row = replace(
            target,
            practitioner_id=slot.practitioner_id,
            site_id=slot.site_id,
            starts_at=slot.starts_at,
            ends_at=slot.starts_at + target.length,
            wall_start=to_wall(slot.starts_at, zone),
            zone=zone,
        )
        self._own.taking_back.take_back_instead(self._deed, row, self._failed, again=self._again, elsewhere=True)

    def _squeeze_in(self) -> None:
        if self._target is not None and self._by is not None:
            self._beside |= {self._by}
            self._own.taking_back.take_back_instead(
                self._deed, self._target, self._failed, again=self._again, beside=self._beside
            )

    def _failed(self, error: ClinicDeskError) -> None:
        hindrance = error.hindrances[0] if isinstance(error, NotTakenBack) else None
        if hindrance is None:
            self._say(error)
        elif isinstance(hindrance.cause, SlotTaken) and hindrance.cause.resource is None:
            self.show(hindrance)
        elif isinstance(hindrance.cause, SlotTaken):
            self._say(hindrance.cause)
        else:
            self._dialog.done(SlotTakenDialog.DialogCode.Accepted)
            self._own.taking_back.ask_about(self._deed, hindrance, again=self._again)

    def _say(self, error: ClinicDeskError) -> None:
        zone = self._target.zone if self._target is not None else "UTC"
        self._dialog.tell(sentence(error, self._desk.store.clinic, zone))

    def _close_if_done(self) -> None:
        if self._dialog.isVisible() and self._deed.mark not in self._own.stack:
            self._dialog.done(SlotTakenDialog.DialogCode.Accepted)
