"""The slips on the pinboard: three lines each, chosen by keyboard or mouse, dragged off by the mouse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QFont, QFontMetrics, QHideEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from clinic_desk.domain.records import Entry
from clinic_desk.ui.calendar.pointer import THRESHOLD
from clinic_desk.ui.theme import theme_of
from clinic_desk.ui.tool_tips import plain_tip

_Index = QModelIndex | QPersistentModelIndex
_PADDING: Final = 6
MOST_SHOWN: Final = 5
"""So many slips are seen at once; more are scrolled to."""


@dataclass(frozen=True, slots=True)
class Slip:
    """One parked appointment as it is shown: who, what for, and who parked it since when."""

    entry: Entry
    name: str
    visit: str
    parked: str

    @property
    def text(self) -> str:
        """All of it, for a screen reader and the tool tip."""
        return f"{self.name}, {self.visit}, {self.parked}"


class SlipModel(QAbstractListModel):
    """The slips in the order given."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.slips: tuple[Slip, ...] = ()

    def show_slips(self, slips: tuple[Slip, ...]) -> None:
        """Show these instead."""
        self.beginResetModel()
        self.slips = slips
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self.slips)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        slip = self.slips[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return slip.text
        return plain_tip(slip.text) if role == Qt.ItemDataRole.ToolTipRole else None


class _Painter(QStyledItemDelegate):
    """Each line is elided where it does not fit."""

    def __init__(self, parent: SlipList) -> None:
        super().__init__(parent)
        self._list = parent

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        del index
        return QSize(100, option.fontMetrics.lineSpacing() * 3 + 2 * _PADDING)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme, slip = theme_of(option.palette), self._list.slips.slips[index.row()]
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        rect: QRect = option.rect
        painter.save()
        painter.fillRect(rect, theme.accent_soft if is_chosen else option.palette.base())
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme.border)
        if is_chosen and self._list.hasFocus():
            painter.fillRect(QRect(rect.topLeft(), QSize(3, rect.height())), theme.accent)
        inside = rect.adjusted(_PADDING + 3, _PADDING, -_PADDING, -_PADDING)
        bold = QFont(option.font)
        bold.setBold(True)
        muted = theme.ink_muted
        for line, (text, font, colour) in enumerate(
            ((slip.name, bold, theme.ink), (slip.visit, option.font, theme.ink), (slip.parked, option.font, muted))
        ):
            height = option.fontMetrics.lineSpacing()
            place = QRect(inside.left(), inside.top() + line * height, inside.width(), height)
            painter.setFont(font)
            painter.setPen(colour)
            shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, shown)
        painter.restore()


class SlipList(QListView):
    """Enter takes a slip in hand, C cancels, the mouse drags it; none is chosen before somebody chooses."""

    taken = Signal(object)
    """The Entry of a slip that is to be taken in hand."""
    cancelled = Signal(object)
    left = Signal()
    dragged = Signal(object, QPoint)
    """An Entry, and where on the screen it is held."""
    dropped = Signal(object, QPoint)
    drag_ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slips = SlipModel(self)
        self._pressed: tuple[QPoint, Entry] | None = None
        self._is_dragging = False
        self.setModel(self.slips)
        self.setItemDelegate(_Painter(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.doubleClicked.connect(lambda _index: self._take())

    @property
    def chosen(self) -> Entry | None:
        """The appointment of the slip that was chosen."""
        rows = self.selectionModel().selectedRows()
        return self.slips.slips[rows[0].row()].entry if rows else None

    def show_slips(self, slips: tuple[Slip, ...]) -> None:
        """Show these; the chosen one stays chosen, in its place the next one if it is gone and the keyboard is here."""
        chosen, row = self.chosen, self.currentIndex().row()
        self.slips.show_slips(slips)
        ids = [slip.entry.id for slip in slips]
        if chosen is not None and chosen.id in ids:
            self.setCurrentIndex(self.slips.index(ids.index(chosen.id)))
        elif self.hasFocus() and slips:
            self.setCurrentIndex(self.slips.index(min(max(0, row), len(slips) - 1)))
        shown = min(len(slips), MOST_SHOWN)
        self.setFixedHeight(max(1, self.sizeHintForRow(0) * shown + 2) if slips else 1)
        self._end_drag()

    def _take(self) -> None:
        if self.chosen is not None:
            self.taken.emit(self.chosen)

    # --- keyboard ---

    def event(self, event: QEvent) -> bool:
        """C and Del are about the slip here, not about what is chosen on the calendar."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _ends(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._is_dragging and event.key() == Qt.Key.Key_Escape:
            self._end_drag()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self._take()
        elif _ends(event):
            if self.chosen is not None:
                self.cancelled.emit(self.chosen)
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.slips.slips and self.chosen is None and event.reason() != Qt.FocusReason.MouseFocusReason:
            self.setCurrentIndex(self.slips.index(max(0, self.currentIndex().row())))

    # --- mouse ---

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        at = event.position().toPoint()
        index = self.indexAt(at)
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            self._pressed = at, self.slips.slips[index.row()].entry

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        start, entry = self._pressed
        if not self._is_dragging and (event.position().toPoint() - start).manhattanLength() < THRESHOLD:
            return
        if not self._is_dragging:
            self._is_dragging = True
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        self.dragged.emit(entry, event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, was_dragging = self._pressed, self._is_dragging
        self._end_drag()
        if was_dragging and pressed is not None and event.button() == Qt.MouseButton.LeftButton:
            self.dropped.emit(pressed[1], event.globalPosition().toPoint())
        else:
            super().mouseReleaseEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._end_drag()  # the lock came over it: the button goes up where this does not see it
        super().hideEvent(event)

    def _end_drag(self) -> None:
        self._pressed = None
        if self._is_dragging:
            self._is_dragging = False
            self.viewport().unsetCursor()
            self.drag_ended.emit()


def _ends(event: QKeyEvent) -> bool:
    return not event.modifiers() and event.key() in (Qt.Key.Key_C, Qt.Key.Key_Delete)
