"""One area on screen: its records at the left, the chosen one's form beside them."""

from __future__ import annotations

from html import escape
from typing import Any

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.messages.settings.rows import show_focus
from clinic_desk.ui.pages_sheet import scrolled
from clinic_desk.ui.setup.area import Area, Line
from clinic_desk.ui.setup.drafts import Drafts, Step
from clinic_desk.ui.setup.form import RecordForm
from clinic_desk.ui.setup.inputs import swatch
from clinic_desk.ui.setup.words import invalid_text

translate = QCoreApplication.translate
_LIST_WIDTH = 268
_FIRST_HEIGHT, _ROW_HEIGHT = 34, 16


class RecordList(QListWidget):
    """The records of an area by name; Enter goes on into the form."""

    entered = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
            event.accept()
            return
        super().keyPressEvent(event)


class ListSection(QWidget):
    """Shows an area and keeps what is typed in it; saves nothing itself."""

    edited = Signal()
    removal_wanted = Signal(object)
    """The record as it was read."""
    extra_wanted = Signal()
    """Records are to be added in the area's other way."""

    def __init__(self, area: Area, drafts: Drafts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.area = area
        self.drafts = drafts
        self._setup: Setup | None = None
        self._records: list[Any] = []
        self._writable = True
        self._chosen: object = None
        self._saved: Any = None
        self._is_coloured = False
        """Some of the records have a colour: the names of all stand beside the place for it."""
        self.list = RecordList()
        self.form = RecordForm(area.rows)
        self.new = button(area.new_text, f"{area.name}_new", self.add)
        self.remove = button(translate("setup", "Remove…"), f"{area.name}_remove", self._remove, "link")
        self.undo = button(translate("setup", "Take changes back"), f"{area.name}_undo", self.take_back, "link")
        self.extra = button(area.extra_text, f"{area.name}_extra", self.extra_wanted.emit)
        self.none = plain_label(area.none_yet, "muted")
        self._lay_out()
        for part in (self.form, self.none, self.remove, self.undo):
            part.hide()  # until it is read what there is
        self.list.currentRowChanged.connect(self._turned)
        self.list.entered.connect(self.form.begin)
        self.form.edited.connect(self._edited)

    def _lay_out(self) -> None:
        area = self.area
        self.list.setObjectName(f"{area.name}_list")
        self.list.setAccessibleName(area.title)
        self.list.setFixedWidth(_LIST_WIDTH)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setIconSize(QSize(14, 14))
        if area.is_single:
            self.list.hide()
        show_focus(self.list)
        about = plain_label(area.about, "muted")
        let_wrap(about)
        let_wrap(self.none)
        self.remove.setProperty("role", "danger")
        ends = QHBoxLayout()
        ends.addWidget(self.undo)
        ends.addWidget(self.remove)
        ends.addStretch(1)
        inner = QWidget()
        form = QVBoxLayout(inner)
        form.setContentsMargins(2, 0, 12, 4)
        form.setSpacing(10)
        form.addWidget(about)
        form.addWidget(self.none)
        form.addWidget(self.form)
        form.addLayout(ends)
        form.addStretch(1)
        self.form_view = scrolled(inner)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.list, 1)
        below = QHBoxLayout()
        below.addWidget(self.new)
        below.addWidget(self.extra)
        below.addStretch(1)
        left.addLayout(below)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addLayout(left)
        row.addWidget(self.form_view, 1)

    def begin(self) -> None:
        """Take the keyboard: the list, or the form where there is no list, or what adds the first record."""
        if self.area.is_single:
            self.form.begin()
        elif self.list.count() or not self.new.isVisible():
            self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.new.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # --- showing ---

    def show_setup(self, setup: Setup) -> None:
        """Show the records as they stand and as they are wanted; the chosen one stays chosen."""
        self._setup = setup
        self._records = self.drafts.records(setup)
        self._is_coloured = any(self.drafts.line(record, setup).colour for record in self._records)
        blocked = self.list.blockSignals(True)
        while self.list.count() > len(self._records):
            self.list.takeItem(self.list.count() - 1)
        for row in range(len(self._records)):
            if row == self.list.count():
                self.list.addItem(QListWidgetItem())
            self._show_line(row)
        row = self._row_of_chosen()
        self.list.setCurrentRow(row)
        self.list.blockSignals(blocked)
        self._turned(row)

    def _row_of_chosen(self) -> int:
        """Return the row of the chosen record, or of that which was made of it when it was saved; else the first."""
        keys = [self.area.key(record) for record in self._records]
        if self._chosen in keys:
            return keys.index(self._chosen)
        alike = [row for row, each in enumerate(self._records) if self._is_saved(each)]
        return next(iter(alike), min(0, len(keys) - 1))

    def _is_saved(self, record: Any) -> bool:
        return self._saved is not None and self.area.is_same(self._saved, record)

    def _show_line(self, row: int) -> None:
        assert self._setup is not None
        record, item = self._records[row], self.list.item(row)
        line = self.drafts.line(record, self._setup)
        marked = self.drafts.is_unsaved(self.area.key(record))
        text = list_text(line, marked=marked)
        item.setText(text)
        item.setToolTip(escape(line_text(line)))
        item.setSizeHint(QSize(80, _ROW_HEIGHT * text.count("\n") + _FIRST_HEIGHT))
        if line.colour or self._is_coloured:
            item.setIcon(swatch(line.colour, self.palette()))
        colour = self.palette().color(self.palette().ColorRole.PlaceholderText)
        item.setForeground(self.palette().text() if line.active else colour)

    def _turned(self, row: int) -> None:
        """Show the form of the record in this row."""
        assert self._setup is not None
        is_any = 0 <= row < len(self._records)
        self.form.setVisible(is_any)
        self.none.setVisible(not is_any)
        if is_any:
            record = self._records[row]
            self._chosen = self.area.key(record)
            self.form.show_values(self.drafts.values(record, self._setup), record, self._setup)
        self._show_ends()

    def _show_ends(self) -> None:
        record = self.record
        draft = None if record is None else self.drafts.draft(self.area.key(record))
        stored = record is not None and not (draft is not None and draft.is_new)
        self.new.setVisible(self._writable and self.area.blank is not None)
        self.extra.setVisible(self._writable and bool(self.area.extra_text))
        self.undo.setVisible(self._writable and draft is not None and self.drafts.is_unsaved(self.area.key(record)))
        self.remove.setVisible(self._writable and stored and self.area.removing is not None)

    @property
    def record(self) -> Any:
        """The chosen record as it was read, None if there is none."""
        row = self.list.currentRow()
        return self._records[row] if 0 <= row < len(self._records) else None

    def set_writable(self, *, writable: bool) -> None:
        """Let records be changed, or only read."""
        self._writable = writable
        self.form.set_writable(writable=writable)
        self._show_ends()

    # --- editing ---

    def add(self) -> None:
        """Begin a new record."""
        if self._setup is None or not self.isEnabled() or not self._writable or self.area.blank is None:
            return
        record = self.drafts.begin(self._setup)
        self._chosen = self.area.key(record)
        self.show_setup(self._setup)
        self.form.begin()
        self.edited.emit()

    def _edited(self) -> None:
        record = self.record
        if record is None or self._setup is None:
            return
        self.drafts.write(record, self.form.values(), self._setup)
        self._show_line(self.list.currentRow())
        self._show_ends()
        self.edited.emit()

    def take_back(self) -> None:
        """Forget what was typed about the chosen record."""
        record = self.record
        if record is not None and self._setup is not None:
            self.drafts.forget(self.area.key(record))
            self.show_setup(self._setup)
            self.list.setFocus()
            self.edited.emit()

    def _remove(self) -> None:
        self.removal_wanted.emit(self.record)

    def choose(self, key: object) -> None:
        """Show the record of this key."""
        self._chosen = key
        if self._setup is not None:
            self.show_setup(self._setup)

    def tell(self, key: object, problem: InvalidInput) -> None:
        """Say what is wrong with a record at its field, which gets the keyboard."""
        self.choose(key)
        name = self.area.rows_of.get(problem.field, problem.field)
        if self.form.tell(name, invalid_text(problem)):
            self.form_view.ensureWidgetVisible(self.form.field(name))

    # --- saving ---

    def saved(self, step: Step) -> None:
        """A step is written: what was typed is no draft any more as soon as it is read anew."""
        self.drafts.written(step)
        key = self.area.key(step.mine)
        if self._chosen == key:
            self._saved = step.mine
        for row, record in enumerate(self._records):
            if self.area.key(record) == key:
                self._show_line(row)
        self._show_ends()


def list_text(line: Line, *, marked: bool) -> str:
    """Return a record's name, and below it what follows it; `marked`: it is not saved."""
    name = one_line(line.name) or translate("setup", "(no name yet)")
    notes = [translate("setup", "● not saved")] if marked else []
    notes += [] if line.active else [_idle_text(line)]
    notes += [one_line(line.note)] if line.note else []
    return f"{name}\n{' · '.join(notes)}" if notes else name


def line_text(line: Line) -> str:
    """Return a record's name with what follows it, on one line."""
    parts = [one_line(line.name) or translate("setup", "(no name yet)"), one_line(line.note)]
    if not line.active:
        parts.append(_idle_text(line))
    return " · ".join(part for part in parts if part)


def _idle_text(line: Line) -> str:
    return line.idle or translate("setup", "not in use")
