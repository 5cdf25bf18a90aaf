"""Opens a patient's page over the window, keeps it as she stands, and carries out what is asked for on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QObject, QTimer
from shiboken6 import isValid

from clinic_desk.domain.commands import UpdatePatient
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.patients_merge import FIELDS
from clinic_desk.domain.records import Channel, Entry, Patient
from clinic_desk.domain.refusals import PatientConflict
from clinic_desk.domain.restricted import shut
from clinic_desk.domain.rights import Right
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError, InvalidInput, OutcomeUnknown
from clinic_desk.services import patients
from clinic_desk.services.patients_record import AT_ONCE, record_of
from clinic_desk.ui.booking.new_patient import lacks_address
from clinic_desk.ui.booking.patient_choices import region_of
from clinic_desk.ui.booking.patient_line import phone_text
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.compare import CompareSheet, Difference
from clinic_desk.ui.patients.closed_desk import ClosedRecord
from clinic_desk.ui.patients.sheet import May, PatientSheet
from clinic_desk.ui.patients.words import field_names, field_text
from clinic_desk.ui.rights_words import not_allowed
from clinic_desk.ui.sentences import sentence

if TYPE_CHECKING:
    from clinic_desk.domain.patients_record import PatientRecord
    from clinic_desk.ui.patients.mail_desk import PatientMail
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate
_PAUSE_MS = 200
"""Changes that come together are read together."""
_TABLES = frozenset({"patient", "appointment", "notification", "contact_note"})


@dataclass(frozen=True, slots=True)
class _Doubtful:
    """Not saved yet: nobody is known to have such a number, and this one was not asked about before."""

    phone: str


class PatientPage(QObject):
    """One open page: its sheet, and what reads and writes for it. It ends with the sheet."""

    def __init__(self, space: Workspace, patient_id: UUID) -> None:
        self.sheet = PatientSheet(
            space.window, space.desk.tasks, space.store.clinic, space.store.freshness.now, may=_may(space)
        )
        super().__init__(self.sheet)
        self.space = space
        self.patient_id = patient_id
        self._limit = AT_ONCE
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self.read)
        self._saving = Submission(space.desk.tasks, self)
        self._saving.done.connect(self._saved)
        self._saving.failed.connect(self._refused)
        self._saving.busy_changed.connect(lambda busy: self.sheet.set_busy(busy=busy))
        self._saving.finding_out.connect(lambda: self.tell(OutcomeUnknown()))
        self.closed = ClosedRecord(self)
        self._wire()
        self.sheet.open()
        self.read()

    def _wire(self) -> None:
        sheet, store = self.sheet, self.space.store
        heard = store.tables_changed.connect(self._changed)
        renewed = store.clinic_changed.connect(self._clinic_changed)
        sheet.finished.connect(lambda _result: store.tables_changed.disconnect(heard))
        sheet.finished.connect(lambda _result: store.clinic_changed.disconnect(renewed))
        sheet.rejected.connect(self._back)
        sheet.save_wanted.connect(self.save)
        sheet.more_wanted.connect(self._read_more)
        sheet.visit_wanted.connect(self._go_to)
        sheet.book_wanted.connect(self._book)
        sheet.allow_wanted.connect(self._allow)
        sheet.merge_wanted.connect(self._merge)
        sheet.paper_wanted.connect(self._offer_paper)
        sheet.mail.wanted.connect(lambda: self._mail().send())
        sheet.mail.undo_wanted.connect(lambda row: self._mail().take_back(row))
        sheet.follow_up_wanted.connect(self._follow_up)
        sheet.waiting_wanted.connect(self._wait)
        sheet.separate_wanted.connect(self._separate)
        sheet.data_wanted.connect(self._open_data)

    def _back(self) -> None:
        """The calendar has the keyboard again, unless the page lay over a form."""
        form = self.space.booking.form
        if not form.isVisible():
            self.space.commands.back_to_calendar()

    # --- reading ---

    def _changed(self, tables: frozenset[str]) -> None:
        if tables & _TABLES:
            self._pause.start()

    def _clinic_changed(self) -> None:
        self.sheet.clinic = self.sheet.details.clinic = self.space.store.clinic
        self._pause.start()

    def _read_more(self) -> None:
        self._limit *= 5
        self.read()

    def read(self) -> None:
        """Read her anew."""
        database, patient_id, limit = self.space.desk.database, self.patient_id, self._limit
        with_messages, access_id = self.space.may_write, self.closed.access_id

        def work() -> tuple[PatientRecord, str]:
            record = record_of(database, patient_id, limit, with_messages=with_messages, access_id=access_id)
            return record, phone_text(record.patient.phone)

        self.space.desk.tasks.query(
            self.sheet,
            work,
            self._show,
            self._not_read,
            key="patient-record",
        )

    def _show(self, found: tuple[PatientRecord, str]) -> None:
        """Show what was read, unless it was closed meanwhile: then what is shown now is on its way."""
        if found[0].patient.opened and self.closed.access_id is None:
            return
        self.sheet.show_record(*found)

    def _not_read(self, error: ClinicDeskError) -> None:
        if not self.closed.refused(error):
            self.tell(error)

    def tell(self, error: ClinicDeskError) -> None:
        """Say why something was not done."""
        self.sheet.say(sentence(error, self.space.store.clinic, self.sheet.zone), "danger")

    # --- saving ---

    def save(self, wanted: Patient | None = None) -> None:
        """Write what is typed, or `wanted`, over the version that was seen."""
        details = self.sheet.details
        if details.base is None or self._saving.is_busy:
            return
        try:
            wanted = wanted or details.wanted()
        except InvalidInput as problem:
            details.tell(problem)
            return
        if lacks_address(details.typed()) and wanted.channel is not details.base.channel:
            details.tell(InvalidInput("channel", "an address to tell the patient by"))
            return
        command = UpdatePatient(wanted)
        database, near, asked, was = self.space.desk.database, details.site_phone, details.asked_phone, details.base

        def work() -> Patient | _Doubtful:
            region = region_of(near)
            checked = patients.validate_patient(command.patient, region)
            is_new = command.patient.phone not in {asked, was.phone}
            if is_new and patients.is_doubtful_phone(command.patient.phone, region):
                return _Doubtful(command.patient.phone)
            return patients.update_patient(database, UpdatePatient(checked, command.operation_id))

        self._sent = command
        self._saving.send(work)

    def _saved(self, saved: Patient | _Doubtful | bool) -> None:
        sheet = self.sheet
        if isinstance(saved, _Doubtful):
            sheet.details.doubt(saved.phone)
            sheet.details.phone.setFocus()
            return
        if isinstance(saved, Patient):
            sheet.details.show_patient(saved, sheet.details.today)
            sheet.say(translate("record", "✓ Saved"), "ok")
        self.read()

    def _refused(self, error: ClinicDeskError) -> None:
        if isinstance(error, PatientConflict) and error.now.merged_into is not None:
            self.sheet.details.show_patient(error.now, self.sheet.details.today)
            self.read()
        elif isinstance(error, PatientConflict) and error.now.closed:
            self._ask_opened()
        elif isinstance(error, PatientConflict):
            self._ask(error.now)
        elif isinstance(error, InvalidInput):
            self.sheet.details.tell(error)
        else:
            self.tell(error)

    def _ask_opened(self) -> None:
        """What another desk wrote into a record that is open here is read as this page reads."""
        database, patient_id, access_id = self.space.desk.database, self.stays, self.closed.access_id
        work = partial(record_of, database, patient_id, 1, with_messages=False, access_id=access_id)
        self.space.desk.tasks.query(self.sheet, work, lambda found: self._ask(found.patient), self._not_read)

    def _ask(self, now: Patient) -> None:
        """Both desks changed the record: what only one changed goes together, the rest is asked."""
        base, mine = self.sheet.details.base, self._sent.patient
        if base is None:
            return
        names, found = field_names(), []
        for name in FIELDS:
            here, there = getattr(mine, name) != getattr(base, name), getattr(now, name) != getattr(base, name)
            if here or there:
                texts = field_text(name, mine), field_text(name, now)
                found.append(Difference(name, names[name], *texts, here=here, there=there))
        compare = CompareSheet(
            self.sheet, now.display_name, found, translate("record", "Back to the patient"), is_gone=False
        )
        compare.decided.connect(partial(self._decided, mine, now))
        compare.open()

    def _decided(self, mine: Patient, now: Patient, kept: frozenset[str]) -> None:
        """Write over what stands now; another change meanwhile is asked about in the same way."""
        wanted: dict[str, Any] = {name: getattr(mine, name) for name in kept}
        self.sheet.details.base = now
        self.save(replace(now, **wanted))

    def _allow(self, channel: Channel) -> None:
        """The patient wants messages again, or the address works again."""
        from clinic_desk.services import message_actions

        database, patient_id, operation_id = self.space.desk.database, self.stays, new_id()
        self._saving.send(lambda: message_actions.allow_again(database, patient_id, channel, operation_id))

    @property
    def stays(self) -> UUID:
        """The id of the record that is shown."""
        patient = self.sheet.patient()
        return self.patient_id if patient is None else patient.id

    # --- leaving for elsewhere ---

    def _offer_paper(self) -> None:
        from clinic_desk.ui.patients.paper_desk import paper_of

        paper_of(self).offer()

    def _mail(self) -> PatientMail:
        from clinic_desk.ui.patients.mail_desk import mail_of

        return mail_of(self)

    def _go_to(self, entry: Entry) -> None:
        """Show an appointment on the calendar; one that is not there any more where it was."""
        if self._saving.is_busy:
            return
        self._leave()
        wall = to_wall(entry.appointment.starts_at, entry.appointment.zone)
        if not self.space.window.calendar.isVisible():
            self.space.window.actions_by_name["today"].trigger()
        self.space.navigator.go_to(wall.date(), minute=wall.hour * 60 + wall.minute, select=entry.id)
        self.space.commands.back_to_calendar()

    def _book(self) -> None:
        patient = self.sheet.patient()
        if patient is not None:
            self._leave()
            self.space.booking.start_anywhere(shut(patient))

    def _follow_up(self) -> None:
        """The same visit with the same doctor as the one that is chosen, else as the latest that took place."""
        from clinic_desk.ui.patients.follow_up_desk import follow_up_for

        record, sheet = self.sheet.record, self.sheet
        if record is None:
            return
        page = sheet.lists.pages.currentWidget()
        chosen = page.list.chosen if page in {sheet.coming, sheet.past} else None
        took_place = (row for row in record.past if row.appointment.status.occupies_time)
        last = chosen or next(took_place, None) or next(iter((*record.coming, *record.past)), None)
        follow_up_for(self.space, shut(record.patient), last)

    def _open_data(self) -> None:
        from clinic_desk.ui.patients.data_desk import DataDesk

        if self.sheet.record is not None:
            DataDesk(self.space, shut(self.sheet.record.patient)).erased.connect(self._leave)

    def _wait(self) -> None:
        """Put on the waiting list: what is chosen of what is to come would be moved forward."""
        record, coming = self.sheet.record, self.sheet.coming
        if record is not None:
            is_shown = self.sheet.lists.pages.currentWidget() is coming
            chosen = coming.list.chosen if is_shown else None
            self.space.waiting().add_patient(shut(record.patient), chosen, self.sheet)

    def _merge(self) -> None:
        from clinic_desk.ui.patients.merge_desk import merges_of

        patient = self.sheet.patient()
        if patient is not None and self._may_merge():
            merges_of(self.space).start(shut(patient))

    def _may_merge(self) -> bool:
        """Whether who is signed in may; if not, the page says who can allow it."""
        may = Right.MERGE in self.space.store.clinic.rights
        if not may:
            self.sheet.say(not_allowed(Right.MERGE), "warning")
        return may

    def _separate(self) -> None:
        """Take the latest merge into this record back."""
        from clinic_desk.ui.patients.merge_desk import merges_of

        record = self.sheet.record
        latest = next((each for each in record.doubles if each.merge_id is not None), None) if record else None
        if latest is not None and latest.merge_id is not None and self._may_merge():
            merges_of(self.space).separate(latest.merge_id, tell=self._say_if_open)

    def _say_if_open(self, text: str, role: str) -> None:
        """Say it on the page, or in a note if that was closed meanwhile."""
        if isValid(self.sheet) and self.sheet.isVisible():
            self.sheet.say(text, role)
        else:
            self.space.own.tell(text)

    def _leave(self) -> None:
        self.sheet.done(self.sheet.DialogCode.Accepted)


def _may(space: Workspace) -> May:
    return May(write=space.may_write, manage=space.opening.person.group == "manager")


def open_patient(space: Workspace, patient_id: UUID) -> PatientPage:
    """Open a patient's page; one that is open already gives way."""
    for sheet in space.window.findChildren(PatientSheet):
        if sheet.isVisible():
            sheet.done(sheet.DialogCode.Accepted)
    return PatientPage(space, patient_id)


def open_chosen(space: Workspace, entry: Entry | None) -> None:
    """Open the page of the chosen appointment's patient; a note says so if none is chosen."""
    if entry is None:
        space.own.tell(translate("record", "Whose page? Choose an appointment, or find the patient with Ctrl+K."))
    else:
        open_patient(space, entry.patient.id)
