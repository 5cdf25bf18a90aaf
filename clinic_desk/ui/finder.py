"""Answers the search box of the top bar, and leads to what was chosen there or to whoever calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence

from clinic_desk.domain.records import AppointmentStatus, Entry, Patient, PatientMatch
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError, Unavailable
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.navigation import Navigator

if TYPE_CHECKING:
    from clinic_desk.domain.finding import FoundAppointment
    from clinic_desk.ui.search.commands import Command
    from clinic_desk.ui.search.rows import Answer, FindRow, NewPatient
    from clinic_desk.ui.shell.toasts import Toast


class Finder(QObject):
    """Searches on the query lane; of several searches the last one counts."""

    booking_wanted = Signal(object)
    """`Patient`: book for this one."""
    new_patient_wanted = Signal(str)
    """Book for somebody new, of whom this was typed, or who calls from this number."""
    open_patient: Callable[[UUID], None]
    """Shows a patient's page, by id; set by whoever makes the finder."""

    def __init__(
        self, window: MainWindow, desk: Connected, navigator: Navigator, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._box = window.top_bar.find_box
        self._database = desk.database
        self._tasks = desk.tasks
        self._store = desk.store
        self._navigator = navigator
        self._wanted: tuple[UUID, UUID | None, str] | None = None
        """Patient, appointment (None: her first open one) and verb, for when the day is shown."""
        self._call: tuple[str, Toast] | None = None
        """Whose call is only noted yet: Ctrl+K shows who it is, as long as the note stands."""
        box = self._box
        box.wall_of = self._wall
        box.at_once, box.to_rows = self._at_once, self._rows
        box.search_requested.connect(self._search)
        box.number_pasted.connect(lambda number: self._look_up(number, pasted=True))
        box.chosen.connect(self._go)
        navigator.view_changed.connect(self._select_found)

    def start(self, *, dates_only: bool = False) -> Callable[[], None]:
        """Return what gives the keyboard to the box."""

        def start() -> None:
            call, self._call = self._call, None
            if call is not None and not dates_only:
                call[1].close()
                self._look_up(call[0])
            else:
                self._box.start(dates_only=dates_only)

        return start

    # --- searching ---

    def _at_once(self, text: str) -> Answer:
        from clinic_desk.ui.search.answering import known_at_once

        self._box.today = self._navigator.today()
        return known_at_once(text, self._box.today, self._window.menu)

    def _rows(self, answer: Answer) -> tuple[FindRow, ...]:
        from clinic_desk.ui.search.rows import rows_of

        return rows_of(answer, self._store.clinic, self._box.today, self._wall)

    def _search(self, text: str) -> None:
        from clinic_desk.ui.search.answering import answered, found_in, nothing_found

        database, clinic, today, known = self._database, self._store.clinic, self._box.today, self._at_once(text)
        self._tasks.query(
            self,
            lambda: found_in(database, clinic, text, today),
            lambda found: self._box.show_answer(answered(known, found)),
            lambda error: self._box.show_answer(nothing_found(known, _trouble(error))),
            key="find",
            priority=Priority.URGENT,
        )

    def _wall(self, instant: datetime) -> datetime:
        return to_wall(instant, self._store.clinic.sites[0].zone)

    # --- whoever calls ---

    def find_phone(self, number: str) -> None:
        """Telephone software hands over a caller's number: open the patient, or say so beside what is being typed."""
        from clinic_desk.ui.search.attention import bring_to_front, is_in_the_middle

        bring_to_front(self._window)
        if is_in_the_middle(self._window):
            self._note_call(number)
        else:
            self._look_up(number)

    def _note_call(self, number: str) -> None:
        from clinic_desk.ui.search.attention import note_over

        if self._call is not None:
            self._call[1].close()
        keys = self._window.actions_by_name["find"].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        text = self.tr("Call from {number}").format(number=number)
        show = self.tr("Show (afterwards: {keys})").format(keys=keys) if keys else self.tr("Show")
        toast = note_over(self._window, text, show, lambda: self._look_up(number))
        self._call = call = (number, toast)
        toast.destroyed.connect(lambda: self._forget_call(call))

    def _forget_call(self, call: tuple[str, Toast]) -> None:
        if self._call is call:
            self._call = None

    def _look_up(self, number: str, *, pasted: bool = False) -> None:
        from clinic_desk.ui.search.answering import caller_answer

        database, clinic = self._database, self._store.clinic
        self._tasks.query(
            self,
            lambda: caller_answer(database, clinic, number),
            lambda answer: self._caller_found(answer, pasted=pasted),
            lambda error: None if pasted else self._tell(_trouble(error)),
            key="caller",
            priority=Priority.URGENT,
        )

    def _caller_found(self, answer: Answer, *, pasted: bool) -> None:
        """One patient is opened; of several who share the number one is chosen; of what was pasted the box tells."""
        box = self._box
        if pasted and (len(answer.lines) != 1 or box.text().strip() != answer.text):
            return
        box.today = self._navigator.today()  # the age beside a birth date
        box.start()
        if len(answer.lines) == 1:
            box.left.emit()
            self.open_patient(answer.lines[0].match.patient.id)
        else:
            box.setText(answer.text)
            box.show_answer(answer)

    # --- what was chosen ---

    def _go(self, target: PatientMatch | FoundAppointment | Command | NewPatient | date, verb: str) -> None:
        from clinic_desk.domain.finding import FoundAppointment
        from clinic_desk.ui.search.rows import NewPatient

        if isinstance(target, date):
            self._navigator.go_to(target)
        elif isinstance(target, PatientMatch):
            self._go_to_patient(target, verb)
        elif isinstance(target, FoundAppointment):
            self._go_to_appointment(target, verb)
        elif isinstance(target, NewPatient):
            self.new_patient_wanted.emit(target.typed)
        else:
            action = self._window.findChild(QAction, target.name)
            if action is not None:
                action.trigger()

    def _tell(self, text: str) -> None:
        self._window.toasts.show_text(text)

    def _go_to_patient(self, match: PatientMatch, verb: str) -> None:
        if verb == "book":
            self.booking_wanted.emit(match.patient)
        elif verb == "open":
            self.open_patient(match.patient.id)
        elif match.next_appointment_at is not None:
            self._go_to_day_of(match.patient, None, self._wall(match.next_appointment_at), verb)
        else:
            self._tell(self.tr("{name} has no appointment to come.").format(name=match.patient.display_name))

    def _go_to_appointment(self, row: FoundAppointment, verb: str) -> None:
        if verb == "book":
            self.booking_wanted.emit(row.patient)
        elif row.status is AppointmentStatus.WAITLIST:
            self._window.actions_by_name["parked"].trigger()
        else:
            self._go_to_day_of(row.patient, row.id, row.wall_start, verb)

    def _go_to_day_of(self, patient: Patient, appointment_id: UUID | None, wall: datetime, verb: str) -> None:
        self._wanted = (patient.id, appointment_id, verb)
        if self._navigator.view.kind != "practitioner":
            self._navigator.show_kind("practitioner")
        self._navigator.go_to(wall.date(), minute=wall.hour * 60 + wall.minute)

    # --- the day is there ---

    def _select_found(self) -> None:
        """Select what was wanted on the day that is shown by now, and do with it what was asked for."""
        if self._wanted is None:
            return
        wanted, self._wanted = self._wanted, None
        board = self._store.boards.get(self._navigator.view.day)
        entry = _entry_of(board.entries, *wanted[:2]) if board is not None else None
        if entry is not None:
            self._navigator.select(entry.id)
        if entry is None or not (self._is_selected(entry) or self._has_column_elsewhere(entry)):
            self._tell(self.tr("This appointment is not on the calendar any more."))
        elif not self._is_selected(entry):
            self._wanted = wanted  # when that week is shown
            self._navigator.show_week(entry.appointment.practitioner_id)
        elif wanted[2] in {"next_free", "cancel"}:
            self._do(self._window.actions_by_name[wanted[2]])

    def _do(self, action: QAction) -> None:
        """Do it with what is selected by now; of one who is in the house already some things cannot be done."""
        if action.isEnabled():
            action.trigger()
        else:
            self._tell(self.tr("“{command}” is not possible with this appointment.").format(command=action.text()))

    def _has_column_elsewhere(self, entry: Entry) -> bool:
        """Whether the week of its doctor, who is not among the columns that are shown, would have it."""
        doctor, view = entry.appointment.practitioner_id, self._navigator.view
        is_tried = view.span == "week" and view.week_of == doctor
        return not is_tried and any(one.id == doctor and one.active for one in self._store.clinic.practitioners)

    def _is_selected(self, entry: Entry) -> bool:
        selected = self._window.calendar.selected_entry()
        return selected is not None and selected.id == entry.id


def _entry_of(entries: tuple[Entry, ...], patient_id: UUID, appointment_id: UUID | None) -> Entry | None:
    off = {AppointmentStatus.WAITLIST, AppointmentStatus.ENTERED_IN_ERROR}
    found = [one for one in entries if one.patient.id == patient_id and one.appointment.status not in off]
    if appointment_id is not None:
        return next((entry for entry in found if entry.id == appointment_id), None)
    found.sort(key=lambda entry: (not entry.appointment.status.occupies_time, entry.appointment.starts_at))
    return found[0] if found else None


def _trouble(error: ClinicDeskError) -> str:
    from clinic_desk.ui.search.answering import trouble_text

    return trouble_text(unreachable=isinstance(error, Unavailable))
