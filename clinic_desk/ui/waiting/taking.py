"""Books a patient who waits into a gap, with the questions and conflict dialogs of any other booking."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book, Update
from clinic_desk.domain.records import Entry
from clinic_desk.domain.refusals import Violation
from clinic_desk.domain.waiting import Fit, Gap, TakeGap, booking_of
from clinic_desk.errors import ClinicDeskError, OutcomeUnknown
from clinic_desk.services import calendar, waiting
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.booking.carry_out import CarryOut
from clinic_desk.ui.booking.draft import Writing
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.sentences import About, question
from clinic_desk.ui.waiting.words import trouble_text

translate = QCoreApplication.translate


class Taking(QObject):
    """One patient into one gap; ends with exactly one `ended`, and is of no use then.

    Whatever is chosen in a conflict dialog (another time, side by side) is booked with the wish closed by it.
    """

    booked = Signal(object, object)
    """The Entry as it was (None: a new one) and as it is."""
    told = Signal(str)
    """Why it was not booked, or that it is being found out."""
    ended = Signal()

    def __init__(self, desk: Connected, window: QWidget, fit: Fit, gap: Gap) -> None:
        super().__init__(window)
        self._desk, self._window = desk, window
        self._fit, self._gap = fit, gap
        self._before: Entry | None = None
        wish = fit.waiting.wish
        self._about = About(gap.practitioner_id, wish.type_id, fit.starts_at)
        store = desk.store
        self._carry_out = carry_out = CarryOut(desk.database, desk.tasks, store.clinic, window, store.freshness.now)

        def perform(database: Database, command: Writing) -> Entry:
            return waiting.take_gap(database, TakeGap(wish.id, wish.version, command)).after

        carry_out.perform = perform
        carry_out.done.connect(self._done)
        carry_out.asked.connect(self._ask)
        carry_out.refused.connect(self._refused)
        carry_out.finding_out.connect(lambda: self.told.emit(self._sentence(OutcomeUnknown())))
        carry_out.another_time.connect(self._end)
        carry_out.given_up.connect(self._end)

    def start(self, *, tell: bool) -> None:
        """Book, or move forward what she has; `tell`: she is sent a message of it."""
        booking = booking_of(self._fit, self._gap, tell_patient=tell).booking
        if isinstance(booking, Book):
            self._carry_out.book(booking, self._fit.waiting.patient)
            return
        database, appointment_id = self._desk.database, booking.appointment_id
        self._desk.tasks.query(
            self,
            lambda: calendar.load_entries(database, [appointment_id]),
            lambda found: self._move(booking, found),
            self._refused,
        )

    def _move(self, booking: Update, found: tuple[Entry, ...]) -> None:
        self._before = next(iter(found), None)
        if self._before is None:
            self.told.emit(translate("waiting", "The appointment to be moved forward is no longer there."))
            self._end()
        else:
            self._carry_out.update(booking, self._before)

    def _done(self, entry: Entry) -> None:
        before = self._before if self._before is not None and self._before.id == entry.id else None
        self.booked.emit(before, entry)
        self._end()

    def _end(self) -> None:
        self.ended.emit()
        self._carry_out.deleteLater()
        self.deleteLater()

    def _refused(self, error: ClinicDeskError) -> None:
        self.told.emit(self._sentence(error))
        self._end()

    def _ask(self, violations: tuple[Violation, ...]) -> None:
        sheet = AskSheet(
            translate("waiting", "Book it all the same?"),
            question(violations, self._desk.store.clinic, self._gap.zone, self._about),
            translate("waiting", "Book anyway ⏎"),
            self._window,
        )
        sheet.answered.connect(self._answered)
        sheet.open()

    def _answered(self, yes: bool) -> None:
        if yes:
            self._carry_out.overrule()
        else:
            self._end()

    def _sentence(self, error: ClinicDeskError) -> str:
        return trouble_text(error, self._desk.store.clinic, self._gap.zone)
