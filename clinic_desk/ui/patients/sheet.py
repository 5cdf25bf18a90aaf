"""A patient's page: who she is and how she is told at the left, her appointments, messages and changes at the right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from clinic_desk.domain.patients_record import Counts, PatientRecord
from clinic_desk.domain.records import Clinic, Patient
from clinic_desk.domain.restricted import shut
from clinic_desk.domain.wall import local_day, to_wall
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label, restyle, set_button_text
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import birth_text, breakable, gender_sign, moment_text, one_line, short_person
from clinic_desk.ui.messages.patient_messages import note_text
from clinic_desk.ui.messages.words import channel_text
from clinic_desk.ui.pages_sheet import scrolled
from clinic_desk.ui.patients.closed import ClosedPanel, OpenLine
from clinic_desk.ui.patients.details import PatientDetails
from clinic_desk.ui.patients.lists import ListPage, change_columns, message_columns, visit_columns
from clinic_desk.ui.patients.mail_line import MailLine
from clinic_desk.ui.patients.segments import Segments
from clinic_desk.ui.patients.words import late_text, wrote_text
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate
_SIZE = (1180, 760)
_LEFT = 452
_REPLIES = 3
TO_COME, PAST, MESSAGES, CHANGES = range(4)


@dataclass(frozen=True, slots=True)
class May:
    """What whoever is signed in may do here."""

    write: bool
    manage: bool = False
    """Write a patient's data to a file for her, and erase it."""


