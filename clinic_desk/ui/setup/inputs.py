"""The fields of the set-up's forms, each read, shown and locked in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QIcon, QPainter, QPalette, QPixmap, QResizeEvent
from PySide6.QtWidgets import QCompleter, QGridLayout, QLineEdit, QSizePolicy, QWidget

from clinic_desk.ui.booking.fields import ChoiceBox, NumberBox, TickBox
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.messages.settings.rows import line
from clinic_desk.ui.theme import shades, theme_of

translate = QCoreApplication.translate
_TICK_COLUMNS: Final = 2
_TICK_WIDTH: Final = 26
"""So much of a tick's column is the tick's and the gap's."""
_COLOURS: Final = (
    "#3b6fd4",
    "#0f8f83",
    "#b0499d",
    "#c26a24",
    "#6b7d2c",
    "#7a52c7",
    "#c23b4e",
    "#2a8fb5",
    "#8a6d3b",
    "#4f7f52",
    "#5b6475",
    "#a8437a",
)


@dataclass(frozen=True, slots=True)
class Input:
    """One field. `edited` tells of each change; `fill` gives it what can be chosen, if that varies.

    `first`: what has the keyboard first, if the field is made of several. `is_wide`: it takes all the room beside.
    """

    field: QWidget
    read: Callable[[], Any]
    show: Callable[[Any], None]
    lock: Callable[[bool], None]
    edited: tuple[SignalInstance, ...]
    fill: Callable[[Sequence[tuple[str, Any]]], None] | None = None
    first: Callable[[], QWidget] | None = None
    is_wide: bool = False

    def focus(self) -> None:
        """Give it the keyboard."""
        target = self.field if self.first is None else self.first()
        target.setFocus(Qt.FocusReason.TabFocusReason)


def text_input(longest: int = 120, placeholder: str = "") -> Callable[[str], Input]:
    """Return what makes a line to type in."""

    def make(name: str) -> Input:
        made = line(name, longest, placeholder)
        return _of_line(made)

    return make


def _of_line(made: QLineEdit) -> Input:
    def show(value: Any) -> None:
        if made.text() != value:
            made.setText(value)
            made.setCursorPosition(0)

    return Input(made, made.text, show, made.setReadOnly, (made.textChanged,))


def known_text_input(known: Callable[[], Iterable[str]], placeholder: str = "") -> Callable[[str], Input]:
    """Return what makes a line that completes what is typed from known texts (time zones)."""

    def make(name: str) -> Input:
        made = line(name, 120, placeholder)
        completer = QCompleter(sorted(known()), made)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(10)
        made.setCompleter(completer)
        return _of_line(made)

    return make


def number_input(least: int, most: int, suffix: str = "", step: int = 1) -> Callable[[str], Input]:
    """Return what makes a whole number."""

    def make(name: str) -> Input:
        made = NumberBox(name, least, most, suffix)
        made.setSingleStep(step)
        return Input(made, made.value, made.setValue, made.setReadOnly, (made.valueChanged,))

    return make


def tick_input(text: str) -> Callable[[str], Input]:
    """Return what makes a tick."""

    def make(name: str) -> Input:
        made = TickBox()
        made.setObjectName(name)
        made.setText(text)
        return Input(made, made.isChecked, made.setChecked, _locks(made), (made.toggled,))

    return make


def choice_input(words: Callable[[Any], str] | None = None) -> Callable[[str], Input]:
    """Return what makes a box to choose from; `words` names a value that is not among those offered, if it stands."""

    def make(name: str) -> Input:
        made = ChoiceBox(name)
        made.setMinimumContentsLength(14)

        def show(value: Any) -> None:
            if value not in made.values and words is not None and value is not None:
                rows = [(made.itemText(row), each) for row, each in enumerate(made.values)]
                made.fill([*rows, (words(value), value)], value)
            made.choose(value)

        def fill(rows: Sequence[tuple[str, Any]]) -> None:
            made.fill([(one_line(text), value) for text, value in rows], made.value)

        return Input(made, lambda: made.value, show, _locks(made), (made.currentIndexChanged,), fill)

    return make


def _locks(field: QWidget) -> Callable[[bool], None]:
    return lambda locked: field.setEnabled(not locked)


# --- colours ----------------------------------------------------------------------------------------------------------


def colour_names() -> tuple[str, ...]:
    """Return what the offered colours are called, in their order."""
    return (
        translate("setup", "blue"),
        translate("setup", "teal"),
        translate("setup", "magenta"),
        translate("setup", "orange"),
        translate("setup", "olive"),
        translate("setup", "violet"),
        translate("setup", "red"),
        translate("setup", "sky blue"),
        translate("setup", "brown"),
        translate("setup", "green"),
        translate("setup", "grey"),
        translate("setup", "pink"),
    )


def colour_text(colour: str) -> str:
    """Return a colour's name, itself if it has none."""
    return dict(zip(_COLOURS, colour_names(), strict=True)).get(colour.lower(), colour)


