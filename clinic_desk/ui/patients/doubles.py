"""The list of records that are likely doubles, in the whole clinic: Enter shows two side by side to be merged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget
from shiboken6 import isValid

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.patients_merge import KeepApart
from clinic_desk.domain.records import Patient
from clinic_desk.domain.rights import Right
from clinic_desk.domain.undoing import Deed
from clinic_desk.services.patients_apart import keep_apart
from clinic_desk.services.patients_merge import LIKELY_PARTS, LikelyPair, likely_pairs
from clinic_desk.ui.booking.fields import TickBox, button, let_wrap, plain_label, set_button_text
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import date_text, list_name
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import Column, RowsModel
from clinic_desk.ui.rights_words import not_allowed

if TYPE_CHECKING:
    from clinic_desk.errors import ClinicDeskError
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate
_ROWS_SHOWN = 10
_AT_MOST = 200
_PAUSE_MS = 1_000
"""All patients are looked through: not with every change that is heard."""


@dataclass(frozen=True, slots=True)
class PairRow:
    """One line: two records. `id` is the pair's own."""

    id: UUID
    one: Patient
    other: Patient
    apart: bool = False
    """Somebody looked, and they are two people's."""


class DoublesSheet(Sheet):
    """Shows what it is given; merges nothing itself."""

    chosen = Signal(object, object)
    """The ids of two records to be compared."""
    apart_wanted = Signal(object, bool)
    """The PairRow that is two people's (True), or may be one's after all."""
    shown_changed = Signal()
    """Those kept apart are to be shown too, or no more."""

    def __init__(self, parent: QWidget, clock: Callable[[], datetime], *, may_write: bool) -> None:
        super().__init__(parent, width=980)
        self.setObjectName("doubles_sheet")
        title = translate("doubles", "Records that may be doubles")
        about = translate(
            "doubles", "Two records that are likely one person's, the likeliest first. Nothing is merged by itself."
        )
        self.setAccessibleName(title)
        self.setAccessibleDescription(about)
        self._may_write = may_write
        self._ids: dict[tuple[UUID, UUID], UUID] = {}
        self.rows = RowsModel(_columns(), clock, self)
        self.list = MessageList(self.rows, "doubles_list", title)
        self.none = plain_label(translate("doubles", "Looking through all patients…"), "muted")
        self.none.setObjectName("doubles_none")
        self.close_button = button(translate("doubles", "&Close"), "doubles_close", self.reject)
        self.compare = button(translate("doubles", "Compare ⏎"), "doubles_compare", self._compare, "primary")
        self.apart = button("", "doubles_apart", self._keep_apart)
        self.show_apart = TickBox()
        self.show_apart.setObjectName("doubles_show_apart")
        self.show_apart.setText(translate("doubles", "&Show those kept apart too"))
        self.show_apart.toggled.connect(lambda _on: self.shown_changed.emit())
        story = plain_label(about, "muted")
        let_wrap(story)
        footer = QHBoxLayout()
        footer.setSpacing(8)
        footer.addWidget(self.show_apart)
        footer.addStretch(1)
        footer.addWidget(self.apart)
        footer.addWidget(self.close_button)
        footer.addWidget(self.compare)
        for part in (plain_label(title, "title"), story, self.none, self.list):
            self.body.addWidget(part)
        self.body.addLayout(footer)
        self.list.opened.connect(lambda _row: self._compare())
        self.list.left.connect(self.reject)
        self.list.chosen_changed.connect(lambda _row: self._name_apart())
        self.list.hide()
        self.compare.setEnabled(False)
        self._name_apart()

    def first_focus(self) -> QWidget | None:
        return self.close_button

    def show_pairs(self, pairs: tuple[LikelyPair, ...]) -> None:
        """Show what was found; the chosen pair stays chosen."""
        had_keyboard = self.list.hasFocus() or not self.rows.records
        rows = [
            PairRow(self._ids.setdefault((pair.one.id, pair.other.id), new_id()), pair.one, pair.other, pair.apart)
            for pair in pairs
        ]
        self.list.show_records(rows)
        shown = min(max(3, len(rows)), _ROWS_SHOWN)
        self.list.setFixedHeight(self.list.verticalHeader().defaultSectionSize() * shown + 30)
        self.none.setText(translate("doubles", "No two records look like one person's."))
        self.none.setVisible(not rows)
        self.list.setVisible(bool(rows))
        self.compare.setEnabled(bool(rows) and self._may_write)
        self._name_apart()
        if rows and had_keyboard and self.isVisible():
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        elif not rows and self.isVisible():
            self.close_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_progress(self, part: int, parts: int) -> None:
        """Say how far it is, as long as nothing was found before."""
        if not self.rows.records:
            told = translate("doubles", "Looking through all patients… {percent} %")
            self.none.setText(told.format(percent=100 * part // parts))

    def say(self, text: str) -> None:
        """Say why it could not be read."""
        self.none.setText(text)
        self.none.show()

    def _compare(self) -> None:
        row: PairRow | None = self.list.chosen
        if row is not None and self.compare.isEnabled():
            self.chosen.emit(row.one.id, row.other.id)

    def _name_apart(self) -> None:
        row: PairRow | None = self.list.chosen
        self.apart.setEnabled(row is not None and self._may_write)
        may_be_one = row is not None and row.apart
        set_button_text(
            self.apart,
            translate("doubles", "They &may be one person")
            if may_be_one
            else translate("doubles", "These are &two people"),
        )

    def _keep_apart(self) -> None:
        row: PairRow | None = self.list.chosen
        if row is not None:
            self.apart_wanted.emit(row, not row.apart)

    def main_act(self) -> Callable[[], object]:
        return self._compare


def _columns() -> tuple[Column, ...]:
    def born(patient: Patient) -> str:
        return date_text(patient.birth_date) if patient.birth_date else "–"

    return (
        Column(translate("doubles", "One record"), lambda row, _now: list_name(row.one), 26, is_bold=True),
        Column(translate("doubles", "Born"), lambda row, _now: born(row.one), 12),
        Column(translate("doubles", "The other"), lambda row, _now: list_name(row.other), 26, is_bold=True),
        Column(translate("doubles", "Born"), lambda row, _now: born(row.other), 12),
        Column(translate("doubles", "The same"), lambda row, _now: _shared(row), 0, lambda _row: "muted"),
    )


def _shared(row: PairRow) -> str:
    one, other = row.one, row.other
    parts = (
        translate("doubles", "kept apart") if row.apart else "",
        translate("doubles", "birth date") if one.birth_date and one.birth_date == other.birth_date else "",
        translate("doubles", "phone") if one.phone and one.phone == other.phone else "",
        translate("doubles", "e-mail") if one.email and one.email.casefold() == other.email.casefold() else "",
    )
    return ", ".join(part for part in parts if part)


class DoublesDesk(QObject):
    """Looks through all patients part by part for an open list, and again when a patient was changed."""

    def __init__(self, space: Workspace) -> None:
        self.sheet = sheet = DoublesSheet(space.window, space.store.freshness.now, may_write=space.may_write)
        super().__init__(sheet)
        self._space = space
        self._found: dict[frozenset[UUID], LikelyPair] = {}
        self._again = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._again.timeout.connect(self._begin)
        heard = space.store.tables_changed.connect(self._changed)
        sheet.finished.connect(lambda _result: space.store.tables_changed.disconnect(heard))
        sheet.chosen.connect(self._compare)
        sheet.shown_changed.connect(self._show)
        sheet.apart_wanted.connect(self._keep_apart)
        sheet.rejected.connect(space.commands.back_to_calendar)
        sheet.open()
        self._begin()

    def _compare(self, one_id: UUID, other_id: UUID) -> None:
        from clinic_desk.ui.patients.merge_desk import merges_of

        if Right.MERGE in self._space.store.clinic.rights:
            merges_of(self._space).compare(one_id, other_id)
        else:
            self.sheet.say(not_allowed(Right.MERGE))

    def _changed(self, tables: frozenset[str]) -> None:
        if tables & {"patient", "two_people"}:
            self._again.start()

    def _begin(self) -> None:
        self._found = {}
        self._look(0)

    def _look(self, part: int) -> None:
        """Look through one part, then the next: what others ask for has its turn in between."""
        database = self._space.desk.database
        self._space.desk.tasks.query(
            self.sheet,
            lambda: likely_pairs(database, part),
            partial(self._looked, part),
            self._failed,
            key="doubles",
            priority=Priority.IDLE,
        )

    def _looked(self, part: int, pairs: tuple[LikelyPair, ...]) -> None:
        self._found |= {pair.key: pair for pair in pairs}
        if part + 1 < LIKELY_PARTS:
            self.sheet.show_progress(part + 1, LIKELY_PARTS)
            self._look(part + 1)
            return
        self._show()

    def _show(self) -> None:
        with_apart = self.sheet.show_apart.isChecked()
        pairs = (pair for pair in self._found.values() if with_apart or not pair.apart)
        self.sheet.show_pairs(tuple(sorted(pairs, key=lambda pair: -pair.likeness)[:_AT_MOST]))

    def _keep_apart(self, row: PairRow, apart: bool) -> None:
        """Remember for all desks that these are two people's, or forget it; Ctrl+Z takes it back."""
        database, command = self._space.desk.database, KeepApart(row.one.id, row.other.id, apart)
        names = (row.one.display_name, row.other.display_name)
        own = self._space.own

        def done(_nothing: object) -> None:
            own.stack.did(Deed(command.operation_id, number=0, command=command.name, names=names))
            if isValid(self):
                self._known(frozenset({row.one.id, row.other.id}), apart=apart)

        own.submit(lambda: keep_apart(database, command), done, self._failed)  # the list may be closed by then

    def _known(self, key: frozenset[UUID], *, apart: bool) -> None:
        """Show it at once; all are looked through anew a moment later."""
        if key in self._found:
            self._found[key] = replace(self._found[key], apart=apart)
        self._show()

    def _failed(self, error: ClinicDeskError) -> None:
        from clinic_desk.ui.sentences import sentence

        told = sentence(error, self._space.store.clinic, "UTC")
        (self.sheet.say if isValid(self.sheet) else self._space.own.tell_trouble)(told)


def open_doubles(space: Workspace) -> None:
    """Show the list, unless it is shown already."""
    if not any(sheet.isVisible() for sheet in space.window.findChildren(DoublesSheet)):
        DoublesDesk(space)
