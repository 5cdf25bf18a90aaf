"""Changes in plain words over the window: of one appointment, or everybody's with what narrows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from clinic_desk.domain.history_list import Change, ChangeKind, Wanted, Writer
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.typed_dates import parse_typed_date
from clinic_desk.domain.wall import day_bounds
from clinic_desk.ui.booking.card import SHADOW
from clinic_desk.ui.booking.fields import ChoiceBox, button, field_label, let_wrap, plain_label, restyle
from clinic_desk.ui.booking.sheet import ENTER, Sheet
from clinic_desk.ui.booking.when_line import is_day_first, vocabulary
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.history.words import by_text, kind_text, what_text, when_text, whose_text
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import Column, RowsModel

translate = QCoreApplication.translate
_ANY: Final = None


class HistorySheet(Sheet):
    """Shows changes, and asks for them; reads nothing itself. `all_changes`: everybody's, and so with what narrows."""

    wished = Signal(object)
    """The `Wanted` changes."""
    more_wanted = Signal()
    csv_wanted = Signal()
    print_wanted = Signal()
    check_wanted = Signal()
    """Whether the history is whole is asked; or that the look through it be stopped."""
    go_wanted = Signal(object)
    """The `Change` to whose appointment or patient to go."""

    def __init__(
        self, parent: QWidget, clinic: Clinic, clock: Callable[[], datetime], title: str, *, all_changes: bool
    ) -> None:
        super().__init__(parent)
        self.setObjectName("history_sheet")
        self.setAccessibleName(title)
        self._clinic, self._clock = clinic, clock
        self._zone = clinic.sites[0].zone if clinic.sites else "UTC"
        self._all = all_changes
        self.person, self.desk = ChoiceBox("history_person"), ChoiceBox("history_desk")
        self.kind, self.doctor = ChoiceBox("history_kind"), ChoiceBox("history_doctor")
        self.first_day, self.last_day = QLineEdit(), QLineEdit()
        self.told = plain_label("", "muted")
        self.told.setObjectName("history_told")
        let_wrap(self.told)
        self.rows = RowsModel(self._columns(), clock, self)
        self.list = MessageList(self.rows, "history_list", title)
        t = translate
        self.close_button = button(t("history", "&Close"), "history_close", self.reject)
        self.check = button(t("history", "Is it &whole?"), "history_check", self.check_wanted.emit)
        self.csv = button(t("history", "&Save as CSV…"), "history_csv", self.csv_wanted.emit)
        self.print = button(t("history", "&Print…"), "history_print", self.print_wanted.emit)
        self.more = button(t("history", "&Earlier ones"), "history_more", self.more_wanted.emit)
        self.go = button(t("history", "Go to it ⏎"), "history_go", self._go, "primary")
        self._fill()
        self._lay_out(title)
        self.list.chosen_changed.connect(self._choose)
        self.list.opened.connect(lambda _row: self._go())
        self.list.left.connect(self.reject)
        self.show_changes((), more=False)

    def _fill(self) -> None:
        people = sorted(self._clinic.staff.items(), key=lambda row: (row[1].casefold(), row[0]))
        everybody, every_doctor = translate("history", "Everybody"), translate("history", "Every doctor")
        self.person.fill([(everybody, _ANY), *((one_line(name), login) for login, name in people)], _ANY)
        doctors = [(one_line(one.name), one.id) for one in self._clinic.practitioners]
        self.doctor.fill([(every_doctor, _ANY), *doctors], _ANY)
        kinds = [(kind_text(kind), kind) for kind in ChangeKind]
        self.kind.fill([(translate("history", "Everything"), _ANY), *kinds], _ANY)
        self.show_desks(())
        for line, name, hint in (
            (self.first_day, "history_first_day", translate("history", "-1w, mon, 3.11.")),
            (self.last_day, "history_last_day", translate("history", "today")),
        ):
            line.setObjectName(name)
            line.setPlaceholderText(hint)
            line.setMaxLength(40)
            line.editingFinished.connect(self._wish)
        for box in (self.person, self.desk, self.kind, self.doctor):
            box.currentIndexChanged.connect(self._wish)

    def _lay_out(self, title: str) -> None:
        self.body.addWidget(plain_label(title, "title"))
        narrowing = QWidget(self.card)
        narrowing.setVisible(self._all)
        grid = QGridLayout(narrowing)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        fields = (
            (translate("history", "W&ho"), self.person),
            (translate("history", "A&t"), self.desk),
            (translate("history", "Wh&at"), self.kind),
            (translate("history", "&Doctor"), self.doctor),
            (translate("history", "&From"), self.first_day),
            (translate("history", "&Until"), self.last_day),
        )
        for column, (label, field) in enumerate(fields):
            grid.addWidget(field_label(label, field), 0, column)
            grid.addWidget(field, 1, column)
            grid.setColumnStretch(column, 1)
        self.body.addWidget(narrowing)
        self.body.addWidget(self.list, 1)
        self.body.addWidget(self.told)
        below = QHBoxLayout()
        below.setSpacing(8)
        for each in (self.check, self.csv, self.print, self.more):
            below.addWidget(each)
        below.addStretch(1)
        below.addWidget(self.close_button)
        below.addWidget(self.go)
        self.body.addLayout(below)
        for each in (self.check, self.csv, self.go):  # not before they are in the sheet: they would be windows
            each.setVisible(self._all)

    def _columns(self) -> tuple[Column, ...]:
        columns = (
            Column(translate("history", "When"), lambda row, _now: when_text(row, self._zone), 19),
            Column(translate("history", "Who"), lambda row, _now: by_text(row), 26, lambda _row: "muted"),
            Column(translate("history", "Patient"), lambda row, _now: whose_text(row), 20, is_bold=True),
            Column(translate("history", "What"), lambda row, _now: what_text(row, self._clinic), 0),
        )
        return columns if self._all else (*columns[:2], columns[3])

    # --- what is shown ---

    @property
    def wanted(self) -> Wanted | None:
        """What is asked for; None while a day is not understood."""
        first, last = self._day(self.first_day), self._day(self.last_day)
        if "" in (first, last):
            return None
        return Wanted(
            login=self.person.value,
            desk_id=self.desk.value,
            kind=self.kind.value,
            practitioner_id=self.doctor.value,
            since=day_bounds(first, self._zone)[0] if isinstance(first, date) else None,
            until=day_bounds(last + timedelta(days=1), self._zone)[0] if isinstance(last, date) else None,
        )

    @property
    def narrowed(self) -> str:
        """What narrows the list, in words; "" when nothing does."""
        boxes = (self.person, self.desk, self.kind, self.doctor)
        days = [line.text().strip() for line in (self.first_day, self.last_day)]
        parts = [box.currentText() for box in boxes if box.value is not _ANY]
        return " · ".join([*parts, *(["–".join(days)] if any(days) else [])])

    def _day(self, line: QLineEdit) -> date | str | None:
        """Return the day that was typed; None for none, "" for one that is not understood."""
        if not line.text().strip():
            return None
        today = self._clock().date()
        found = parse_typed_date(line.text(), today, day_first=is_day_first(), vocabulary=vocabulary())
        return found if found is not None else ""

    def _wish(self) -> None:
        wanted = self.wanted
        if wanted is None:
            self.say(translate("history", "This is not understood as a day. Type for example 3.11., -1w or yesterday."))
        else:
            self.wished.emit(wanted)

    def show_desks(self, desks: tuple[Writer, ...]) -> None:
        """Offer these desks to narrow by."""
        rows = [(one_line(desk.name), desk.id) for desk in desks]
        self.desk.fill([(translate("history", "Every desk"), _ANY), *rows], self.desk.value)

    def show_changes(self, changes: tuple[Change, ...], *, more: bool) -> None:
        """List changes, the latest first; `more`: there are earlier ones."""
        self.list.show_records(changes)
        self.more.setVisible(more)
        self.csv.setEnabled(bool(changes))
        self.print.setEnabled(bool(changes))
        self._choose(self.list.chosen)

    def say(self, text: str, role: str = "danger") -> None:
        """Say what was found, or why nothing was."""
        self.told.setText(text)
        restyle(self.told, "role", role)

    def _choose(self, row: Any) -> None:
        self.go.setEnabled(isinstance(row, Change) and (row.patient_id is not None or row.table == "appointment"))

    def _go(self) -> None:
        row = self.list.chosen
        if self._all and self.go.isEnabled() and isinstance(row, Change):
            self.go_wanted.emit(row)

    # --- the sheet ---

    def first_focus(self) -> QWidget | None:
        return self.list

    def arrange(self) -> None:
        """Take nearly all of the window for everybody's changes, less for those of one appointment."""
        room = self.rect().adjusted(2 * SHADOW, 2 * SHADOW, -2 * SHADOW, -2 * SHADOW)
        if not self._all:
            width, height = min(860, room.width()), min(480, room.height())
            room = QRect(room.center().x() - width // 2, room.top() + (room.height() - height) // 3, width, height)
        self.card.setGeometry(room)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in a day takes it; a button answers by itself."""
        if event.key() in ENTER and QApplication.focusWidget() in (self.first_day, self.last_day):
            event.accept()
            return
        if event.key() in ENTER and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            event.accept()
            return
        super().keyPressEvent(event)
