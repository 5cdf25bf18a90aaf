"""The list of appointments to come that no longer fit: each with why; Enter goes there, Space chooses what is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.domain.records import Clinic
from clinic_desk.services.recheck import Found
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label, restyle, set_button_text
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import day_text, one_line, time_text
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import Column, RowsModel
from clinic_desk.ui.recheck.words import keep_text, progress_text, reason_text, result_text, stopping_text

translate = QCoreApplication.translate
_WIDTH = 1080
_ROWS_SHOWN = 10
_REASON_LINES = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list; `id` is the appointment's. `is_kept`: chosen to be put right; None: it cannot be."""

    id: UUID
    found: Found
    is_kept: bool | None
    when: str
    who: str
    doctor: str
    visit: str
    why: str


class MisfitList(MessageList):
    """The list; Space is not for choosing a line, it is chosen already."""

    turned_over = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self.turned_over.emit()
        else:
            super().keyPressEvent(event)


class RecheckSheet(Sheet):
    """Shows what a look finds; looks, goes and corrects nothing itself. `may_write`: corrections are offered."""

    wanted = Signal(object)
    """The Entry to go to."""
    keep_wanted = Signal(object)
    """Those (tuple of Found) whose agreed wall time is to be kept."""
    stop_wanted = Signal()
    """No more are to be put right."""

    def __init__(self, parent: QWidget, clock: Callable[[], datetime], *, may_write: bool) -> None:
        super().__init__(parent, width=_WIDTH)
        self.setObjectName("recheck_sheet")
        self._may_write = may_write
        self._busy = False
        self._left_out: set[UUID] = set()
        """Those that were chosen not to be kept."""
        title = translate("recheck", "Check future appointments")
        self.setAccessibleName(title)
        self.told = plain_label("", "muted")
        self.told.setObjectName("recheck_told")
        self.rows = RowsModel(_columns(), clock, self)
        self.list = MisfitList(self.rows, "recheck_list", translate("recheck", "Appointments that no longer fit"))
        self.list.setFixedHeight(self.list.verticalHeader().defaultSectionSize() * _ROWS_SHOWN + 30)
        self.why = plain_label("", wrap=True)
        self.why.setObjectName("recheck_why")
        self.hint = plain_label("", "muted")
        self.hint.setObjectName("recheck_hint")
        self.keep = button("", "recheck_keep", self._keep)
        self.close_button = button(translate("recheck", "&Close"), "recheck_close", self.reject)
        self.go = button(translate("recheck", "Go to it ⏎"), "recheck_go", self._go, "primary")
        self._lay_out(title)
        self.list.chosen_changed.connect(lambda _row: self._show_chosen())
        self.list.opened.connect(lambda _row: self._go())
        self.list.left.connect(self.reject)
        self.list.turned_over.connect(self._turn_over)
        self._show_chosen()

    def _lay_out(self, title: str) -> None:
        for label in (self.told, self.why):
            let_wrap(label)
        self.why.setFixedHeight(self.why.fontMetrics().height() * _REASON_LINES + 4)
        self.why.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.hint, 1)
        for each in (self.keep, self.close_button, self.go):
            below.addWidget(each)
        self.body.addWidget(plain_label(title, "title"))
        for widget in (self.told, self.list, self.why):
            self.body.addWidget(widget)
        self.body.addLayout(below)

    # --- what is shown ---

    def show_looking(self) -> None:
        """A look begins: what is listed stays until it has found something."""
        self.say(progress_text(0), "muted")

    def show_found(self, found: Sequence[Found], number: int, clinic: Clinic, *, ended: bool) -> None:
        """List what was found among so many, first those that can be put right together; the chosen line stays so."""
        if ended or found:
            ordered = sorted(found, key=lambda one: one.misfit.keeps is None)
            self.list.show_records([self._row(one, clinic) for one in ordered])
        if ended:
            self.say(result_text(number, len(found)), "ok" if not found else "warning")
            if not self.rows.records and self.list.hasFocus():
                self.close_button.setFocus()
        else:
            self.say(progress_text(number), "muted")
        self._show_chosen()

    def _row(self, one: Found, clinic: Clinic) -> Row:
        row = one.entry.appointment
        can_keep = one.misfit.keeps is not None and self._may_write
        when = f"{day_text(row.wall_start.date())}, {time_text(row.wall_start)}"
        return Row(
            one.id,
            one,
            one.id not in self._left_out if can_keep else None,
            when,
            one_line(one.entry.patient.display_name),
            one_line(clinic.practitioner(row.practitioner_id).name),
            one_line(clinic.type(row.type_id).name),
            reason_text(one, clinic),
        )

    def choose(self, appointment_id: UUID | None) -> None:
        """Choose the line of an appointment, if it is listed."""
        if appointment_id is not None:
            self.list.choose(appointment_id)

    def _show_chosen(self) -> None:
        row: Row | None = self.list.chosen
        kept = self._kept()
        self.why.setText(row.why if row is not None else "")
        self.go.setVisible(row is not None)
        self.go.setEnabled(not self._busy)
        self.keep.setVisible(any(each.is_kept is not None for each in self.rows.records))
        set_button_text(self.keep, keep_text(len(kept)))
        self.keep.setEnabled(bool(kept) and not self._busy)
        told = translate("recheck", "Space: keep the agreed time of this one, or not")
        self.hint.setText(told if row is not None and row.is_kept is not None else "")

    def say(self, text: str, role: str = "danger") -> None:
        """Say what the look, or putting right, came to."""
        self.told.setText(text)
        restyle(self.told, "role", role)

    def set_busy(self, *, busy: bool) -> None:
        """Nothing else is put right while something is; what closes the sheet stops it."""
        self._busy = busy
        stop, close = translate("recheck", "&Stop"), translate("recheck", "&Close")
        set_button_text(self.close_button, stop if busy else close)
        self._show_chosen()

    # --- what is chosen ---

    def _kept(self) -> tuple[Found, ...]:
        return tuple(row.found for row in self.rows.records if row.is_kept)

    def _keep(self) -> None:
        kept = self._kept()
        if kept and not self._busy:
            self.keep_wanted.emit(kept)

    def _go(self) -> None:
        row: Row | None = self.list.chosen
        if row is not None and not self._busy:
            self.wanted.emit(row.found.entry)

    def _turn_over(self) -> None:
        """Choose the line to be kept, or not."""
        row: Row | None = self.list.chosen
        if row is None or row.is_kept is None or self._busy:
            return
        (self._left_out.add if row.is_kept else self._left_out.discard)(row.id)
        self.rows.replace_record(
            Row(row.id, row.found, not row.is_kept, row.when, row.who, row.doctor, row.visit, row.why)
        )
        self._show_chosen()

    # --- the sheet ---

    def first_focus(self) -> QWidget | None:
        return self.list

    def reject(self) -> None:
        """Esc closes; while something is put right it ends that first."""
        if self._busy:
            self.say(stopping_text(), "muted")
            self.stop_wanted.emit()
        else:
            super().reject()


def _columns() -> tuple[Column, ...]:
    ticks = {True: "☑", False: "☐", None: ""}
    return (
        Column("", lambda row, _now: ticks[row.is_kept], 2),
        Column(translate("recheck", "When"), lambda row, _now: row.when, 18, is_bold=True),
        Column(translate("recheck", "Patient"), lambda row, _now: row.who, 20),
        Column(translate("recheck", "With"), lambda row, _now: row.doctor, 18),
        Column(translate("recheck", "Visit"), lambda row, _now: row.visit, 14),
        Column(translate("recheck", "Why"), lambda row, _now: row.why, 0, lambda _row: "warning"),
    )
