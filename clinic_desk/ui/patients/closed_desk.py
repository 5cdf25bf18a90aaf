"""Opens a restricted record on a patient's page, counts the time down, closes it; marks a record, or lifts that."""

from __future__ import annotations

from functools import partial
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QObject, QTimer

from clinic_desk.domain.restricted import Opening, OpenRecord, RestrictPatient
from clinic_desk.domain.rights import Right
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import restricted
from clinic_desk.ui.booking.fields import set_button_text
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.booking.words import time_text
from clinic_desk.ui.compare import CompareSheet

if TYPE_CHECKING:
    from clinic_desk.domain.patients_record import PatientRecord
    from clinic_desk.ui.patients.desk import PatientPage

translate = QCoreApplication.translate


class ClosedRecord(QObject):
    """One per page. `access_id`: by which opening the page reads; None while the record is closed, or never was."""

    def __init__(self, page: PatientPage) -> None:
        super().__init__(page)
        self._page, self._sheet, self._space = page, page.sheet, page.space
        self._opening: Opening | None = None
        self._asked_at = self._known_at = 0.0
        self._tick = QTimer(self, interval=500)
        self._tick.timeout.connect(self._count)
        self._sending, self._marking = (Submission(self._space.desk.tasks, self) for _ in range(2))
        self._sending.done.connect(self._opened)
        self._marking.done.connect(lambda _patient: page.read())
        for work in (self._sending, self._marking):
            work.failed.connect(page.tell)
        self._sending.busy_changed.connect(lambda busy: self._sheet.closed.set_busy(busy=busy))
        self._sheet.closed.open_wanted.connect(self._open)
        self._sheet.open_line.end_wanted.connect(self.end)
        self._sheet.mark.clicked.connect(lambda _checked: self._mark())
        self._sheet.shown.connect(self._shown)
        self._sheet.finished.connect(lambda _result: self._end_for_good())

    @property
    def access_id(self) -> UUID | None:
        """By which opening the record is read."""
        return None if self._opening is None else self._opening.id

    @property
    def by_right(self) -> bool:
        """Whether who is signed in may open restricted records without a reason, and mark them."""
        return Right.RESTRICTED in self._space.store.clinic.rights

    # --- opening and closing ---

    def _open(self, reason: str) -> None:
        patient = self._sheet.patient()
        if patient is not None and not self._sending.is_busy:
            self._asked_at = monotonic()
            command, database = OpenRecord(patient.id, reason), self._space.desk.database
            self._sending.send(lambda: restricted.open_record(database, command))

    def _opened(self, opening: Opening) -> None:
        """Count from when it was asked for: the server's time cannot have begun before."""
        self._opening = opening
        self._known_at = self._asked_at
        self._tick.start()
        self._page.read()

    def _left_s(self, opening: Opening) -> float:
        """By two clocks, whichever is ahead: one stands still while the PC sleeps, the other can be set."""
        counted = (opening.until - opening.at).total_seconds() - (monotonic() - self._known_at)
        return min(counted, (opening.until - self._space.store.freshness.now()).total_seconds())

    def _count(self) -> None:
        if self._opening is None:
            return
        left = self._left_s(self._opening)
        if left <= 0:
            self.over()
            return
        until = time_text(to_wall(self._opening.until, self._sheet.zone))
        self._sheet.open_line.show_left(ceil(left), until, unsaved=self._sheet.details.is_changed)

    def end(self) -> None:
        """Close it before its time."""
        self._end_for_good()
        self.over()

    def _end_for_good(self) -> None:
        """Whoever leaves the page is done with it: the time that is left is nobody's."""
        opening, self._opening = self._opening, None
        self._tick.stop()
        if opening is not None:
            database = self._space.desk.database
            self._space.desk.tasks.command(
                self._space,
                partial(restricted.close_record, database, opening.id),
                lambda _was: None,
                lambda _error: None,
            )

    def over(self) -> None:
        """The time is up: what was closed leaves the screen before anything is asked, and the page is read anew."""
        self._opening = None
        self._tick.stop()
        for each in self._sheet.findChildren(CompareSheet):
            each.done(each.DialogCode.Rejected)
        self._sheet.forget()
        self._page.read()

    def _shown(self, record: PatientRecord) -> None:
        if record.patient.closed and not self._sheet.closed.isVisible():
            self._sheet.closed.ask(by_right=self.by_right)
        if self._opening is not None:
            self._count()
        may = self.by_right and record.patient.merged_into is None
        self._sheet.mark.setVisible(may)
        lift, put = (
            translate("restricted", "Open to e&verybody again"),
            translate("restricted", "Restrict t&his record"),
        )
        set_button_text(self._sheet.mark, lift if record.patient.restricted else put)

    # --- marking ---

    def _mark(self) -> None:
        patient = self._sheet.patient()
        if patient is None or self._marking.is_busy:
            return
        command, database = (
            RestrictPatient(patient.id, patient.version, on=not patient.restricted),
            self._space.desk.database,
        )
        if patient.restricted:
            self._end_for_good()
        self._marking.send(lambda: restricted.restrict_patient(database, command))

    def refused(self, error: ClinicDeskError) -> bool:
        """Whether a read failed because the time is up, which the server knew first."""
        if self._opening is None or getattr(error, "right", "") != Right.RESTRICTED:
            return False
        self.over()
        return True