def next_colour(used: Iterable[str]) -> str:
    """Return the first colour that is not used yet, of all used ones the first."""
    taken = {colour.lower() for colour in used}
    return next((colour for colour in _COLOURS if colour not in taken), _COLOURS[0])


def colour_input(name: str) -> Input:
    """Return a box of colours; one that is not offered is offered too while it stands."""
    made = ChoiceBox(name)
    made.setIconSize(QSize(14, 14))

    def show(value: Any) -> None:
        colours = [*_COLOURS, *([] if value.lower() in _COLOURS else [value])]
        made.fill([(colour_text(colour), colour) for colour in colours], value)
        for row, colour in enumerate(colours):
            made.setItemIcon(row, swatch(colour, made.palette()))
        made.choose(value.lower() if value.lower() in _COLOURS else value)

    return Input(made, lambda: made.value, show, _locks(made), (made.currentIndexChanged,))


def swatch(colour: str, palette: QPalette) -> QIcon:
    """Return a small filled square of a colour, as the calendar shows it; an empty place for none."""
    pixmap = QPixmap(28, 28)
    pixmap.fill(Qt.GlobalColor.transparent)
    if not colour:
        return QIcon(pixmap)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(shades(colour, theme_of(palette)).bar)
    painter.drawRoundedRect(QRectF(2, 2, 24, 24), 6, 6)
    painter.end()
    return QIcon(pixmap)


# --- several of many --------------------------------------------------------------------------------------------------


class TickList(QWidget):
    """Ticks for several of many records; its value is the set of the ticked ids."""

    edited = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.boxes: dict[UUID, TickBox] = {}
        self._locked = False
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 2, 0, 2)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(4)
        for column in range(_TICK_COLUMNS):
            self._grid.setColumnStretch(column, 1)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def fill(self, rows: Sequence[tuple[str, Any]]) -> None:
        """Offer these; what is ticked stays ticked. The same ones are left alone."""
        wanted = [(one_line(text), value) for text, value in rows]
        if wanted == [(box.accessibleName(), value) for value, box in self.boxes.items()]:
            return
        ticked, focused = self.value, next((value for value, box in self.boxes.items() if box.hasFocus()), None)
        for box in self.boxes.values():
            self._grid.removeWidget(box)
            box.hide()
            box.deleteLater()
        self.boxes = {value: self._box(text, at) for at, (text, value) in enumerate(wanted)}
        for value, box in self.boxes.items():
            box.setChecked(value in ticked)
            box.toggled.connect(lambda _on: self.edited.emit())
            box.setEnabled(not self._locked)
        self._write_names()
        self._keep_order(self.boxes.get(focused) if focused is not None else None)

    def _box(self, text: str, at: int) -> TickBox:
        box = TickBox(self)
        box.setObjectName(f"{self.objectName()}_{at}")
        box.setAccessibleName(text)
        box.setToolTip(escape(text))
        box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._grid.addWidget(box, at // _TICK_COLUMNS, at % _TICK_COLUMNS)
        box.show()
        return box

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._write_names()

    def _write_names(self) -> None:
        """A name that has no room in its column ends in an ellipsis; its tool tip has it whole."""
        spacing = self._grid.horizontalSpacing() * (_TICK_COLUMNS - 1)
        room = (self.contentsRect().width() - spacing) // _TICK_COLUMNS - _TICK_WIDTH
        for box in self.boxes.values():
            text = box.fontMetrics().elidedText(box.accessibleName(), Qt.TextElideMode.ElideRight, max(room, 40))
            box.setText(text.replace("&", "&&"))

    def _keep_order(self, focused: TickBox | None) -> None:
        before: QWidget = self
        for box in self.boxes.values():
            QWidget.setTabOrder(before, box)
            before = box
        if focused is not None:
            focused.setFocus()

    @property
    def value(self) -> frozenset[UUID]:
        """The ticked ids."""
        return frozenset(value for value, box in self.boxes.items() if box.isChecked())

    def show_value(self, value: Iterable[UUID]) -> None:
        """Tick these."""
        wanted = frozenset(value)
        for key, box in self.boxes.items():
            box.setChecked(key in wanted)

    def first(self) -> QWidget:
        """Return what has the keyboard first."""
        return next(iter(self.boxes.values()), self)

    def set_locked(self, locked: bool) -> None:
        """Let the ticks be read and not changed."""
        self._locked = locked
        for box in self.boxes.values():
            box.setEnabled(not locked)


def ticks_input() -> Callable[[str], Input]:
    """Return what makes ticks of several of many."""

    def make(name: str) -> Input:
        made = TickList(name)
        return Input(
            made,
            lambda: made.value,
            made.show_value,
            made.set_locked,
            (made.edited,),
            made.fill,
            made.first,
            is_wide=True,
        )

    return make
