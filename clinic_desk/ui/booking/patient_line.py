"""The patient line: letters typed become a list of matches at once, Enter takes one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from PySide6.QtCore import QCoreApplication, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QHideEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QStyle, QStyleOptionFrame, QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Patient, PatientMatch
from clinic_desk.errors import Busy, ClinicDeskError, DatabaseDown
from clinic_desk.services import patients
from clinic_desk.ui.booking.match_list import MatchLine, MatchList, Row, spoken
from clinic_desk.ui.booking.matching import matched_ranges
from clinic_desk.ui.booking.words import before_figures, born_text, list_name, one_line
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.tasks import Tasks
from clinic_desk.ui.theme import scaled, theme_of

translate = QCoreApplication.translate
RETRY_MS = 1_500
MOST_LETTERS = 120
MOST_MATCHES = 7
"""As many as are seen at a glance, the row for a new patient still in sight; who is not there yet is a letter away."""


def find_lines(database: Database, text: str) -> tuple[MatchLine, ...]:
    """Search and make the lines; runs on the query lane."""
    from clinic_desk.domain.folding import fold

    found = patients.search_patients(database, text, MOST_MATCHES)
    return tuple(
        MatchLine(match, phone_text(match.patient.phone), matched_ranges(list_name(match.patient), text, fold))
        for match in found
    )


def phone_text(number: str) -> str:
    """Return an E.164 number as people read it; not for the GUI thread, the library takes a while to load."""
    import phonenumbers

    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


class PatientLine(QLineEdit):
    """Type-ahead over all patients. `patient` is the one taken, None while the text is still a search."""

    taken = Signal(object)
    """The PatientMatch that was taken."""
    cleared = Signal()
    """The text was edited after a patient had been taken."""
    new_requested = Signal(str)
    """A new patient is wanted, with what was typed."""

    def __init__(self, database: Database, tasks: Tasks, host: QWidget) -> None:
        """`host` is what the list may lie over: the window, so that it can be longer than the form."""
        super().__init__()
        self.setObjectName("patient_line")
        self.setMaxLength(MOST_LETTERS)
        self.patient: Patient | None = None
        self.today = date.min
        self.wall_of: Callable[[datetime], datetime] = lambda instant: instant
        self._database = database
        self._tasks = tasks
        self._host = host
        self.found_for: str | None = None
        """The text the list answers; None while it is on its way."""
        self._take_when_found = False
        self.matches = MatchList(self._wall_of, host)
        self.matches.clicked.connect(self._clicked)
        self.matches.selectionModel().currentChanged.connect(lambda *_: self._tell_highlighted())
        self._retry = QTimer(self, singleShot=True, interval=RETRY_MS)
        self._retry.timeout.connect(self._search)
        self.textEdited.connect(self._edited)

    def _wall_of(self, instant: datetime) -> datetime:
        return self.wall_of(instant)

    # --- from outside ---

    def show_patient(self, patient: Patient | None) -> None:
        """Show a patient as taken, or an empty line."""
        self.patient = patient
        self._forget_search()
        self.setText("" if patient is None else self._shown_as(patient))
        self.setCursorPosition(0)

    def is_searching(self) -> bool:
        """Whether letters stand in the line that no patient was taken for."""
        return self.patient is None and bool(self.text().strip())

    def place_list(self) -> None:
        """Put the list right under the line, inside the window."""
        corner = self._host.mapFromGlobal(self.mapToGlobal(QPoint(0, self.height() + 3)))
        room = self._host.height() - corner.y() - 6
        self.matches.setGeometry(corner.x(), corner.y(), self.width(), min(self.matches.wanted_height(), room))
        self.matches.raise_()

    # --- typing and searching ---

    def _shown_as(self, patient: Patient) -> str:
        return f"{before_figures(one_line(patient.display_name))} · {born_text(patient, self.today)}"

    def _edited(self) -> None:
        if self.patient is not None:
            self.patient = None
            self.cleared.emit()
        self._take_when_found = False
        self._search()

    def _search(self) -> None:
        text = self.text().strip()
        if self.patient is not None or not text:
            self._forget_search()
            return
        database = self._database
        self._tasks.query(
            self,
            lambda: find_lines(database, text),
            lambda lines: self._found(text, lines),
            lambda error: self._not_found(text, error),
            key="patients",
            priority=Priority.URGENT,
        )

    def _forget_search(self) -> None:
        self.found_for = None
        self._take_when_found = False
        self._retry.stop()
        self.matches.hide()

    def _found(self, text: str, lines: tuple[MatchLine, ...]) -> None:
        if self.patient is not None or text != self.text().strip():
            return
        rows = [Row(line) for line in lines]
        if not rows:
            rows.append(Row(None, translate("patients", "Nobody is found by this. Try fewer letters."), takes=False))
        rows.append(Row(None, self.new_patient_text(text)))
        self.found_for = text
        self._show(tuple(rows))
        if self._take_when_found:
            self._take_when_found = False
            self._take(self.matches.highlighted())

    def _not_found(self, text: str, error: ClinicDeskError) -> None:
        if self.patient is not None or text != self.text().strip():
            return
        self._take_when_found = False
        again = isinstance(error, DatabaseDown | Busy)
        told = (
            translate("patients", "The database cannot be reached just now. The search goes on by itself.")
            if again
            else translate("patients", "The search does not work on this database just now.")
        )
        self.found_for = None
        self._show((Row(None, told, takes=False), Row(None, self.new_patient_text(text))))
        if again:
            self._retry.start()

    def new_patient_text(self, text: str) -> str:
        """Return what the last row of the list says."""
        return translate("patients", "+ New patient “{letters}…”").format(letters=one_line(text))

    def _show(self, rows: tuple[Row, ...]) -> None:
        self.matches.show_rows(rows, self.today)
        self.place_list()
        self.matches.setVisible(self.hasFocus())
        self._tell_highlighted()

    # --- taking ---

    def _clicked(self, index: QModelIndex) -> None:
        self._take(self.matches.matches.rows[index.row()])

    def _take(self, row: Row | None) -> None:
        if row is None or not row.takes:
            return
        if row.line is None:
            self.new_requested.emit(self.text().strip())
            return
        self.take(row.line.match)

    def take(self, match: PatientMatch) -> None:
        """Take a patient as if chosen from the list."""
        self.show_patient(match.patient)
        self.taken.emit(match)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.New):
            self.new_requested.emit("" if self.patient else self.text().strip())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(event)
        elif self.matches.isVisible() and event.key() in _STEPS:
            self.matches.step(_STEPS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _enter(self, event: QKeyEvent) -> None:
        """Take the highlighted match, or when the list is still on its way the first of it; else let the form act."""
        if not self.is_searching():
            event.ignore()
        elif event.isAutoRepeat():
            return
        elif self.found_for == self.text().strip():
            self._take(self.matches.highlighted())
        else:
            self._take_when_found = True

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        row = self.matches.highlighted() if self.matches.isVisible() else None
        if forward and row is not None and row.line is not None and self.found_for == self.text().strip():
            self.take(row.line.match)
            return True
        return super().focusNextPrevChild(forward)

    # --- looks and manners ---

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.patient is not None:
            self.selectAll()
        elif self.is_searching():
            self.matches.setVisible(self.matches.matches.rowCount() > 0)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self.matches.hide()

    def hideEvent(self, event: QHideEvent) -> None:
        self.matches.hide()

    def _tell_highlighted(self) -> None:
        row = self.matches.highlighted()
        count = sum(row.line is not None for row in self.matches.matches.rows)
        told = "" if row is None else spoken(row.line.match, self.today, self.wall_of) if row.line else row.text
        self.setAccessibleDescription(
            translate("patients", "{count} found. {first}").format(count=count, first=told) if told else ""
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say at the right what can be typed, as long as there is room beside the text."""
        super().paintEvent(event)
        if self.patient is not None:
            return
        hint = translate("patients", "name, birth date or phone")
        font = scaled(self.font(), 0.88)
        metrics = QFontMetrics(font)
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        area = self.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, self).adjusted(4, 0, -4, 0)
        if self.fontMetrics().horizontalAdvance(self.text()) + metrics.horizontalAdvance(hint) + 16 > area.width():
            return
        painter = QPainter(self)
        painter.setFont(font)
        painter.setPen(theme_of(self.palette()).ink_muted)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), hint)
        painter.end()


_STEPS = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_PageDown: 5,
    Qt.Key.Key_PageUp: -5,
}
