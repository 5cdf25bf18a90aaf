"""The sidebar's list of doctors (or rooms): which columns are shown, and in what order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from clinic_desk.ui.preferences import ColumnChoice

_ID = Qt.ItemDataRole.UserRole
_ROW_HEIGHT = 26


@dataclass(frozen=True, slots=True)
class Resource:
    """One line: a doctor or a room. `hint` is read out and shown as tool tip."""

    id: UUID
    name: str
    colour: str
    hint: str = ""


class ResourceListView(QListWidget):
    """Space or the box shows or hides; Enter or a double click opens the week; Ctrl+Up/Down or dragging orders."""

    week_requested = Signal(object)
    """UUID of a line."""
    arranged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("resources")
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setUniformItemSizes(True)
        self.setStyleSheet(
            "QListWidget { border: none; background: transparent; } QListWidget::item { padding: 2px 0; }"
        )
        self.model().rowsMoved.connect(self.arranged)
        self.itemDoubleClicked.connect(lambda item: self.week_requested.emit(item.data(_ID)))

    def sizeHint(self) -> QSize:
        """As high as its lines, up to a dozen."""
        return QSize(180, min(12, max(1, self.count())) * _ROW_HEIGHT + 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the week, Ctrl+Up and Ctrl+Down move the line."""
        if self.currentRow() >= 0 and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.week_requested.emit(self.currentItem().data(_ID))
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() in {
            Qt.Key.Key_Up,
            Qt.Key.Key_Down,
        }:
            self._shift(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)

    def _shift(self, rows: int) -> None:
        row = self.currentRow()
        target = row + rows
        if row < 0 or not 0 <= target < self.count():
            return
        item = self.takeItem(row)
        self.insertItem(target, item)
        self.setCurrentItem(item)
        self.arranged.emit()


class ResourceList(QWidget):
    """Heading, 'All', and the lines."""

    choice_changed = Signal(object)
    """`ColumnChoice`."""
    week_requested = Signal(object)
    """UUID of a line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filling = False
        self._heading = QLabel()
        self._heading.setProperty("role", "section")
        self._heading.setTextFormat(Qt.TextFormat.PlainText)
        self._all = QPushButton(self.tr("All"))
        self._all.setProperty("kind", "link")
        self._all.setObjectName("all_columns")
        self._all.setAccessibleName(self.tr("Show all columns"))
        self._all.clicked.connect(self.show_all)
        self.view = ResourceListView()
        self.view.itemChanged.connect(self._tell)
        self.view.arranged.connect(self._tell)
        self.view.week_requested.connect(self.week_requested)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._heading, 1)
        row.addWidget(self._all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.view)

    def fill(self, heading: str, resources: Sequence[Resource], choice: ColumnChoice) -> None:
        """Show these lines, all of them, checked by `choice` and in its order."""
        self._filling = True
        self._heading.setText(heading.upper())
        self.view.setAccessibleName(heading)
        by_id = {resource.id: resource for resource in resources}
        self.view.clear()
        for each in choice.arranged([resource.id for resource in resources]):
            self.view.addItem(self._line(by_id[each], shown=each not in choice.hidden))
        self.view.updateGeometry()
        self.view.setFixedHeight(self.view.sizeHint().height())
        self._filling = False
        self._all.setEnabled(bool(choice.hidden))

    def _line(self, resource: Resource, *, shown: bool) -> QListWidgetItem:
        item = QListWidgetItem(_swatch(resource.colour, self.devicePixelRatioF()), resource.name)
        item.setData(_ID, resource.id)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{resource.name}, {resource.hint}".rstrip(", "))
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsDragEnabled)
        item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsDropEnabled)
        item.setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
        item.setSizeHint(QSize(0, _ROW_HEIGHT))
        return item

    def choice(self) -> ColumnChoice:
        """Return what is chosen now."""
        items = [self.view.item(row) for row in range(self.view.count())]
        hidden = frozenset(item.data(_ID) for item in items if item.checkState() == Qt.CheckState.Unchecked)
        return ColumnChoice(hidden, tuple(item.data(_ID) for item in items))

    def show_all(self) -> None:
        """Check every line."""
        self._filling = True
        for row in range(self.view.count()):
            self.view.item(row).setCheckState(Qt.CheckState.Checked)
        self._filling = False
        self._tell()

    def _tell(self) -> None:
        if self._filling:
            return
        choice = self.choice()
        self._all.setEnabled(bool(choice.hidden))
        self.choice_changed.emit(choice)


def _swatch(colour: str, ratio: float) -> QIcon:
    pixmap = QPixmap(round(14 * ratio), round(14 * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    shown = QColor.fromString(colour)
    painter.setBrush(shown if shown.isValid() else QColor("#808080"))
    painter.drawRoundedRect(1, 1, 12, 12, 3, 3)
    painter.end()
    return QIcon(pixmap)
