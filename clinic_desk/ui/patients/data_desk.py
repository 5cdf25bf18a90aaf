"""Carries out what a manager asks for on the sheet of a patient's data: writes the file, erases."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Signal

from clinic_desk.domain.erasure import Erased, ErasePatient, NotErasable
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.refusals import PatientConflict
from clinic_desk.errors import ClinicDeskError, OutcomeUnknown
from clinic_desk.services import erasure
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.patients.data_sheet import DataSheet
from clinic_desk.ui.sentences import sentence

if TYPE_CHECKING:
    from clinic_desk.domain.records import Patient
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate


class DataDesk(QObject):
    """One open sheet; it ends with the sheet."""

    erased = Signal()

    def __init__(self, space: Workspace, patient: Patient) -> None:
        self.sheet = DataSheet(space.window, patient)
        super().__init__(self.sheet)
        self._space = space
        self._patient = patient
        self._erasing, self._writing = (Submission(space.desk.tasks, self) for _ in range(2))
        for work in (self._erasing, self._writing):
            work.busy_changed.connect(lambda busy: self.sheet.set_busy(busy=busy))
            work.finding_out.connect(lambda: self._tell(OutcomeUnknown()))
        self._erasing.done.connect(self._erased)
        self._erasing.failed.connect(self._refused)
        self._writing.done.connect(self._written)
        self._writing.failed.connect(self._tell)
        self.sheet.file_wanted.connect(self._write)
        self.sheet.erase_wanted.connect(self._erase)
        self.sheet.open()
        self._look()

    def _look(self) -> None:
        database, patient_id = self._space.desk.database, self._patient.id
        work = partial(erasure.look_at_erasure, database, patient_id)
        self._space.desk.tasks.query(self.sheet, work, self.sheet.show_facts, self._tell, key="erasable")

    def _write(self, path: Path) -> None:
        database, patient_id, operation = self._space.desk.database, self._patient.id, new_id()
        self._writing.send(lambda: erasure.write_person(database, patient_id, path, operation, overwrite=True))

    def _written(self, count: int) -> None:
        self.sheet.say(translate("erasure", "✓ Written: {count} entries").format(count=count), "ok")

    def _erase(self) -> None:
        seen = self.sheet.seen
        if seen is not None:
            database, command = self._space.desk.database, ErasePatient(self._patient.id, seen.version)
            self._erasing.send(lambda: erasure.erase_patient(database, command))

    def _erased(self, done: Erased) -> None:
        self.sheet.done(DataSheet.DialogCode.Accepted)
        told = translate("erasure", "The patient's data was erased.")
        if done.copies:
            told += " " + translate("erasure", "Copies at the SMS provider follow: {count}.").format(count=done.copies)
        self._space.own.tell(told)
        self.erased.emit()

    def _refused(self, error: ClinicDeskError) -> None:
        """Whatever stands in the way is shown as it is now."""
        self._tell(error)
        if isinstance(error, PatientConflict | NotErasable):
            self.sheet.confirm.clear()
            self._look()

    def _tell(self, error: ClinicDeskError) -> None:
        if isinstance(error, NotErasable):
            self.sheet.say(translate("erasure", "Something came in between; nothing was erased."))
        elif isinstance(error, PatientConflict):
            self.sheet.say(translate("erasure", "Another desk changed the record; nothing was erased. Look again."))
        else:
            clinic = self._space.store.clinic
            zone = clinic.sites[0].zone if clinic.sites else "UTC"
            self.sheet.say(sentence(error, clinic, zone))
