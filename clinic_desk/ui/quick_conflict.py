"""One key changed what another desk had changed first: both are shown, and one key keeps theirs or sets one's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.quick import is_as_wished, wished
from clinic_desk.domain.refusals import Conflict
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.booking.changed_first import ChangedFirstDialog
from clinic_desk.ui.booking.merge_text import Side
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.told import already_text

if TYPE_CHECKING:
    from clinic_desk.domain.quick import Quick
    from clinic_desk.domain.records import Appointment, Entry
    from clinic_desk.ui.connected import Connected
    from clinic_desk.ui.own_changes import OwnChanges


class QuickConflict(QObject):
    """One dialog; it stays while what was decided is written, and shows what stands if that comes too late as well."""

    def __init__(self, desk: Connected, own: OwnChanges, window: QWidget) -> None:
        super().__init__(window)
        self._desk, self._own = desk, own
        self._wish: Quick | None = None
        self._now: Entry | None = None
        self._dialog = ChangedFirstDialog(window, desk.store.clinic)
        self._dialog.decided.connect(self._decided)
        self._dialog.left_as_is.connect(self._leave)
        self._dialog.finished.connect(lambda _result: self.deleteLater())

    def show(self, wish: Quick, seen: Entry, now: Entry) -> None:
        """Compare `seen`, as it was when the key was pressed, with what stands now. Calling again shows another."""
        # What was decided is sent over what was shown, under ids of its own.
        self._wish = replace(wish, version=now.appointment.version, operation_id=new_id())
        self._now = now
        mine = Side(wished(seen.appointment, wish), seen.patient)
        base = Side(seen.appointment, seen.patient)
        self._dialog.show_conflict(base, mine, now, self._desk.store.freshness.now(), quick=True)
        if not self._dialog.isVisible():
            self._dialog.open()

    def _decided(self, row: Appointment) -> None:
        wish, now, database = self._wish, self._now, self._desk.database
        if wish is None or now is None:
            return
        if not is_as_wished(row, wish):
            self._dialog.done(ChangedFirstDialog.DialogCode.Rejected)
            self._leave()
            return

        def work() -> object:
            from clinic_desk.services import setting_again

            return setting_again.set_again(database, wish)

        self._own.submit(work, self._done, self._failed)

    def _done(self, after: Entry) -> None:
        before = self._now
        self._dialog.done(ChangedFirstDialog.DialogCode.Accepted)
        self._own.committed(before, after)
        self._own.finished.emit(after)

    def _failed(self, error: ClinicDeskError) -> None:
        wish, seen = self._wish, self._now
        if wish is None or seen is None:
            return
        if not isinstance(error, Conflict):
            self._dialog.tell(sentence(error, self._desk.store.clinic, seen.appointment.zone))
            return
        self._desk.store.apply_entry(error.now)
        if is_as_wished(error.now.appointment, wish):
            self._dialog.done(ChangedFirstDialog.DialogCode.Accepted)
            self._own.tell(already_text(error.now))
        else:
            self.show(wish, seen, error.now)

    def _leave(self) -> None:
        self._own.tell(self.tr("Left as it is now."))