class PatientSheet(Sheet):
    """Shows what it is given and says what is wanted; reads and writes nothing itself."""

    save_wanted = Signal()
    visit_wanted = Signal(object)
    """An Entry to be shown on the calendar."""
    more_wanted = Signal()
    book_wanted = Signal()
    follow_up_wanted = Signal()
    waiting_wanted = Signal()
    paper_wanted = Signal()
    merge_wanted = Signal()
    separate_wanted = Signal()
    data_wanted = Signal()
    shown = Signal(object)
    """The PatientRecord that is shown now."""
    allow_wanted = Signal(object)
    """The Channel by which the patient may be told again."""

    def __init__(
        self, parent: QWidget, tasks: Tasks, clinic: Clinic, clock: Callable[[], datetime], *, may: May
    ) -> None:
        super().__init__(parent, width=_SIZE[0])
        self.setObjectName("patient_sheet")
        self.setAccessibleName(translate("record", "Patient"))
        self.record: PatientRecord | None = None
        self.clinic = clinic
        self._may = may
        self._clock = clock
        self._warned = False
        self._fresh = True
        self._busy = False
        self._came_back_to: QWidget | None = None
        self.details = PatientDetails(tasks, clinic)
        self.fields = scrolled(self.details)
        self.closed, self.open_line = ClosedPanel(), OpenLine()
        self.name = plain_label("", "title", wrap=True)
        self.name.setObjectName("patient_title")
        let_wrap(self.name)
        self.born = plain_label("", "muted")
        let_wrap(self.born)
        self.counts = plain_label("", "danger")
        self.counts.setToolTip(late_text())
        self.told = plain_label(translate("record", "Reading…"), "muted")
        self.told.setObjectName("patient_told")
        let_wrap(self.told)
        self.last_change = plain_label("", "muted")
        self.consent = plain_label("", "danger")
        self.wrote = plain_label("", "")
        self.wrote.setObjectName("patient_wrote")
        for each in (self.consent, self.last_change, self.wrote):
            let_wrap(each)
        self.allow = button(translate("record", "Allow again"), "patient_allow", self._allow, "link")
        self.save = button(translate("record", "&Save"), "patient_save", self.save_wanted.emit)
        self._make_lists()
        self._make_footer()
        self._lay_out()
        save = QShortcut(QKeySequence(QKeySequence.StandardKey.Save), self)
        save.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        save.activated.connect(self._save)
        self.details.edited.connect(lambda _field: self._show_state())
        self._show_state()

    # --- building ---

    def _make_lists(self) -> None:
        t, visits = translate, visit_columns(lambda: self.clinic)
        self.coming = ListPage(
            "coming", t("record", "Appointments to come"), visits, t("record", "Nothing is booked."), self._clock
        )
        self.past = ListPage(
            "past",
            t("record", "Earlier appointments"),
            visits,
            t("record", "No appointments before today."),
            self._clock,
        )
        self.messages = ListPage(
            "messages", t("record", "Messages"), message_columns(), t("record", "No messages yet."), self._clock
        )
        changed = change_columns(lambda: self.clinic, lambda: self.zone)
        self.changes = ListPage(
            "changes", t("record", "Changes"), changed, t("record", "Nothing was changed yet."), self._clock
        )
        self.lists = Segments(self)
        pages = (self.coming, self.past, self.messages, self.changes)
        for name, page in zip(("coming", "past", "messages", "changes"), pages, strict=True):
            self.lists.add(f"show_{name}", page)
            page.left.connect(self.reject)
            page.more_wanted.connect(self.more_wanted)
        self.lists.follow_keys()
        words = (t("record", "To come"), t("record", "Earlier"), t("record", "Messages"), t("record", "Changes"))
        for number, text in enumerate(words):  # until the record was read, or if it cannot be
            self.lists.name_page(number, text)
        for page in (self.coming, self.past):
            page.opened.connect(self.visit_wanted)

    def _make_footer(self) -> None:
        self.close_button = button(translate("record", "&Close"), "patient_close", self.reject)
        self.writing = (
            button(translate("record", "&Book…"), "patient_book", self.book_wanted.emit),
            button(translate("record", "Follow-&up…"), "patient_follow_up", self.follow_up_wanted.emit),
            button(translate("record", "&Merge with…"), "patient_merge", self.merge_wanted.emit),
            button(translate("record", "Sepa&rate again"), "patient_separate", self.separate_wanted.emit),
        )
        words = translate("record", "&All data, or erase…")
        self.data = button(words, "patient_data_open", self.data_wanted.emit, "link")
        self.mark = button("", "patient_mark", lambda: None, "link")
        self.mark.hide()
        self.wait = button(translate("record", "&Waiting list…"), "patient_waiting", self.waiting_wanted.emit)
        self.paper = button(translate("record", "Pr&int list…"), "patient_paper", self.paper_wanted.emit)
        self.mail = MailLine()

    def _lay_out(self) -> None:
        head, middle, below, left = QHBoxLayout(), QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        head.setSpacing(14)
        head.addWidget(self.name, 1)
        head.addWidget(self.counts)
        left.setSpacing(8)
        left.addWidget(self.born)
        for part in (self.consent, self.allow):
            left.addWidget(part)
        for side in (self.closed, self.fields):
            side.setFixedWidth(_LEFT)
            left.addWidget(side, 1)
        self.closed.hide()
        self.allow.hide()
        left.addWidget(self.wrote)
        left.addWidget(self.last_change)
        if self._may.manage:
            left.addWidget(self.data, 0, Qt.AlignmentFlag.AlignLeft)
        else:
            self.data.setParent(self)
            self.data.hide()
        left.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignLeft)
        middle.setSpacing(20)
        middle.addLayout(left)
        middle.addWidget(self.lists, 1)
        below.setSpacing(8)
        below.addWidget(self.told, 1)
        for each in (*self.writing, self.wait, self.paper, self.mail, self.close_button, self.save):
            below.addWidget(each)
        self.body.addLayout(head)
        self.body.addWidget(self.open_line)
        self.body.addLayout(middle, 1)
        self.body.addLayout(below)

    # --- showing ---

    @property
    def zone(self) -> str:
        """The zone that moments are told in: the first site's."""
        return self.clinic.sites[0].zone if self.clinic.sites else "UTC"

    def show_record(self, record: PatientRecord, phone: str = "") -> None:
        """Show a patient as she stands now, with her number as people read it; what is typed and not saved stays."""
        self.record = record
        patient, today = record.patient, local_day(self._clock(), self.zone)
        title = one_line(patient.display_name)
        self.name.setText(breakable(title, 40))
        self.setAccessibleName(translate("record", "Patient: {name}").format(name=title))
        parts = (
            "" if patient.closed else birth_text(patient.birth_date, today),
            gender_sign(patient.gender),
            phone or patient.phone,
            patient.email,
        )
        self.born.setText(" · ".join(part for part in parts if part))
        if not self.details.is_changed:
            self.details.show_patient(patient, today)
            self._say_led(record)
        elif self.details.base is not None and self.details.base.version != patient.version:
            self.say(
                translate("record", "Another desk changed this patient; what you typed is not saved yet."), "warning"
            )
        self._show_change(record)
        self._show_counts(record)
        self._show_consent(record)
        self.wrote.setText("\n".join(wrote_text(at, body, self.zone) for at, body in record.replies[:_REPLIES]))
        self.wrote.setVisible(bool(record.replies))
        self._show_lists(record)
        self._show_state()
        if self._fresh or patient.closed:
            self._fresh = False
            self.lists.turn_to(TO_COME if record.coming or not record.past else PAST)
        self.shown.emit(record)
        self._show_closed(patient)

    def _show_closed(self, patient: Patient) -> None:
        """What is closed has no empty fields, which would look like a record without anything in it."""
        focused = QApplication.focusWidget()
        self.closed.setVisible(patient.closed)
        self.fields.setVisible(not patient.closed)
        self.open_line.setVisible(patient.opened)
        for page in (PAST, CHANGES):
            self.lists.buttons[page].setEnabled(not patient.closed)
        if focused is not None and self.isAncestorOf(focused) and not focused.isVisible():
            (self.closed.reason if patient.closed else self.details.family_name).setFocus()

    def forget(self) -> None:
        """Take what a record said off the screen at once; the page is read anew."""
        if self.record is not None:
            patient = shut(self.record.patient)
            self.details.show_patient(patient, self.details.today)
            counts = Counts(noshows=0, late=0, coming=self.record.counts.coming, past=0)
            read = self.record.changed, counts, self.record.read_at
            self.show_record(
                PatientRecord(patient.id, patient, *read, coming=self.record.coming, may_read_messages=False)
            )

    def _say_led(self, record: PatientRecord) -> None:
        led = next((each.patient for each in record.doubles if each.patient.id == record.asked), None)
        if led is not None:
            told = translate("record", "The record of {name} was merged into this one.")
            self.say(told.format(name=one_line(led.display_name)), "warning")
        elif self.told.text() == translate("record", "Reading…"):
            self.say("")

    def _show_change(self, record: PatientRecord) -> None:
        change = record.changed
        who = one_line(change.desk), short_person(one_line(change.person)), moment_text(to_wall(change.at, self.zone))
        told = translate("record", "Last change: {change}")
        self.last_change.setText(told.format(change=" · ".join(part for part in who if part)))

    def _show_counts(self, record: PatientRecord) -> None:
        counts = record.counts
        parts = []
        if counts.noshows:
            parts.append(translate("record", "did not come: {count}").format(count=counts.noshows))
        if counts.late:
            parts.append(translate("record", "cancelled late: {count}").format(count=counts.late))
        self.counts.setText(" · ".join(parts))
        self.counts.setVisible(bool(parts))

    def _show_consent(self, record: PatientRecord) -> None:
        note = next(iter(record.notes), None)
        self.consent.setText("\n".join(note_text(each) for each in record.notes))
        self.consent.setVisible(note is not None)
        self.allow.setVisible(note is not None and self._may.write)
        if note is not None:
            told = translate("record", "Allow {channel} again").format(channel=channel_text(note.channel))
            set_button_text(self.allow, told)

    def _show_lists(self, record: PatientRecord) -> None:
        counts = record.counts
        past = translate("record", "Earlier") if record.patient.closed else translate("record", "Earlier {count}")
        self.coming.show_records(record.coming, more=len(record.coming) < counts.coming)
        self.past.show_records(record.past, more=len(record.past) < counts.past)
        self.messages.show_records(record.messages, more=False)
        self.changes.show_records(record.changes, more=record.more_changes)
        self.lists.buttons[MESSAGES].setEnabled(record.may_read_messages)
        for number, text in enumerate(
            (
                translate("record", "To come {count}").format(count=counts.coming),
                past.format(count=counts.past),
                translate("record", "Messages"),
                translate("record", "Changes"),
            )
        ):
            self.lists.name_page(number, text)

    def set_busy(self, *, busy: bool) -> None:
        """Keep everything as it is while something is saved; the keyboard comes back to where it was."""
        self._busy = busy
        focused = QApplication.focusWidget()
        if busy and focused is not None and self.isAncestorOf(focused):
            self._came_back_to = focused
            self.setFocus()
        self.details.setEnabled(not busy)
        if not busy and self._came_back_to is not None and self.hasFocus():
            self._came_back_to.setFocus()
        self._show_state()

    def _show_state(self) -> None:
        is_there, may = self.record is not None and not self._busy, self._may.write
        is_closed = self.record is not None and self.record.patient.closed
        self.details.set_locked(locked=not may or self.record is None)
        self.save.setVisible(may and not is_closed)
        self.save.setEnabled(is_there and self.details.is_changed)
        restyle(self.save, "kind", "primary" if self.save.isEnabled() else "")
        for each in (*self.writing, self.wait):
            each.setEnabled(is_there and may)
        self.paper.setEnabled(is_there)
        self.mail.show_record(self.record, may=is_there and may)
        undoable = self.record is not None and any(each.merge_id for each in self.record.doubles)
        self.writing[-1].setVisible(undoable)
        if not self.details.is_changed:
            self._warned = False

    def say(self, text: str, role: str = "muted") -> None:
        """Say what became of what was asked for."""
        self.told.setText(text)
        restyle(self.told, "role", role)

    # --- keys ---

    def _save(self) -> None:
        if self.save.isEnabled():
            self.save_wanted.emit()

    def _allow(self) -> None:
        note = next(iter(self.record.notes), None) if self.record is not None else None
        if note is not None:
            self.allow_wanted.emit(note.channel)

    def patient(self) -> Patient | None:
        """Return whom the page is about."""
        return None if self.record is None else self.record.patient

    def reject(self) -> None:
        """Esc leaves, but not while it is being saved; what is typed and not saved is asked about once."""
        if self._busy:
            return
        if self.details.is_changed and not self._warned:
            self._warned = True
            self.say(translate("record", "Not saved yet: Ctrl+S saves it, Esc again throws it away."), "warning")
            return
        super().reject()

    def main_act(self) -> Callable[[], object]:
        return self._save

    def arrange(self) -> None:
        self.arrange_fixed(_SIZE)
