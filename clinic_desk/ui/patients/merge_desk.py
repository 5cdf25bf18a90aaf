"""Merges from a patient's page: asks with whom and how, carries it out, offers to take it back; separates again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QObject, QTimer

from clinic_desk.domain.patients_merge import Merged, MergePatients, Separated, SeparatePatients
from clinic_desk.domain.refusals import PatientConflict
from clinic_desk.domain.restricted import MINUTES
from clinic_desk.domain.undoing import Deed
from clinic_desk.domain.wall import local_day
from clinic_desk.errors import ClinicDeskError, OutcomeUnknown
from clinic_desk.services import patients_merge as service
from clinic_desk.services.patients import similar_patients
from clinic_desk.ui.booking.patient_choices import rows_of
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.patients.desk import open_patient
from clinic_desk.ui.patients.find_double import FindDouble
from clinic_desk.ui.patients.merge import MergeSheet
from clinic_desk.ui.patients.words import separated_text
from clinic_desk.ui.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic_desk.domain.records import Patient
    from clinic_desk.services.patients_merge import Pair
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate


class MergeDesk(QObject):
    """One per window: what it did can be taken back when the page is long closed."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space

    def start(self, patient: Patient) -> None:
        """Ask which record is the same person's."""
        space = self._space
        database, store = space.desk.database, space.store
        zone = store.clinic.sites[0].zone if store.clinic.sites else "UTC"
        ask = FindDouble(space.window, database, space.desk.tasks, patient, local_day(store.freshness.now(), zone))
        ask.chosen.connect(lambda other_id: self.compare(patient.id, other_id))
        ask.open()
        space.desk.tasks.query(
            ask,
            lambda: rows_of(similar_patients(database, patient)),
            ask.show_likely,
            lambda error: ask.told.setText(self._sentence(error)),
            key="likely-doubles",
        )

    def compare(self, one_id: UUID, other_id: UUID) -> None:
        """Show two records side by side."""
        database = self._space.desk.database
        self._space.desk.tasks.query(
            self,
            lambda: service.look_at_pair(database, one_id, other_id),
            self._show_pair,
            lambda error: self._space.own.tell_trouble(self._sentence(error)),
            key="merge-pair",
        )

    def _show_pair(self, pair: Pair) -> None:
        sheet = MergeSheet(self._space.window, pair, self._space.store.clinic)
        submission = Submission(self._space.desk.tasks, sheet)
        submission.busy_changed.connect(lambda busy: sheet.set_busy(busy=busy))
        submission.finding_out.connect(lambda: sheet.say(self._sentence(OutcomeUnknown())))
        submission.failed.connect(lambda error: self._refused(sheet, error))
        submission.done.connect(lambda done: self._merged(sheet, done))
        database = self._space.desk.database

        def send(command: MergePatients) -> None:
            submission.send(lambda: service.merge_patients(database, command))

        sheet.decided.connect(send)
        if pair.one.opened or pair.other.opened:  # as long as on a page: it may lie open and nobody looks
            QTimer.singleShot(MINUTES * 60_000, sheet, sheet.leave)
        sheet.open()

    def _refused(self, sheet: MergeSheet, error: ClinicDeskError) -> None:
        """Either record was changed meanwhile: both are shown as they stand now, and nothing was written."""
        if not isinstance(error, PatientConflict):
            sheet.say(self._sentence(error))
            return
        database, ids = self._space.desk.database, (sheet.kept.id, sheet.double.id)
        told = translate("merge", "Another desk changed one of them first. This is how both stand now.")

        def show(pair: Pair) -> None:
            sheet.show_pair(pair)
            sheet.say(told)

        self._space.desk.tasks.query(
            sheet,
            lambda: service.look_at_pair(database, *ids),
            show,
            lambda problem: sheet.say(self._sentence(problem)),
            key="merge-pair",
        )

    def _merged(self, sheet: MergeSheet, done: Merged) -> None:
        sheet.leave()
        name, other = (one_line(each.display_name) for each in (done.kept, done.double))
        told = translate("merge", "Merged: {other} into {name}").format(other=other, name=name)
        deed = Deed(done.merge_id, number=0, command="MergePatients", names=(name, other))
        self._space.own.committed_together(told, deed)
        page = open_patient(self._space, done.kept.id)
        page.sheet.say(told, "ok")  # the note lies behind the page

    # --- two again ---

    def separate(self, merge_id: UUID, tell: Callable[[str, str], None] | None = None) -> None:
        """Take a merge back, of this desk or another, today's or an old one.

        `tell`: who says what became of it (text, role), instead of a note.
        """
        own = self._space.own
        tell = tell or (lambda text, role: (own.tell_trouble if role == "danger" else own.tell)(text))
        database, command = self._space.desk.database, SeparatePatients(merge_id)
        submission = Submission(self._space.desk.tasks, self)

        def failed(error: ClinicDeskError) -> None:
            if isinstance(error, PatientConflict):
                told = translate("merge", "This cannot be taken back: the records were separated or merged on since.")
                tell(told, "danger")
                return
            tell(self._sentence(error), "danger")

        def separated(done: Separated) -> None:
            names = (one_line(done.kept.display_name), one_line(done.double.display_name))
            own.stack.did(Deed(command.operation_id, number=0, command="SeparatePatients", names=names))
            tell(separated_text(done), "ok")

        submission.done.connect(separated)
        submission.failed.connect(failed)
        submission.done.connect(submission.deleteLater)
        submission.failed.connect(submission.deleteLater)
        submission.send(lambda: service.separate_patients(database, command))

    def _sentence(self, error: ClinicDeskError) -> str:
        clinic = self._space.store.clinic
        return sentence(error, clinic, clinic.sites[0].zone if clinic.sites else "UTC")


def merges_of(space: Workspace) -> MergeDesk:
    """Return what merges over a desk's window, made when it is wanted first."""
    made = space.findChild(MergeDesk)
    return made if isinstance(made, MergeDesk) else MergeDesk(space)
