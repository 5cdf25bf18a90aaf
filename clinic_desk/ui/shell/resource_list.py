"""The sidebar's list of doctors (or rooms): which columns are shown, and in what order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from clinic_desk.ui.column_choice import ColumnChoice, Resource
from clinic_desk.ui.theme import Theme, shades, theme_of
from clinic_desk.ui.tool_tips import plain_tip

_ID = Qt.ItemDataRole.UserRole
_COLOUR = Qt.ItemDataRole.UserRole + 1
_BOX = 14
_ROW_HEIGHT = 26


class ResourceDelegate(QStyledItemDelegate):
    """Paints a line's check box in its own colour: filled with a tick when shown, a ring when not."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one line."""
        theme = theme_of(QApplication.palette())  # the style sheet makes the view's own ground transparent
        area: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(theme.accent, 1.5))
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 4, 4)
        shown = _is_shown(index)
        self._paint_box(painter, self.box(area), str(index.data(_COLOUR)), theme, shown=shown)
        painter.setPen(theme.ink if shown else theme.ink_muted)
        text_area = area.adjusted(_BOX + 16, 0, -4, 0)
        text = option.fontMetrics.elidedText(str(index.data()), Qt.TextElideMode.ElideRight, text_area.width())
        painter.drawText(text_area, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
        painter.restore()

    @staticmethod
    def _paint_box(painter: QPainter, box: QRectF, colour: str, theme: Theme, *, shown: bool) -> None:
        bar = shades(colour, theme).bar
        painter.setPen(QPen(bar, 1.5))
        painter.setBrush(bar if shown else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 3, 3)
        if shown:
            painter.setPen(QPen(theme.panel, 1.8))
            painter.drawPolyline([box.topLeft() + QPointF(x, y) for x, y in ((3, 7), (6, 10), (11, 4))])

    @staticmethod
    def box(area: QRect) -> QRectF:
        """Return where the check box of a line is."""
        return QRectF(area.left() + 4, area.center().y() - _BOX / 2 + 0.5, _BOX, _BOX)

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        """A click on the box, or Space, shows or hides."""
        clicked = (
            isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonRelease
            and event.button() == Qt.MouseButton.LeftButton
            and self.box(option.rect).adjusted(-4, -6, 6, 6).contains(event.position())
        )
        pressed = (
            isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Space
        )
        if not (clicked or pressed):
            return False
        state = Qt.CheckState.Unchecked if _is_shown(index) else Qt.CheckState.Checked
        return model.setData(index, state.value, Qt.ItemDataRole.CheckStateRole)


def _is_shown(index: QModelIndex | QPersistentModelIndex) -> bool:
    return Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole)) is Qt.CheckState.Checked


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
        self.setStyleSheet("QListWidget { border: none; background: transparent; } QListWidget::item { padding: 0; }")
        self.setItemDelegate(ResourceDelegate(self))
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
        self.show()

    def _line(self, resource: Resource, *, shown: bool) -> QListWidgetItem:
        item = QListWidgetItem(resource.name)
        item.setData(_ID, resource.id)
        item.setData(_COLOUR, resource.colour)
        item.setToolTip(plain_tip(resource.name))
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
